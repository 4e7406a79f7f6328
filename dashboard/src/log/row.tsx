// A line of the log.

import { marked, spans } from "../ansi";
import { clock } from "../format";
import { app } from "../state";
import { structured } from "./layout";
import type { Entry } from "./store";

/** The structured content of a line, pretty; the line itself where it is not JSON. */
export function detail(line: Entry): string {
  const json = parsed(line);
  return json ? JSON.stringify(json, null, 2) : line.plain;
}

/** One of eight hues for a member, by its place in the app: neighbours differ. */
export function hue(name: string): number {
  const at = app.peek()?.members.findIndex((member) => member.name === name) ?? -1;
  return at < 0 ? 7 : at % 8;
}

/** Fields that the columns of the log show. */
const shown = new Set(["level", "lvl", "severity", "time", "ts", "timestamp", "@timestamp", "msg", "message", "v", "pid", "hostname"]);

/** What a structured line says beside its message: `queue=thumbnails job=42`. */
export function fields(line: Entry): string {
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

interface Props {
  line: Entry;
  named: boolean;
  selected: boolean;
  open: boolean;
  search: RegExp | null;
  onToggle: (line: Entry) => void;
}

export function Row({ line, named, selected, open, search, onToggle }: Props) {
  const level = line.level ?? "";
  const parts = structured(line) ? [{ text: line.message, style: "" }, { text: ` ${fields(line)}`, style: "d" }] : spans(line.text);
  return (
    <div class={`line ${level} ${line.stream}${selected ? " selected" : ""}${open ? " open" : ""}`}>
      <div class="cells" onClick={() => getSelection()?.isCollapsed !== false && onToggle(line)}>
        <time dateTime={line.at}>{clock(new Date(line.at), true)}</time>
        {named && <span class={`who hue${hue(line.member)}`}>{line.member}</span>}
        <span class="level">{level}</span>
        <span class="text">
          {marked(parts, search).map((span) =>
            span.mark ? <mark>{span.text}</mark> : span.style ? <span class={span.style}>{span.text}</span> : span.text,
          )}
        </span>
      </div>
      {open && <Detail line={line} />}
    </div>
  );
}

function Detail({ line }: { line: Entry }) {
  const text = detail(line);
  return (
    <div class="detail">
      <div class="actions">
        <button type="button" class="small" onClick={() => void navigator.clipboard.writeText(line.plain)}>
          Copy line
        </button>
        {text !== line.plain && (
          <button type="button" class="small" onClick={() => void navigator.clipboard.writeText(text)}>
            Copy JSON
          </button>
        )}
        <span class="muted">
          {line.at} · {line.stream}
        </span>
      </div>
      <pre tabIndex={0}>{text}</pre>
    </div>
  );
}
