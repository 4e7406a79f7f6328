// A metric over the last windows: a point each, drawn by uPlot.

import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import { axis, fetchLibrary, library } from "../../parts/uplot";
import { color, dark } from "../../theme";

interface Props {
  /** The last day of each window. */
  days: string[];
  values: (number | null)[];
  format: (value: number | null) => string;
  /** The axis reaches at least this far. */
  least: number;
  /** And no further than this. */
  most?: number;
}

const height = 110;

export function TrendChart({ days, values, format, least, most = Infinity }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const isDark = dark.value;
  const Plot = library.value;
  useEffect(fetchLibrary, []);
  useEffect(() => {
    const element = box.current;
    if (!Plot || !element) return;
    const common = axis();
    // Noon, so that no time zone makes it another day.
    const times = days.map((day) => Date.parse(`${day}T12:00:00`) / 1000);
    const dates: uPlot.Axis.DynamicValues = (_, splits) => splits.map((at) => new Date(at * 1000).toLocaleDateString("en", { day: "numeric", month: "short" }));
    const options: uPlot.Options = {
      width: element.clientWidth,
      height,
      padding: [8, 12, 0, 0],
      cursor: { show: false },
      legend: { show: false },
      scales: { y: { range: (_, __, highest) => [0, Math.min(most, Math.max(least, (highest ?? 0) * 1.15))] } },
      axes: [
        { ...common, size: 24, values: dates, space: 70 },
        { ...common, size: 58, space: 28, values: (_, values) => values.map(format) },
      ],
      series: [{}, { stroke: color("blue"), fill: `${color("blue")}22`, width: 1.5, spanGaps: true, points: { show: true, size: 6, fill: color("panel") } }],
    };
    const chart = new Plot(options, [times, values] as uPlot.AlignedData, element);
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [days.join(), values.join(), isDark, Plot]);
  const said = values.map((value, at) => (value == null ? "" : `${days[at]}: ${format(value)}`)).filter(Boolean);
  return <div class="plot small" ref={box} role="img" aria-label={said.length ? said.join(", ") : "no figures yet"} />;
}
