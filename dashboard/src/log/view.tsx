// The list of lines: only the rows that can be seen are in the document.

import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { count } from "../format";
import { onKeys } from "../keys";
import { detailRows, layout, row } from "./layout";
import { Row } from "./row";
import type { Entry, LogStore } from "./store";
import { detail } from "./structure";

/** Rows that are drawn above and below what can be seen. */
const margin = 12;
/** Width of a character, and of what stands beside the text, in the face of the log: see style.css. */
const beside = { named: 262, alone: 156 };

interface Props {
  store: LogStore;
  named: boolean;
  wrap: boolean;
  search: RegExp | null;
}

export function LogView({ store, named, wrap, search }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const size = useSignal({ width: 800, height: 400, char: 7.2 });
  const open = useSignal<ReadonlyMap<number, number>>(new Map());
  const selected = useSignal<number | null>(null);
  const follow = useSignal(true);
  /** The newest line when following ended. */
  const last = useSignal(Number.NEGATIVE_INFINITY);

  const version = store.version.value;
  const lines = store.shown;
  const columns = wrap
    ? Math.max(20, Math.floor((size.value.width - (named ? beside.named : beside.alone)) / size.value.char))
    : null;
  const place = useMemo(() => layout(lines, columns, open.value), [version, columns, open.value]);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => {
      const probe = element.querySelector<HTMLElement>(".probe")!;
      size.value = { width: element.clientWidth, height: element.clientHeight, char: probe.offsetWidth / 100 };
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // Before the page is painted: stay at the end, or at the lines that are being read.
  useLayoutEffect(() => {
    // A line may come in the moment in which the page is left.
    const element = box.current;
    if (!element) return;
    if (follow.value) element.scrollTop = element.scrollHeight;
    else if (store.moved) element.scrollTop += store.moved > 0 ? place.top(store.moved) : store.moved * row;
    store.moved = 0;
    top.value = element.scrollTop;
  }, [version, place, size.value.height]);

  const toEnd = () => {
    follow.value = true;
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  const toggle = (line: Entry) => {
    const next = new Map(open.value);
    if (!next.delete(line.id)) next.set(line.id, detailRows(detail(line)));
    open.value = next;
    selected.value = line.id;
    if (next.size) pause();
  };
  const pause = () => {
    if (!follow.value) return;
    follow.value = false;
    last.value = store.shown.at(-1)?.id ?? Number.NEGATIVE_INFINITY;
  };
  const scrolled = (event: Event) => {
    const element = event.currentTarget as HTMLElement;
    top.value = element.scrollTop;
    if (element.scrollTop + element.clientHeight >= element.scrollHeight - 4) follow.value = true;
    else pause();
  };

  useEffect(
    () =>
      onKeys({
        move(step) {
          const shown = store.shown;
          if (!shown.length) return false;
          const at = selected.value == null ? -1 : find(shown, selected.value);
          const fresh = at < 0 || shown[at]?.id !== selected.value;
          const index = fresh ? shown.length - 1 : Math.min(shown.length - 1, Math.max(0, at + step));
          selected.value = shown[index]!.id;
          reveal(index);
          return true;
        },
        enter() {
          const line = selected.value == null ? undefined : store.shown[find(store.shown, selected.value)];
          if (line) toggle(line);
          return !!line;
        },
        escape() {
          if (selected.value == null && !open.value.size && follow.value) return false;
          selected.value = null;
          open.value = new Map();
          toEnd();
          return true;
        },
      }),
    [store],
  );
  const placed = useRef(place);
  placed.current = place;
  const reveal = (index: number) => {
    const element = box.current;
    if (!element) return;
    const y = placed.current.top(index);
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y + row > element.scrollTop + element.clientHeight) element.scrollTop = y + row - element.clientHeight;
  };

  const start = Math.max(0, place.at(top.value) - margin);
  const end = Math.min(lines.length, place.at(top.value + size.value.height) + margin);
  const unseen = useComputed(() => {
    store.version.value;
    return follow.value ? 0 : store.shown.length - after(store.shown, last.value);
  });

  return (
    <div class={`log${wrap ? " wrap" : ""}${named ? " named" : ""}`}>
      <div class="scroller" ref={box} onScroll={scrolled} tabIndex={0} role="region" aria-label="Log lines">
        <span class="probe" aria-hidden="true">
          {"0".repeat(100)}
        </span>
        <div class="canvas" style={{ height: `${place.total}px` }}>
          <div class="window" style={{ transform: `translateY(${place.top(Math.min(start, lines.length))}px)` }}>
            {lines.slice(start, end).map((line) => (
              <Row
                key={line.id}
                line={line}
                named={named}
                selected={selected.value === line.id}
                open={open.value.has(line.id)}
                search={search}
                onToggle={toggle}
              />
            ))}
          </div>
        </div>
        {!lines.length && (
          <p class="empty">{store.loading.value ? "Reading the log…" : "No line matches. Lines appear here as they are written."}</p>
        )}
      </div>
      {!follow.value && (
        <button type="button" class="jump" onClick={toEnd}>
          {unseen.value ? count(unseen.value, "new line") : "Paused"} – go to the end
        </button>
      )}
    </div>
  );
}

/** The index of the first line with a later id. */
function after(lines: Entry[], id: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle]!.id > id) high = middle;
    else low = middle + 1;
  }
  return low;
}

const find = (lines: Entry[], id: number) => after(lines, id) - 1;
