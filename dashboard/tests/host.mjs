// The dashboard of a host in a real browser, in front of a real `sea serve` with a small app that is shipped to it:
// `npm run host`.
//
// One run, from the first sign-in to the end; each step goes on where the one before it ended. SEA_SHOTS names a folder
// for screenshots of the pages, and of what failed.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { check } from "./accessibility.mjs";
import { executablePath, launch, openPage } from "./harness.mjs";
import { serve } from "./serve.mjs";

const shots = process.env.SEA_SHOTS;
const lack = !existsSync(executablePath) && "Chromium";
if (lack) {
  console.log(`SKIPPED: the dashboard of a host in a browser: ${lack} is not on this machine`);
  process.exit(process.env.SEA_TEST_ALLOW_SKIP ? 0 : 1);
}

/** What the steps share: the host, the browser, a page of the dashboard. */
const at = { faults: [] };

const go = async (hash) => {
  await at.page.goto(`${at.dashboard}#/${hash}`);
  await at.page.waitForSelector(`main[data-page="${hash.split("/")[0]}"]`);
};
const shot = async (name) => {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await at.page.waitForTimeout(400);
  await at.page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
};
const button = (name) => at.page.locator(`main button:text-is('${name}')`);
const inDialog = (name) => at.page.locator(`dialog[open] button:text-is('${name}')`);
const outcome = (word) => at.page.locator(`.releases .outcome .phase:text-is('${word}')`);

