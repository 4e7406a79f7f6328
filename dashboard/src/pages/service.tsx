// A member of the app: why it is as it is, its log, its figures, its environment.

import { useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { get, type Environment, type Member } from "../api";
import { age, bytes, cores, duration, millis, rate } from "../format";
import { LogPanel } from "../log/panel";
import { Chart } from "../parts/chart";
import { Icon } from "../parts/icon";
import { Orders } from "../parts/orders";
import { Phase } from "../parts/phase";
import { Command, Problems } from "../parts/problems";
import { Ticked } from "../parts/ticked";
import { route, serviceHash } from "../route";
import { app, byName, failing, now } from "../state";
import { Url } from "./overview";

export function Service() {
  const name = route.value.argument;
  const member = byName.value.get(name);
  if (!member) {
    return (
      <section class="panel blank">
        <h1>There is no {name}</h1>
        <p>
          The app has no service, resource or job of this name. <a href="#/overview">Overview</a>
        </p>
      </section>
    );
  }
  const problems = app.value!.problems.filter((problem) => problem.members.includes(name) && !(failing(member) && member.cause && problem.message.includes(member.cause)));
  return (
    <>
      <header class="summary">
        <div>
          <h1>
            <Icon name={member.role} />
            {name} <Phase phase={member.phase} />
          </h1>
          <p class="muted">{member.detail || `${member.role}, ${member.kind}`}</p>
        </div>
        <Orders member={member} />
      </header>
      {failing(member) && <Failure member={member} />}
      <Problems problems={problems} />
      <div class="columns">
        <Facts member={member} />
        <div class="main">
          <Charts member={member} />
          {member.has_log && (
            <div class="panel nested">
              <h2>Log</h2>
              <LogPanel key={name} member={name} members={[]} />
            </div>
          )}
        </div>
      </div>
      <Variables key={name} member={name} />
    </>
  );
}

function Failure({ member }: { member: Member }) {
  return (
    <section class="panel failure" aria-label="Why it failed">
      {member.cause && (
        <>
          <h2>First cause</h2>
          <pre tabIndex={0}>{member.cause}</pre>
        </>
      )}
      <p>
        {member.last_exit && `Last exit: ${member.last_exit}. `}In {member.phase} for {age(now.value - Date.parse(member.since))}.
      </p>
      <Command text={`sea logs ${member.name} --level error`} />
    </section>
  );
}

function Facts({ member }: { member: Member }) {
  const usage = member.usage;
  const fact = (label: string, value: ComponentChildren, show: unknown = true, stacked = false) =>
    show ? (
      <div class={stacked ? "stacked" : undefined}>
        <dt>{label}</dt>
        <dd>{value}</dd>
      </div>
    ) : null;
  return (
    <section class="panel" aria-labelledby="facts">
      <h2 id="facts">Facts</h2>
      <dl class="list">
        {fact("URL", member.urls.map((url) => <Url url={url} />), member.urls.length, true)}
        {fact("Command", <code>{member.command}</code>, member.command, true)}
        {fact("Process", member.pid, member.pid)}
        {fact("Port", member.port, member.port)}
        {fact("Started", member.started_at && `${age(now.value - Date.parse(member.started_at))} ago`, member.started_at)}
        {fact("Ready after", duration(member.ready_after_ms), member.ready_after_ms != null)}
        {fact("Restarts", member.restarts)}
        {fact("Last exit", member.last_exit, member.last_exit)}
        {fact("Processes", usage?.processes, usage)}
        {fact("Open files", usage?.files, usage)}
        {fact("Disk", `${bytes(usage?.disk_read)}/s read, ${bytes(usage?.disk_written)}/s written`, usage)}
        {fact("Requests", member.requests && `${member.requests.total.toLocaleString("en")} since the start, ${member.requests.in_flight} under way`, member.requests)}
        {fact("Needs", member.needs.map((name) => <a href={serviceHash(name)}>{name}</a>), member.needs.length)}
        {fact("Limits", member.unlimited, member.unlimited, true)}
      </dl>
    </section>
  );
}

function Charts({ member }: { member: Member }) {
  const name = member.name;
  return (
    <section class="charts" aria-label="Figures of the last 15 minutes">
      {member.requests && (
        <>
          <Chart title="Requests/s" member={name} least={1} format={rate} series={[{ figure: "rate", label: "rate", color: "blue" }]} />
          <Chart title="Errors/s" member={name} least={1} format={rate} series={[{ figure: "errors", label: "errors", color: "red" }]} />
          <Chart
            title="Duration"
            member={name}
            least={10}
            format={millis}
            series={[
              { figure: "p50_ms", label: "p50", color: "green" },
              { figure: "p95_ms", label: "p95", color: "amber" },
              { figure: "p99_ms", label: "p99", color: "red" },
            ]}
          />
        </>
      )}
      {member.usage && (
        <>
          <Chart title="CPU" half member={name} least={0.05} format={cores} series={[{ figure: "cpu", label: "cpu", color: "blue" }]} />
          <Chart title="Memory" half binary member={name} least={16 << 20} format={bytes} series={[{ figure: "memory", label: "memory", color: "violet" }]} />
        </>
      )}
    </section>
  );
}

function Variables({ member }: { member: string }) {
  const environment = useSignal<Environment | null>(null);
  useSignalEffect(() => {
    // A start may have changed it.
    void byName.value.get(member)?.started_at;
    get<Environment>(`/services/${encodeURIComponent(member)}/environment`).then(
      (answer) => (environment.value = answer),
      () => (environment.value = null),
    );
  });
  const known = environment.value;
  if (!known?.variables.length) return null;
  return (
    <section class="panel" aria-labelledby="environment">
      <h2 id="environment">
        Environment <span class="muted path">{known.folder}</span>
      </h2>
      <table class="variables">
        <thead>
          <tr>
            <th scope="col">Variable</th>
            <th scope="col">Value</th>
            <th scope="col">Source</th>
          </tr>
        </thead>
        <tbody>
          {known.variables.map((variable) => (
            <tr key={variable.name}>
              <th scope="row">
                <code>{variable.name}</code>
              </th>
              <td>{variable.value == null ? <span class="masked">secret</span> : <code>{variable.value}</code>}</td>
              <td class="muted">
                <Ticked text={variable.source} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="muted foot">
        Secrets are shown in a terminal alone: <code>sea exec {member} -- printenv</code>
      </p>
    </section>
  );
}
