// What can be ordered of a release under way, and of those that are kept. Each order asks once.

import { signal } from "@preact/signals";
import { Dialog } from "../../parts/dialog";
import { command, rollBack, type Command, type Environment } from "../api";
import { give } from "../state";

interface Question {
  title: string;
  text: string;
  label: string;
  danger: boolean;
  act: () => Promise<unknown>;
}

const asked = signal<Question | null>(null);
const busy = signal(false);

const promotedStates = ["promoted", "draining"];

/** The buttons that fit where the release is. */
export function Orders({ place }: { place: Environment }) {
  const { rollout } = place;
  if (!rollout) return null;
  const promoted = promotedStates.includes(rollout.state);
  const over = ["retained", "retired", "aborted"].includes(rollout.state);
  const ask = (what: Command, title: string, text: string, danger = false) => () =>
    (asked.value = {
      title: `${title} ${rollout.release}?`,
      text,
      label: title,
      danger,
      act: () => command(place.app, place.environment, what),
    });
  if (over) return null;
  if (promoted) return rollout.before ? <RollBack place={place} to={rollout.before} /> : null;
  const canary = rollout.state.startsWith("canary");
  return (
    <span class="orders">
      {canary && !rollout.paused && (
        <button type="button" onClick={ask("pause", "Pause", "It stays at its share of the traffic, and is still taken back when it is worse, until someone says otherwise.")}>
          Pause
        </button>
      )}
      {rollout.paused && (
        <button type="button" onClick={ask("resume", "Resume", "The judge goes on, and so does the release when it is not worse.")}>
          Resume
        </button>
      )}
      <button type="button" onClick={ask("promote", "Promote", "All traffic goes to it now, whatever the judge would say of it.")}>
        Promote
      </button>
      <button type="button" class="danger" onClick={ask("abort", "Abort", `It is taken back${rollout.before ? `, and ${rollout.before} serves all traffic` : ""}. It is not shipped again by itself.`, true)}>
        Abort
      </button>
    </span>
  );
}

/** A way back to a release that is kept. */
export function RollBack({ place, to, small = false }: { place: Environment; to: string; small?: boolean }) {
  const warm = place.rollout?.before === to;
  const ask = () =>
    (asked.value = {
      title: `Roll back to ${to}?`,
      text: warm
        ? "It is still warm and serves again within a second. What it takes back is not shipped again by itself."
        : "It is started again from its artifact and passes the same gates before it serves. What it takes back is not shipped again by itself.",
      label: "Roll back",
      danger: true,
      act: () => rollBack(place.app, place.environment, warm ? null : to),
    });
  return (
    <button type="button" class={small ? "small" : "danger"} aria-label={small ? `Roll back to ${to}` : undefined} onClick={ask}>
      Roll back
    </button>
  );
}

/** Asks before anything is ordered. */
export function OrderDialog() {
  const question = asked.value;
  const close = () => (asked.value = null);
  const act = async () => {
    busy.value = true;
    await give(question!.title.replace("?", ""), question!.act);
    busy.value = false;
    close();
  };
  return (
    <Dialog open={question != null} title={question?.title ?? ""} onClose={close}>
      <p>{question?.text}</p>
      <div class="buttons">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button type="button" class={question?.danger ? "danger" : ""} disabled={busy.value} onClick={() => void act()}>
          {question?.label}
        </button>
      </div>
    </Dialog>
  );
}
