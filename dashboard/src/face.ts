// What answers behind this page: an app under development or a host, and whether the host lets us in.

import { signal } from "@preact/signals";
import { get, Refused, send } from "./api";
import { connected } from "./connection";

export type Face = "app" | "host" | "signed-out";

export const face = signal<Face | null>(null);
/** Why a ticket signed nobody in. */
export const turnedAway = signal("");

const again = 1000;

/** Finds out, until it is known; a ticket in the address is used first. */
export async function identify(): Promise<Face> {
  const ticket = /^#\/sign-in\/([\w-]+)$/.exec(location.hash)?.[1];
  if (ticket) {
    // Out of the address and of the history before anything else is done with it.
    history.replaceState(null, "", "#/overview");
    dispatchEvent(new HashChangeEvent("hashchange"));
    try {
      await send("POST", "/host/session", { ticket });
    } catch (error) {
      turnedAway.value = error instanceof Error ? error.message : String(error);
    }
  }
  for (;;) {
    const known = await ask();
    if (known) {
      if (known !== "signed-out") turnedAway.value = "";
      connected.value = true;
      return (face.value = known);
    }
    connected.value = false;
    await new Promise((done) => setTimeout(done, again));
  }
}

async function ask(): Promise<Face | null> {
  try {
    return (await get<{ serves: "app" | "host" }>("/about")).serves;
  } catch (error) {
    return error instanceof Refused && error.status === 401 ? "signed-out" : null;
  }
}

/** A stream broke off: perhaps the session has ended. */
export async function recheck() {
  if ((await ask()) === "signed-out") face.value = "signed-out";
}

export async function signOut() {
  try {
    await send("DELETE", "/host/session");
  } finally {
    face.value = "signed-out";
  }
}
