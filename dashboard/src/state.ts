// What the page knows of the app: one snapshot and its figures.

import { computed, signal } from "@preact/signals";
import { get, give, type App, type Member, type Metrics, type Order } from "./api";
import { follow } from "./connection";
import * as metrics from "./metrics";

export { connected, now, seen } from "./connection";

export const app = signal<App | null>(null);
/** Said to screen readers, politely. */
export const announcement = signal("");
/** The last refusal, until it is dismissed. */
export const refused = signal("");
/** Orders under way: member to order. */
export const pending = signal<Record<string, Order>>({});

export const failing = (member: Member) => ["failed", "crash-loop", "unready"].includes(member.phase);
export const byName = computed(() => new Map(app.value?.members.map((member) => [member.name, member])));

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
  follow(
    "/events?metrics=true",
    { app: (next) => update(next as App), metrics: (more) => metrics.append(more as Metrics) },
    () => void history(),
  );
}
