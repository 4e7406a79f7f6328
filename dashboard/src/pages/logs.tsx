// The merged log of all members.

import { useMemo } from "preact/hooks";
import { LogPanel } from "../log/panel";
import { levels, setup } from "../log/store";
import { route } from "../route";
import { app } from "../state";

export function Logs() {
  const known = app.value!.members.filter((member) => member.has_log).map((member) => member.name).join("\n");
  const members = useMemo(() => [...known.split("\n").filter(Boolean), setup], [known]);
  const query = route.value.query;
  return (
    <>
      <h1 class="hidden">Logs</h1>
      <LogPanel
        key={query.toString()}
        member={null}
        members={members}
        search={query.get("q") ?? ""}
        level={levels.find((level) => level === query.get("level")) ?? null}
      />
    </>
  );
}
