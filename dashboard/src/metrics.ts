// Figures over time: fifteen minutes of history at first, a point a second from then on.

import { signal } from "@preact/signals";
import type { Figure, MemberMetrics, Metrics } from "./api";

const longest = 3600;
const figures: Figure[] = ["cpu", "memory", "rate", "errors", "p50_ms", "p95_ms", "p99_ms"];

let at: number[] = [];
const members = new Map<string, MemberMetrics>();

/** Changes with every new point. */
export const version = signal(0);

export function reset(all: Metrics) {
  at = [];
  members.clear();
  append(all);
}

export function append(more: Metrics) {
  const last = at.at(-1) ?? 0;
  const first = more.at.findIndex((time) => time > last);
  if (first < 0) return;
  const grown = at.length + more.at.length - first;
  const drop = Math.max(0, grown - longest);
  for (const member of more.members) {
    let known = members.get(member.name);
    if (!known) {
      known = { name: member.name } as MemberMetrics;
      for (const figure of figures) known[figure] = at.map(() => null);
      members.set(member.name, known);
    }
  }
  const news = new Map(more.members.map((member) => [member.name, member]));
  const empty = more.at.slice(first).map(() => null);
  for (const [name, known] of members) {
    const member = news.get(name);
    for (const figure of figures) {
      known[figure] = known[figure].concat(member ? member[figure].slice(first) : empty).slice(drop);
    }
  }
  at = at.concat(more.at.slice(first)).slice(drop);
  version.value++;
}

export const times = () => at;
export const of = (name: string) => members.get(name);

/** The newest value of a figure. */
export function latest(name: string, figure: Figure): number | null {
  return members.get(name)?.[figure].at(-1) ?? null;
}
