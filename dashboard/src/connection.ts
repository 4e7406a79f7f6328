// The stream of events that a page lives on: open while the page is seen, and opened again when it fell silent.

import { effect, signal } from "@preact/signals";
import { base } from "./api";

export const connected = signal(true);
/** Seconds, for what counts time; runs while the page is seen. */
export const now = signal(Date.now());
/** The page can be seen; nothing is asked for while it cannot. */
export const seen = signal(!document.hidden);

/** Longest silence before the connection counts as dead; `sea` speaks every ten seconds at least. */
const silence = 25_000;

type Handlers = Record<string, (data: unknown) => void>;

/** Follows the events of a path; `opened` is called before each beginning, `lost` whenever it breaks off. */
export function follow(path: string, handlers: Handlers, opened: () => void = () => {}, lost: () => void = () => {}) {
  let source: EventSource | null = null;
  let heard = 0;
  const listen = () => {
    source?.close();
    source = new EventSource(base + path);
    heard = Date.now();
    const alive = () => {
      heard = Date.now();
      connected.value = true;
    };
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        alive();
        handle(JSON.parse(event.data));
      });
    }
    source.addEventListener("heartbeat", alive);
    source.onerror = () => {
      connected.value = false;
      lost();
    };
  };
  document.addEventListener("visibilitychange", () => (seen.value = !document.hidden));
  effect(() => {
    if (!seen.value) {
      source?.close();
      source = null;
      return;
    }
    opened();
    listen();
    const clock = setInterval(() => {
      now.value = Date.now();
      const closed = source?.readyState === EventSource.CLOSED;
      if (closed || now.peek() - heard > silence) {
        connected.value = false;
        listen();
      }
    }, 1000);
    return () => clearInterval(clock);
  });
}
