// What the page knows of the app: one snapshot, its figures, and whether `sea` still answers.

import { computed, effect, signal } from "@preact/signals";
import { base, get, give, type App, type Member, type Order } from "./api";
import * as metrics from "./metrics";

export const app = signal<App | null>(null);
export const connected = signal(true);
/** Seconds, for what counts time; runs while the page is seen. */
export const now = signal(Date.now());
/** Said to screen readers, politely. */
export const announcement = signal("");
/** The last refusal, until it is dismissed. */
export const refused = signal("");
/** Orders under way: member to order. */
export const pending = signal<Record<string, Order>>({});
/** The page can be seen; nothing is asked for while it cannot. */
export const seen = signal(!document.hidden);

export const failing = (member: Member) => ["failed", "crash-loop", "unready"].includes(member.phase);
export const byName = computed(() => new Map(app.value?.members.map((member) => [member.name, member])));

/** Longest silence before the connection counts as dead; `sea` speaks every ten seconds at least. */
const silence = 25_000;

let source: EventSource | null = null;
let heard = 0;

function listen() {
  source?.close();
  source = new EventSource(`${base}/events?metrics=true`);
  heard = Date.now();
  const alive = () => {
    heard = Date.now();
    connected.value = true;
  };
  source.addEventListener("app", (event) => {
    alive();
    update(JSON.parse(event.data) as App);
  });
  source.addEventListener("metrics", (event) => {
    alive();
    metrics.append(JSON.parse(event.data));
  });
  source.addEventListener("heartbeat", alive);
  source.onerror = () => {
    connected.value = false;
  };
}

function update(next: App) {
  const before = app.peek();
  if (before && before.run !== next.run) location.reload();
  const changes: string[] = [];
  if (before && before.state !== next.state) changes.push(`${next.name} is ${next.state}`);
  for (const member of next.members) {
    const old = byName.peek().get(member.name);
    if (old && old.phase !== member.phase) changes.push(`${member.name}: ${member.phase}`);
    if (old && old.since !== member.since) settle(member.name);
  }
  if (changes.length) announcement.value = changes.join(", ");
  app.value = next;
}

function settle(member: string) {
  const { [member]: _, ...rest } = pending.peek();
  pending.value = rest;
}

/** Gives an order and shows it as pending until the member changes. */
export async function order(member: string, what: Order) {
  if (pending.peek()[member]) return;
  pending.value = { ...pending.peek(), [member]: what };
  announcement.value = `${what} ${member}`;
  try {
    await give(member, what);
    // Where nothing changes (it was stopped already), the button comes back by itself.
    setTimeout(() => settle(member), 8000);
  } catch (error) {
    settle(member);
    refused.value = error instanceof Error ? error.message : String(error);
  }
}

async function history() {
  try {
    metrics.reset(await get("/metrics?seconds=900"));
  } catch {
    // The events tell that `sea` is gone.
  }
}

/** Connects while the page is seen. */
export function start() {
  document.addEventListener("visibilitychange", () => (seen.value = !document.hidden));
  effect(() => {
    if (!seen.value) {
      source?.close();
      source = null;
      return;
    }
    void history();
    listen();
    const clock = setInterval(() => {
      now.value = Date.now();
      const closed = source?.readyState === EventSource.CLOSED;
      if (closed || now.peek() - heard > silence) {
        connected.value = false;
        listen();
      }
    }, 1000);
    return () => clearInterval(clock);
  });
}
