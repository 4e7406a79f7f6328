// A release that takes over: where it is, its share, both releases' rates and what the judge makes of them.

import { now } from "../../connection";
import { age } from "../../format";
import { Icon } from "../../parts/icon";
import type { Environment, Judge, Rate, Rollout, Stream } from "../api";
import { Commit } from "./commit";
import { Orders } from "./orders";

/** The way of each strategy. A canary's steps are one place here: its share tells which. */
const ways: Record<string, string[]> = {
  canary: ["built", "migrated", "booting", "ready", "smoked", "canary", "promoted"],
  "blue-green": ["built", "migrated", "booting", "ready", "smoked", "promoted"],
  rolling: ["built", "migrated", "booting", "ready", "smoked", "promoted"],
};

export function Live({ place, rollout }: { place: Environment; rollout: Rollout }) {
  const bad = rollout.state === "aborted" || rollout.state === "frozen";
  const watched = rollout.watched_until ? rollout.watched_until - now.value : 0;
  return (
    <section class={`panel live ${bad ? "failure" : ""}`} aria-labelledby="live">
      <header>
        <div>
          <h2 id="live">
            <code>{rollout.release}</code> {bad ? "is taken back" : rollout.state === "promoted" ? "has all traffic and is watched" : "takes over"}
          </h2>
          <p>
            <Commit of={rollout.ships} />
          </p>
          <p class="muted">
            {rollout.strategy}
            {rollout.before && (
              <>
                , before it <code>{rollout.before}</code>
              </>
            )}
            {rollout.paused && ", paused"}
            {watched > 0 && `, warm for a rollback for ${age(watched)} more`}
          </p>
        </div>
        <Orders place={place} />
      </header>
      <Way rollout={rollout} />
      <Share weight={rollout.weight} before={rollout.before} release={rollout.release} />
      {rollout.cause && (
        <p class="bad cause">
          <Icon name="warn" /> {rollout.cause}
        </p>
      )}
      {rollout.waits_for && <p class="muted cause">Waits for {rollout.waits_for}</p>}
      {rollout.report && <Judged judge={rollout.report} rollout={rollout} />}
    </section>
  );
}

function Way({ rollout }: { rollout: Rollout }) {
  const way = ways[rollout.strategy] ?? ways.canary!;
  const word = rollout.state.split(" ")[0]!;
  const at = ["draining", "retained"].includes(word) ? way.length - 1 : way.indexOf(word);
  if (at < 0) return <p class="cause bad">{rollout.state}</p>;
  return (
    <ol class="way" aria-label="Where it is">
      {way.map((step, place) => (
        <li class={place < at || (place === at && rollout.done) ? "good" : place === at ? "busy" : ""} aria-current={place === at ? "step" : undefined}>
          {place < at || (place === at && rollout.done) ? <Icon name="ready" /> : place === at ? <Icon name="starting" spin /> : <i />}
          {place === at ? rollout.state : step}
        </li>
      ))}
    </ol>
  );
}

/** How the traffic is split. */
export function Share({ weight, before, release }: { weight: number; before?: string | null; release?: string }) {
  const percent = `${Number(weight.toFixed(2))} %`;
  return (
    <div class="share">
      <div class="track" role="img" aria-label={`${percent} of the traffic`}>
        <i style={{ width: `${weight}%` }} />
      </div>
      <p class="muted">
        <b>{percent}</b> {release ? <span>new release</span> : "of the traffic"}
        {before && <span class="rest">{Number((100 - weight).toFixed(2))} % release before</span>}
      </p>
    </div>
  );
}

const share = ({ events, of }: Rate) => (of ? `${((events / of) * 100).toFixed(events / of < 0.1 ? 2 : 1)} %` : "–");
const figure = (value: number | null) => (value == null ? "–" : value >= 1000 ? "> 1,000" : value.toFixed(2));

function verdict(judge: Judge, rollout: Rollout): string {
  if (judge.cause) return "The judge takes it back.";
  if (rollout.state === "promoted") return "Nothing speaks against it so far; it is watched beside what the release before did.";
  if (!judge.requests) return "No requests yet: there is nothing to judge.";
  if (rollout.paused) return "Paused: it stays where it is, and is still taken back when it is worse.";
  return "Nothing decided yet: not certainly worse, not yet certainly as good.";
}

function Judged({ judge, rollout }: { judge: Judge; rollout: Rollout }) {
  const evidence = judge.evidence ?? Infinity;
  const limit = judge.aborts_at ?? Infinity;
  // Evidence multiplies: its logarithm is what grows evenly.
  const reach = Math.max(0, Math.min(1, Math.log(Math.max(evidence, 1)) / Math.log(limit)));
  return (
    <div class="judge">
      <h3>Judge</h3>
      <p>
        {verdict(judge, rollout)} {judge.cause}
      </p>
      <div class="evidence">
        <span class="muted">Evidence against it</span>
        <div class="track" role="img" aria-label={`Evidence ${figure(judge.evidence)}; at ${figure(judge.aborts_at)} it is taken back`}>
          <i class={reach > 0.66 ? "high" : ""} style={{ width: `${Math.max(reach * 100, 1)}%` }} />
        </div>
        <span>
          {figure(judge.evidence)} <span class="muted">of {judge.aborts_at == null ? "–" : Math.round(judge.aborts_at).toLocaleString("en")}</span>
        </span>
      </div>
      <table class="streams">
        <thead>
          <tr>
            <th scope="col">Stream</th>
            <th scope="col" class="number">New release</th>
            <th scope="col" class="number">Release before</th>
            <th scope="col" class="number">Odds ratio</th>
            <th scope="col" class="number">At most</th>
            <th scope="col" class="number">Evidence</th>
          </tr>
        </thead>
        <tbody>
          {judge.streams.map((stream) => (
            <StreamRow stream={stream} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function StreamRow({ stream }: { stream: Stream }) {
  const worse = stream.canary.of > 0 && stream.canary.events > 0 && (stream.odds_ratio ?? 0) > 2;
  const counted = ({ events, of }: Rate) =>
    of > 0 && (
      <span class="muted counted">
        {events.toLocaleString("en")} of {of.toLocaleString("en")}
      </span>
    );
  return (
    <tr>
      <th scope="row">{stream.stream}</th>
      <td class={`number ${worse ? "warn" : ""}`} data-label="New release">
        <b>{share(stream.canary)}</b> {counted(stream.canary)}
      </td>
      <td class="number" data-label="Release before">
        <b>{share(stream.stable)}</b> {counted(stream.stable)}
      </td>
      <td class="number" data-label="Odds ratio">
        {figure(stream.odds_ratio)}
      </td>
      <td class="number" data-label="At most">
        {figure(stream.bound)}
      </td>
      <td class="number" data-label="Evidence">
        {figure(stream.evidence)}
      </td>
    </tr>
  );
}
