//! An app that is made up, and a server in front of it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use seaworthy_engine::view::{
    AppState, AppView, LineView, MailView, MemberMetrics, MemberView, MetricsView, Role, SaveView,
    VariableView,
};
use seaworthy_engine::{Control, ControlError, LogPage, LogQuery, Order};
use seaworthy_server::client::Client;
use seaworthy_server::{Listeners, Server};
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

/// A member `web` with a log, and a resource `db` without a process.
pub(crate) struct Fake {
    pub(crate) app: Mutex<AppView>,
    pub(crate) lines: Mutex<Vec<LineView>>,
    pub(crate) orders: Mutex<Vec<(String, Order)>>,
    changes: watch::Sender<u64>,
    wrote: watch::Sender<u64>,
    pub(crate) down: watch::Sender<bool>,
}

impl Fake {
    fn new() -> Self {
        let member = |name: &str, role| MemberView {
            name: name.to_owned(),
            role,
            kind: "web".to_owned(),
            phase: "ready".to_owned(),
            detail: String::new(),
            since: "2026-01-02T03:04:05Z".to_owned(),
            command: None,
            pid: None,
            port: None,
            urls: Vec::new(),
            started_at: None,
            ready_after_ms: None,
            restarts: 0,
            last_exit: None,
            cause: None,
            needs: Vec::new(),
            usage: None,
            requests: None,
            has_log: true,
            unlimited: None,
        };
        let app = AppView {
            schema: "sea.status/1".to_owned(),
            name: "shop".to_owned(),
            root: "/repo".to_owned(),
            run: "r1".to_owned(),
            started_at: "2026-01-02T03:04:05Z".to_owned(),
            state: AppState::Ready,
            url: None,
            dashboard_url: None,
            members: vec![member("web", Role::Service), member("db", Role::Resource)],
            steps: Vec::new(),
            problems: Vec::new(),
        };
        Self {
            app: Mutex::new(app),
            lines: Mutex::default(),
            orders: Mutex::default(),
            changes: watch::Sender::new(0),
            wrote: watch::Sender::new(0),
            down: watch::Sender::new(false),
        }
    }

    /// Changes the app and says so.
    pub(crate) fn change(&self, change: impl FnOnce(&mut AppView)) {
        change(&mut self.app.lock().unwrap());
        self.changes.send_modify(|count| *count += 1);
    }

    /// Writes lines of `web`.
    pub(crate) fn write(&self, texts: impl IntoIterator<Item = String>) {
        let line = |text: String| LineView {
            member: "web".to_owned(),
            at: "2026-01-02T03:04:05Z".to_owned(),
            stream: "stdout".to_owned(),
            level: None,
            message: text.clone(),
            text,
        };
        self.lines.lock().unwrap().extend(texts.into_iter().map(line));
        self.wrote.send_modify(|count| *count += 1);
    }
}

fn known(member: &str) -> Result<(), ControlError> {
    match member {
        "web" | "db" => Ok(()),
        _ => Err(ControlError::Unknown { name: member.to_owned(), nearest: Some("web".to_owned()) }),
    }
}

impl Control for Fake {
    fn app(&self) -> AppView {
        self.app.lock().unwrap().clone()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn order(&self, member: &str, order: Order) -> Result<(), ControlError> {
        known(member)?;
        if member == "db" {
            return Err(ControlError::NotAProcess(member.to_owned()));
        }
        self.orders.lock().unwrap().push((member.to_owned(), order));
        Ok(())
    }

    fn shut_down(&self) {
        self.down.send_replace(true);
    }

    fn log(&self, query: &LogQuery) -> Result<LogPage, ControlError> {
        let lines = self.lines.lock().unwrap();
        let from = match &query.after {
            Some(after) => after.parse().map_err(|_| ControlError::Cursor(after.clone()))?,
            None => 0,
        };
        let matches = |line: &&LineView| {
            (query.members.is_empty() || query.members.contains(&line.member))
                && query.grep.as_ref().is_none_or(|grep| grep.is_match(line.text.as_bytes()))
        };
        let mut found: Vec<LineView> = lines[from..].iter().filter(matches).cloned().collect();
        let over = found.len().saturating_sub(query.limit);
        let skipped = found.drain(..over).map(|line| line.text.len() as u64).sum();
        Ok(LogPage { lines: found, cursor: lines.len().to_string(), skipped })
    }

    fn wrote(&self) -> watch::Receiver<u64> {
        self.wrote.subscribe()
    }

    fn environment(&self, member: &str, reveal: bool) -> Result<Vec<VariableView>, ControlError> {
        known(member)?;
        let variable = |name: &str, value: &str, secret: bool| VariableView {
            name: name.to_owned(),
            value: (!secret || reveal).then(|| value.to_owned()),
            secret,
            source: ".env:1".to_owned(),
        };
        Ok(vec![variable("PORT", "4000", false), variable("KEY", "hunter2", true)])
    }

    fn folder(&self, member: &str) -> Result<String, ControlError> {
        known(member).map(|()| "/repo/web".to_owned())
    }

    fn metrics(&self, seconds: u32) -> MetricsView {
        let member = MemberMetrics {
            name: "web".to_owned(),
            cpu: vec![Some(f64::from(seconds))],
            ..Default::default()
        };
        MetricsView { at: vec![1], members: vec![member] }
    }

    fn saves(&self) -> Vec<SaveView> {
        Vec::new()
    }

    fn mails(&self) -> Vec<MailView> {
        self.mail("mail", "1").into_iter().collect()
    }

    fn mail(&self, resource: &str, id: &str) -> Option<MailView> {
        (resource == "mail" && id == "1").then(|| MailView {
            id: id.to_owned(),
            resource: resource.to_owned(),
            at: "2026-01-02T03:04:05Z".to_owned(),
            from: "a@example.test".to_owned(),
            to: vec!["b@example.test".to_owned()],
            subject: "Hello".to_owned(),
            text: None,
            html: Some("<script>alert(1)</script><img src=http://example.test/x>".to_owned()),
            attachments: Vec::new(),
        })
    }
}

/// A server on sockets of its own, ended with its owner.
pub(crate) struct Running {
    pub(crate) fake: Arc<Fake>,
    pub(crate) port: u16,
    pub(crate) socket: PathBuf,
    pub(crate) folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("run/api.sock");
        Self::start_at(folder, socket)
    }

    pub(crate) fn start_at(folder: TempDir, socket: PathBuf) -> Self {
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        let fake = Arc::new(Fake::new());
        let server = Server::bind(fake.clone(), Listeners { tcp, socket: socket.clone() }).unwrap();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self { fake, port, socket, folder, stop: Some(stop), task: Some(task) }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.socket)
    }

    /// Stops it and waits until it has.
    pub(crate) async fn stop(&mut self) {
        drop(self.stop.take());
        self.task.take().unwrap().await.unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
