// Buttons that give orders. Stopping asks first; what is under way is shown as such.

import { signal } from "@preact/signals";
import type { Member, Order } from "../api";
import { order, pending } from "../state";
import { Dialog } from "./dialog";
import { Icon } from "./icon";

const asked = signal<string | null>(null);
const doing: Record<Order, string> = { start: "Starting…", stop: "Stopping…", restart: "Restarting…" };
const resting = ["stopped", "failed", "completed"];

export function Orders({ member, compact = false }: { member: Member; compact?: boolean }) {
  // What runs inside of `sea` takes no orders.
  if (!member.command) return null;
  const busy = pending.value[member.name];
  const stopped = resting.includes(member.phase);
  const button = (what: Order, label: string, act: () => void) => (
    <button
      type="button"
      class={compact ? "bare" : ""}
      aria-label={compact ? `${label} ${member.name}` : undefined}
      title={compact ? `${label} ${member.name}` : undefined}
      disabled={!!busy}
      aria-busy={busy === what}
      onClick={act}
    >
      <Icon name={busy === what ? "starting" : what} spin={busy === what} />
      {!compact && (busy === what ? doing[what] : label)}
    </button>
  );
  const give = (what: Order) => () => void order(member.name, what);
  return (
    <span class="orders">
      {stopped && button("start", member.role === "job" ? "Run" : "Start", give("start"))}
      {!stopped && button("restart", "Restart", give("restart"))}
      {!stopped && !compact && button("stop", "Stop", () => (asked.value = member.name))}
    </span>
  );
}

/** Asks before a member is stopped. */
export function StopDialog() {
  const name = asked.value;
  const close = () => (asked.value = null);
  return (
    <Dialog open={name != null} title={`Stop ${name ?? ""}?`} onClose={close}>
      <p>What needs it will fail until it is started again.</p>
      <div class="buttons">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button
          type="button"
          class="danger"
          onClick={() => {
            void order(name!, "stop");
            close();
          }}
        >
          Stop {name}
        </button>
      </div>
    </Dialog>
  );
}
