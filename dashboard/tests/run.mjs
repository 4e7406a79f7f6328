// The dashboard in a real browser, in front of the demo. `npm test`, or `npm test -- WORD` for the tests whose name
// holds the word. SEA_SHOTS names a folder for screenshots.

import { demoBinary, launch, openPage, startDemo } from "./harness.mjs";
import { accessibility } from "./accessibility.mjs";
import { logs } from "./logs.mjs";
import { pages } from "./pages.mjs";
import { services } from "./services.mjs";

const wanted = process.argv[2] ?? "";
const binary = demoBinary();
const browser = await launch();
let failed = 0;
let ran = 0;

for (const [name, { args = [], options = {}, test }] of Object.entries({ ...pages, ...services, ...logs, ...accessibility })) {
  if (!name.includes(wanted)) continue;
  ran++;
  const faults = [];
  const demo = await startDemo(binary, ...args);
  let page;
  try {
    page = await openPage(browser, demo.url, options, faults);
    await test(page, demo, (...more) => startDemo(binary, ...more));
    if (faults.length) throw new Error(faults.join("\n"));
    console.log(`ok    ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}\n${error.stack ?? error}`);
    if (process.env.SEA_SHOTS && page) await page.screenshot({ path: `${process.env.SEA_SHOTS}/${name.replaceAll(" ", "-")}.png` });
  } finally {
    await page?.context().close();
    await demo.stop();
  }
}

await browser.close();
console.log(`${ran - failed} of ${ran} tests passed`);
process.exit(failed || !ran ? 1 : 0);
