import { render } from "preact";
import { identify } from "./face";
import * as host from "./host/state";
import { listen } from "./keys";
import { Shell } from "./shell";
import { start } from "./state";
import "./style.css";

listen();
render(<Shell />, document.getElementById("app")!);
void identify().then((face) => {
  if (face === "app") start();
  if (face === "host") host.start();
});
// A second address that signs in, pasted into the tab that the first one opened.
addEventListener("hashchange", () => {
  if (location.hash.startsWith("#/sign-in/")) location.reload();
});
