//! A supervisor in a temporary folder, and processes that are shell scripts.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use seaworthy_model::{Condition, Probe, ProbeAction};
use seaworthy_supervise::board::{Board, Status};
use seaworthy_supervise::instance::Launcher;
use seaworthy_supervise::log::reader;
use seaworthy_supervise::log::writer::LogFile;
use seaworthy_supervise::machine::{Backoff, Phase, Restart};
use seaworthy_supervise::process::Definition;
use seaworthy_supervise::reaper::Reaper;
use seaworthy_supervise::spec::{Command, Limits, OnControlLoss, Spec, Stop};
use seaworthy_supervise::supervisor::Supervisor;
use tempfile::TempDir;

/// The program that runs shims in these tests.
pub(crate) const SHIM: &str = env!("CARGO_BIN_EXE_supervise-shim");

/// Nothing that is waited for in these tests takes this long on any machine; what does has failed.
pub(crate) const LONG: Duration = Duration::from_secs(30);

pub(crate) struct Field {
    pub(crate) folder: TempDir,
    pub(crate) run: String,
    pub(crate) supervisor: Supervisor,
}

impl Field {
    /// Within a runtime.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let run = format!("test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let (reaper, _) = Reaper::start().unwrap();
        let supervisor = Supervisor::new(Launcher::with_program(SHIM, reaper), Board::default());
        Self { folder: tempfile::tempdir().unwrap(), run, supervisor }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn spec(&self, name: &str, script: &str) -> Spec {
        let path = std::env::var("PATH").unwrap();
        Spec {
            name: name.to_owned(),
            run: self.run.clone(),
            command: Command::Shell(script.to_owned()),
            dir: self.folder.path().to_owned(),
            env: BTreeMap::from([("PATH".to_owned(), path)]),
            user: None,
            limits: Limits::default(),
            stop: Stop { grace: Duration::from_secs(5), ..Stop::default() },
            log: LogFile::new(self.path(&format!("logs/{name}.log"))),
            secrets: Vec::new(),
            on_control_loss: OnControlLoss::End,
        }
    }

    pub(crate) fn define(&self, name: &str, script: &str) -> Definition {
        Definition {
            spec: self.spec(name, script),
            restart: Restart::Always,
            backoff: Backoff { first: Duration::from_millis(20), ..Backoff::default() },
            port: None,
            startup: None,
            readiness: None,
            is_lenient: false,
            liveness: None,
            needs: Vec::new(),
        }
    }

    /// Adds and starts processes.
    pub(crate) fn start(&self, definitions: Vec<Definition>) {
        self.supervisor.add(definitions).unwrap();
        self.supervisor.start_all();
    }

    pub(crate) fn status(&self, name: &str) -> Status {
        self.supervisor.board().get(name).unwrap()
    }

    /// Waits until `wanted` holds of a process.
    pub(crate) async fn until(&self, name: &str, wanted: impl Fn(&Status) -> bool) -> Status {
        let mut changes = self.supervisor.board().changes();
        let found = async {
            loop {
                changes.mark_unchanged();
                let status = self.supervisor.board().get(name).unwrap();
                if wanted(&status) {
                    return status;
                }
                changes.changed().await.unwrap();
            }
        };
        let found = tokio::time::timeout(LONG, found).await;
        found.unwrap_or_else(|_| {
            panic!("{name} stays {:?}\nlog:\n{}", self.status(name), self.log(name).join("\n"))
        })
    }

    pub(crate) async fn until_phase(&self, name: &str, phase: Phase) -> Status {
        self.until(name, |status| status.phase == phase).await
    }

    /// The lines of its log.
    pub(crate) fn log(&self, name: &str) -> Vec<String> {
        lines(&self.path(&format!("logs/{name}.log")))
    }

    /// Stops everything and makes sure that nothing is left.
    pub(crate) async fn end(self) {
        self.supervisor.shut_down().await;
        assert_eq!(survivors(&self.run), Vec::<String>::new());
    }
}

pub(crate) fn lines(log: &Path) -> Vec<String> {
    let page = reader::last(log, usize::MAX, |_| true).unwrap();
    page.records.into_iter().map(|record| format!("{} {}", record.stream, record.text)).collect()
}

/// Processes of a run that live, by their command lines.
pub(crate) fn survivors(run: &str) -> Vec<String> {
    let mark = format!("SEA_INSTANCE={run}/");
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let environ = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        if environ.split(|byte| *byte == 0).any(|entry| entry.starts_with(mark.as_bytes())) {
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            found.push(String::from_utf8_lossy(&line).replace('\0', " "));
        }
    }
    found
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let found = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(LONG, found).await.is_ok(), "never: {what}");
}

pub(crate) fn block_on(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

pub(crate) fn need(name: &str, condition: Condition) -> Vec<(String, Condition)> {
    vec![(name.to_owned(), condition)]
}

pub(crate) fn probe(action: ProbeAction) -> Option<Probe> {
    Some(Probe::new(action))
}

/// A port that nothing listens on.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A shell command that listens on a port and answers every request with 200.
pub(crate) fn server(port: u16) -> String {
    format!(
        "exec python3 -c 'import http.server as h\nclass H(h.BaseHTTPRequestHandler):\n def do_GET(s): s.send_response(200); s.end_headers()\n def log_message(s, *a): pass\nh.HTTPServer((\"127.0.0.1\", {port}), H).serve_forever()'"
    )
}
