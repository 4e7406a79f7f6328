// From save to ready: how long it takes, and what each save led to.

import type { Save } from "../api";
import { clock, count, day, duration } from "../format";
import { usePoll } from "../poll";
import { serviceHash } from "../route";

const actions: Record<string, string> = { own: "reloads itself" };
const bars = 24;

export function Reloads() {
  const saves = usePoll<Save[]>("/saves").value;
  if (!saves) return <p class="muted">Reading the saves…</p>;
  const times = saves.flatMap((save) => save.ready_after_ms ?? []).sort((a, b) => a - b);
  return (
    <>
      <header class="summary">
        <div>
          <h1>Reloads</h1>
          <p class="muted">From the write of a file to the new process being ready</p>
        </div>
        <dl class="facts">
          <Fact label="Saves" value={saves.length.toLocaleString("en")} />
          <Fact label="Median" value={duration(quantile(times, 0.5))} />
          <Fact label="p95" value={duration(quantile(times, 0.95))} />
          <Fact label="Failed" value={String(saves.filter((save) => save.failed).length)} />
        </dl>
      </header>
      {!saves.length && (
        <section class="panel blank">
          <h2>No save yet</h2>
          <p>Change a file of a service: what it led to, and how long that took, is shown here.</p>
        </section>
      )}
      {times.length > 0 && <Histogram times={times} />}
      {saves.length > 0 && <List saves={saves} />}
    </>
  );
}

function Fact({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}

const quantile = (sorted: number[], share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

/** A round width of the bars, so that all times fit in about two dozen. */
function width(most: number): number {
  const rough = most / bars;
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((width) => width >= rough) ?? rough;
}

function Histogram({ times }: { times: number[] }) {
  const step = width(times.at(-1)!);
  const counts = new Array<number>(Math.floor(times.at(-1)! / step) + 1).fill(0);
  for (const time of times) counts[Math.floor(time / step)]!++;
  const most = Math.max(...counts);
  return (
    <section class="panel" aria-labelledby="histogram">
      <h2 id="histogram">Save to ready</h2>
      <div class="histogram" role="img" aria-label={`${count(times.length, "save")}, half within ${duration(quantile(times, 0.5))}, 95 of 100 within ${duration(quantile(times, 0.95))}`}>
        {counts.map((number, at) => (
          <div class="column" title={`${duration(at * step)} to ${duration((at + 1) * step)}: ${count(number, "save")}`}>
            <span>{number || ""}</span>
            <i style={{ height: `${(number / most) * 100}%` }} />
          </div>
        ))}
      </div>
      <div class="scale muted" aria-hidden="true">
        <span>0</span>
        <span>{duration((counts.length * step) / 2)}</span>
        <span>{duration(counts.length * step)}</span>
      </div>
    </section>
  );
}

function List({ saves }: { saves: Save[] }) {
  const today = day(new Date());
  return (
    <section class="panel" aria-labelledby="saves">
      <h2 id="saves">Saves</h2>
      <table class="saves">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Files</th>
            <th scope="col">Service</th>
            <th scope="col">Action</th>
            <th scope="col" class="number">Ready after</th>
          </tr>
        </thead>
        <tbody>
          {saves.map((save) => {
            const at = new Date(save.at);
            return (
              <tr data-member={save.member}>
                <td class="nowrap">{day(at) === today ? clock(at) : `${day(at)} ${clock(at)}`}</td>
                <td class="files">
                  <code>{save.files[0]}</code>
                  {save.count > 1 && (
                    <span class="muted" title={save.files.join("\n")}>
                      {" "}
                      and {count(save.count - 1, "more", "more")}
                    </span>
                  )}
                  {save.failed && <div class="bad">{save.failed}</div>}
                </td>
                <td>
                  <a href={serviceHash(save.member)} data-row>
                    {save.member}
                  </a>
                </td>
                <td>{actions[save.action] ?? save.action}</td>
                <td class="number">{save.failed ? <span class="bad">failed</span> : save.action === "own" ? "–" : save.ready_after_ms == null ? "under way" : duration(save.ready_after_ms)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
