// The example app and its dashboard in a real browser, in front of a real `sea up`: `npm run app`.
//
// One run, from the first install to Ctrl-C; each step goes on where the one before it ended. SEA_SCREENSHOT=1 also
// writes the image of the README. SEA_SHOTS names a folder for a screenshot of what failed.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "./accessibility.mjs";
import { executablePath, launch, openPage } from "./harness.mjs";
import { lacking, root, up } from "./up.mjs";

const image = join(root, "docs/src/images/dashboard.png");
const project = "Lighthouse residency";

const lack = lacking(executablePath);
if (lack) {
  console.log(`SKIPPED: the example app in a browser: ${lack} is not on this machine`);
  process.exit(process.env.SEA_TEST_ALLOW_SKIP ? 0 : 1);
}

/** What the steps share: the run, the browser, a page of the app and one of the dashboard. */
const at = { faults: [] };

const go = async (hash) => {
  await at.page.goto(`${at.dashboard}#/${hash}`);
  await at.page.waitForSelector(`main[data-page="${hash.split("/")[0]}"]`);
};
const row = (name) => at.page.locator(`tr[data-member="${name}"]`);
const phase = (name, phase) => row(name).locator(`.phase:text-is("${phase}")`).waitFor();

const steps = {
  "set-up is shown while it lasts, and ends with everything ready": async () => {
    // Typed before anything is up: it waits for that, too.
    const ready = at.up.ready();
    ready.catch(() => {});
    const app = await at.up.until("it says where the dashboard is", () => at.up.status().catch(() => null));
    at.dashboard = `${app.dashboard_url}/`;
    at.page = await openPage(at.browser, at.dashboard, { colorScheme: "light" }, at.faults);
    at.page.setDefaultTimeout(60_000);
    await at.page.locator(".steps tbody th:text-is('npm ci in web')").waitFor();
    const titles = await at.page.locator("main h2").allInnerTexts();
    if ((await at.up.status()).steps.some((step) => step.state === "running")) {
      assert.match(titles.join(), /^(Problems,)?Setup/);
    }
    await ready;
    const { steps, members, url, problems } = await at.up.status();
    at.url = url;
    at.members = members;
    assert.deepEqual(problems.filter(({ code }) => !["port-moved", "other-runtime-version"].includes(code)), []);
    assert.deepEqual([...steps].sort((a, b) => (a.started_at < b.started_at ? -1 : 1)), steps, "steps come as they began");
    assert.ok(steps.some(({ title }) => title === "db/schema.sql into postgres"), "the schema was loaded");
    await at.page.waitForFunction(() => document.querySelectorAll(".steps .phase:not(.good, .off)").length === 0);
    assert.equal(await at.page.locator(".steps tbody tr").count(), steps.length);
    assert.ok(!(await at.page.locator(".steps tbody td.number").allInnerTexts()).includes("–"), "every step took some time");
  },

  "a person signs in and creates a project, which the database keeps": async () => {
    const context = await at.browser.newContext({ viewport: { width: 1280, height: 900 } });
    at.app = await context.newPage();
    at.app.on("pageerror", (error) => at.faults.push(`error in the app: ${error.message}`));
    at.app.setDefaultTimeout(60_000);
    await at.app.goto(at.url);
    await at.app.fill("[name=email]", "demo@example.com");
    await at.app.fill("[name=password]", "demo");
    await at.app.click("button:text-is('Sign in')");
    await at.app.locator("td a.person").first().click();
    await at.app.fill("[name=title]", project);
    await at.app.fill("[name=budget]", "1200");
    await at.app.click("button:text-is('Create project')");
    await at.app.locator(`td:text-is('${project}')`).waitFor();
    await at.app.reload();
    await at.app.locator(`td:text-is('${project}')`).waitFor();
  },

  "every service is shown healthy, with where it is found": async () => {
    await go("overview");
    for (const { name, role } of at.members) {
      await phase(name, role === "job" ? "completed" : "ready");
    }
    assert.equal(await at.page.title(), "ready: artist-dashboard");
    assert.equal(await row("web").locator("td.url a").getAttribute("href"), at.url);
    // An address that no browser opens is no link.
    assert.match(await row("postgres").locator("td.url").innerText(), /^127\.0\.0\.1:\d+$/);
    assert.equal(await row("postgres").locator("td.url a").count(), 0);
  },

  "requests just made are in the figures": async () => {
    await go("service/gateway");
    await at.page.waitForFunction(() => {
      const said = [...document.querySelectorAll(".list > div")].find((div) => div.innerText.startsWith("Requests"));
      return /[1-9][\d,]* since the start/.test(said?.innerText ?? "");
    });
    await at.up.until("a request every second is in the history", async () => {
      const { members } = await (await fetch(`${at.dashboard}api/v1/metrics`)).json();
      const gateway = members.find(({ name }) => name === "gateway");
      return gateway.rate.some((rate) => rate > 0) && gateway.p95_ms.some((time) => time > 0);
    });
    await at.page.waitForFunction(() => {
      const [rate, errors, duration, cpu, memory] = document.querySelectorAll(".chart canvas");
      const colours = (canvas) => new Set(new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size;
      return errors && [rate, duration, cpu, memory].every((canvas) => canvas && colours(canvas) > 10);
    });
  },

  "the log has lines of every service": async () => {
    await go("logs");
    for (const { name } of at.members.filter(({ role }) => role === "service")) {
      const chip = at.page.locator(`.chip:text-is('${name}')`);
      await chip.dblclick();
      await at.page.waitForFunction((name) => {
        const who = [...document.querySelectorAll(".who")];
        return who.length > 0 && who.every((one) => one.innerText === name);
      }, name);
      await chip.dblclick();
    }
    await at.page.fill("#search", "POST /api/projects 201");
    await at.page.waitForSelector(".line mark");
    await at.page.fill("#search", "FATAL");
    await at.page.waitForSelector("text=No line matches");
  },

  "secrets are masked": async () => {
    const { stdout } = await at.up.sea("exec", "gateway", "--", "printenv", "DATABASE_URL");
    const { password } = new URL(stdout.trim());
    assert.ok(password.length > 8);
    await go("service/gateway");
    await at.page.locator("tr:has-text('DATABASE_URL') .masked").waitFor();
    await at.page.locator("tr:has-text('SESSION_SECRET') .masked").waitFor();
    assert.ok(!(await at.page.content()).includes(password));
    assert.ok(!(await (await fetch(`${at.dashboard}api/v1/services/gateway/environment`)).text()).includes(password));
  },

  "mail that is sent is caught and shown": async () => {
    const { code, stderr } = await at.up.sea("exec", "worker", "--", "python", "digest.py");
    assert.equal(code, 0, stderr);
    await go("mail");
    await at.page.locator(".mail .subject:has-text('Artist dashboard')").click();
    await at.page.locator(".reader .list:has-text('demo@example.com')").waitFor();
    await at.page.locator(".reader pre.text:has-text('recommendations')").waitFor();
  },

  "the page is photographed": async () => {
    // Something to see in the figures, until the picture is taken.
    await at.app.evaluate(() => {
      globalThis.visit = async () => {
        for (let artist = 1; globalThis.visit; artist = (artist % 200) + 1) {
          const page = [`artists?page=${artist}`, `artists/${artist}`, `projects?artistId=${artist}`, `portfolio/${artist}`];
          await Promise.all(page.map((path) => fetch(`/api/${path}`)));
          await new Promise((done) => setTimeout(done, 100 + (artist % 7) * 40));
        }
      };
      void globalThis.visit();
    });
    await go("overview");
    const sparks = (points) => {
      const gateway = document.querySelector("tr[data-member=gateway]");
      const line = gateway.querySelector("[data-label='Requests/s'] polyline")?.getAttribute("points") ?? "";
      const high = line.split(" ").filter((point) => Number(point.split(",")[1]) < 14);
      return high.length >= points && /[1-9]/.test(gateway.querySelector("[data-label='Requests/s']").innerText);
    };
    await at.page.waitForFunction(sparks, process.env.SEA_SCREENSHOT ? 25 : 2);
    const shot = await at.page.screenshot({ fullPage: true, ...(process.env.SEA_SCREENSHOT ? { path: image } : {}) });
    await at.app.evaluate(() => delete globalThis.visit);
    assert.ok(existsSync(image), `${image} is not there: SEA_SCREENSHOT=1 npm --prefix dashboard run app`);
    const width = (png) => png.readUInt32BE(16);
    assert.equal(width(shot), width(readFileSync(image)), "the image of the README is of this page");
  },

  "a restart by its button is another process, and the app goes on": async () => {
    const before = await at.up.member("gateway");
    await go("overview");
    await row("gateway").locator("button[aria-label='Restart gateway']").click();
    const after = await at.up.until("another process is ready", async () => {
      const member = await at.up.member("gateway");
      return member.pid && member.pid !== before.pid && member.phase === "ready" && member;
    });
    assert.ok(after.started_at > before.started_at);
    assert.equal(after.restarts, before.restarts, "restarts are those that nobody asked for");
    await phase("gateway", "ready");
    await row("gateway").locator("button[aria-label='Restart gateway']:enabled").waitFor();
    await go("service/gateway");
    await at.page.locator(`.list dd:text-is('${after.pid}')`).waitFor();
    await at.app.goto(at.url);
    await at.app.locator("td a.person").first().click();
    await at.app.locator(`td:text-is('${project}')`).waitFor();
  },

  "a save is timed from the file to the new process": async () => {
    const config = at.up.read("services/worker/config.py");
    at.up.save("services/worker/config.py", `${config}\n# saved\n`);
    await go("reloads");
    const saved = at.page.locator("tr[data-member=worker]:has-text('services/worker/config.py')").first();
    await saved.waitFor();
    await saved.locator("td.number:has-text(' ms'), td.number:has-text(' s')").waitFor();
    await at.page.locator(".histogram .column").first().waitFor();
  },

  "a crash loop tells its first error, and the next save ends it": async () => {
    const worker = at.up.read("services/worker/worker.py");
    at.up.save("services/worker/worker.py", `raise RuntimeError("the queue has no name")\n${worker}`);
    await go("overview");
    await phase("worker", "crash-loop");
    await at.page.waitForFunction(() => document.title === "degraded: artist-dashboard");
    await go("service/worker");
    await at.page.locator(".failure pre:text-is('RuntimeError: the queue has no name')").waitFor();
    at.up.save("services/worker/worker.py", worker);
    await at.page.locator("h1 .phase:text-is('ready')").waitFor();
    await go("overview");
    await at.page.waitForFunction(() => document.title === "ready: artist-dashboard");
  },

  "axe finds nothing grave, and a phone does not scroll sideways": async () => {
    for (const colorScheme of ["light", "dark"]) {
      await at.page.emulateMedia({ colorScheme });
      for (const hash of ["overview", "service/gateway", "service/postgres", "logs", "reloads", "mail"]) {
        await go(hash);
        await check(at.page, `${hash} in ${colorScheme} colours`);
      }
    }
    await at.page.setViewportSize({ width: 360, height: 740 });
    for (const hash of ["overview", "service/gateway", "service/postgres", "logs", "reloads", "mail"]) {
      await go(hash);
      const width = await at.page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 360, `${hash} is ${width} px wide`);
    }
  },

  "Ctrl-C leaves nothing behind, and the dashboard says so": async () => {
    const { run } = await at.up.status();
    assert.ok(at.up.survivors().length > at.members.length, `processes of ${run} carry its name`);
    assert.equal(await at.up.interrupt(), 0);
    assert.deepEqual(at.up.survivors(), []);
    await at.page.waitForSelector("[role=alert] >> text=sea does not answer");
  },
};

let failed = null;
try {
  at.browser = await launch();
  at.up = up("artist-dashboard");
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
  if (at.up) console.log(readFileSync(at.up.log, "utf8").split("\n").slice(-60).join("\n"));
  for (const [what, page] of Object.entries({ dashboard: at.page, app: at.app })) {
    if (process.env.SEA_SHOTS) await page?.screenshot({ path: join(process.env.SEA_SHOTS, `${what}.png`) });
  }
} finally {
  await at.browser?.close();
  await at.up?.clean();
}
process.exit(failed ? 1 : 0);
