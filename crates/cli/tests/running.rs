//! `sea up` on small repositories of the sort that people and coding agents leave behind: each must answer over HTTP
//! with no configuration, and leave nothing behind.
//!
//! A folder of `tests/running` is a repository; `NAME.expect` beside it says what it needs of the machine and what must
//! be answered. It is kept outside so that detection never sees it.
//!
//! - `FIXTURE=substring` picks some; `SEA_TEST_JOBS` says how many run at a time (4).
//! - What the machine lacks fails the test; with `SEA_TEST_ALLOW_SKIP` it is skipped, visibly.
//! - Debian packages: `nodejs npm python3 python3-venv python3-pip postgresql redis-server`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The longest that a repository may take to become ready: a first install on a busy machine with a cold cache.
const PATIENCE: Duration = Duration::from_mins(5);

#[test]
fn every_repository_runs_with_one_command() {
    let only = std::env::var("FIXTURE").unwrap_or_default();
    let fixtures: Vec<Fixture> =
        Fixture::all().into_iter().filter(|known| known.name.contains(&only)).collect();
    assert!(!fixtures.is_empty(), "no fixture is named like `{only}`");
    let jobs = std::env::var("SEA_TEST_JOBS").ok().and_then(|jobs| jobs.parse().ok()).unwrap_or(4);
    let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(fixture) = fixtures.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = fixture.lacking().map_or_else(|| fixture.run(), Outcome::Skipped);
                    println!("{:24} {}", fixture.name, outcome.headline());
                    outcomes.lock().unwrap().insert(fixture.name.clone(), outcome);
                }
            });
        }
    });
    let allow_skip = std::env::var_os("SEA_TEST_ALLOW_SKIP").is_some();
    let mut report = String::new();
    for (name, outcome) in outcomes.into_inner().unwrap() {
        match outcome {
            Outcome::Ran(_) => {}
            Outcome::Skipped(_) if allow_skip => {}
            Outcome::Skipped(lack) => writeln!(report, "\n== {name}: {lack}").unwrap(),
            Outcome::Failed { why, log } => writeln!(report, "\n== {name}: {why}\n{log}").unwrap(),
        }
    }
    assert!(report.is_empty(), "{report}");
}

/// What became of a repository.
enum Outcome {
    /// It answered; this is how long it took to be ready.
    Ran(Duration),
    /// The machine lacks this.
    Skipped(String),
    Failed {
        why: String,
        log: String,
    },
}

impl Outcome {
    fn headline(&self) -> String {
        match self {
            Self::Ran(took) => format!("ready after {:.1} s", took.as_secs_f64()),
            Self::Skipped(lack) => format!("skipped: {lack}"),
            Self::Failed { why, .. } => format!("FAILED: {why}"),
        }
    }
}

/// A repository and what must be seen of it.
struct Fixture {
    name: String,
    repository: PathBuf,
    needs: Vec<String>,
    asks: Vec<Ask>,
}

/// A request and what its answer must hold.
struct Ask {
    /// Asked under the name of this service; else at the app's address.
    service: Option<String>,
    path: String,
    /// JSON that is posted; else it is a plain GET.
    post: Option<String>,
    has: String,
    /// The answer may say something else first: it depends on something that runs beside.
    eventually: bool,
}

