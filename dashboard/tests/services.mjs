// A service's page, and orders that reach the app.

import assert from "node:assert/strict";

/** The phase of a member, as the API has it. */
async function phase(demo, name) {
  const app = await (await fetch(`${demo.url}api/v1/app`)).json();
  return app.members.find((member) => member.name === name).phase;
}

const still = ["--lines", "500", "--still"];
const lively = ["--lines", "500"];

export const services = {
  "a restart from the page reaches the app": {
    args: still,
    async test(page, demo) {
      await page.goto(`${demo.url}#/service/api`);
      const answered = page.waitForResponse((response) => response.url().endsWith("/services/api/restart"));
      await page.click("button:text-is('Restart')");
      assert.equal((await answered).status(), 202);
      await page.waitForSelector("h1 >> text=restarting");
      assert.equal(await phase(demo, "api"), "restarting");
      assert.match(await page.locator("[aria-live=polite]").innerText(), /api: restarting/);
    },
  },

  "the r key restarts the selected service": {
    args: lively,
    async test(page, demo) {
      const answered = page.waitForResponse((response) => response.url().endsWith("/services/worker/restart"));
      await page.focus("tr[data-member=worker] [data-row]");
      await page.keyboard.press("r");
      assert.equal((await answered).status(), 202);
      await page.waitForSelector("tr[data-member=worker] .phase:text-is('restarting')");
      await page.waitForSelector("tr[data-member=worker] .phase:text-is('ready')");
      await page.waitForSelector("tr[data-member=worker] button:enabled");
      assert.equal(await phase(demo, "worker"), "ready");
    },
  },

  "a stop asks first": {
    args: lively,
    async test(page, demo) {
      await page.goto(`${demo.url}#/service/web`);
      await page.click("button:text-is('Stop')");
      await page.click("dialog[open] button:text-is('Cancel')");
      assert.equal(await phase(demo, "web"), "ready");
      await page.click("button:text-is('Stop')");
      await page.click("dialog[open] button:text-is('Stop web')");
      await page.waitForSelector("h1 >> text=stopped");
      assert.equal(await phase(demo, "web"), "stopped");
      await page.click("button:text-is('Start')");
      await page.waitForSelector("h1 >> text=ready");
    },
  },

  "what fails tells its first cause": {
    args: still,
    async test(page, demo) {
      await page.goto(`${demo.url}#/service/mailer`);
      const failure = await page.locator(".failure").innerText();
      assert.match(failure, /First cause\s+ConnectionRefusedError/);
      assert.match(failure, /exited with code 1/);
    },
  },

  "secrets stay masked": {
    args: still,
    async test(page, demo) {
      await page.goto(`${demo.url}#/service/api`);
      await page.waitForSelector(".variables");
      assert.match(await page.locator("tr:has-text('DATABASE_URL')").innerText(), /secret\s+resources\.db/);
      assert.ok(!(await page.content()).includes("hunter2"));
    },
  },

  "charts are drawn and grow": {
    args: lively,
    async test(page, demo) {
      await page.goto(`${demo.url}#/service/api`);
      await page.waitForSelector(".chart canvas");
      assert.equal(await page.locator(".chart canvas").count(), 5);
      const colours = await page.locator(".chart canvas").first().evaluate((canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size;
      });
      assert.ok(colours > 10, `${colours} colours`);
      const values = page.locator(".chart .values").nth(3);
      const before = await values.innerText();
      await page.waitForFunction((before) => document.querySelectorAll(".chart .values")[3].innerText !== before, before);
    },
  },

  "an order that is refused says why": {
    args: still,
    async test(page, demo) {
      await page.route("**/services/api/restart", (route) =>
        route.fulfill({
          status: 409,
          contentType: "application/problem+json",
          body: JSON.stringify({ detail: "it takes no orders now", next: "sea status" }),
        }),
      );
      await page.goto(`${demo.url}#/service/api`);
      await page.click("button:text-is('Restart')");
      await page.waitForSelector("[role=alert] >> text=it takes no orders now (sea status)");
      await page.click("[role=alert] button");
      await page.waitForSelector("button:text-is('Restart'):enabled");
    },
  },
};
