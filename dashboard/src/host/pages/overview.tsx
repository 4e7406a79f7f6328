// The host at a glance: every app in every environment, what serves there and what is under way.

import { Phase } from "../../parts/phase";
import { Url } from "../../pages/overview";
import { Icon } from "../../parts/icon";
import type { Environment } from "../api";
import { Commit } from "../parts/commit";
import { Share } from "../parts/rollout";
import { hashOf, host, isPromoted, nameOf, phaseOf, serving } from "../state";

export function HostOverview() {
  const known = host.value!;
  const under = known.environments.filter((place) => place.rollout).length;
  return (
    <>
      <header class="summary">
        <div>
          <h1>{known.host}</h1>
          <p class="muted path">{known.state}</p>
        </div>
        <dl class="facts">
          <div>
            <dt>Environments</dt>
            <dd>{known.environments.length}</dd>
          </div>
          <div>
            <dt>Under way</dt>
            <dd>{under}</dd>
          </div>
          <div>
            <dt>Process</dt>
            <dd>{known.pid}</dd>
          </div>
          <div>
            <dt>Version</dt>
            <dd>sea {known.version}</dd>
          </div>
        </dl>
      </header>
      {!known.environments.length && (
        <section class="panel blank">
          <h2>Nothing was shipped here yet</h2>
          <p>
            <code>sea ship</code> in the repository of an app releases its commit to this host.
          </p>
        </section>
      )}
      <div class="places">
        {known.environments.map((place) => (
          <Place key={nameOf(place)} place={place} />
        ))}
      </div>
    </>
  );
}

function Place({ place }: { place: Environment }) {
  const release = serving(place);
  const ready = place.instances.filter((one) => one.phase === "ready").length;
  const { rollout } = place;
  return (
    <section class="panel place" aria-label={nameOf(place)}>
      <header>
        <h2>
          <a href={hashOf("releases", place)} data-row>
            {place.app} <span class="muted">{place.environment}</span>
          </a>
        </h2>
        <Phase phase={phaseOf(place)} />
      </header>
      {place.url && <Url url={place.url} />}
      <dl class="list">
        <div>
          <dt>Serves</dt>
          <dd>
            {release ? <code>{release.release}</code> : "nothing yet"}
            {release && <Commit of={release} />}
          </dd>
        </div>
        {rollout && (
          <div>
            <dt>{isPromoted(place) ? "Watched" : "Takes over"}</dt>
            <dd>
              {isPromoted(place) ? (
                <span class="muted">beside what {rollout.before ?? "nothing"} did</span>
              ) : (
                <>
                  <code>{rollout.release}</code> <Commit of={rollout.ships} />
                  <span class="muted">{rollout.state}</span>
                  <Share weight={rollout.weight} />
                </>
              )}
            </dd>
          </div>
        )}
        <div>
          <dt>Instances</dt>
          <dd>
            {ready} of {place.instances.length} ready
          </dd>
        </div>
      </dl>
      {place.trouble && (
        <p class="trouble bad">
          <Icon name="warn" /> {place.trouble}
        </p>
      )}
    </section>
  );
}
