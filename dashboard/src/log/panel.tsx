// The log with its tools: search, level, members, wrapping, copying.

import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { count } from "../format";
import { Icon } from "../parts/icon";
import { seen } from "../state";
import { hue } from "./row";
import { LogStore, levels, pattern, setup, type Level } from "./store";
import { LogView } from "./view";

interface Props {
  /** Of one member, or of all. */
  member: string | null;
  /** Members that can be shown and hidden, and `setup`. */
  members: string[];
  search?: string;
  level?: Level | null;
}

/** Lines that are copied at most. */
const copied = 10_000;

export function LogPanel({ member, members, search: sought = "", level: least = null }: Props) {
  const store = useMemo(() => new LogStore(member), [member]);
  const search = useSignal(sought);
  const level = useSignal<Level | null>(least);
  const hidden = useSignal<ReadonlySet<string>>(new Set());
  const wrap = useSignal(false);
  const said = useSignal("");
  const compiled = useComputed(() => pattern(search.value));

  useEffect(() => () => store.close(), [store]);
  useSignalEffect(() => {
    if (seen.value) store.open();
    else store.close();
  });
  useSignalEffect(() => {
    const pattern = compiled.value;
    if (pattern !== undefined) store.show({ hidden: hidden.value, level: level.value, pattern });
  });

  const toggle = (name: string, alone: boolean) => {
    if (alone) {
      const others = members.filter((other) => other !== name);
      const isAlone = others.every((other) => hidden.value.has(other)) && !hidden.value.has(name);
      hidden.value = new Set(isAlone ? [] : others);
      return;
    }
    const next = new Set(hidden.value);
    if (!next.delete(name)) next.add(name);
    hidden.value = next;
  };
  const copy = async () => {
    const lines = store.shown.slice(-copied);
    const text = lines.map((line) => `${line.at} ${line.member} ${line.plain}`).join("\n");
    await navigator.clipboard.writeText(text);
    said.value = `${count(lines.length, "line")} copied`;
    setTimeout(() => (said.value = ""), 3000);
  };
  store.version.value;
  return (
    <section class="logpanel" aria-label={member ? `Log of ${member}` : "Log"}>
      <div class="tools">
        <label class="search">
          <Icon name="search" />
          <span class="hidden">Search the log</span>
          <input
            type="search"
            id="search"
            placeholder="Search, or /regex/"
            value={search.value}
            aria-invalid={compiled.value === undefined}
            onInput={(event) => (search.value = event.currentTarget.value)}
            autocomplete="off"
            spellcheck={false}
          />
          <kbd aria-hidden="true">/</kbd>
        </label>
        <label class="choice">
          <span class="hidden">Level</span>
          <select
            value={level.value ?? ""}
            onChange={(event) => (level.value = (event.currentTarget.value || null) as Level | null)}
          >
            <option value="">All levels</option>
            {levels.map((name) => (
              <option value={name}>{name === "error" ? "error" : `${name} and above`}</option>
            ))}
          </select>
        </label>
        {!member && (
          <div class="chips" role="group" aria-label="Services shown">
            {members.map((name) => (
              <button
                type="button"
                class={`chip hue${hue(name)}`}
                aria-pressed={!hidden.value.has(name)}
                title="Click to show or hide; double-click for this one alone"
                onClick={() => toggle(name, false)}
                onDblClick={() => toggle(name, true)}
              >
                {name === setup ? "setup" : name}
              </button>
            ))}
          </div>
        )}
        <span class="figures" role="status">
          {said.value || tally(store)}
        </span>
        <button type="button" class="small" aria-pressed={wrap.value} onClick={() => (wrap.value = !wrap.value)}>
          Wrap
        </button>
        <button type="button" class="small" onClick={() => void copy()}>
          Copy
        </button>
      </div>
      {compiled.value === undefined && <p class="note bad">This is no regular expression yet; the last search stays.</p>}
      {store.skipped.value > 0 && (
        <p class="note">
          {count(store.skipped.value, "byte")} of log were written faster than they can be shown and are not here; they are
          in the files under <code>.seaworthy/logs</code>.
        </p>
      )}
      <LogView store={store} named={!member} wrap={wrap.value} search={compiled.value ?? null} />
    </section>
  );
}

function tally(store: LogStore): string {
  const all = count(store.lines.length, "line");
  return store.shown.length === store.lines.length ? all : `${store.shown.length.toLocaleString("en")} of ${all}`;
}
