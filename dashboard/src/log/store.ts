// Lines of the log that the page holds: the newest hundred thousand, and those of them that the filter shows.

import { signal } from "@preact/signals";
import { plain } from "../ansi";
import { base, get, type Line, type LogPage } from "../api";

/** Lines that are held; older ones are let go. */
export const most = 100_000;
/** Beyond `most` by so many before any are let go: letting go costs a pass over all. */
const slack = 5_000;
/** Lines of the first answer, so that the page is there at once; more follow in pages. */
const first = 1_000;
const page = 10_000;

export const levels = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof levels)[number];

export interface Entry extends Line {
  id: number;
  /** What is searched: the text without escape sequences. */
  plain: string;
  /** What a structured line says beside its message, once that was asked for. */
  rest?: string;
}

export interface Filter {
  /** Members that are not shown. */
  hidden: ReadonlySet<string>;
  level: Level | null;
  pattern: RegExp | null;
}

/** A search as a pattern; text between slashes is a regular expression. Null is no search, undefined a wrong one. */
export function pattern(search: string): RegExp | null | undefined {
  if (!search) return null;
  const regex = /^\/(.+)\/(i?)$/.exec(search);
  try {
    if (regex) return new RegExp(regex[1]!, `g${regex[2]}`);
  } catch {
    return undefined;
  }
  return new RegExp(search.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), search === search.toLowerCase() ? "gi" : "g");
}

/** A nanosecond later. */
function justAfter(at: string): string {
  const [, seconds = at, fraction = ""] = /^(.*:\d\d)(?:\.(\d+))?Z$/.exec(at) ?? [];
  const nanos = Number(fraction.padEnd(9, "0")) + 1;
  if (nanos === 1e9) return new Date(Date.parse(`${seconds}Z`) + 1000).toISOString();
  return `${seconds}.${String(nanos).padStart(9, "0")}Z`;
}

/** The installs, migrations and seeds of the set-up: each has a log of its own, all are shown or hidden as one. */
export const setup = "setup/";

/** Whom a line is shown or hidden with. */
const source = (member: string) => (member.startsWith(setup) ? setup : member);

export class LogStore {
  lines: Entry[] = [];
  shown: Entry[] = [];
  /** Changes whenever `shown` does. */
  version = signal(0);
  /** Bytes that `sea` passed over because more was written than can be sent. */
  skipped = signal(0);
  loading = signal(true);
  /** How many entries were put before, and taken from, the beginning of `shown` since the last look. */
  moved = 0;
  private filter: Filter = { hidden: new Set(), level: null, pattern: null };
  private source: EventSource | null = null;
  private cursor = "";
  private nextId = 0;
  private firstId = 0;
  private filling = false;
  private exhausted = false;

  /** Of one member, or of all. */
  constructor(readonly member: string | null) {}

  open() {
    const query = new URLSearchParams({ limit: String(first) });
    if (this.member) query.set("member", this.member);
    if (this.cursor) query.set("after", this.cursor);
    const source = new EventSource(`${base}/logs/stream?${query}`);
    this.source = source;
    source.addEventListener("lines", (event) => {
      this.cursor = event.lastEventId;
      this.append(JSON.parse(event.data) as LogPage);
      void this.fill();
    });
    source.addEventListener("problem", () => this.loading.value = false);
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED || this.source !== source) return;
      // Refused: the place belongs to an earlier run.
      this.clear();
      setTimeout(() => this.source === source && this.open(), 1000);
    };
  }

  close() {
    this.source?.close();
    this.source = null;
  }

  clear() {
    this.lines = [];
    this.shown = [];
    this.cursor = "";
    this.exhausted = false;
    this.version.value++;
  }

  show(filter: Filter) {
    this.filter = filter;
    this.shown = this.lines.filter((line) => this.matches(line));
    this.moved = 0;
    this.version.value++;
  }

  private matches(line: Entry): boolean {
    const { hidden, level, pattern } = this.filter;
    if (hidden.has(source(line.member))) return false;
    if (level && (!line.level || levels.indexOf(line.level) < levels.indexOf(level))) return false;
    if (!pattern) return true;
    // Unlike `test`, this neither reads nor moves the place that a global pattern keeps.
    return line.plain.search(pattern) >= 0;
  }

  private append(more: LogPage) {
    this.loading.value = false;
    if (more.skipped) this.skipped.value += more.skipped;
    for (const line of more.lines) {
      const entry: Entry = { ...line, id: this.nextId++, plain: plain(line.text) };
      this.lines.push(entry);
      if (this.matches(entry)) this.shown.push(entry);
    }
    if (this.lines.length > most + slack) {
      const dropped = this.lines.splice(0, this.lines.length - most);
      const last = dropped.at(-1)!.id;
      const keep = this.shown.findIndex((line) => line.id > last);
      const gone = keep < 0 ? this.shown.length : keep;
      this.shown.splice(0, gone);
      this.moved -= gone;
      this.exhausted = true;
    }
    this.version.value++;
  }

  /** Fetches older lines in pages, until enough are there. */
  private async fill() {
    if (this.filling || this.exhausted) return;
    this.filling = true;
    try {
      while (!this.exhausted && this.lines.length < most) {
        const oldest = this.lines[0]?.at;
        // Lines of the same instant may lie on both sides: those that are here are asked for again and left out.
        const here = this.lines.findIndex((line) => line.at !== oldest);
        const known = here < 0 ? this.lines.length : here;
        const limit = Math.min(page, known + most - this.lines.length);
        if (known >= limit) break;
        const query = new URLSearchParams({ limit: String(limit) });
        if (this.member) query.set("member", this.member);
        if (oldest) query.set("until", justAfter(oldest));
        const { lines } = await get<LogPage>(`/logs?${query}`);
        if (!this.source || this.lines[0]?.at !== oldest) break;
        const older = lines.slice(0, Math.max(0, lines.length - known));
        this.prepend(older);
        this.exhausted ||= older.length === 0;
        // The page stays quick while they come.
        await new Promise((done) => setTimeout(done, 30));
      }
    } catch {
      // What is there is shown; the stream tells when `sea` is gone.
    } finally {
      this.filling = false;
    }
  }

  private prepend(lines: Line[]) {
    this.firstId -= lines.length;
    const entries = lines.map((line, at) => ({ ...line, id: this.firstId + at, plain: plain(line.text) }));
    const shown = entries.filter((line) => this.matches(line));
    this.lines = entries.concat(this.lines);
    this.shown = shown.concat(this.shown);
    this.moved += shown.length;
    this.version.value++;
  }
}
