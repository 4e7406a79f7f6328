// A demo server and a browser, both ended with the tests.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Chromium as Debian installs it, or another by SEA_CHROMIUM. */
export const executablePath = process.env.SEA_CHROMIUM ?? "/usr/bin/chromium";

const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launch() {
  if (!existsSync(executablePath)) throw new Error(`${executablePath} is not there: install chromium, or set SEA_CHROMIUM`);
  return chromium.launch({ executablePath, args: quiet });
}

/** Builds the demo, unless SEA_DEMO names one. */
export function demoBinary() {
  if (process.env.SEA_DEMO) return process.env.SEA_DEMO;
  const build = spawnSync("cargo", ["build", "--quiet", "--locked", "--package", "seaworthy-server", "--example", "demo"], {
    cwd: root,
    stdio: "inherit",
  });
  if (build.status !== 0) throw new Error("the demo cannot be built");
  return `${root}target/debug/examples/demo`;
}

const children = new Set();
process.once("exit", () => children.forEach((child) => child.kill("SIGKILL")));

/** Starts the demo; its address and how to end it. */
export async function startDemo(binary, ...more) {
  const child = spawn(binary, more, { stdio: ["ignore", "pipe", "inherit"] });
  children.add(child);
  child.once("exit", () => children.delete(child));
  const [url] = await once(createInterface(child.stdout), "line");
  const stop = async () => {
    if (child.exitCode != null || child.signalCode) return;
    const ended = once(child, "exit");
    child.kill("SIGINT");
    await ended;
  };
  return { url, port: Number(new URL(url).port), stop };
}

/** A page that reports errors and requests to anywhere else into `faults`. */
export async function openPage(browser, url, options, faults) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => faults.push(`error in the page: ${error.message}`));
  // What the policy of the page blocks is reported as a request, too: it failed before it was sent.
  const leaves = (request) => !["localhost", ""].includes(new URL(request.url()).hostname);
  page.on("requestfinished", (request) => leaves(request) && faults.push(`request to ${request.url()}`));
  page.on("requestfailed", (request) => {
    if (leaves(request) && request.failure().errorText !== "csp") faults.push(`request to ${request.url()}: ${request.failure().errorText}`);
  });
  await page.goto(url);
  await page.waitForSelector("main > *");
  return page;
}