impl Fixture {
    fn all() -> Vec<Self> {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/running");
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
        let mut all: Vec<Self> = fs::read_dir(&tests)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "expect"))
            .map(|path| {
                let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                let text = fs::read_to_string(&path).unwrap();
                let expected: toml::Table =
                    text.parse().unwrap_or_else(|error| panic!("{name}.expect: {error}"));
                let is_example = expected.get("example").is_some_and(|example| example.as_bool().unwrap());
                let repository = if is_example { examples.join(&name) } else { tests.join(&name) };
                let texts = |value: &toml::Value| value.as_array().unwrap().clone();
                let needs =
                    texts(&expected["needs"]).iter().map(|need| need.as_str().unwrap().to_owned()).collect();
                let asks = texts(&expected["ask"]).iter().map(Ask::read).collect();
                Self { name, repository, needs, asks }
            })
            .collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    /// What the machine lacks for it.
    fn lacking(&self) -> Option<String> {
        let lacks = |need: &&String| match need.as_str() {
            "node" => !answers("npm", "--version"),
            "python" => !answers("python3", "--version"),
            "redis" => !answers("redis-server", "--version"),
            "postgres" => {
                // Debian keeps the server out of `PATH`.
                let debian =
                    fs::read_dir("/usr/lib/postgresql").is_ok_and(|mut versions| versions.next().is_some());
                !debian && !answers("postgres", "--version")
            }
            other => panic!("{}: nothing is known of `{other}`", self.name),
        };
        self.needs.iter().find(lacks).map(|need| format!("{need} is not on this machine"))
    }

    fn run(&self) -> Outcome {
        let folder = tempfile::Builder::new().prefix("sea-running-").tempdir().unwrap();
        let root = folder.path().join(&self.name);
        copy(&self.repository, &root);
        // Nothing above it is met, and what it says to ignore is ignored.
        fs::create_dir(root.join(".git")).unwrap();
        let mut up = Up::start(&root);
        let seen = up
            .until_ready(PATIENCE)
            .and_then(|took| self.asks.iter().try_for_each(|ask| ask.check(&up)).map(|()| took));
        let ended = up.stop();
        match seen.and_then(|took| ended.map(|()| took)) {
            Ok(took) => Outcome::Ran(took),
            Err(why) => Outcome::Failed { why, log: up.log() },
        }
    }
}

impl Ask {
    fn read(value: &toml::Value) -> Self {
        let text = |key: &str| value.get(key).map(|value| value.as_str().unwrap().to_owned());
        Self {
            service: text("service"),
            path: text("path").unwrap_or_else(|| "/".to_owned()),
            post: text("post"),
            has: text("has").expect("an ask has `has`"),
            eventually: value.get("eventually").is_some_and(|value| value.as_bool().unwrap()),
        }
    }

