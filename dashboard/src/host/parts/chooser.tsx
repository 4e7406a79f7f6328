// Which environment a page is about.

import { go } from "../../route";
import { chosen, hashOf, host, nameOf } from "../state";

export function Chooser({ page }: { page: string }) {
  const all = host.value?.environments ?? [];
  if (all.length < 2) return null;
  return (
    <label class="choice">
      <span class="hidden">Environment</span>
      <select
        value={chosen.value ? nameOf(chosen.value) : ""}
        onChange={(event) => {
          const place = all.find((one) => nameOf(one) === event.currentTarget.value);
          if (place) go(hashOf(page, place));
        }}
      >
        {!chosen.value && <option value="">choose one</option>}
        {all.map((place) => (
          <option value={nameOf(place)}>{nameOf(place)}</option>
        ))}
      </select>
    </label>
  );
}

/** In the place of a page that has nothing to show. */
export function Nowhere() {
  const any = host.value?.environments.length;
  return (
    <section class="panel blank">
      <h1>{any ? "There is no such environment" : "Nothing was shipped here yet"}</h1>
      <p>{any ? <a href="#/overview">Overview</a> : <code>sea ship</code>}</p>
    </section>
  );
}
