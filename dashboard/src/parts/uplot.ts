// The library that draws charts. It is fetched when the first chart is shown: it is as large as all the rest.

import { signal } from "@preact/signals";
import type uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { color } from "../theme";

export const library = signal<typeof uPlot | null>(null);
let fetching = false;

export function fetchLibrary() {
  if (fetching) return;
  fetching = true;
  void import("uplot").then((module) => (library.value = module.default));
}

/** How axes look in the colours of the theme. */
export const axis = () => ({ stroke: color("muted"), grid: { stroke: color("line"), width: 1 }, ticks: { show: false }, font: "11px system-ui" });
