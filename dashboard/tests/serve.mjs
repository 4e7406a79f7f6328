// A real `sea serve` with a small app that is shipped to it, in folders of their own, that leaves nothing behind however
// the test ends.

import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "./up.mjs";

/** The binary under test. */
const sea = process.env.SEA_BIN ?? join(root, "target/debug/sea");

/** Answers with the word of its commit, always in about the same time: the judge shall find nothing. */
const server = `
const word = require("node:fs").readFileSync("word", "utf8").trim();
const server = require("node:http").createServer((request, response) => setTimeout(() => response.end(request.url === "/readyz" ? "ready" : word), 30));
server.listen(process.env.PORT, "127.0.0.1", () => console.log("listening"));
process.on("SIGTERM", () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

const config = `name = "shop"
[services.web]
start = "node server.js"
route = "/"
readiness = { http = "/readyz" }
[environments.production]
engine = "host"
drain = "1s"
strategy = { type = "blue-green", watch = "5m" }
`;

/** A repository, and a host that does not serve yet. */
export function serve() {
  if (!existsSync(sea)) throw new Error(`${sea} is not there: cargo build, or set SEA_BIN`);
  const temp = mkdtempSync(join(tmpdir(), "sea-host-"));
  chmodSync(temp, 0o755);
  return new Host(temp);
}

class Host {
  constructor(temp) {
    Object.assign(this, { temp, state: join(temp, "state"), folder: join(temp, "shop"), log: join(temp, "serve.log"), tickets: [], failures: [] });
    mkdirSync(this.folder);
    const { SEA_HTTP, SEA_DASHBOARD, CI, PORT, ...env } = process.env;
    this.env = { ...env, SEA_STATE: this.state };
    this.git("init", "-q", "-b", "main");
    writeFileSync(join(this.folder, "server.js"), server);
    writeFileSync(join(this.folder, "seaworthy.toml"), config);
  }

  git(...more) {
    execFileSync("git", ["-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false", ...more], { cwd: this.folder });
  }

  /** Begins to serve. */
  async begin() {
    const output = openSync(this.log, "w");
    this.child = spawn(sea, ["serve", "--http", "0", "--dashboard", "0"], { cwd: this.temp, env: this.env, stdio: ["ignore", output, output] });
    closeSync(output);
    this.ended = once(this.child, "exit");
    this.kill = () => this.child.kill("SIGKILL");
    process.once("exit", this.kill);
    const record = join(this.state, "run/host.json");
    await this.until("it says where it is", () => existsSync(record));
    const { http, dashboard } = JSON.parse(readFileSync(record, "utf8"));
    this.port = http;
    this.dashboard = `http://localhost:${dashboard}/`;
  }

  async sea(...more) {
    return await new Promise((done) => {
      execFile(sea, more, { cwd: this.folder, env: this.env, maxBuffer: 16 << 20 }, (error, stdout, stderr) => done({ code: error?.code ?? 0, stdout, stderr }));
    });
  }

  /** An address that signs a browser in. */
  async signIn() {
    const { code, stdout, stderr } = await this.sea("open", "--host", "--print");
    if (code !== 0) throw new Error(stderr);
    const url = stdout.trim();
    this.tickets.push(url.split("/").at(-1));
    return url;
  }

  /** Ships a commit whose app says a word. */
  async ship(word, ...more) {
    writeFileSync(join(this.folder, "word"), word);
    this.git("add", "-A");
    this.git("commit", "-q", "-m", `says ${word}`);
    const { code, stdout, stderr } = await this.sea("ship", "--json", ...more);
    if (code !== 0) throw new Error(`sea ship exited with ${code}\n${stdout}${stderr}`);
  }

  /** What the API tells of releases, with the token. */
  async releases() {
    const token = readFileSync(join(this.state, "dashboard.token"), "utf8").trim();
    const answer = await fetch(`${this.dashboard}api/v1/host/shop/production/releases`, { headers: { Authorization: `Bearer ${token}` } });
    return await answer.json();
  }

  /** What the app answers. */
  async word() {
    const { status, text } = await this.ask();
    if (status !== 200) throw new Error(`the app answered ${status}: ${text}`);
    return text;
  }

  ask() {
    return new Promise((done, failed) => {
      const asked = request({ port: this.port, host: "127.0.0.1", path: "/", headers: { host: "production.shop.localhost" }, agent: false }, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (part) => (text += part));
        answer.on("end", () => done({ status: answer.statusCode, text }));
      });
      asked.on("error", failed);
      asked.end();
    });
  }

  /** Visitors come, until they rest. */
  load() {
    this.loading = true;
    const visit = async () => {
      while (this.loading) {
        try {
          const { status } = await this.ask();
          if (status !== 200) this.failures.push(status);
        } catch (error) {
          this.failures.push(error.message);
        }
        await sleep(20);
      }
    };
    this.visits = visit();
  }

  rest() {
    this.loading = false;
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

  /** Stops everything and deletes the folders. */
  async clean() {
    this.rest();
    await this.visits;
    if (this.child) {
      const { code, stderr } = await this.sea("serve", "--stop");
      if (code !== 0) {
        console.log(stderr);
        this.kill();
      }
      await this.ended;
      process.off("exit", this.kill);
    }
    rmSync(this.temp, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
