// Getting around, and what each page shows.

import assert from "node:assert/strict";

const still = ["--lines", "500", "--still"];

export const pages = {
  "the overview shows what runs and what is wrong": {
    args: still,
    async test(page) {
      assert.equal(await page.title(), "degraded: artist-dashboard");
      const icon = await page.getAttribute("#favicon", "href");
      assert.match(decodeURIComponent(icon), /^data:image\/svg\+xml,<svg/);
      const row = page.locator("tr[data-member=mailer]");
      assert.match(await row.innerText(), /crash-loop/);
      assert.match(await page.locator(".problems").innerText(), /sea logs mailer --level error/);
      assert.equal(await page.locator("tr[data-member]").count(), 8);
      assert.equal(await page.locator(".steps tbody tr").count(), 6);
      const link = page.locator("tr[data-member=web] td.url a");
      assert.equal(await link.getAttribute("href"), "http://artist-dashboard.localhost:4000");
    },
  },

  "keys go to every page": {
    args: still,
    async test(page) {
      for (const [key, title] of [["l", "Logs"], ["r", "Reloads"], ["m", "Mail"], ["o", "Overview"]]) {
        await page.keyboard.press("g");
        await page.keyboard.press(key);
        await page.waitForSelector(`nav a[aria-current=page]:text-is("${title}")`);
      }
      await page.keyboard.press("?");
      await page.waitForSelector("dialog[open] >> text=restart the selected service");
      await page.keyboard.press("Escape");
      await page.waitForSelector("dialog[open]", { state: "detached" });
      await page.keyboard.press("j");
      await page.keyboard.press("j");
      await page.keyboard.press("k");
      await page.keyboard.press("j");
      await page.keyboard.press("Enter");
      await page.waitForSelector("main[data-member=worker]");
    },
  },

  "the slash searches the log from anywhere": {
    args: still,
    async test(page) {
      await page.keyboard.press("/");
      await page.waitForSelector("#search:focus");
      await page.keyboard.type("large");
      await page.waitForSelector("mark:text-is('large')");
      await page.keyboard.press("Escape");
      assert.equal(await page.inputValue("#search"), "");
    },
  },

  "saves are shown with their times": {
    args: still,
    async test(page, demo) {
      await page.goto(`${demo.url}#/reloads`);
      await page.waitForSelector(".histogram .column");
      assert.equal(await page.locator(".saves tbody tr").count(), 48);
      assert.match(await page.locator(".saves").innerText(), /SyntaxError: Unexpected token/);
      assert.match(await page.locator(".histogram").getAttribute("aria-label"), /half within \d+ ms/);
    },
  },

  "mail is read, and its HTML does nothing": {
    args: still,
    async test(page, demo) {
      await page.goto(`${demo.url}#/mail`);
      await page.click("text=Confirm your address");
      const frame = page.frameLocator("iframe");
      await frame.locator("h1:text-is('Welcome, Mara')").waitFor();
      assert.equal(await page.getAttribute("iframe", "sandbox"), "allow-popups allow-popups-to-escape-sandbox");
      assert.notEqual(await page.title(), "owned");
      await page.click("button:text-is('Text')");
      assert.match(await page.locator("pre.text").innerText(), /Hello Mara/);
      await page.click("text=Invoice 2026-118");
      await page.waitForSelector("text=invoice-2026-118.pdf");
    },
  },

  "colours are chosen and kept": {
    args: still,
    async test(page) {
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await ground();
      await page.click("button[aria-label='Dark colours']");
      const dark = await ground();
      assert.notEqual(light, dark);
      await page.reload();
      await page.waitForSelector("main > *");
      assert.equal(await ground(), dark);
    },
  },

  "a phone shows everything without scrolling sideways": {
    args: still,
    options: { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
    async test(page, demo) {
      for (const hash of ["#/overview", "#/service/api", "#/service/mailer", "#/logs", "#/reloads", "#/mail", "#/mail/mail/m3"]) {
        await page.goto(demo.url + hash);
        await page.waitForTimeout(400);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= 360, `${hash} is ${width} px wide`);
      }
    },
  },

  "tables fit at every width": {
    args: still,
    async test(page, demo) {
      for (const width of [480, 700, 1020, 1021, 1180, 1280, 1360, 1361, 1440]) {
        await page.setViewportSize({ width, height: 800 });
        for (const hash of ["#/overview", "#/reloads", "#/service/api"]) {
          await page.goto(demo.url + hash);
          await page.waitForSelector("table");
          await page.waitForTimeout(150);
          const wide = await page.$$eval(".panel", (panels) =>
            panels.filter((panel) => panel.scrollWidth > panel.clientWidth).map((panel) => panel.innerText.slice(0, 40)),
          );
          assert.deepEqual(wide, [], `${hash} at ${width} px`);
        }
      }
    },
  },

  "set-up comes first while it lasts": {
    args: still,
    async test(page, demo) {
      const app = await (await fetch(`${demo.url}api/v1/app`)).json();
      Object.assign(app.steps[4], { state: "failed", detail: "exited with code 1", output: ["ERROR: relation exists"] });
      const body = `event: app\ndata: ${JSON.stringify(app)}\n\n`;
      await page.route("**/api/v1/events*", (route) => route.fulfill({ contentType: "text/event-stream", body }));
      await page.reload();
      await page.waitForSelector("text=ERROR: relation exists");
      const titles = await page.locator("main h2").allInnerTexts();
      assert.ok(titles.findIndex((title) => title.startsWith("Setup")) < titles.indexOf("What runs"), titles.join());
    },
  },

  "when sea goes away it says so, and goes on when it is back": {
    args: still,
    async test(page, demo, restart) {
      await demo.stop();
      await page.waitForSelector("[role=alert] >> text=sea does not answer");
      assert.equal(await page.title(), "gone: artist-dashboard");
      const again = await restart("--port", String(demo.port), ...still);
      try {
        await page.waitForSelector("[role=alert]", { state: "detached" });
        assert.equal(await page.title(), "degraded: artist-dashboard");
      } finally {
        await again.stop();
      }
    },
  },
};