const steps = {
  "nothing but the page itself is answered without a token": async () => {
    await at.host.begin();
    at.dashboard = at.host.dashboard;
    at.page = await openPage(at.browser, at.dashboard, { colorScheme: "light" }, at.faults);
    await at.page.locator("h1:text-is('Sign in')").waitFor();
    await check(at.page, "the sign-in page");
    await shot("sign-in");
    for (const path of ["about", "host", "host/events", "host/shop/production/releases", "openapi.json"]) {
      assert.equal((await fetch(`${at.dashboard}api/v1/${path}`)).status, 401, path);
    }
  },

  "an address signs in, once": async () => {
    const url = await at.host.signIn();
    await at.page.goto("about:blank");
    await at.page.goto(url);
    await at.page.locator("text=Nothing was shipped here yet").waitFor();
    assert.equal(new URL(at.page.url()).hash, "#/overview", "the ticket is not left in the address");
    const [cookie] = await at.page.context().cookies(`${at.dashboard}api/`);
    assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, "Strict"]);
    const other = await openPage(at.browser, url, {}, at.faults);
    await other.locator("[role=alert] >> text=was used already").waitFor();
    await other.context().close();
  },

  "what is shipped is seen as it comes": async () => {
    await at.host.ship("one");
    await at.page.locator(".place h2:has-text('shop')").waitFor();
    await at.host.ship("two");
    await at.page.locator(".place .commit:has-text('says two')").waitFor();
    await at.page.waitForFunction(() => document.title.startsWith("serving: "));
    await shot("overview");
    await at.page.locator(".place h2 a").click();
    await at.page.locator(".live h2:has-text('has all traffic and is watched')").waitFor();
    await at.page.waitForFunction(() => document.querySelectorAll(".releases tbody tr").length === 2);
    assert.equal(await outcome("Promoted").count(), 2);
    assert.match(await at.page.locator(".releases").innerText(), /says two[^]*Ana[^]*says one/);
    await shot("releases-watched");
  },

  "a rollback asks once, and the old word is served": async () => {
    assert.equal(await at.host.word(), "two");
    const back = at.page.locator(".live button:text-is('Roll back')");
    await back.click();
    await inDialog("Cancel").waitFor();
    await check(at.page, "the dialog of a rollback");
    await shot("dialog");
    await inDialog("Cancel").click();
    await at.page.locator("dialog[open]").waitFor({ state: "detached" }).catch(() => {});
    assert.equal(await at.host.word(), "two");
    await back.click();
    await inDialog("Roll back").click();
    await outcome("Rolled back").waitFor();
    await at.host.until("the old word is served", async () => (await at.host.word()) === "one");
    const [{ ending }] = (await at.host.releases()).entries;
    assert.equal(ending, "rolled-back");
    await at.page.locator(".told li:has-text('@')").filter({ hasText: "ordered: roll back" }).waitFor();
  },

  "a canary shows both releases' rates, and is paused and aborted": async () => {
    await at.host.ship("three", "--strategy", "canary", "--no-wait");
    at.host.load();
    await at.page.locator(".way [aria-current]:has-text('canary')").waitFor();
    await button("Pause").click();
    await inDialog("Pause").click();
    await at.page.locator(".live >> text=paused").first().waitFor();
    await button("Resume").waitFor();
    await at.page.waitForFunction(() => {
      const row = [...document.querySelectorAll(".streams tbody tr")].find((row) => row.querySelector("th").innerText === "5xx");
      const counts = [...(row?.querySelectorAll(".counted") ?? [])].map((cell) => Number(cell.innerText.split(" of ")[1].replaceAll(",", "")));
      return counts.length === 2 && counts.every((count) => count > 5);
    });
    // What is looked at from here on stands still.
    at.host.rest();
    await shot("releases-canary");
    for (const colorScheme of ["dark", "light"]) {
      await at.page.emulateMedia({ colorScheme });
      await check(at.page, `a canary in ${colorScheme} colours`);
      if (colorScheme === "dark") await shot("releases-canary-dark");
    }
    await at.page.setViewportSize({ width: 360, height: 740 });
    assert.ok((await at.page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
    await shot("releases-canary-phone");
    await at.page.setViewportSize({ width: 1440, height: 900 });
    await button("Abort").click();
    await inDialog("Abort").click();
    await outcome("Aborted").waitFor();
    assert.equal(await at.host.word(), "one");
    assert.deepEqual(at.host.failures, [], "no request failed meanwhile");
  },

  "a release tells what it went through": async () => {
    await at.page.locator(".releases tbody tr:has-text('Aborted') th a").click();
    await at.page.locator(".moves th:has-text('canary')").first().waitFor();
    await at.page.locator(".gates .phase:text-is('health')").waitFor();
    await check(at.page, "a release");
    await shot("release");
  },

  "the five metrics have a figure or say why not": async () => {
    await at.page.keyboard.press("g");
    await at.page.keyboard.press("d");
    await at.page.waitForFunction(() => document.querySelectorAll(".metric canvas").length === 5);
    const value = (metric) => at.page.locator(`.metric[aria-labelledby=${metric}] .value`).innerText();
    assert.match(await value("deployment_frequency"), /^0\.1 a day/);
    assert.match(await value("change_fail_rate"), /^67 %/);
    assert.match(await value("lead_time_for_changes"), /^\d+ s/);
    assert.match(await value("failed_deployment_recovery_time"), /^\d+ s/);
    assert.match(await value("deployment_rework_rate"), /^0 %/);
    await button("7 days").click();
    await at.page.locator(".metric .value:has-text('0.43 a day')").waitFor();
    assert.equal(await at.page.locator(".prose a").getAttribute("href"), "https://dora.dev/guides/dora-metrics/");
    await shot("dora");
  },

  "axe finds nothing grave, and a phone does not scroll sideways": async () => {
    const hashes = ["overview", "releases", "dora", "releases/shop/nowhere"];
    for (const colorScheme of ["light", "dark"]) {
      await at.page.emulateMedia({ colorScheme });
      for (const hash of hashes) {
        await go(hash);
        await at.page.waitForTimeout(300);
        await check(at.page, `${hash} in ${colorScheme} colours`);
        if (colorScheme === "dark") await shot(`${hash.replaceAll("/", "-")}-dark`);
      }
    }
    await at.page.setViewportSize({ width: 360, height: 740 });
    for (const hash of hashes) {
      await go(hash);
      await at.page.waitForTimeout(300);
      const width = await at.page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 360, `${hash} is ${width} px wide`);
      await shot(`${hash.replaceAll("/", "-")}-phone`);
    }
    await at.page.setViewportSize({ width: 1440, height: 900 });
  },

  "the token is its owner's alone, and in no file, argument or environment": async () => {
    const file = join(at.host.state, "dashboard.token");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const token = readFileSync(file, "utf8").trim();
    assert.ok(token.length >= 43);
    const signed = await fetch(`${at.dashboard}api/v1/host`, { headers: { Authorization: `Bearer ${token}` } });
    assert.equal((await signed.json()).schema, "sea.host/1");
    const secrets = [token, ...at.host.tickets];
    const told = (text, where) => secrets.forEach((secret) => assert.ok(!text.includes(secret), where));
    for (const path of files(at.host.state).filter((path) => path !== file)) told(readFileSync(path, "latin1"), path);
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      for (const name of ["cmdline", "environ"]) {
        try {
          told(readFileSync(`/proc/${pid}/${name}`, "latin1"), `${name} of ${pid}`);
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
        }
      }
    }
  },

  "whoever signs out is out": async () => {
    await go("overview");
    await at.page.locator("button:text-is('Sign out')").click();
    await at.page.locator("h1:text-is('Sign in')").waitFor();
    await at.page.reload();
    await at.page.locator("h1:text-is('Sign in')").waitFor();
  },
};

/** Every file below a folder. */
function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : entry.isFile() ? [path] : [];
  });
}

let failed = null;
try {
  at.browser = await launch();
  at.host = serve();
  for (const [name, step] of Object.entries(steps)) {
    const began = Date.now();
    failed = name;
    await step();
    if (at.faults.length) throw new Error(at.faults.join("\n"));
    failed = null;
    console.log(`ok    ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  }
} catch (error) {
  console.log(`FAIL  ${failed}\n${error.stack ?? error}`);
  if (at.host) console.log(readFileSync(at.host.log, "utf8").split("\n").slice(-60).join("\n"));
  if (shots) await at.page?.screenshot({ path: join(shots, "failed.png") });
} finally {
  await at.browser?.close();
  await at.host?.clean();
}
process.exit(failed ? 1 : 0);
