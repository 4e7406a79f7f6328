//! A repository, and a host in a folder of its own that it is shipped to.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::app::SERVER;

/// The binary under test.
pub(crate) const SEA: &str = env!("CARGO_BIN_EXE_sea");

/// Nothing that is waited for in these tests takes this long on any machine; what does has failed.
pub(crate) const LONG: Duration = Duration::from_mins(2);

/// The host that requests name.
pub(crate) const AT: &str = "production.shop.localhost";

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    fn of(output: &std::process::Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The last line of `sea ship --json`.
    pub(crate) fn json(&self) -> Value {
        let last = self.out.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

pub(crate) struct Host {
    pub(crate) repository: TempDir,
    folder: TempDir,
    state: PathBuf,
}

impl Host {
    /// An app with this configuration whose first commit says `one`.
    pub(crate) fn new(config: &str) -> Self {
        Self::at(config, "state")
    }

    fn at(config: &str, state: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("ship").tempdir().unwrap();
        let folder_path = folder.path().canonicalize().unwrap();
        let host = Self { repository: tempfile::tempdir().unwrap(), state: folder_path.join(state), folder };
        host.git(&["init", "-q", "-b", "main"]);
        host.commit(&[("seaworthy.toml", config), ("server.js", SERVER), ("word", "one")]);
        host
    }

    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// The file that names the state before whose effects the server waits.
    fn pause_file(&self) -> PathBuf {
        self.folder.path().join("pause")
    }

    pub(crate) fn pause_at(&self, state: &str) {
        fs::write(self.pause_file(), state).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let done = Command::new("git")
            .args(["-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(self.repository.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Commits these files.
    pub(crate) fn commit(&self, files: &[(&str, &str)]) {
        for (path, text) in files {
            let path = self.repository.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", files[0].0]);
    }

    /// Takes the last commit back, as `git revert` would.
    pub(crate) fn drop_commit(&self) {
        self.git(&["reset", "-q", "--hard", "HEAD~1"]);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(SEA);
        command
            .args(arguments)
            .current_dir(self.repository.path())
            .env("SEA_STATE", &self.state)
            .env("SEA_HTTP", "0")
            .env("SEA_DASHBOARD", "0")
            .env("SEA_PAUSE_FILE", self.pause_file())
            .env_remove("CI")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn sea(&self, arguments: &[&str]) -> Said {
        Said::of(&self.command(arguments).output().unwrap())
    }

    /// The same, as somebody else.
    pub(crate) fn sea_as(&self, user: &str, arguments: &[&str]) -> Said {
        let mut command = self.command(arguments);
        Said::of(&command.env_remove("SUDO_USER").env("USER", user).output().unwrap())
    }

    /// Starts a command.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    /// Starts a server with arguments of its own, as a person would; it outlives its handle.
    pub(crate) fn serve(&self, arguments: &[&str]) -> u32 {
        let arguments = [&["serve"], arguments].concat();
        let mut command = self.command(&arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap().id()
    }

    /// Ships, and is sure that it was promoted.
    pub(crate) fn ship(&self, arguments: &[&str]) -> Value {
        let said = self.sea(&[&["ship", "--json"], arguments].concat());
        assert_eq!(said.code, 0, "{said:?}\n{}", self.log());
        said.json()
    }

    /// Ships a commit that says this word.
    pub(crate) fn ship_word(&self, word: &str) -> Value {
        self.commit(&[("word", word)]);
        let told = self.ship(&[]);
        assert_eq!(told["outcome"], "promoted", "{told}");
        told
    }

    /// What the server said, for who has to find out what went wrong.
    pub(crate) fn log(&self) -> String {
        let mut all = fs::read_to_string(self.state.join("serve.log")).unwrap_or_default();
        if let Some(progress) = self.progress() {
            for line in progress["lines"].as_array().into_iter().flatten() {
                let _ = writeln!(all, "{} {}", line["release"], line["text"]);
            }
            all.push_str(&progress["environment"].to_string());
        }
        all
    }

    /// The files of a release, where its services run.
    pub(crate) fn tree(&self, release: &str) -> PathBuf {
        self.state.join("apps/shop/production/releases").join(release)
    }

    /// The record of the server.
    pub(crate) fn record(&self) -> Option<Value> {
        serde_json::from_slice(&fs::read(self.state.join("run/host.json")).ok()?).ok()
    }

    /// The record of the server, once it is so.
    pub(crate) fn until_record(&self, holds: impl Fn(&Value) -> bool) -> Value {
        let mut record = None;
        self.eventually("the record of the server", || {
            record = self.record().filter(&holds);
            record.is_some()
        });
        record.unwrap()
    }

    /// Waits until it is so.
    pub(crate) fn eventually(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let end = Instant::now() + LONG;
        while !holds() {
            assert!(Instant::now() < end, "never: {what}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn control(&self) -> u32 {
        number(&self.record().unwrap()["pid"])
    }

    /// The port of the proxy.
    pub(crate) fn port(&self) -> u16 {
        u16::try_from(number(&self.record().unwrap()["http"])).unwrap()
    }

    fn ask(&self, path: &str) -> Option<Value> {
        let record = self.record()?;
        let mut socket = UnixStream::connect(record["socket"].as_str()?).ok()?;
        socket.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        write!(socket, "GET /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).ok()?;
        let (_, body) = answer.split_once("\r\n\r\n")?;
        serde_json::from_str(body).ok()
    }

    /// What is told of the whole host.
    pub(crate) fn view(&self) -> Option<Value> {
        self.ask("/host")
    }

    /// What is told of the environment, lines included.
    pub(crate) fn progress(&self) -> Option<Value> {
        self.ask("/host/shop/production?after=0&now=true")
    }

    pub(crate) fn environment(&self) -> Value {
        self.progress().map(|progress| progress["environment"].clone()).unwrap_or_default()
    }

    /// Waits until the environment is so.
    pub(crate) fn until(&self, what: &str, mut holds: impl FnMut(&Value) -> bool) -> Value {
        let end = Instant::now() + LONG;
        loop {
            let environment = self.environment();
            if holds(&environment) {
                return environment;
            }
            assert!(Instant::now() < end, "never: {what}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The process ids of a release's instances.
    pub(crate) fn pids_of(&self, release: &str) -> Vec<u32> {
        let environment = self.environment();
        let instances = environment["instances"].as_array().cloned().unwrap_or_default();
        let own = instances.iter().filter(|instance| instance["release"] == release);
        own.filter_map(|instance| u32::try_from(instance["pid"].as_u64()?).ok()).collect()
    }

    /// The answer to a GET, on a connection of its own.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        get(self.port(), path)
    }

    /// Status and the whole answer to a GET that names another host.
    pub(crate) fn get_as(&self, host: &str, path: &str) -> (u16, String) {
        let answer = exchange(self.port(), host, path);
        (status(&answer), answer)
    }

    /// The word that is served now.
    pub(crate) fn word(&self) -> String {
        let (status, body) = self.get("/");
        assert_eq!(status, 200, "{body}\n{}", self.log());
        body.split(' ').next().unwrap().to_owned()
    }

    /// Everything that runs for this host.
    pub(crate) fn processes(&self) -> Vec<(u32, String)> {
        let state = self.state.to_str().unwrap();
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
                continue;
            };
            if pid == std::process::id() {
                continue;
            }
            let read = |name: &str| {
                String::from_utf8_lossy(&fs::read(entry.path().join(name)).unwrap_or_default()).into_owned()
            };
            let below = fs::read_link(entry.path().join("cwd"));
            let is_below = below.is_ok_and(|folder| folder.starts_with(state));
            let line = read("cmdline").replace('\0', " ");
            if !line.is_empty() && (is_below || line.contains(state) || read("environ").contains(state)) {
                found.push((pid, line));
            }
        }
        found
    }

    /// Stops everything, and is sure that nothing is left.
    pub(crate) fn end(self) {
        let said = self.sea(&["serve", "--stop"]);
        assert_eq!(said.code, 0, "{said:?}");
        let left: Vec<String> = self.processes().into_iter().map(|(_, line)| line).collect();
        assert_eq!(left, Vec::<String>::new());
    }
}

impl Drop for Host {
    /// A test that failed leaves nothing behind either.
    fn drop(&mut self) {
        for _ in 0..20 {
            let left = self.processes();
            if left.is_empty() {
                return;
            }
            for (pid, _) in left {
                kill(pid, "KILL");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

pub(crate) fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

pub(crate) fn kill(pid: u32, signal: &str) {
    // It may be gone already, which some tests want.
    let _ =
        Command::new("kill").arg(format!("-{signal}")).arg(pid.to_string()).stderr(Stdio::null()).status();
}

/// The process that started another one.
pub(crate) fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()
}

/// The answer to a GET: status and body.
pub(crate) fn get(port: u16, path: &str) -> (u16, String) {
    let answer = exchange(port, AT, path);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    (status(head), body.to_owned())
}

fn exchange(port: u16, host: &str, path: &str) -> String {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(LONG)).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAccept: text/plain\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(head: &str) -> u16 {
    head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

/// What a command that was started said at its end.
pub(crate) fn finish(child: Child) -> Said {
    Said::of(&child.wait_with_output().unwrap())
}
