// What the page knows of the host: one snapshot, as it changes.

import { computed, signal } from "@preact/signals";
import { follow } from "../connection";
import { recheck } from "../face";
import { route } from "../route";
import { announcement, refused } from "../state";
import type { Environment, HostView, Release } from "./api";

export const host = signal<HostView | null>(null);

export const nameOf = (place: Environment) => `${place.app} ${place.environment}`;
export const hashOf = (page: string, place: { app: string; environment: string }) =>
  `#/${page}/${encodeURIComponent(place.app)}/${encodeURIComponent(place.environment)}`;

/** The environment that the address names; the first one when it names none. */
export const chosen = computed<Environment | null>(() => {
  const [app, environment] = route.value.argument.split("/");
  const all = host.value?.environments ?? [];
  if (!app) return all[0] ?? null;
  return all.find((place) => place.app === app && place.environment === environment) ?? null;
});

/** The release under way has all traffic already. */
export const isPromoted = (place: Environment) => place.rollout != null && ["promoted", "draining", "retained"].includes(place.rollout.state);

/** What visitors get: while a release that was promoted is watched, that one. */
export const serving = (place: Environment): Release | null => (isPromoted(place) ? place.rollout!.ships : place.serves);
export const servingId = (place: Environment): string | null => serving(place)?.release ?? null;

/** A word for how an environment is, and the words that Phase knows. */
export function phaseOf(place: Environment): string {
  if (place.trouble || place.rollout?.state === "frozen") return "failed";
  if (place.maintenance) return "maintenance";
  if (place.rollout && !isPromoted(place)) return place.rollout.paused ? "paused" : "rolling out";
  if (!place.serves && !place.rollout) return "waiting";
  return place.instances.some((one) => one.phase !== "ready" && one.release === servingId(place)) ? "degraded" : "serving";
}

function update(next: HostView) {
  const before = host.peek();
  const changes: string[] = [];
  for (const place of next.environments) {
    const old = before?.environments.find((known) => nameOf(known) === nameOf(place));
    const state = place.rollout && `${place.rollout.release} ${place.rollout.state}`;
    if (old && state && state !== `${old.rollout?.release} ${old.rollout?.state}`) changes.push(`${nameOf(place)}: ${state}`);
    if (old && servingId(old) !== servingId(place)) changes.push(`${nameOf(place)}: ${servingId(place)} serves`);
  }
  if (changes.length) announcement.value = changes.join(", ");
  host.value = next;
}

/** Gives an order; a refusal is shown. */
export async function give(what: string, order: () => Promise<unknown>) {
  announcement.value = what;
  try {
    await order();
  } catch (error) {
    refused.value = error instanceof Error ? error.message : String(error);
  }
}

export function start() {
  follow("/host/events", { host: (next) => update(next as HostView) }, undefined, () => void recheck());
}
