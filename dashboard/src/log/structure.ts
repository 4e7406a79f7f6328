// What a structured line (JSON, logfmt) is made of.

import type { Entry } from "./store";

/** Its message was read out of JSON or logfmt. */
export const structured = (line: Entry) => line.message !== line.plain && line.message !== "";

/** Fields that the columns of the log show. */
const shown = new Set(["level", "lvl", "severity", "time", "ts", "timestamp", "@timestamp", "msg", "message", "v", "pid", "hostname"]);

/** What a structured line says beside its message: `queue=thumbnails job=42`. */
export const fields = (line: Entry): string => (line.rest ??= read(line));

function read(line: Entry): string {
  const json = parsed(line);
  if (json) {
    const rest = Object.entries(json).filter(([name]) => !shown.has(name));
    return rest.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`).join(" ");
  }
  const pairs = line.plain.match(/[\w.@-]+=("(?:[^"\\]|\\.)*"|\S*)/g) ?? [];
  return pairs.filter((pair) => !shown.has(pair.slice(0, pair.indexOf("=")))).join(" ");
}

function parsed(line: Entry): Record<string, unknown> | null {
  const start = line.plain.indexOf("{");
  if (start < 0) return null;
  try {
    return JSON.parse(line.plain.slice(start)) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** The structured content of a line, pretty; the line itself where it is not JSON. */
export function detail(line: Entry): string {
  const json = parsed(line);
  return json ? JSON.stringify(json, null, 2) : line.plain;
}
