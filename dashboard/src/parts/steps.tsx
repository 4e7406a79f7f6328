// The steps that set the app up, on a common time line.

import type { Step } from "../api";
import { duration } from "../format";
import { Phase, tone } from "./phase";

export function Steps({ steps }: { steps: Step[] }) {
  if (!steps.length) return null;
  const ran = steps.filter((step) => step.started_at);
  const begin = Math.min(...ran.map((step) => Date.parse(step.started_at!)));
  const end = Math.max(...ran.map((step) => Date.parse(step.started_at!) + (step.took_ms ?? 0)), begin + 1);
  const percent = (ms: number) => `${((ms / (end - begin)) * 100).toFixed(2)}%`;
  return (
    <section class="panel" aria-labelledby="steps">
      <h2 id="steps">
        Setup <span class="muted">{ran.length ? duration(end - begin) : "nothing was needed"}</span>
      </h2>
      <table class="steps">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">State</th>
            <th scope="col">Reason</th>
            <th scope="col">
              <span class="hidden">Time line</span>
            </th>
            <th scope="col" class="number">Took</th>
          </tr>
        </thead>
        <tbody>
          {steps.map((step) => (
            <tr key={step.id}>
              <th scope="row">{step.title}</th>
              <td>
                <Phase phase={step.state} />
              </td>
              <td class="muted">
                {step.reason}
                {step.detail && <div class={step.state === "failed" ? "bad" : ""}>{step.detail}</div>}
                {step.output.length > 0 && <pre tabIndex={0}>{step.output.join("\n")}</pre>}
              </td>
              <td class="track">
                {step.started_at && (
                  <div
                    class={`took ${tone(step.state)}`}
                    style={{
                      marginLeft: percent(Date.parse(step.started_at) - begin),
                      width: percent(step.took_ms ?? 0),
                    }}
                  />
                )}
              </td>
              <td class="number">{duration(step.took_ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
