//! The host engine: an app as processes on this machine, set up and kept running by this process.
//!
//! [`Host::start`] returns as soon as the worktree is held and orders can be taken; the rest happens in tasks that the
//! host owns, in parallel as far as one part does not need another:
//!
//! ```text
//! toolchains -> installs ---------------------+
//! resources prepared -> ready -> settled -----+-> environment -> process -> ready -> route
//!                              +-> migrations-+
//! ```

mod changes;
mod command;
mod containers;
mod control;
pub(crate) mod definition;
mod gates;
mod installs;
mod jobs;
pub(crate) mod logs;
mod metrics;
mod reload;
pub(crate) mod resources;
mod router;
mod routes;
mod sampler;
mod services;
mod session;
mod setup;
mod shared;
mod steps;
pub(crate) mod tasks;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use seaworthy_detect::Overrides;
use seaworthy_model::{App, Name};
use seaworthy_provision::port::Ports;
use seaworthy_provision::secret::Secrets;
use seaworthy_provision::state::State;
use seaworthy_proxy::control::{Listener, Scope};
use seaworthy_supervise::board::Board;
use seaworthy_supervise::instance::Launcher;
use seaworthy_supervise::notice::Notice;
pub use seaworthy_supervise::nursery::Nursery;
use seaworthy_supervise::reaper::Reaper;
use seaworthy_supervise::supervisor::Supervisor;
use seaworthy_supervise::sweep::Guardian;
use thiserror::Error;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

pub use session::{RunRecord, find};

use crate::control::Control;
use session::Session;
use shared::{Ending, Shared};

/// The hidden argument by which the binary is told to be a proxy.
pub const PROXY_ARGUMENT: &str = "__proxy";

/// The longest that the proxy may take to end; then it is killed.
const PROXY_GRACE: Duration = Duration::from_secs(2);

/// How long a run is without a guardian.
const GUARDED_AFTER: Duration = Duration::from_millis(30);

/// Runs the proxy process to its end.
pub fn proxy_main() -> Result<(), seaworthy_proxy::Error> {
    seaworthy_proxy::dataplane::run_from_stdin()
}

