//! What tests share: a worktree of its own, and a stand-in for the supervisor.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use seaworthy_model::{App, Name, Origin, ProbeAction, Resource};
use seaworthy_provision::port::Ports;
use seaworthy_provision::resource::{self, Context, Daemon, Prepared, Runs, StopSignal};
use seaworthy_provision::secret::Secrets;
use seaworthy_provision::state::State;
use seaworthy_provision::task::{Line, LocalTasks};
use seaworthy_provision::toolchain::Machine;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

/// Longer than anything takes on a machine under load.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// A worktree in a folder of its own, with a machine whose caches are in it too.
pub(crate) struct Worktree {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) state: State,
    pub(crate) machine: Machine,
}

impl Worktree {
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("sea-test-").tempdir().unwrap();
        open(dir.path());
        let state = State::open(dir.path()).unwrap();
        let machine = Machine { cache: Some(dir.path().join("cache")), ..Machine::this() };
        Self { dir, state, machine }
    }

    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            state: &self.state,
            machine: &self.machine,
            tasks: &LocalTasks,
            lines: &|_| {},
            engine: None,
        }
    }

    /// Prepares the only resource of an app.
    pub(crate) async fn prepare(&self, app: &App) -> Result<Prepared, seaworthy_provision::Error> {
        let mut ports = Ports::open(&self.state);
        let mut secrets = Secrets::open(&self.state);
        let request = resource::requests(app, &mut ports, &mut secrets).unwrap().remove(0);
        resource::prepare(request, self.context()).await
    }
}

/// Lets other users pass through a folder, as those of repositories usually do.
#[cfg(unix)]
pub(crate) fn open(dir: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// An app with one resource.
pub(crate) fn app(kind: &str, version: Option<&str>) -> App {
    let mut app = App::default();
    app.name.propose(name("shop"), Origin::detected("test"));
    let mut resource = Resource::default();
    resource.r#type.propose(kind.to_owned(), Origin::detected("test"));
    if let Some(version) = version {
        resource.version.propose(version.to_owned(), Origin::detected("test"));
    }
    app.resources.insert(name("db"), resource);
    app
}

/// The server of a resource, running. It dies with this.
pub(crate) struct Server {
    child: Child,
    signal: StopSignal,
    said: Arc<Mutex<String>>,
}

impl Server {
    /// Starts the server and waits until it is ready.
    pub(crate) async fn start(prepared: &mut Prepared) -> Self {
        if let Some(port) = prepared.port.take() {
            port.hand_over();
        }
        let Runs::Process(daemon) = &prepared.runs else { panic!("{:?} is no process", prepared.runs) };
        Self::run(daemon).await
    }

    async fn run(daemon: &Daemon) -> Self {
        let mut command = tokio::process::Command::new(&daemon.argv[0]);
        command.args(&daemon.argv[1..]).current_dir(&daemon.dir).envs(&daemon.env);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        if let Some(user) = &daemon.user {
            command.uid(user.uid).gid(user.gid);
        }
        let mut child = command.spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        read(child.stdout.take().unwrap(), &said);
        read(child.stderr.take().unwrap(), &said);
        let mut server = Self { child, signal: daemon.stop_signal, said: Arc::clone(&said) };
        let ready = tokio::time::timeout(PATIENCE, async {
            loop {
                let is_ready = match &daemon.ready {
                    ProbeAction::Tcp(port) => {
                        tokio::net::TcpStream::connect(("127.0.0.1", *port)).await.is_ok()
                    }
                    ProbeAction::Log(text) => said.lock().unwrap().contains(text.as_str()),
                    other => panic!("{other:?}"),
                };
                if is_ready {
                    return;
                }
                if let Some(status) = server.child.try_wait().unwrap() {
                    panic!("{:?} ended with {status}: {}", daemon.argv, said.lock().unwrap());
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        assert!(ready.await.is_ok(), "{:?} is not ready: {}", daemon.argv, said.lock().unwrap());
        server
    }

    /// What it wrote so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until it wrote this.
    pub(crate) async fn until_said(&self, text: &str) {
        let until = async {
            while !self.said().contains(text) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, until).await.is_ok(), "{text} is not in {}", self.said());
    }

    /// Asks the server to stop and waits for it.
    pub(crate) async fn stop(mut self) {
        let signal = match self.signal {
            StopSignal::Terminate => rustix::process::Signal::TERM,
            StopSignal::Interrupt => rustix::process::Signal::INT,
            StopSignal::Quit => rustix::process::Signal::QUIT,
        };
        rustix::process::kill_process(self.pid(), signal).unwrap();
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it does not stop").unwrap();
    }

    /// `kill -9`.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    fn pid(&self) -> rustix::process::Pid {
        let id = i32::try_from(self.child.id().expect("it runs")).unwrap();
        rustix::process::Pid::from_raw(id).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.id().is_some() {
            let _ = rustix::process::kill_process_group(self.pid(), rustix::process::Signal::KILL);
        }
    }
}

fn read(pipe: impl tokio::io::AsyncRead + Unpin + Send + 'static, said: &Arc<Mutex<String>>) {
    let said = Arc::clone(said);
    // Ends with the pipe, which ends with the server.
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut said = said.lock().unwrap();
            said.push_str(&line);
            said.push('\n');
        }
    });
}

/// The values of a resource's attributes.
pub(crate) fn values(prepared: &Prepared) -> BTreeMap<&str, String> {
    prepared.attributes.iter().map(|(name, attribute)| (*name, attribute.value.clone())).collect()
}

/// Keeps the lines of tasks.
pub(crate) fn keep(lines: &Mutex<Vec<String>>) -> impl Fn(Line) + Send + Sync + '_ {
    |line| lines.lock().unwrap().push(line.text)
}

/// Runs a program to its end and gives back what it wrote.
pub(crate) async fn output(program: &str, arguments: &[&str], env: &[(&str, &str)]) -> String {
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).envs(env.iter().copied()).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await.expect("it does not end").unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}
