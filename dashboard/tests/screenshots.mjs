// Screenshots of every page in front of the demo: npm run screenshots -- FOLDER [PAGE,...]

import { mkdirSync } from "node:fs";
import { demoBinary, launch, openPage, startDemo } from "./harness.mjs";

const [folder = "screenshots", only] = process.argv.slice(2);
const looks = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  phone: { viewport: { width: 360, height: 740 }, colorScheme: "light", isMobile: true },
};
const pages = {
  overview: ["#/overview"],
  service: ["#/service/api"],
  failed: ["#/service/mailer"],
  logs: ["#/logs"],
  search: [
    "#/logs",
    async (page) => {
      await page.fill("#search", "GET");
      await page.click("button:text-is('Wrap')");
      await page.hover(".scroller");
      await page.mouse.wheel(0, -3000);
      await page.click(".line >> nth=20 >> .text");
    },
  ],
  reloads: ["#/reloads"],
  mail: ["#/mail/mail/m3"],
  help: ["#/overview", (page) => page.keyboard.press("?")],
  stop: ["#/service/api", (page) => page.click("button:text-is('Stop')")],
};

mkdirSync(folder, { recursive: true });
const demo = await startDemo(demoBinary(), "--lines", "5000");
const browser = await launch();
for (const [look, options] of Object.entries(looks)) {
  const page = await openPage(browser, demo.url, options, []);
  for (const [name, [hash, prepare]] of Object.entries(pages)) {
    if (only && !only.split(",").includes(name)) continue;
    await page.goto("about:blank");
    await page.goto(demo.url + hash);
    await page.waitForTimeout(1200);
    await prepare?.(page);
    await page.waitForTimeout(300);
    await page.screenshot({ path: `${folder}/${name}-${look}.png`, fullPage: hash !== "#/logs" });
  }
  await page.context().close();
}
await browser.close();
await demo.stop();
