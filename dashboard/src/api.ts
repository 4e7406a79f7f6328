// The API of `sea up`: its types (docs/openapi.json describes them) and requests. That of a host is in host/api.ts.

export type State = "starting" | "ready" | "degraded" | "stopping";
export type Role = "service" | "resource" | "job";
export type StepState = "waiting" | "running" | "done" | "skipped" | "failed";

export interface Usage {
  cpu: number;
  memory: number;
  files: number;
  processes: number;
  disk_read: number;
  disk_written: number;
}

export interface Requests {
  rate: number;
  errors: number;
  p50_ms: number;
  p95_ms: number;
  p99_ms: number;
  in_flight: number;
  total: number;
}

export interface Member {
  name: string;
  role: Role;
  kind: string;
  phase: string;
  detail: string;
  since: string;
  command: string | null;
  pid: number | null;
  port: number | null;
  urls: string[];
  started_at: string | null;
  ready_after_ms: number | null;
  restarts: number;
  last_exit: string | null;
  cause: string | null;
  needs: string[];
  usage: Usage | null;
  requests: Requests | null;
  has_log: boolean;
  unlimited: string | null;
}

export interface Step {
  id: string;
  title: string;
  members: string[];
  state: StepState;
  reason: string;
  command: string | null;
  started_at: string | null;
  took_ms: number | null;
  detail: string;
  output: string[];
}

export interface Problem {
  code: string;
  message: string;
  next: string | null;
  members: string[];
}

export interface App {
  name: string;
  root: string;
  run: string;
  started_at: string;
  state: State;
  url: string | null;
  members: Member[];
  steps: Step[];
  problems: Problem[];
}

export interface Line {
  member: string;
  at: string;
  stream: "stdout" | "stderr" | "sea";
  level: "debug" | "info" | "warn" | "error" | null;
  text: string;
  message: string;
}

export interface LogPage {
  lines: Line[];
  cursor: string;
  skipped: number;
}

export interface Save {
  at: string;
  files: string[];
  count: number;
  member: string;
  action: string;
  ready_after_ms: number | null;
  failed: string | null;
}

export interface Variable {
  name: string;
  value: string | null;
  secret: boolean;
  source: string;
}

export interface Environment {
  member: string;
  folder: string;
  variables: Variable[];
}

export interface Mail {
  id: string;
  resource: string;
  at: string;
  from: string;
  to: string[];
  subject: string;
  text: string | null;
  html: string | null;
  attachments: string[];
}

export type Figure = "cpu" | "memory" | "rate" | "errors" | "p50_ms" | "p95_ms" | "p99_ms";
export type MemberMetrics = { name: string } & Record<Figure, (number | null)[]>;

export interface Metrics {
  at: number[];
  members: MemberMetrics[];
}

export type Order = "start" | "stop" | "restart";

export const base = "/api/v1";

/** Why the server refused; the message is for people. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function refusal(response: Response): Promise<Refused> {
  try {
    const problem = (await response.json()) as { detail: string; next?: string };
    return new Refused(response.status, problem.next ? `${problem.detail} (${problem.next})` : problem.detail);
  } catch {
    return new Refused(response.status, `sea answered with status ${response.status}`);
  }
}

export async function get<T>(path: string): Promise<T> {
  const response = await fetch(base + path);
  if (!response.ok) throw await refusal(response);
  return (await response.json()) as T;
}

export async function give(member: string, order: Order): Promise<void> {
  const response = await fetch(`${base}/services/${encodeURIComponent(member)}/${order}`, { method: "POST" });
  if (!response.ok) throw await refusal(response);
}

/** Sends JSON; the answer is for who asks for it. */
export async function send<T>(method: "POST" | "DELETE", path: string, what?: unknown): Promise<T | null> {
  const body = what === undefined ? {} : { body: JSON.stringify(what), headers: { "Content-Type": "application/json" } };
  const response = await fetch(base + path, { method, ...body });
  if (!response.ok) throw await refusal(response);
  return response.status === 200 ? ((await response.json()) as T) : null;
}
