// The log: a hundred thousand lines, filters, search, following.

import assert from "node:assert/strict";

const all = 100_000;

/** The first figure of the log: how many lines are shown. */
const shown = (page) =>
  page.locator(".figures").innerText().then((text) => Number(text.split(" ")[0].replaceAll(",", "")));

/** Waits until so many lines are shown. */
const until = (page, least, most = Infinity) =>
  page.waitForFunction(
    ([least, most]) => {
      const shown = Number(document.querySelector(".figures").innerText.split(" ")[0].replaceAll(",", ""));
      return shown >= least && shown <= (most ?? Infinity);
    },
    [least, most],
  );

async function open(page, demo, lines = all) {
  await page.goto(`${demo.url}#/logs`);
  await page.waitForSelector(".line");
  await until(page, lines);
}

export const logs = {
  "a hundred thousand lines are held, few are in the document": {
    args: ["--still"],
    async test(page, demo) {
      const began = performance.now();
      await page.goto(`${demo.url}#/logs`);
      await page.waitForSelector(".line");
      const first = performance.now() - began;
      await open(page, demo);
      const whole = performance.now() - began;
      const rows = await page.locator(".line").count();
      assert.ok(rows < 150, `${rows} rows are in the document`);
      const frames = await page.evaluate(async () => {
        const box = document.querySelector(".scroller");
        const run = async (step) => {
          const gaps = [];
          let last = performance.now();
          for (let frame = 0; frame < 90; frame++) {
            box.scrollTop = step(frame);
            await new Promise(requestAnimationFrame);
            const now = performance.now();
            gaps.push(now - last);
            last = now;
          }
          return gaps.sort((a, b) => a - b)[45];
        };
        const wheel = await run((frame) => 50_000 + frame * 100);
        const drag = await run((frame) => (box.scrollHeight * frame) / 90);
        return { wheel, drag, empty: !document.querySelector(".line") };
      });
      assert.ok(!frames.empty);
      const filter = await page.evaluate(async () => {
        const field = document.querySelector("#search");
        const began = performance.now();
        field.value = "column";
        field.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        return performance.now() - began;
      });
      const ms = (value) => `${value.toFixed(0)} ms`;
      console.log(
        `      first lines ${ms(first)}, all lines ${ms(whole)}, frame ${ms(frames.wheel)} by the wheel, ${ms(frames.drag)} by the bar, search ${ms(filter)}`,
      );
      await until(page, 1000, 20_000);
      assert.equal(await page.locator(".line .text b").count(), 0, "text of the log stays text");
      assert.match(await page.locator(".line").first().innerText(), /<b>not html<\/b>/);
    },
  },

  "lines are filtered by service, level and search": {
    args: ["--lines", "3000", "--still"],
    async test(page, demo) {
      await open(page, demo, 3000);
      const count = await shown(page);
      await page.click(".chip:text-is('api')");
      assert.equal(await page.getAttribute(".chip:text-is('api')", "aria-pressed"), "false");
      await page.waitForFunction(() => ![...document.querySelectorAll(".who")].some((who) => who.innerText === "api"));
      await until(page, 1, count - 1);
      await page.click(".chip:text-is('api')");
      await until(page, count, count);
      await page.dblclick(".chip:text-is('worker')");
      await page.waitForFunction(() => [...document.querySelectorAll(".who")].every((who) => who.innerText === "worker"));
      await page.dblclick(".chip:text-is('worker')");
      await page.selectOption("select", "error");
      await page.waitForFunction(() => [...document.querySelectorAll(".line")].every((line) => line.matches(".error")));
      await page.selectOption("select", "");
      await page.fill("#search", "/took_ms\":1\\d\\d}/");
      await until(page, 10, 1499);
      await page.fill("#search", "/(/");
      await page.waitForSelector("text=This is no regular expression yet");
      await page.fill("#search", "GET /API");
      await page.waitForSelector("text=No line matches");
      await page.fill("#search", "get /api");
      await page.waitForSelector("mark:text-is('GET /api')");
      // Every line that is found shows where.
      await page.waitForFunction(() => !document.querySelector(".line:not(:has(mark))"));
    },
  },

  "a line opens to what it is made of": {
    args: ["--lines", "300", "--still"],
    async test(page, demo) {
      await open(page, demo, 300);
      await page.fill("#search", "artists");
      await page.click(".line >> nth=3 >> .text");
      const detail = await page.locator(".detail pre").innerText();
      assert.equal(JSON.parse(detail).req.method, "GET");
      await page.keyboard.press("Escape");
      await page.waitForSelector(".detail pre", { state: "detached" });
      await page.keyboard.press("k");
      await page.waitForSelector(".line.selected");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".detail pre");
    },
  },

  "colours of terminals are shown": {
    args: ["--lines", "300", "--still"],
    async test(page, demo) {
      await open(page, demo, 300);
      await page.fill("#search", "vite");
      const span = page.locator(".text .c2").first();
      assert.equal(await span.innerText(), "hmr update");
      assert.ok(!(await page.locator(".scroller").innerText()).includes("\x1b"));
    },
  },

  "new lines are followed until somebody reads": {
    args: ["--lines", "2000"],
    async test(page, demo) {
      await open(page, demo, 2000);
      const atEnd = () =>
        page.evaluate(() => {
          const box = document.querySelector(".scroller");
          return box.scrollTop + box.clientHeight >= box.scrollHeight - 4;
        });
      const before = await shown(page);
      await until(page, before + 1);
      assert.ok(await atEnd());
      await page.hover(".scroller");
      await page.mouse.wheel(0, -2000);
      await page.waitForSelector(".jump");
      const top = await page.evaluate(() => document.querySelector(".scroller").scrollTop);
      await page.waitForSelector(".jump:has-text('new line')");
      assert.equal(await page.evaluate(() => document.querySelector(".scroller").scrollTop), top);
      await page.click(".jump");
      await page.waitForSelector(".jump", { state: "detached" });
      assert.ok(await atEnd());
    },
  },

  "a flood leaves the page usable and says what it left out": {
    args: ["--lines", "100000", "--rate", "60000"],
    async test(page, demo) {
      await open(page, demo);
      await page.waitForSelector("text=bytes of log were written faster");
      await page.selectOption("select", "error");
      await page.waitForFunction(() => [...document.querySelectorAll(".line")].every((line) => line.matches(".error")));
      await page.selectOption("select", "");
      await until(page, all, all + 10_000);
      await page.click("nav >> text=Overview");
      await page.waitForSelector("tr[data-member=api]");
    },
  },

  "wrapped lines lie below each other": {
    args: ["--lines", "2000", "--still"],
    options: { viewport: { width: 500, height: 700 } },
    async test(page, demo) {
      await open(page, demo, 2000);
      await page.click("button:text-is('Wrap')");
      await page.evaluate(() => (document.querySelector(".scroller").scrollTop = 9000));
      await page.waitForTimeout(200);
      const tops = await page.$$eval(".line", (lines) => lines.map((line) => [line.getBoundingClientRect().top, line.offsetHeight]));
      assert.ok(tops.some(([, height]) => height > 20));
      for (let at = 1; at < tops.length; at++) {
        assert.ok(Math.abs(tops[at - 1][0] + tops[at - 1][1] - tops[at][0]) < 1.5, "rows follow each other");
      }
      const ends = await page.evaluate(() => {
        const box = document.querySelector(".scroller");
        box.scrollTop = box.scrollHeight;
        return [box.scrollHeight, document.querySelector(".canvas").offsetHeight];
      });
      assert.ok(Math.abs(ends[0] - ends[1]) <= 20, `the height of all rows is known beforehand: ${ends}`);
      const [first] = tops;
      assert.ok(first[0] < 300, "rows fill what can be seen");
    },
  },
};