/// What kept an app from being run at all.
#[derive(Debug, Error)]
pub enum Error {
    /// The state directory cannot be used.
    #[error("{}: {source}; `sea up` keeps its logs and data there", path.display())]
    State {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another `sea up` holds this worktree.
    #[error("this repository is already up (process {pid}), see {url}")]
    AlreadyRunning {
        /// Its control process.
        pid: u32,
        /// Its dashboard.
        url: String,
    },
    /// A service that was asked for does not exist.
    #[error("there is no service named {name}; there are {}", known.join(", "))]
    UnknownService {
        /// The name that was given.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// There is nothing to run.
    #[error("nothing to run was found in {}", .0.display())]
    Empty(PathBuf),
    /// A preparation failed.
    #[error(transparent)]
    Provision(#[from] seaworthy_provision::Error),
    /// The proxy cannot listen.
    #[error(transparent)]
    Proxy(#[from] seaworthy_proxy::Error),
    /// The system refused something that every run needs.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// How an app is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The repository's root.
    pub root: PathBuf,
    /// What is said for this run, over what the repository says; used again when the model changes.
    pub overrides: Overrides,
    /// Only these services and what they need; empty: all.
    pub only: Vec<String>,
    /// Data of resources is deleted first: of these, or of all where none is named.
    pub fresh: bool,
    /// The resources that [`Options::fresh`] is about; empty: all.
    pub fresh_resources: Vec<String>,
    /// Commands that change the machine beyond the repository may be run.
    pub consent: bool,
    /// Programs are told that their output is shown on a terminal.
    pub colour: bool,
    /// Files are watched.
    pub watch: bool,
    /// The program whose hidden arguments make shims, guardians and proxies; this one, as a rule.
    pub program: PathBuf,
}

/// An app that runs on this machine.
pub struct Host {
    shared: Arc<Shared>,
    session: Session,
    reaper: JoinHandle<()>,
    guardian: JoinHandle<Option<Guardian>>,
    background: Vec<JoinHandle<()>>,
}

impl Host {
    /// Takes the worktree and begins to set the app up. Must be called within a runtime. `nursery` is where processes come
    /// from quickly, if one was started.
    pub fn start(app: App, options: Options, nursery: Option<Nursery>) -> Result<Self, Error> {
        let state = State::open(&options.root)?;
        let session = Session::open(&state.root())?;
        if options.fresh {
            let is_meant = |name: &&Name| {
                options.fresh_resources.is_empty()
                    || options.fresh_resources.iter().any(|given| given == name.as_str())
            };
            for name in app.resources.keys().filter(is_meant) {
                seaworthy_provision::resource::forget(name, &state)?;
            }
        }
        let app = Arc::new(app);
        let only = setup::selection(&app, &options.only)?;
        if app.services.is_empty() {
            return Err(Error::Empty(options.root));
        }
        let system = |what| move |source| Error::System { what, source };
        let (reaper, reaping) = Reaper::start().map_err(system("children cannot be waited for"))?;
        let run = session.record().run.clone();
        let program = options.program.to_string_lossy().into_owned();
        let guardian = tokio::spawn(guard(program, run.clone(), reaper.clone()));
        if let Some(nursery) = &nursery {
            reaper.adopt(nursery.pid());
        }
        let launcher = Launcher::with_program(&options.program, reaper).with_nursery(nursery);
        let mut ports = Ports::open(&state);
        let listener = listen(&mut ports)?;
        let supervisor = Supervisor::new(launcher, Board::default());
        let secrets = Secrets::open(&state);
        let shared = Arc::new(Shared::new(app, only, options, state, run, supervisor, ports, secrets));
        shared.set_port(listener.port());
        setup::register(&shared, &shared.app());
        let mut background = vec![
            tokio::spawn(router::run(Arc::clone(&shared), listener)),
            tokio::spawn(changes::run(Arc::clone(&shared))),
            tokio::spawn(sampler::run(Arc::clone(&shared))),
            tokio::spawn(setup::run(Arc::clone(&shared))),
        ];
        if shared.options.watch {
            background.push(tokio::spawn(reload::run(Arc::clone(&shared))));
        }
        Ok(Self { shared, session, reaper: reaping, guardian, background })
    }

    /// What can be asked of the app.
    pub fn control(&self) -> Arc<dyn Control> {
        Arc::clone(&self.shared) as Arc<dyn Control>
    }

    /// What people should hear about from now on.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.shared.supervisor.board().notices()
    }

    /// Where the dashboard listens: the same address in every run of the worktree, where nobody else has it.
    pub fn dashboard_listener(&self) -> Result<TcpListener, Error> {
        let mut reservation = self.shared.ports().reserve("dashboard", None)?;
        let held = reservation.take_listener();
        held.map_or_else(|| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)), Ok)
            .map_err(|source| Error::System { what: "the dashboard has no port", source })
    }

    /// Where the API is for the owner of the run.
    pub fn socket(&self) -> PathBuf {
        self.shared.state.run().join("api.sock")
    }

    /// Tells others where the API is found.
    pub fn publish(&mut self, socket: PathBuf, dashboard_url: &str) -> Result<(), Error> {
        self.shared.set_dashboard_url(dashboard_url);
        self.session.publish(socket, dashboard_url.to_owned(), self.shared.url())
    }

    /// Returns when someone asked over the API for the run to end.
    pub async fn asked_to_end(&self) {
        let mut ending = self.shared.ending.subscribe();
        // The sender lives as long as this does.
        let _ = ending.wait_for(|ending| *ending != Ending::No).await;
    }

    /// Stops everything, dependents first, and returns when nothing is left.
    pub async fn shut_down(mut self) {
        self.shared.ending.send_replace(Ending::Stopping);
        // What still sets up must not start what was just stopped.
        for task in self.background.drain(1..) {
            task.abort();
            let _ = task.await;
        }
        self.shared.stop_helpers().await;
        self.shared.supervisor.shut_down().await;
        self.shared.ending.send_replace(Ending::Over);
        let mut background = self.background.into_iter();
        if let Some(mut router) = background.next()
            && tokio::time::timeout(PROXY_GRACE, &mut router).await.is_err()
        {
            router.abort();
            let _ = router.await;
        }
        for task in background {
            let _ = task.await;
        }
        self.shared.supervisor.launcher().cool();
        self.guardian.abort();
        if let Ok(Some(guardian)) = self.guardian.await {
            guardian.dismiss();
        }
        self.reaper.abort();
        let _ = self.reaper.await;
        drop(self.session);
    }

    /// Makes [`Host::shut_down`] kill instead of asking; can be called while that waits.
    pub fn killer(&self) -> impl Fn() + Send + use<> {
        let shared = Arc::clone(&self.shared);
        move || shared.supervisor.kill_all()
    }
}

/// Starts the guardian of a run, when what people wait for had its start. Whatever is left when everything is killed
/// before that, the next run ends.
async fn guard(program: String, run: String, reaper: Reaper) -> Option<Guardian> {
    tokio::time::sleep(GUARDED_AFTER).await;
    // A run without a guardian is as good until everything is killed at once.
    Guardian::start(&program, &run, &reaper).ok()
}

/// The app's own port: the same in every run of the worktree where nobody else has it.
fn listen(ports: &mut Ports) -> Result<Listener, Error> {
    let mut last = None;
    for _ in 0..8 {
        let port = ports.reserve("app", None)?.hand_over();
        match Listener::bind("app", port, Scope::Loopback) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = Some(error),
        }
    }
    match last {
        Some(error) => Err(error.into()),
        None => Ok(Listener::bind("app", 0, Scope::Loopback)?),
    }
}
