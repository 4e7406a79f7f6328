// The releases of an environment: what serves, what is under way, and what became of those before.

import { useSignal, useSignalEffect } from "@preact/signals";
import { get } from "../../api";
import { seen } from "../../connection";
import { clock, day, duration } from "../../format";
import { Url } from "../../pages/overview";
import { Icon } from "../../parts/icon";
import { Phase } from "../../parts/phase";
import { Command } from "../../parts/problems";
import { route } from "../../route";
import { at, lines, type Entry, type Environment, type Line, type Timeline } from "../api";
import { Chooser, Nowhere } from "../parts/chooser";
import { Commit, person } from "../parts/commit";
import { RollBack } from "../parts/orders";
import { Live } from "../parts/rollout";
import { chosen, hashOf, nameOf, phaseOf, serving, servingId } from "../state";
import { OneRelease } from "./release";

export function Releases() {
  const place = chosen.value;
  if (!place) return <Nowhere />;
  const release = route.value.argument.split("/")[2];
  if (release) return <OneRelease key={nameOf(place) + release} place={place} release={release} />;
  return <All key={nameOf(place)} place={place} />;
}

function All({ place }: { place: Environment }) {
  const release = serving(place);
  const { rollout } = place;
  return (
    <>
      <header class="summary">
        <div>
          <h1>
            {place.app} <span class="muted">{place.environment}</span> <Phase phase={phaseOf(place)} />
          </h1>
          {place.url && <Url url={place.url} />}
        </div>
        <Chooser page="releases" />
      </header>
      {place.trouble && (
        <section class="panel failure">
          <h2>What is in the way</h2>
          <p class="bad">{place.trouble}</p>
        </section>
      )}
      {rollout && <Live place={place} rollout={rollout} />}
      <div class="columns">
        <section class="panel" aria-labelledby="serves">
          <h2 id="serves">Serves</h2>
          <dl class="list">
            <div>
              <dt>Release</dt>
              <dd>
                <code>{release?.release ?? "nothing yet"}</code>
              </dd>
            </div>
            {release && (
              <>
                <div class="stacked">
                  <dt>Commit</dt>
                  <dd>
                    <Commit of={release} />
                  </dd>
                </div>
                <div>
                  <dt>Author</dt>
                  <dd>{person(release.author)}</dd>
                </div>
              </>
            )}
            {place.waits && (
              <div>
                <dt>Waits</dt>
                <dd>
                  <code>{place.waits}</code>
                </dd>
              </div>
            )}
            {place.held && (
              <div>
                <dt>Held</dt>
                <dd>
                  <code>{place.held.slice(0, 9)}</code> was rolled back and is not shipped by itself
                </dd>
              </div>
            )}
            {place.maintenance && (
              <div>
                <dt>Maintenance</dt>
                <dd>visitors get a page that says so</dd>
              </div>
            )}
            {place.instances.map((one) => (
              <div>
                <dt>
                  {one.service}.{one.number}
                </dt>
                <dd>
                  <Phase phase={one.phase} />
                  <code class="muted">{one.release}</code>
                  {one.detail && <span class="muted">{one.detail}</span>}
                </dd>
              </div>
            ))}
          </dl>
          <p class="foot muted">
            <Command text={`sea logs --env ${place.environment} -f`} />
          </p>
        </section>
        <div class="main">
          <Past place={place} />
          <Told place={place} />
        </div>
      </div>
    </>
  );
}

const endings: Record<Entry["ending"], [string, string, "ready" | "failed" | "restart" | "clip"]> = {
  promoted: ["Promoted", "good", "ready"],
  "rolled-back": ["Rolled back", "warn", "restart"],
  aborted: ["Aborted", "bad", "failed"],
  imported: ["Imported", "off", "clip"],
};

/** A time as people look for it: today's without its day. */
export function When({ time }: { time: string | number }) {
  const date = new Date(time);
  const today = day(date) === day(new Date());
  return (
    <time dateTime={date.toISOString()} title={`${day(date)} ${clock(date)}`} class="nowrap">
      {today ? clock(date) : `${day(date)} ${clock(date).slice(0, 5)}`}
    </time>
  );
}

