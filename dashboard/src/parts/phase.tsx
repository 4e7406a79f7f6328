// The state of a member, a step or the app: colour, word and icon.

import { Icon, type IconName } from "./icon";

export type Tone = "good" | "busy" | "warn" | "bad" | "off";

const phases: Record<string, [Tone, IconName]> = {
  waiting: ["off", "waiting"],
  starting: ["busy", "starting"],
  restarting: ["busy", "starting"],
  running: ["busy", "starting"],
  ready: ["good", "ready"],
  done: ["good", "ready"],
  completed: ["good", "ready"],
  serving: ["good", "ready"],
  "rolling out": ["busy", "starting"],
  paused: ["warn", "waiting"],
  maintenance: ["warn", "warn"],
  unready: ["warn", "warn"],
  degraded: ["warn", "warn"],
  stopping: ["busy", "starting"],
  stopped: ["off", "stopped"],
  skipped: ["off", "ready"],
  gone: ["bad", "failed"],
  failed: ["bad", "failed"],
  "crash-loop": ["bad", "failed"],
};

export const tone = (phase: string): Tone => phases[phase]?.[0] ?? "off";

export function Phase({ phase }: { phase: string }) {
  const [tone, icon] = phases[phase] ?? ["off", "waiting"];
  return (
    <span class={`phase ${tone}`}>
      <Icon name={icon} spin={tone === "busy"} />
      {phase}
    </span>
  );
}
