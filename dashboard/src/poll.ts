// Lists that change without an event of their own are asked for while they are looked at.

import { useSignal, useSignalEffect, type Signal } from "@preact/signals";
import { get } from "./api";
import { app, seen } from "./state";

const period = 2000;

/** What the path answers, again and again; null until the first answer. */
export function usePoll<T>(path: string): Signal<T | null> {
  const value = useSignal<T | null>(null);
  useSignalEffect(() => {
    if (!seen.value) return;
    // What happened may be news here, too.
    void app.value;
    let known = "";
    const ask = async () => {
      try {
        const next = await get<T>(path);
        const text = JSON.stringify(next);
        if (text !== known) value.value = next;
        known = text;
      } catch {
        // The events tell when `sea` is gone.
      }
    };
    void ask();
    const timer = setInterval(() => void ask(), period);
    return () => clearInterval(timer);
  });
  return value;
}
