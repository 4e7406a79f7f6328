// A line of the log.

import { Component } from "preact";
import { marked, spans } from "../ansi";
import { clock } from "../format";
import { app } from "../state";
import { detail, fields, structured } from "./structure";
import type { Entry } from "./store";

/** One of eight hues for a member, by its place in the app: neighbours differ. */
export function hue(name: string): number {
  const at = app.peek()?.members.findIndex((member) => member.name === name) ?? -1;
  return at < 0 ? 7 : at % 8;
}

interface Props {
  line: Entry;
  named: boolean;
  selected: boolean;
  open: boolean;
  search: RegExp | null;
  onToggle: (line: Entry) => void;
}

/** A line does not change: it is drawn again only when what is done with it does. */
export class Row extends Component<Props> {
  override shouldComponentUpdate(next: Props): boolean {
    const { line, named, selected, open, search } = this.props;
    return (
      next.line !== line || next.named !== named || next.selected !== selected || next.open !== open || next.search !== search
    );
  }

  override render({ line, named, selected, open, search, onToggle }: Props) {
    const level = line.level ?? "";
    const parts = structured(line) ? [{ text: line.message, style: "" }, { text: ` ${fields(line)}`, style: "d" }] : spans(line.text);
    return (
      <div class={`line ${level} ${line.stream}${selected ? " selected" : ""}${open ? " open" : ""}`}>
        <div class="cells" onClick={() => getSelection()?.isCollapsed !== false && onToggle(line)}>
          <time dateTime={line.at}>{clock(new Date(line.at), true)}</time>
          {named && <span class={`who hue${hue(line.member)}`} title={line.member}>{line.member}</span>}
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
