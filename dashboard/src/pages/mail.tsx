// Caught mail: the list, and the one that is read. HTML is shown in a frame that may do nothing.

import { useSignal, useSignalEffect } from "@preact/signals";
import { base, get, type Mail } from "../api";
import { clock, day } from "../format";
import { Icon } from "../parts/icon";
import { usePoll } from "../poll";
import { route } from "../route";

const address = (mail: Mail) => `${encodeURIComponent(mail.resource)}/${encodeURIComponent(mail.id)}`;

export function MailPage() {
  const mails = usePoll<Mail[]>("/mails").value;
  const open = route.value.argument;
  if (!mails) return <p class="muted">Reading the mail…</p>;
  if (!mails.length) {
    return (
      <section class="panel blank">
        <h1>No mail yet</h1>
        <p>Mail that a service sends to a resource of type <code>smtp</code> is caught and shown here. None of it leaves this machine.</p>
      </section>
    );
  }
  return (
    <>
      <h1 class="hidden">Mail</h1>
      <div class={`mail${open ? " reading" : ""}`}>
        <nav class="panel" aria-label="Mails">
          <ul>
            {mails.map((mail) => (
              <li key={mail.resource + mail.id}>
                <a href={`#/mail/${address(mail)}`} data-row aria-current={open === `${mail.resource}/${mail.id}` ? "true" : undefined}>
                  <span class="subject">{mail.subject || "(no subject)"}</span>
                  <span class="muted">
                    {mail.to.join(", ")}
                    {mail.attachments.length > 0 && <Icon name="clip" />}
                  </span>
                  <time class="muted" dateTime={mail.at}>
                    {clock(new Date(mail.at))}
                  </time>
                </a>
              </li>
            ))}
          </ul>
        </nav>
        {open ? <Reader key={open} path={open} /> : <p class="panel blank muted">Choose a mail to read it.</p>}
      </div>
    </>
  );
}

function Reader({ path }: { path: string }) {
  const mail = useSignal<Mail | null | undefined>(undefined);
  const view = useSignal<"html" | "text">("html");
  const [resource = "", id = ""] = path.split("/");
  const url = `/mails/${encodeURIComponent(resource)}/${encodeURIComponent(id)}`;
  useSignalEffect(() => {
    get<Mail>(url).then(
      (found) => (mail.value = found),
      () => (mail.value = null),
    );
  });
  const known = mail.value;
  if (known === undefined) return <p class="panel blank muted">Reading…</p>;
  if (known === null) return <p class="panel blank">This mail is not there any more.</p>;
  const html = known.html != null && view.value === "html";
  const at = new Date(known.at);
  return (
    <article class="panel reader">
      <header>
        <a href="#/mail" class="back">
          All mail
        </a>
        <h2>{known.subject || "(no subject)"}</h2>
        <dl class="list">
          <div>
            <dt>From</dt>
            <dd>{known.from}</dd>
          </div>
          <div>
            <dt>To</dt>
            <dd>{known.to.join(", ")}</dd>
          </div>
          <div>
            <dt>Date</dt>
            <dd>
              {day(at)} {clock(at)}
            </dd>
          </div>
          {known.attachments.length > 0 && (
            <div>
              <dt>Attachments</dt>
              <dd>
                {known.attachments.map((name) => (
                  <span class="attachment">
                    <Icon name="clip" />
                    {name}
                  </span>
                ))}
              </dd>
            </div>
          )}
        </dl>
        {known.html != null && (
          <div class="segmented" role="group" aria-label="Show as">
            <button type="button" aria-pressed={html} onClick={() => (view.value = "html")}>
              HTML
            </button>
            <button type="button" aria-pressed={!html} onClick={() => (view.value = "text")}>
              Text
            </button>
          </div>
        )}
      </header>
      {html ? (
        <iframe
          title={`HTML of ${known.subject}`}
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          referrerpolicy="no-referrer"
          src={`${base}${url}/html`}
        />
      ) : (
        <pre class="text" tabIndex={0}>{known.text ?? "This mail has no text."}</pre>
      )}
    </article>
  );
}
