// A chart over time, drawn by uPlot in the colours of the theme.

import { useEffect, useRef } from "preact/hooks";
import { useComputed } from "@preact/signals";
import type uPlot from "uplot";
import type { Figure } from "../api";
import * as metrics from "../metrics";
import { clock } from "../format";
import { color, dark } from "../theme";
import { axis, fetchLibrary, library } from "./uplot";

export interface Series {
  figure: Figure;
  label: string;
  /** A custom property of style.css. */
  color: string;
}

interface Props {
  title: string;
  member: string;
  series: Series[];
  format: (value: number | null) => string;
  /** The axis reaches at least this far, so that noise does not look like load. */
  least: number;
  /** Its steps are powers of two. */
  binary?: boolean;
  /** Half of the width, where it would be a third. */
  half?: boolean;
}

/** Steps of an axis of bytes. */
const powers = Array.from({ length: 50 }, (_, power) => 2 ** power);

/** Times of day, with seconds where the marks are less than a minute apart. */
const times: uPlot.Axis.DynamicValues = (_, splits, __, ___, step) =>
  splits.map((at) => clock(new Date(at * 1000)).slice(0, step < 60 ? 8 : 5));

const height = 132;
/** Seconds that are shown. */
const span = 900;

export function Chart({ title, member, series, format, least, binary = false, half = false }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const isDark = dark.value;
  const Plot = library.value;
  useEffect(fetchLibrary, []);
  useEffect(() => {
    const element = box.current;
    if (!Plot || !element) return;
    const common = axis();
    const options: uPlot.Options = {
      width: element.clientWidth,
      height,
      padding: [6, 10, 0, 0],
      cursor: { sync: { key: "charts" }, y: false, points: { size: 6 } },
      legend: { show: false },
      scales: { y: { range: (_, __, most) => [0, Math.max(least, most * 1.1)] } },
      axes: [
        { ...common, size: 24, values: times, space: 80 },
        { ...common, size: 58, space: 30, incrs: binary ? powers : undefined, values: (_, values) => values.map(format) },
      ],
      series: [
        {},
        ...series.map((one, at) => ({
          label: one.label,
          stroke: color(one.color),
          fill: at === 0 && series.length === 1 ? `${color(one.color)}22` : undefined,
          width: 1.5,
          points: { show: false },
        })),
      ],
    };
    const chart = new Plot(options, data(member, series), element);
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    const stop = metrics.version.subscribe(() => chart.setData(data(member, series)));
    return () => {
      stop();
      observer.disconnect();
      chart.destroy();
    };
  }, [member, isDark, Plot]);
  const latest = useComputed(() => {
    metrics.version.value;
    return series.map((one) => metrics.latest(member, one.figure));
  });
  const values = latest.value.map((value, at) => (
    <span>
      <i style={{ background: `var(--${series[at]!.color})` }} />
      {series.length > 1 && `${series[at]!.label} `}
      <b>{format(value)}</b>
    </span>
  ));
  return (
    <figure class={half ? "chart half" : "chart"}>
      <figcaption>
        {title} <span class="values">{values}</span>
      </figcaption>
      <div class="plot" ref={box} aria-hidden="true" />
    </figure>
  );
}

function data(member: string, series: Series[]): uPlot.AlignedData {
  const known = metrics.of(member);
  const times = metrics.times();
  const from = Math.max(0, times.length - span);
  return [times.slice(from), ...series.map((one) => known?.[one.figure].slice(from) ?? [])] as uPlot.AlignedData;
}

/** The last minutes of a figure as a line beside its value. */
export function Spark({ member, figure }: { member: string; figure: Figure }) {
  metrics.version.value;
  const values = (metrics.of(member)?.[figure] ?? []).slice(-60);
  const most = Math.max(...values.map((value) => value ?? 0), 1e-9);
  const points = values.map((value, at) => `${at},${(15 - ((value ?? 0) / most) * 14).toFixed(1)}`);
  return (
    <svg class="spark" viewBox="0 0 60 16" preserveAspectRatio="none" aria-hidden="true">
      {points.length > 1 && <polyline points={points.join(" ")} />}
    </svg>
  );
}
