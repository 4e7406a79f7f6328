import { render } from "preact";
import { listen } from "./keys";
import { Shell } from "./shell";
import { start } from "./state";
import "./style.css";

start();
listen();
render(<Shell />, document.getElementById("app")!);