/** What changes with every release that comes to an end. */
const news = (place: Environment) => `${servingId(place)} ${place.rollout?.release} ${place.rollout?.state} ${place.rollout?.done} ${place.retained.join()}`;

function Past({ place }: { place: Environment }) {
  const known = useSignal<Timeline | null>(null);
  const path = `${at(place.app, place.environment)}/releases`;
  useSignalEffect(() => {
    if (!seen.value) return;
    void (chosen.value && news(chosen.value));
    get<Timeline>(path).then(
      (answer) => (known.value = answer),
      () => {
        // The events tell when the host is gone.
      },
    );
  });
  const more = async () => {
    const { entries, next } = known.peek()!;
    const older = await get<Timeline>(`${path}?before=${next}`);
    known.value = { entries: entries.concat(older.entries), next: older.next };
  };
  const timeline = known.value;
  return (
    <section class="panel" aria-labelledby="past">
      <h2 id="past">Releases</h2>
      {timeline && !timeline.entries.length && <p class="foot muted">None has come to an end yet.</p>}
      {timeline && timeline.entries.length > 0 && (
        <table class="releases">
          <thead>
            <tr>
              <th scope="col">Release</th>
              <th scope="col">Outcome</th>
              <th scope="col">Commit</th>
              <th scope="col">When</th>
              <th scope="col" class="number">
                Took
              </th>
              <th scope="col">
                <span class="hidden">Orders</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {timeline.entries.map((entry) => (
              <Row key={entry.seq} entry={entry} place={place} back={latest(timeline.entries, entry) && place.retained.includes(entry.release)} />
            ))}
          </tbody>
        </table>
      )}
      {timeline?.next != null && (
        <p class="foot">
          <button type="button" class="small" onClick={() => void more()}>
            Older
          </button>
        </p>
      )}
    </section>
  );
}

/** The newest entry of a release has its button. */
const latest = (entries: Entry[], entry: Entry) => entries.find((one) => one.release === entry.release) === entry;

function Row({ entry, place, back }: { entry: Entry; place: Environment; back: boolean }) {
  const [word, tone, icon] = endings[entry.ending];
  const serves = entry.release === servingId(place);
  return (
    <tr>
      <th scope="row">
        <a href={`${hashOf("releases", place)}/${encodeURIComponent(entry.release)}`} data-row>
          <code>{entry.release}</code>
        </a>
        {serves && <span class="badge good">serves</span>}
      </th>
      <td class="outcome">
        <span class={`phase ${tone}`}>
          <Icon name={icon} />
          {word}
        </span>
        <span class="muted detail">
          {entry.reason ?? entry.strategy}
          {entry.automatic && " (nobody ordered it)"}
          {entry.judgement && ` (${percent(entry.judgement.canary)} against ${percent(entry.judgement.stable)})`}
          {entry.ending === "rolled-back" && entry.other && (
            <>
              ; <code>{entry.other}</code> serves again
            </>
          )}
        </span>
      </td>
      <td class="what">
        <Commit of={entry} />
        <span class="muted detail">
          {[entry.author && person(entry.author), `shipped by ${entry.actor}`].filter(Boolean).join(", ")}
        </span>
      </td>
      <td class="when">
        <When time={entry.time} />
      </td>
      <td class="number">{duration(entry.duration_ms)}</td>
      <td class="end">{back && <RollBack place={place} to={entry.release} small />}</td>
    </tr>
  );
}

const percent = (share: number) => `${(share * 100).toFixed(2)} %`;

/** What happened lately, as the host told whoever looked on. */
function Told({ place }: { place: Environment }) {
  const known = useSignal<Line[]>([]);
  useSignalEffect(() => {
    if (!seen.value) return;
    void (chosen.value && news(chosen.value));
    lines(place.app, place.environment).then(
      (answer) => (known.value = answer.lines),
      () => {},
    );
  });
  const last = known.value.slice(-12).reverse();
  if (!last.length) return null;
  return (
    <section class="panel" aria-labelledby="told">
      <h2 id="told">What happened</h2>
      <ul class="told">
        {last.map((line) => (
          <li key={line.number}>
            <When time={line.at} />
            <span>
              {line.release && <code class="muted">{line.release}</code>} {line.text}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
