//! An app in a temporary folder with `sea up` running in it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The binary under test.
pub(crate) const SEA: &str = env!("CARGO_BIN_EXE_sea");

/// Nothing that is waited for in these tests takes this long on any machine; what does has failed.
const LONG: Duration = Duration::from_mins(1);

/// A server in Python that answers with its process id and what its folder says; it listens where it is told to.
pub(crate) const SERVER: &str = r#"
import http.server, os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = (open("word").read() if os.path.exists("word") else "hello").strip() + " " + str(os.getpid())
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())
    def log_message(self, *_):
        print("GET", self.path, flush=True)
class Server(http.server.ThreadingHTTPServer):
    allow_reuse_address = True
print("starting", flush=True)
Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"#;

/// A temporary folder with these files.
pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    // What lies in folders above is nobody's business.
    fs::create_dir(folder.path().join(".git")).unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// An app with one server whose port nobody else uses.
pub(crate) fn demo() -> TempDir {
    folder(&[("seaworthy.toml", &one(free_port())), ("server.py", SERVER)])
}

/// The configuration of an app with one service that runs [`SERVER`].
pub(crate) fn one(port: u16) -> String {
    format!(
        "name = \"demo\"\n[services.web]\nstart = \"python3 server.py\"\nport = {port}\nroute = \"/\"\nenv = {{ PORT = \"{port}\" }}\n"
    )
}

/// A port that nothing listens on.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) struct Up {
    pub(crate) child: Child,
    events: Receiver<Value>,
    pub(crate) seen: Vec<Value>,
    root: PathBuf,
    run: Option<String>,
}

impl Up {
    pub(crate) fn start(root: &Path) -> Self {
        Self::start_with(root, &[])
    }

    pub(crate) fn start_with(root: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(SEA);
        command
            .args(["up", "--json"])
            .args(arguments)
            .current_dir(root)
            .stdout(Stdio::piped())
            .stdin(Stdio::null());
        Self::spawn(command, root)
    }

    pub(crate) fn spawn(mut command: Command, root: &Path) -> Self {
        let mut child = command.spawn().unwrap();
        let (sender, events) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // What is no JSON shows in the assertion that fails without it.
                let event = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
        Self { child, events, seen: Vec::new(), root: root.to_owned(), run: None }
    }

    /// Waits for an event.
    pub(crate) fn until(&mut self, what: &str, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        let end = Instant::now() + LONG;
        loop {
            match self.events.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(event) => {
                    self.seen.push(event.clone());
                    if wanted(&event) {
                        return event;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("never: {what}\n{}", self.told()),
                Err(RecvTimeoutError::Disconnected) => panic!("ended before: {what}\n{}", self.told()),
            }
        }
    }

    /// Waits until a member is in a phase.
    pub(crate) fn until_phase(&mut self, member: &str, phase: &str) -> Value {
        let event = self.until(&format!("{member} is {phase}"), |event| {
            event["event"] == "member" && event["data"]["name"] == member && event["data"]["phase"] == phase
        });
        event["data"].clone()
    }

    /// Waits until the app is ready.
    pub(crate) fn until_ready(&mut self) -> Value {
        let app = self
            .until("the app is ready", |event| event["event"] == "app" && event["data"]["state"] == "ready");
        self.run = Some(app["data"]["run"].as_str().unwrap().to_owned());
        app["data"].clone()
    }

    fn told(&self) -> String {
        self.seen.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    /// The record that others find the run by.
    pub(crate) fn record(&self) -> Value {
        serde_json::from_slice(&fs::read(self.root.join(".seaworthy/run/run.json")).unwrap()).unwrap()
    }

    /// The name of the run.
    pub(crate) fn run(&mut self) -> String {
        match &self.run {
            Some(run) => run.clone(),
            None => self.record()["run"].as_str().unwrap().to_owned(),
        }
    }

    /// The port of the proxy.
    pub(crate) fn port(&mut self) -> u16 {
        let app = self.until_ready();
        port_of(&app)
    }

    pub(crate) fn signal(&self, signal: &str) {
        send(self.child.id(), signal);
    }

    /// Ends it as Ctrl-C does, and makes sure that nothing is left.
    pub(crate) fn end(mut self) -> ExitStatus {
        let run = self.run();
        self.signal("INT");
        let status = self.child.wait().unwrap();
        assert_eq!(survivors(&run), Vec::<String>::new());
        status
    }
}

impl Drop for Up {
    /// A test that failed leaves nothing behind either.
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.signal("TERM");
            let _ = self.child.wait();
        }
    }
}

pub(crate) fn port_of(app: &Value) -> u16 {
    app["url"].as_str().unwrap().rsplit(':').next().unwrap().parse().unwrap()
}

pub(crate) fn send(pid: u32, signal: &str) {
    // It may be gone already, which some tests want.
    let _ =
        Command::new("kill").arg(format!("-{signal}")).arg(pid.to_string()).stderr(Stdio::null()).status();
}

/// Processes that carry the marker of a run, by their command lines.
pub(crate) fn survivors(run: &str) -> Vec<String> {
    let mark = format!("SEA_INSTANCE={run}/");
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let environ = fs::read(entry.path().join("environ")).unwrap_or_default();
        if environ.split(|byte| *byte == 0).any(|entry| entry.starts_with(mark.as_bytes())) {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            found.push(String::from_utf8_lossy(&line).replace('\0', " "));
        }
    }
    found
}

/// Waits until something holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + LONG;
    while !holds() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The answer to a GET: status and body. The proxy finds its way by the host.
pub(crate) fn get(port: u16, host: &str, path: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(LONG)).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAccept: text/plain\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

/// Descendants of a process, by id and command line.
pub(crate) fn descendants(pid: u32) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    let mut open = vec![pid];
    while let Some(pid) = open.pop() {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        for thread in threads {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            for child in children.split_whitespace().map(|pid| pid.parse::<u32>().unwrap()) {
                let line = fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
                found.push((child, String::from_utf8_lossy(&line).replace('\0', " ")));
                open.push(child);
            }
        }
    }
    found
}
