// Screenshots of every page against a demo that runs: node tests/look.mjs URL FOLDER
import { chromium } from "playwright-core";
import { mkdirSync } from "node:fs";
const [url, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"] });
const pages = { overview: "#/overview", api: "#/service/api", mailer: "#/service/mailer", logs: "#/logs", reloads: "#/reloads", mail: "#/mail/mail/m3" };
const only = process.argv[4]?.split(",");
for (const [name, width, height, colorScheme] of [["light", 1440, 900, "light"], ["dark", 1440, 900, "dark"], ["phone", 360, 740, "light"]]) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  page.on("console", (message) => message.type() === "error" && console.log(name, message.text()));
  page.on("pageerror", (error) => console.log(name, error.message));
  for (const [what, hash] of Object.entries(pages)) {
    if (only && !only.includes(what)) continue;
    await page.goto(`${url}${hash}`);
    await page.waitForSelector("main > *");
    await page.waitForTimeout(what === "logs" ? 1500 : 1200);
    await page.screenshot({ path: `${folder}/${what}-${name}.png`, fullPage: what !== "logs" });
  }
  await page.close();
}
await browser.close();