    fn check(&self, up: &Up) -> Result<(), String> {
        let host = if let Some(service) = &self.service {
            format!("{service}.{}.localhost", up.app["name"].as_str().unwrap_or_default())
        } else {
            let url = up.app["url"].as_str().ok_or("the app has no address of its own")?;
            url.trim_start_matches("http://").split(':').next().unwrap_or_default().to_owned()
        };
        let patience = Duration::from_secs(if self.eventually { 20 } else { 0 });
        let start = Instant::now();
        loop {
            let answer = ask(up.port()?, &host, &self.path, self.post.as_deref());
            let (status, body) = answer.map_err(|error| error.to_string())?;
            if status == 200 && body.contains(&self.has) {
                return Ok(());
            }
            if start.elapsed() >= patience {
                let body: String = body.chars().take(600).collect();
                let what = format!("{host}{} answered {status} without {:?}: {body}", self.path, self.has);
                return Err(what);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A `sea up` that runs.
struct Up {
    child: Child,
    root: PathBuf,
    events: mpsc::Receiver<String>,
    seen: Vec<String>,
    errors: PathBuf,
    /// The last `app` event, and members as they are.
    app: Value,
    members: BTreeMap<String, Value>,
}

impl Up {
    fn start(root: &Path) -> Self {
        let errors = root.with_extension("stderr");
        let mut child = Command::new(env!("CARGO_BIN_EXE_sea"))
            .args(["up", "--json"])
            .current_dir(root)
            .env("NO_COLOR", "1")
            // What the developer of this machine has set is no part of the repository.
            .env_remove("DATABASE_URL")
            .env_remove("REDIS_URL")
            .env_remove("PORT")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&errors).unwrap())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, events) = mpsc::sync_channel(1024);
        // Ends with the pipe, or with who reads the channel.
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let root = root.to_owned();
        Self { child, root, events, seen: Vec::new(), errors, app: Value::Null, members: BTreeMap::new() }
    }

    /// Waits until the app is ready; the error says what keeps it from that.
    fn until_ready(&mut self, patience: Duration) -> Result<Duration, String> {
        let start = Instant::now();
        loop {
            let rest = patience.saturating_sub(start.elapsed());
            match self.events.recv_timeout(rest) {
                Ok(line) => self.note(line),
                Err(RecvTimeoutError::Timeout) => return Err(format!("not ready after {patience:?}")),
                Err(RecvTimeoutError::Disconnected) => return Err("`sea up` ended by itself".to_owned()),
            }
            if self.app["state"] == "ready" {
                return Ok(start.elapsed());
            }
            let lost = self
                .members
                .values()
                .find(|member| matches!(member["phase"].as_str(), Some("failed" | "crash-loop")));
            if let Some(lost) = lost {
                // What follows at once explains it.
                while let Ok(line) = self.events.recv_timeout(Duration::from_millis(500)) {
                    self.seen.push(line);
                }
                return Err(format!("{} is {}: {}", lost["name"], lost["phase"], lost["detail"]));
            }
        }
    }

    fn note(&mut self, line: String) {
        if let Ok(event) = serde_json::from_str::<Value>(&line) {
            match event["event"].as_str() {
                Some("app") => self.app = event["data"].clone(),
                Some("member") => {
                    let name = event["data"]["name"].as_str().unwrap_or_default().to_owned();
                    self.members.insert(name, event["data"].clone());
                }
                _ => {}
            }
        }
        self.seen.push(line);
    }

    /// The proxy's port.
    fn port(&self) -> Result<u16, String> {
        let members = self.app["members"].as_array().cloned().unwrap_or_default();
        let served =
            |url: &str| url.strip_prefix("http://")?.split('/').next()?.rsplit(':').next()?.parse().ok();
        let urls = members.iter().filter_map(|member| member["urls"].as_array()).flatten();
        urls.filter_map(Value::as_str).find_map(served).ok_or_else(|| "nothing is served".to_owned())
    }

    /// Asks it to end, and checks that nothing is left.
    fn stop(&mut self) -> Result<(), String> {
        let run = self.app["run"].as_str().unwrap_or_default().to_owned();
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let start = Instant::now();
        let status = loop {
            while self.events.try_recv().is_ok_and(|line| {
                self.seen.push(line);
                true
            }) {}
            if let Some(status) = self.child.try_wait().map_err(|error| error.to_string())? {
                break status;
            }
            if start.elapsed() > Duration::from_mins(1) {
                return Err("it does not end after SIGTERM".to_owned());
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        if status.code() != Some(0) {
            return Err(format!("after SIGTERM it ended with {status}"));
        }
        let left = left_behind(&run, &self.root);
        if left.is_empty() { Ok(()) } else { Err(format!("left behind: {left:?}")) }
    }

    fn log(&self) -> String {
        let mut log = fs::read_to_string(&self.errors).unwrap_or_default();
        for line in &self.seen {
            let Ok(event) = serde_json::from_str::<Value>(line) else { continue };
            let data = &event["data"];
            let text = match event["event"].as_str() {
                Some("line") => format!("{} | {}", data["member"], data["text"]),
                Some("step") => {
                    format!("step {} {} {} {}", data["title"], data["state"], data["detail"], data["output"])
                }
                Some("member") => {
                    format!("{} is {} {} ({})", data["name"], data["phase"], data["detail"], data["command"])
                }
                Some("problem") => format!("problem: {} (next: {})", data["message"], data["next"]),
                Some("app") => format!("app is {}", data["state"]),
                _ => continue,
            };
            let text: String = text.chars().take(1000).collect();
            writeln!(log, "  {text}").unwrap();
        }
        log
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processes that carry the mark of a run or work below a folder.
fn left_behind(run: &str, root: &Path) -> Vec<String> {
    let marker = format!("SEA_INSTANCE={run}");
    let is_left = |process: &Path| {
        let environment = fs::read(process.join("environ")).unwrap_or_default();
        let is_marked =
            environment.split(|byte| *byte == 0).any(|entry| entry.starts_with(marker.as_bytes()));
        is_marked || fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(root))
    };
    fs::read_dir("/proc")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|path| is_left(path))
        .map(|path| {
            let command = fs::read(path.join("cmdline")).unwrap_or_default();
            format!("{} {}", path.display(), String::from_utf8_lossy(&command).replace('\0', " "))
        })
        .collect()
}

/// Asks the proxy on this machine for a path of a host: the status and the body of its answer.
fn ask(port: u16, host: &str, path: &str, post: Option<&str>) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    let (method, body) = post.map_or(("GET", ""), |body| ("POST", body));
    let head =
        format!("{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: */*\r\nConnection: close\r\n");
    let of_body = match post {
        Some(body) => format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()),
        None => String::new(),
    };
    write!(stream, "{head}{of_body}\r\n{body}")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Ok((status, body.to_owned()))
}

fn answers(program: &str, argument: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(argument).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Copies what is kept in the repository, not what a run beside it made.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if matches!(name.to_str(), Some("node_modules" | ".venv" | ".seaworthy" | "__pycache__" | "dist")) {
            continue;
        }
        let (from, to) = (entry.path(), to.join(&name));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}
