// What a person should act on, with what to type.

import type { Problem } from "../api";
import { serviceHash } from "../route";
import { Icon } from "./icon";
import { Ticked } from "./ticked";

export function Problems({ problems }: { problems: Problem[] }) {
  if (!problems.length) return null;
  return (
    <section class="panel problems" aria-labelledby="problems">
      <h2 id="problems">Problems</h2>
      <ul>
        {problems.map((problem) => (
          <li key={problem.code + problem.message}>
            <Icon name="warn" />
            <div>
              <p>
                <Ticked text={problem.message} />
              </p>
              {problem.next && <Command text={problem.next} />}
              <p class="muted">
                {problem.members.map((name) => (
                  <a href={serviceHash(name)}>{name}</a>
                ))}
                <code>sea explain {problem.code}</code>
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Something to type, which can be copied. */
export function Command({ text }: { text: string }) {
  return (
    <span class="command">
      <code>{text}</code>
      <button type="button" class="small" aria-label={`Copy: ${text}`} onClick={() => void navigator.clipboard.writeText(text)}>
        Copy
      </button>
    </span>
  );
}
