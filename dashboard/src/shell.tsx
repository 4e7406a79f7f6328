// What is around every page: navigation, notices, dialogs, title and icon.

import { useSignalEffect } from "@preact/signals";
import { bindings, help } from "./keys";
import { Logs } from "./pages/logs";
import { MailPage } from "./pages/mail";
import { Overview } from "./pages/overview";
import { Reloads } from "./pages/reloads";
import { Service } from "./pages/service";
import { Dialog } from "./parts/dialog";
import { Icon } from "./parts/icon";
import { StopDialog } from "./parts/orders";
import { Phase, tone, type Tone } from "./parts/phase";
import { route } from "./route";
import { announcement, app, connected, refused } from "./state";
import { color, dark, toggle } from "./theme";

const pages = { overview: Overview, service: Service, logs: Logs, reloads: Reloads, mail: MailPage };
const links = [
  ["overview", "Overview"],
  ["logs", "Logs"],
  ["reloads", "Reloads"],
  ["mail", "Mail"],
] as const;

export function Shell() {
  const { page, argument } = route.value;
  const Page = pages[page];
  const known = app.value;
  useSignalEffect(() => showState());
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), document.getElementById("main")?.focus())}>
        Skip to the content
      </a>
      <header class="bar">
        <a class="brand" href="#/overview">
          <Logo />
          <b>{known?.name ?? "sea"}</b>
        </a>
        {known && <Phase phase={connected.value ? known.state : "gone"} />}
        <nav aria-label="Pages">
          {links.map(([name, title]) => (
            <a href={`#/${name}`} aria-current={page === name || (name === "overview" && page === "service") ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <span class="right">
          <button type="button" class="bare" aria-label={dark.value ? "Light colours" : "Dark colours"} title={dark.value ? "Light colours" : "Dark colours"} onClick={toggle}>
            <Icon name={dark.value ? "sun" : "moon"} />
          </button>
          <button type="button" class="bare" aria-label="Keyboard help" title="Keyboard help" onClick={() => (help.value = true)}>
            <kbd>?</kbd>
          </button>
        </span>
      </header>
      {!connected.value && (
        <div class="notice bad" role="alert">
          <Icon name="warn" />
          <span>
            <b>sea does not answer.</b> What you see is the last that is known. Trying again; if it has ended, type{" "}
            <code>sea up</code>.
          </span>
        </div>
      )}
      {refused.value && (
        <div class="notice warn" role="alert">
          <Icon name="warn" />
          <span>{refused.value}</span>
          <button type="button" class="small" onClick={() => (refused.value = "")}>
            Dismiss
          </button>
        </div>
      )}
      <main id="main" tabIndex={-1} data-page={page} data-member={page === "service" ? argument : undefined}>
        {known ? <Page /> : <p class="muted">{connected.value ? "Connecting…" : ""}</p>}
      </main>
      <div class="hidden" aria-live="polite">
        {announcement.value}
      </div>
      <Dialog open={help.value} title="Keyboard" onClose={() => (help.value = false)}>
        <table class="keys">
          <tbody>
            {bindings.map(([keys, what]) => (
              <tr>
                <th scope="row">
                  {keys.split(/ +/).map((key) => (
                    <kbd>{key}</kbd>
                  ))}
                </th>
                <td>{what}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <div class="buttons">
          <button type="button" onClick={() => (help.value = false)}>
            Close
          </button>
        </div>
      </Dialog>
      <StopDialog />
    </>
  );
}

const hull = "M1.5 9.5h13l-2.3 4h-8.5zM8 1.5v6.5M8 2.5l4.5 5.5H8";

function Logo() {
  return (
    <svg class="logo" viewBox="0 0 16 16" aria-hidden="true">
      <path d={hull} />
    </svg>
  );
}

/** The state in the title and the icon of the tab. */
function showState() {
  const known = app.value;
  const state = connected.value ? (known?.state ?? "starting") : "gone";
  document.title = known ? `${state}: ${known.name}` : "sea";
  void dark.value;
  const colors: Record<Tone, string> = { good: "green", busy: "blue", warn: "amber", bad: "red", off: "muted" };
  const fill = color(colors[tone(state)]);
  const dot = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.5" fill="${fill}"/></svg>`;
  document.querySelector<HTMLLinkElement>("#favicon")!.href = `data:image/svg+xml,${encodeURIComponent(dot)}`;
}
