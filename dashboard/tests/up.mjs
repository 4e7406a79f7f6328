// A real `sea up` on a copy of an example, in a folder of its own, that leaves nothing behind however the test ends.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, closeSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** The binary under test. */
const sea = process.env.SEA_BIN ?? join(root, "target/debug/sea");

/** The longest that a first install may take on a busy machine with a cold cache, in seconds. */
const patience = 300;

/** What earlier runs leave in an example. */
const made = new Set([".seaworthy", "node_modules", ".venv", "__pycache__", "dist"]);

/** A program that the example needs and this machine lacks, or null. */
export function lacking(chromium) {
  const there = (name) => process.env.PATH.split(":").some((folder) => existsSync(join(folder, name)));
  // Debian keeps the server out of the search path.
  const postgres = there("postgres") || (existsSync("/usr/lib/postgresql") && readdirSync("/usr/lib/postgresql").length > 0);
  const needs = { PostgreSQL: postgres, "redis-server": there("redis-server"), npm: there("npm"), python3: there("python3"), Chromium: existsSync(chromium) };
  return Object.keys(needs).find((name) => !needs[name]) ?? null;
}

/** Copies an example and types `sea up` in it. */
export function up(example) {
  if (!existsSync(sea)) throw new Error(`${sea} is not there: cargo build, or set SEA_BIN`);
  const temp = mkdtempSync(join(tmpdir(), "sea-browser-"));
  // The user that PostgreSQL runs as, when this is root, has to get in.
  chmodSync(temp, 0o755);
  const folder = join(temp, example);
  cpSync(join(root, "examples", example), folder, { recursive: true, filter: (path) => !made.has(basename(path)) });
  // Nothing above it is met.
  mkdirSync(join(folder, ".git"));
  return new Up(folder, temp);
}

class Up {
  constructor(folder, temp) {
    Object.assign(this, { folder, temp, log: join(temp, "up.log") });
    const output = openSync(this.log, "w");
    const { DATABASE_URL, REDIS_URL, PORT, ...env } = process.env;
    this.child = spawn(sea, ["up"], { cwd: folder, env, stdio: ["ignore", output, output] });
    closeSync(output);
    this.ended = once(this.child, "exit").then(([code, signal]) => code ?? signal);
    // Without its control process the rest ends by itself.
    this.kill = () => this.child.kill("SIGKILL");
    process.once("exit", this.kill);
  }

  /** Runs a command of `sea` on it; what it printed, whatever it exits with. */
  async sea(...more) {
    const ran = await new Promise((done) => {
      execFile(sea, ["-C", this.folder, ...more], { maxBuffer: 16 << 20 }, (error, stdout, stderr) => done({ code: error?.code ?? 0, stdout, stderr }));
    });
    return ran;
  }

  /** Until all of it is ready. */
  async ready() {
    const { code, stdout, stderr } = await Promise.race([
      this.sea("wait", "--timeout", String(patience)),
      this.ended.then((how) => Promise.reject(new Error(`sea up ended: ${how}`))),
    ]);
    if (code !== 0) throw new Error(`sea wait exited with ${code}\n${stdout}${stderr}`);
  }

  /** How it stands, as soon as it says so. */
  async status() {
    const { stdout, stderr } = await this.sea("status", "--json");
    if (!stdout) throw new Error(stderr);
    const app = JSON.parse(stdout);
    this.run = app.run;
    return app;
  }

  async member(name) {
    return (await this.status()).members.find((member) => member.name === name);
  }

  /** Waits for a state; `look` returns what is waited for, or something false. */
  async until(what, look, seconds = 60) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const seen = await look();
      if (seen) return seen;
      if (Date.now() > end) throw new Error(`never: ${what}`);
      await sleep(50);
    }
  }

  read(path) {
    return readFileSync(join(this.folder, path), "utf8");
  }

  save(path, text) {
    writeFileSync(join(this.folder, path), text);
  }

  /** Ctrl-C; what it exited with. */
  async interrupt() {
    this.child.kill("SIGINT");
    return await this.ended;
  }

  /** Processes that carry the marker of this run, by their command lines. */
  survivors() {
    const mark = `SEA_INSTANCE=${this.run}/`;
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          const environ = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
          return environ.some((entry) => entry.startsWith(mark)) ? [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")] : [];
        } catch {
          // It ended meanwhile.
          return [];
        }
      });
  }

  /** Ends what still runs and deletes the folder. */
  async clean() {
    if (this.child.exitCode == null && this.child.signalCode == null) {
      this.child.kill("SIGINT");
      const late = new AbortController();
      await Promise.race([this.ended, sleep(30_000, null, { signal: late.signal }).then(this.kill, () => {})]);
      late.abort();
      await this.ended;
    }
    process.off("exit", this.kill);
    rmSync(this.temp, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
