// How an app is delivered: the five metrics of DORA.

import { useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { get } from "../../api";
import { seen } from "../../connection";
import { age, count } from "../../format";
import { Icon } from "../../parts/icon";
import { at, type Dora, type Environment, type Point, type Share, type Times, type Trend } from "../api";
import { Chooser, Nowhere } from "../parts/chooser";
import { TrendChart } from "../parts/trend";
import { chosen, nameOf, servingId } from "../state";

const windows = [7, 30, 90];

export function DoraPage() {
  const place = chosen.value;
  return place ? <Metrics key={nameOf(place)} place={place} /> : <Nowhere />;
}

function Metrics({ place }: { place: Environment }) {
  const days = useSignal(30);
  const known = useSignal<Dora | null>(null);
  const wrong = useSignal("");
  const path = `${at(place.app, place.environment)}/dora`;
  useSignalEffect(() => {
    if (!seen.value) return;
    // Another release that serves is another deployment.
    void (chosen.value && servingId(chosen.value));
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    get<Dora>(`${path}?${new URLSearchParams({ days: String(days.value), zone })}`).then(
      (answer) => ((known.value = answer), (wrong.value = "")),
      (error: Error) => (wrong.value = error.message),
    );
  });
  const dora = known.value;
  return (
    <>
      <header class="summary">
        <div>
          <h1>
            {place.app} <span class="muted">{place.environment}</span>
          </h1>
          <p class="muted">
            {dora ? `${dora.report.from} to ${dora.report.to} (${dora.report.time_zone})` : "Reading the ledger…"}
          </p>
        </div>
        <div class="choices">
          <div class="segmented" role="group" aria-label="Window">
            {windows.map((length) => (
              <button type="button" aria-pressed={days.value === length} onClick={() => (days.value = length)}>
                {length} days
              </button>
            ))}
          </div>
          <Chooser page="dora" />
        </div>
      </header>
      {wrong.value && <p class="bad">{wrong.value}</p>}
      {dora && <Cards dora={dora} />}
    </>
  );
}

const seconds = (value: number | null) => (value == null ? "–" : age(value * 1000));
const percent = (value: number | null) => (value == null ? "–" : `${Math.round(value * 100)} %`);
const number = (value: number | null) => (value == null ? "–" : String(Number(value.toFixed(2))));

interface Shown {
  value: string;
  spread: string;
  trend: Trend;
  point: (point: Point) => number | null;
  format: (value: number | null) => string;
  least: number;
  most?: number;
}

/** What each metric says, by the name that its definition has. */
function shown({ report }: Dora): Record<string, Shown> {
  const times = ({ count: known, p25_seconds, p75_seconds }: Times, one: string) =>
    known ? `middle half ${seconds(p25_seconds)} to ${seconds(p75_seconds)}, of ${count(known, one)}` : `no ${one}s in these days`;
  const rates = ({ count, of, interval }: Share) =>
    interval ? `${count} of ${of}; 95 % interval ${percent(interval[0])} to ${percent(interval[1])}` : "no deployments in these days";
  const { now: frequency, trend } = report.deployment_frequency;
  const lead = report.lead_time_for_changes;
  const failed = report.change_fail_rate;
  const recovery = report.failed_deployment_recovery_time;
  const rework = report.deployment_rework_rate;
  const unrecovered = recovery.now.unrecovered ? `; ${recovery.now.unrecovered} not over yet` : "";
  return {
    deployment_frequency: {
      value: `${number(frequency.per_day)} a day`,
      spread: `${frequency.deployments} on ${count(frequency.active_days, "day")}; middle half of the days ${number(frequency.daily.p25)} to ${number(frequency.daily.p75)}`,
      trend,
      point: (point) => point.deployments,
      format: number,
      least: 4,
    },
    lead_time_for_changes: { value: seconds(lead.now.median_seconds), spread: times(lead.now, "change"), trend: lead.trend, point: (point) => point.lead_time_seconds, format: seconds, least: 60 },
    change_fail_rate: { value: percent(failed.now.rate), spread: rates(failed.now), trend: failed.trend, point: (point) => point.change_fail_rate, format: percent, least: 0.2, most: 1 },
    failed_deployment_recovery_time: {
      value: seconds(recovery.now.times.median_seconds),
      spread: times(recovery.now.times, "failure") + unrecovered,
      trend: recovery.trend,
      point: (point) => point.recovery_seconds,
      format: seconds,
      least: 60,
    },
    deployment_rework_rate: { value: percent(rework.now.rate), spread: rates(rework.now), trend: rework.trend, point: (point) => point.rework_rate, format: percent, least: 0.2, most: 1 },
  };
}

function Cards({ dora }: { dora: Dora }) {
  const all = shown(dora);
  const days = dora.points.map((point) => point.to);
  return (
    <>
      <div class="metrics">
        {dora.definitions.map(({ metric, title, dora: said, here }) => {
          const one = all[metric];
          if (!one) return null;
          return (
            <section class="panel metric" aria-labelledby={metric}>
              <h2 id={metric}>{title}</h2>
              <p class="value">
                {one.value} <Moved trend={one.trend} />
              </p>
              <p class="muted">{one.spread}</p>
              <TrendChart days={days} values={dora.points.map(one.point)} format={one.format} least={one.least} most={one.most} />
              <details>
                <summary>What it means</summary>
                <p>{said}</p>
                <p class="muted">Here: {here}</p>
              </details>
            </section>
          );
        })}
      </div>
      <Notes dora={dora} />
    </>
  );
}

const words: Record<Trend["direction"], [string, string]> = {
  better: ["better", "good"],
  worse: ["worse", "warn"],
  same: ["the same", "off"],
  unknown: ["", "off"],
};

function Moved({ trend }: { trend: Trend }) {
  const [word, tone] = words[trend.direction];
  if (!word) return null;
  const by = trend.change && trend.direction !== "same" ? ` by ${Math.abs(Math.round(trend.change * 100))} %` : "";
  return (
    <span class={`phase ${tone}`}>
      {word}
      {by}
    </span>
  );
}

function Notes({ dora }: { dora: Dora }) {
  const { notes } = dora.report;
  const told: ComponentChildren[] = [
    notes.first_deployment && "The first known deployment is among them: what it delivered cannot be told.",
    notes.unknown_commits > 0 && `Of ${notes.unknown_commits} deployments the commit is not known here, so they have no lead times.`,
    notes.skewed_commits > 0 && `${notes.skewed_commits} changes are younger than their deployment, by the clocks.`,
    notes.imported > 0 && `${notes.imported} deployments are known from tags alone, so rates leave them out.`,
  ].filter(Boolean);
  return (
    <section class="panel" aria-labelledby="source">
      <h2 id="source">Definitions and their source</h2>
      <div class="prose">
        <p>
          The definitions are DORA's:{" "}
          <a href={dora.source} target="_blank" rel="noreferrer" class="out">
            {dora.source.replace(/^https?:\/\//, "")}
            <Icon name="link" />
            <span class="hidden">(opens in a new tab)</span>
          </a>
          . Durations have a median and their middle half, rates the 95 % interval of Wilson. Better and worse compare with as many days right before;
          charts show twelve windows of this length. They describe, they test nothing.
        </p>
        {told.map((note) => (
          <p class="muted">{note}</p>
        ))}
      </div>
    </section>
  );
}
