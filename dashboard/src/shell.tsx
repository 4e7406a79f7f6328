// What is around every page: navigation, notices, dialogs, title and icon.

import { useSignalEffect } from "@preact/signals";
import type { FunctionComponent } from "preact";
import { face, signOut, type Face } from "./face";
import { DoraPage } from "./host/pages/dora";
import { HostOverview } from "./host/pages/overview";
import { Releases } from "./host/pages/releases";
import { SignIn } from "./host/pages/sign-in";
import { OrderDialog } from "./host/parts/orders";
import { host, phaseOf } from "./host/state";
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
import { route, type Route } from "./route";
import { announcement, app, connected, refused } from "./state";
import { color, dark, toggle } from "./theme";

/** The pages of what answers, in the order of their links. Those without a title are reached from others. */
const faces: Record<Face, Partial<Record<Route["page"], [string, FunctionComponent]>>> = {
  app: { overview: ["Overview", Overview], service: ["", Service], logs: ["Logs", Logs], reloads: ["Reloads", Reloads], mail: ["Mail", MailPage] },
  host: { overview: ["Overview", HostOverview], releases: ["Releases", Releases], dora: ["DORA", DoraPage] },
  "signed-out": { overview: ["", SignIn] },
};

/** Its name and how it is, whatever answers; null until that is known. */
function known(): { name: string; state: string } | null {
  if (face.value === "signed-out") return { name: "sea", state: "" };
  if (face.value === "host") {
    if (!host.value) return null;
    const states = host.value.environments.map(phaseOf);
    const worst = ["failed", "degraded", "paused", "rolling out", "maintenance"].find((state) => states.includes(state));
    return { name: host.value.host, state: worst ?? "serving" };
  }
  return app.value && { name: app.value.name, state: app.value.state };
}

export function Shell() {
  const { argument } = route.value;
  const pages = faces[face.value ?? "app"];
  const page = pages[route.value.page] ? route.value.page : "overview";
  const Page = pages[page]![1];
  const now = known();
  useSignalEffect(() => showState());
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), document.getElementById("main")?.focus())}>
        Skip to the content
      </a>
      <header class="bar">
        <a class="brand" href="#/overview">
          <Logo />
          <b>{now?.name ?? "sea"}</b>
        </a>
        {now?.state && <Phase phase={connected.value ? now.state : "gone"} />}
        <nav aria-label="Pages">
          {Object.entries(pages).map(
            ([name, [title]]) =>
              title && (
                <a href={`#/${name}`} aria-current={page === name || (name === "overview" && page === "service") ? "page" : undefined}>
                  {title}
                </a>
              ),
          )}
        </nav>
        <span class="right">
          {face.value === "host" && (
            <button type="button" class="bare" onClick={() => void signOut()}>
              Sign out
            </button>
          )}
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
            <code>{face.value === "app" ? "sea up" : "sea serve"}</code>.
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
        {now ? <Page /> : <p class="muted">{connected.value ? "Connecting…" : ""}</p>}
      </main>
      <div class="hidden" aria-live="polite">
        {announcement.value}
      </div>
      <Dialog open={help.value} title="Keyboard" onClose={() => (help.value = false)}>
        <table class="keys">
          <tbody>
            {bindings.value.map(([keys, what]) => (
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
      <OrderDialog />
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
  const now = known();
  const state = connected.value ? (now?.state ?? "starting") : "gone";
  document.title = now?.state ? `${state}: ${now.name}` : "sea";
  void dark.value;
  const colors: Record<Tone, string> = { good: "green", busy: "blue", warn: "amber", bad: "red", off: "muted" };
  const fill = color(colors[tone(state)]);
  const dot = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.5" fill="${fill}"/></svg>`;
  document.querySelector<HTMLLinkElement>("#favicon")!.href = `data:image/svg+xml,${encodeURIComponent(dot)}`;
}
