// axe-core over every page, in both themes and on a phone: no serious and no critical finding.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const hashes = ["#/overview", "#/service/api", "#/service/mailer", "#/service/nobody", "#/logs", "#/reloads", "#/mail", "#/mail/mail/m3"];

/** Fails with what axe finds grave in a page; prints all that it finds. */
export async function check(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(({ id, impact, nodes }) => `${what}: ${impact}: ${id}: ${nodes.map((node) => node.html).slice(0, 3).join(" ")}`);
  for (const line of told) console.log(`      ${line}`);
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  assert.equal(grave.length, 0, told.join("\n"));
}

const all = (options) => ({
  args: ["--lines", "2000", "--still"],
  options,
  async test(page, demo) {
    for (const hash of hashes) {
      await page.goto(demo.url + hash);
      await page.waitForTimeout(600);
      await check(page, hash);
    }
    await page.goto(`${demo.url}#/logs`);
    await page.fill("#search", "GET");
    await page.click(".line >> nth=2 >> .text");
    await check(page, "an opened line");
    await page.keyboard.press("Escape");
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press("?");
    await page.waitForSelector("dialog[open]");
    await check(page, "the help");
  },
});

export const accessibility = {
  "axe finds nothing grave in light colours": all({ colorScheme: "light" }),
  "axe finds nothing grave in dark colours": all({ colorScheme: "dark" }),
  "axe finds nothing grave on a phone": all({ viewport: { width: 360, height: 740 }, colorScheme: "dark" }),
};
