// One release: what it is, the gates it passed and the states it went through.

import { useSignal, useSignalEffect } from "@preact/signals";
import { get } from "../../api";
import { duration } from "../../format";
import { Icon } from "../../parts/icon";
import { at, type Environment, type ReleaseReport } from "../api";
import { person } from "../parts/commit";
import { hashOf } from "../state";
import { When } from "./releases";

export function OneRelease({ place, release }: { place: Environment; release: string }) {
  const known = useSignal<ReleaseReport | null>(null);
  const wrong = useSignal("");
  useSignalEffect(() => {
    get<ReleaseReport>(`${at(place.app, place.environment)}/releases/${encodeURIComponent(release)}`).then(
      (answer) => (known.value = answer),
      (error: Error) => (wrong.value = error.message),
    );
  });
  const report = known.value;
  const here = report?.environments.find((stay) => stay.environment === place.environment);
  return (
    <>
      <header class="summary">
        <div>
          <p>
            <a href={hashOf("releases", place)}>
              {place.app} {place.environment}
            </a>
          </p>
          <h1>
            <code class="big">{release}</code> {here?.state && <span class="muted">{here.state}</span>}
          </h1>
        </div>
      </header>
      {wrong.value && <p class="bad">{wrong.value}</p>}
      {report?.made && (
        <section class="panel" aria-labelledby="made">
          <h2 id="made">What it is</h2>
          <dl class="list">
            <div>
              <dt>Commit</dt>
              <dd>
                <code>{report.made.commit}</code>
                {report.made.dirty && <span class="badge">with changes</span>}
              </dd>
            </div>
            {report.changes?.commits.map((commit) => (
              <div>
                <dt>Subject</dt>
                <dd>{commit.subject}</dd>
              </div>
            ))}
            <div>
              <dt>Author</dt>
              <dd>{person(report.made.author)}</dd>
            </div>
            <div>
              <dt>Shipped</dt>
              <dd>
                <When time={report.made.time} /> by {report.made.actor}
              </dd>
            </div>
            <div>
              <dt>Artifact</dt>
              <dd>
                <code>{report.made.artifact}</code>
              </dd>
            </div>
          </dl>
        </section>
      )}
      {here && here.gates.length > 0 && (
        <section class="panel" aria-labelledby="gates">
          <h2 id="gates">Gates</h2>
          <ul class="gates">
            {here.gates.map((gate) => (
              <li>
                <span class={`phase ${gate.outcome === "passed" ? "good" : gate.outcome === "failed" ? "bad" : "off"}`}>
                  <Icon name={gate.outcome === "passed" ? "ready" : gate.outcome === "failed" ? "failed" : "stopped"} />
                  {gate.gate}
                </span>
                <span class="muted">{gate.detail ?? gate.outcome}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {here && (
        <section class="panel" aria-labelledby="moves">
          <h2 id="moves">States</h2>
          <table class="moves">
            <thead>
              <tr>
                <th scope="col">State</th>
                <th scope="col">When</th>
                <th scope="col" class="number">
                  Took
                </th>
                <th scope="col" class="number">
                  Stayed
                </th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {here.transitions.map((move) => (
                <tr>
                  <th scope="row">
                    {move.to}
                    {move.phase !== "confirmed" && <span class="muted"> {move.phase === "begun" ? "under way" : "given up"}</span>}
                  </th>
                  <td>
                    <When time={move.began} />
                  </td>
                  <td class="number">{duration(move.duration_ms)}</td>
                  <td class="number">{duration(move.stayed_ms)}</td>
                  <td class="muted">{[move.reason, move.actor].filter(Boolean).join(", ")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  );
}
