// The app at a glance: problems first, then what runs, then how it was set up.

import type { ComponentChildren } from "preact";
import type { Member, Role } from "../api";
import { age, bytes, cores, duration, millis, rate, share } from "../format";
import * as metrics from "../metrics";
import { Spark } from "../parts/chart";
import { Icon } from "../parts/icon";
import { Orders } from "../parts/orders";
import { Phase } from "../parts/phase";
import { Problems } from "../parts/problems";
import { Steps } from "../parts/steps";
import { serviceHash } from "../route";
import { app, now } from "../state";

const groups: [Role, string][] = [
  ["service", "Services"],
  ["resource", "Resources"],
  ["job", "Jobs"],
];

export function Overview() {
  const known = app.value!;
  const ready = known.members.filter((member) => ["ready", "completed"].includes(member.phase)).length;
  // While the app is set up that comes first; later it is history.
  const settled = known.steps.every((step) => ["done", "skipped"].includes(step.state));
  return (
    <>
      <header class="summary">
        <div>
          <h1>{known.name}</h1>
          <p class="muted path">{known.root}</p>
        </div>
        <dl class="facts">
          <div>
            <dt>State</dt>
            <dd>
              <Phase phase={known.state} />
            </dd>
          </div>
          <div>
            <dt>Ready</dt>
            <dd>
              {ready} of {known.members.length}
            </dd>
          </div>
          <div>
            <dt>Uptime</dt>
            <dd>{age(now.value - Date.parse(known.started_at))}</dd>
          </div>
          {known.url && (
            <div>
              <dt>URL</dt>
              <dd>
                <Url url={known.url} />
              </dd>
            </div>
          )}
        </dl>
      </header>
      <Problems problems={known.problems} />
      {!settled && <Steps steps={known.steps} />}
      <section class="panel" aria-labelledby="members">
        <h2 id="members">What runs</h2>
        <table class="members">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">State</th>
              <th scope="col">URL</th>
              <th scope="col" class="number">Uptime</th>
              <th scope="col" class="number">Restarts</th>
              <th scope="col" class="number">Ready after</th>
              <th scope="col" class="number">CPU</th>
              <th scope="col" class="number">Memory</th>
              <th scope="col" class="number">Requests/s</th>
              <th scope="col" class="number">p95</th>
              <th scope="col" class="number">Errors</th>
              <th scope="col">
                <span class="hidden">Orders</span>
              </th>
            </tr>
          </thead>
          {groups.map(([role, title]) => (
            <Group title={title} members={known.members.filter((member) => member.role === role)} />
          ))}
        </table>
      </section>
      {settled && <Steps steps={known.steps} />}
    </>
  );
}

function Group({ title, members }: { title: string; members: Member[] }) {
  if (!members.length) return null;
  return (
    <tbody>
      <tr class="group">
        <th scope="rowgroup" colSpan={12}>
          {title}
        </th>
      </tr>
      {members.map((member) => (
        <MemberRow key={member.name} member={member} />
      ))}
    </tbody>
  );
}

/** A cell of figures; on a phone one without a figure is left out. */
function Cell({ label, value, tone = "", children }: { label: string; value: string; tone?: string; children?: ComponentChildren }) {
  return (
    <td class={`number ${tone}${value === "–" ? " none" : ""}`} data-label={label}>
      {children}
      {value}
    </td>
  );
}

function MemberRow({ member }: { member: Member }) {
  metrics.version.value;
  const latest = (figure: Parameters<typeof metrics.latest>[1]) => metrics.latest(member.name, figure);
  const running = member.pid != null || member.phase === "ready";
  const requests = member.requests;
  // A time of no request is none, rather than zero.
  const asked = requests?.rate ? requests : null;
  return (
    <tr data-member={member.name}>
      <th scope="row">
        <a href={serviceHash(member.name)} data-row>
          <Icon name={member.role} />
          {member.name}
        </a>
        <span class="muted kind">{member.kind}</span>
      </th>
      <td>
        <Phase phase={member.phase} />
        {member.detail && <span class="muted detail">{member.detail}</span>}
      </td>
      <td class={member.urls[0] || member.port ? "url" : "url none"} data-label="URL">
        {member.urls[0] ? <Url url={member.urls[0]} /> : member.port ? <span class="muted">:{member.port}</span> : "–"}
      </td>
      <Cell label="Uptime" value={running && member.started_at ? age(now.value - Date.parse(member.started_at)) : "–"} />
      <Cell label="Restarts" value={String(member.restarts)} tone={member.restarts > 2 ? "bad" : ""} />
      <Cell label="Ready after" value={duration(member.ready_after_ms)} />
      <Cell label="CPU" value={cores(member.usage && (latest("cpu") ?? member.usage.cpu))}>
        {member.usage && <Spark member={member.name} figure="cpu" />}
      </Cell>
      <Cell label="Memory" value={bytes(member.usage && (latest("memory") ?? member.usage.memory))} />
      <Cell label="Requests/s" value={rate(requests && (latest("rate") ?? requests.rate))}>
        {requests && <Spark member={member.name} figure="rate" />}
      </Cell>
      <Cell label="p95" value={millis(asked && (latest("p95_ms") ?? asked.p95_ms))} />
      <Cell label="Errors" value={share(asked?.errors)} tone={requests?.errors ? "warn" : ""} />
      <td class="end">
        <Orders member={member} compact />
      </td>
    </tr>
  );
}

/** An address: a link where a browser can open it. */
export function Url({ url }: { url: string }) {
  if (!/^https?:/.test(url)) return <span class="muted address">{url}</span>;
  return (
    <a href={url} target="_blank" rel="noreferrer" class="out">
      {url.replace(/^https?:\/\//, "")}
      <Icon name="link" />
      <span class="hidden">(opens in a new tab)</span>
    </a>
  );
}
