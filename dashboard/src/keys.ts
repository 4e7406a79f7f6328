// The keyboard: one listener; the part of the page that can move a selection says so.

import { computed, signal } from "@preact/signals";
import { face } from "./face";
import { go } from "./route";
import { app, order } from "./state";

export const help = signal(false);

interface Handlers {
  /** Moves the selection; false when there is nothing to move. */
  move(step: 1 | -1): boolean;
  enter(): boolean;
  escape(): boolean;
}

const handlers: Handlers[] = [];

/** Takes keys until the returned function is called. */
export function onKeys(taken: Handlers): () => void {
  handlers.push(taken);
  return () => void handlers.splice(handlers.indexOf(taken), 1);
}

type Bindings = [string, string][];

const ofApp: Bindings = [
  ["?", "this help"],
  ["g o", "go to the overview"],
  ["g l", "go to the logs"],
  ["g r", "go to the reloads"],
  ["g m", "go to the mail"],
  ["/", "search the log"],
  ["j  k", "next, previous row"],
  ["Enter", "open the selected row"],
  ["r", "restart the selected service"],
  ["Esc", "close, leave the search, go to the end of the log"],
];

const ofHost: Bindings = [
  ["?", "this help"],
  ["g o", "go to the overview"],
  ["g r", "go to the releases"],
  ["g d", "go to the DORA metrics"],
  ["j  k", "next, previous row"],
  ["Enter", "open the selected row"],
  ["Esc", "close"],
];

const onHost = () => face.value !== "app";
/** The keys of the page that is shown. */
export const bindings = computed(() => (onHost() ? ofHost : ofApp));

const placesOfApp: Record<string, string> = { o: "#/overview", l: "#/logs", r: "#/reloads", m: "#/mail" };
const placesOfHost: Record<string, string> = { o: "#/overview", r: "#/releases", d: "#/dora" };
/** Time for the second key, in milliseconds. */
const chord = 1500;
let going = 0;

/** Moves the focus along what is marked as a row of a list. */
function moveFocus(step: 1 | -1) {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")].filter((row) => row.offsetParent);
  const at = rows.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
  const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function restart() {
  const name = document.activeElement?.closest<HTMLElement>("[data-member]")?.dataset.member
    ?? document.querySelector<HTMLElement>("main[data-member]")?.dataset.member;
  if (name && app.value?.members.some((member) => member.name === name && member.command)) void order(name, "restart");
}

function search() {
  const field = () => document.querySelector<HTMLInputElement>("#search");
  if (!field()) go("#/logs");
  setTimeout(() => {
    field()?.focus();
    field()?.select();
  }, field() ? 0 : 50);
}

function escape(target: HTMLElement) {
  if (target.matches("input, select")) {
    if (target instanceof HTMLInputElement && target.value) {
      target.value = "";
      target.dispatchEvent(new Event("input", { bubbles: true }));
    }
    target.blur();
  } else if (!handlers.some((taken) => taken.escape())) {
    (document.activeElement as HTMLElement | null)?.blur();
  }
}

export function listen() {
  addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const typing = target.matches("input, select, textarea");
    if (typing && event.key !== "Escape") return;
    const second = Date.now() - going < chord;
    going = 0;
    const place = (onHost() ? placesOfHost : placesOfApp)[event.key];
    if (second && place) go(place);
    else if (event.key === "g") going = Date.now();
    else if (event.key === "?") help.value = true;
    else if (event.key === "/" && !onHost()) search();
    else if (event.key === "r" && !onHost()) restart();
    else if (event.key === "Escape") escape(target);
    else if (event.key === "j" || event.key === "k") {
      const step = event.key === "j" ? 1 : -1;
      if (!handlers.some((taken) => taken.move(step))) moveFocus(step);
    } else if (event.key === "Enter" && !target.matches("a, button") && handlers.some((taken) => taken.enter())) {
      // Taken.
    } else return;
    event.preventDefault();
  });
}
