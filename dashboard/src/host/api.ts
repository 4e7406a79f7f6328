// The API of a host: its types (docs/openapi-host.json describes them) and requests.

import { get, send } from "../api";

export interface HostView {
  version: string;
  host: string;
  pid: number;
  state: string;
  http: string | null;
  environments: Environment[];
}

export interface Environment {
  app: string;
  environment: string;
  url: string | null;
  serves: Release | null;
  rollout: Rollout | null;
  waits: string | null;
  maintenance: boolean;
  instances: Instance[];
  retained: string[];
  held: string | null;
  trouble: string | null;
}

export interface Release {
  release: string;
  commit: string;
  subject: string;
  author: string;
  dirty: boolean;
}

export interface Rollout {
  release: string;
  ships: Release;
  before: string | null;
  strategy: string;
  state: string;
  done: boolean;
  weight: number;
  paused: boolean;
  cause: string | null;
  waits_for: string | null;
  watched_until: number | null;
  report: Judge | null;
}

export interface Rate {
  events: number;
  of: number;
}

export interface Stream {
  stream: string;
  canary: Rate;
  stable: Rate;
  odds_ratio: number | null;
  bound: number | null;
  evidence: number | null;
  sessions: number;
}

export interface Judge {
  cause: string | null;
  first_event: number | null;
  evidence: number | null;
  aborts_at: number | null;
  requests: number;
  streams: Stream[];
  timeline: { at: number; evidence: number | null; stream: string }[];
}

export interface Instance {
  service: string;
  number: number;
  release: string;
  phase: string;
  detail: string;
  pid: number | null;
  port: number | null;
  restarts: number;
}

export interface Line {
  number: number;
  at: number;
  release: string | null;
  text: string;
}

export interface Gate {
  gate: string;
  outcome: "passed" | "failed" | "skipped" | "cancelled";
  detail?: string;
}

export interface Entry {
  seq: number;
  time: string;
  ending: "promoted" | "rolled-back" | "aborted" | "imported";
  release: string;
  other: string | null;
  commit: string | null;
  subject: string | null;
  author: string | null;
  dirty: boolean;
  actor: string;
  automatic: boolean | null;
  strategy: string | null;
  reason: string | null;
  duration_ms: number | null;
  gates: Gate[];
  judgement: { stream: string; canary: number; stable: number } | null;
}

export interface Timeline {
  entries: Entry[];
  next: number | null;
}

export interface Move {
  from: string | null;
  to: string;
  phase: "begun" | "confirmed" | "abandoned";
  began: string;
  duration_ms: number | null;
  stayed_ms: number | null;
  reason: string | null;
  actor: string;
}

export interface ReleaseReport {
  release: string;
  made: { time: string; actor: string; commit: string; dirty: boolean; author: string; artifact: string } | null;
  changes: { commits: { id: string; author: string; subject: string }[]; migrations: string[] } | null;
  environments: { environment: string; state: string | null; gates: Gate[]; transitions: Move[] }[];
}

export interface Times {
  count: number;
  p25_seconds: number | null;
  median_seconds: number | null;
  p75_seconds: number | null;
}

export interface Share {
  count: number;
  of: number;
  rate: number | null;
  interval: [number, number] | null;
}

export interface Trend {
  direction: "better" | "same" | "worse" | "unknown";
  change: number | null;
}

export interface Metric<T> {
  now: T;
  before: T;
  trend: Trend;
}

export interface Frequency {
  deployments: number;
  per_day: number;
  daily: { p25: number; median: number; p75: number };
  active_days: number;
  between: Times;
}

export interface Point {
  from: string;
  to: string;
  deployments: number;
  lead_time_seconds: number | null;
  change_fail_rate: number | null;
  recovery_seconds: number | null;
  rework_rate: number | null;
}

export interface Dora {
  report: {
    from: string;
    to: string;
    time_zone: string;
    deployment_frequency: Metric<Frequency>;
    lead_time_for_changes: Metric<Times>;
    change_fail_rate: Metric<Share>;
    failed_deployment_recovery_time: Metric<{ times: Times; unrecovered: number }>;
    deployment_rework_rate: Metric<Share>;
    notes: { skewed_commits: number; unknown_commits: number; first_deployment: boolean; imported: number };
  };
  points: Point[];
  definitions: { metric: string; title: string; dora: string; here: string }[];
  source: string;
}

export type Command = "pause" | "resume" | "promote" | "abort";

export const at = (app: string, environment: string) => `/host/${encodeURIComponent(app)}/${encodeURIComponent(environment)}`;

export const lines = (app: string, environment: string) => get<{ lines: Line[] }>(`${at(app, environment)}?now=true`);

export function command(app: string, environment: string, command: Command) {
  return send(`POST`, `${at(app, environment)}/order`, { order: "rollout", command });
}

export function rollBack(app: string, environment: string, to: string | null) {
  return send(`POST`, `${at(app, environment)}/order`, { order: "roll-back", to });
}
