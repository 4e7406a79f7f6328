// Not signed in: how to get in.

import { turnedAway } from "../../face";
import { Command } from "../../parts/problems";

export function SignIn() {
  return (
    <section class="panel blank">
      <h1>Sign in</h1>
      {turnedAway.value && (
        <p class="bad" role="alert">
          {turnedAway.value}
        </p>
      )}
      <p>This is the dashboard of a host. On that machine, type</p>
      <p>
        <Command text="sea open --host" />
      </p>
      <p>
        which opens it signed in. Where no browser is, <code>sea open --host --print</code> prints an address that signs a browser
        in, once, within five minutes.
      </p>
    </section>
  );
}
