//! The host engine in production: releases of any number of apps and environments on this machine, shipped, judged,
//! taken back, and kept running whatever becomes of this process.
//!
//! The parts are those of `sea up`: supervisor and shims, proxy, provision. What is different: an instance belongs to a
//! release, instances and proxy outlive the control process and are adopted by the next one, and nothing changes but
//! by a step that [`seaworthy_rollout::machine`] decided and the ledger's journal holds.
//!
//! ```text
//! Serve            the control process of a host: its ledger, supervisor and router
//! place            one app in one environment: its folder, resources, settings, what the proxy is told
//! environment      the task that owns a place: takes orders, drives its rollout
//! restore          brings a place back when a control process begins
//! rollout          one release taking over: machine -> journal -> effects -> machine
//! running          the instances of one release
//! schema           which migrations ran, and which release can live with them
//! intake           what arrives of a release -> its files and its record
//! changes          what a release changes against the one that serves
//! traffic, router  what the proxy is told
//! history, commits  what is told of the past
//! recorded         what users ask for often, to ask a new release the same
//! synthetic        asks it while few users come
//! startups         how long instances may take until they are ready
//! sweep            what nobody goes back to is removed
//! https            certificates, and what the proxy is told of them
//! ```

mod changes;
mod clock;
mod commits;
mod configuration;
mod effects;
mod environment;
mod error;
mod errors;
mod fetch;
mod gates;
mod history;
mod host;
mod https;
mod intake;
mod journal;
mod layout;
pub mod logs;
mod migrate;
mod pause;
mod place;
mod rate;
mod recorded;
mod release;
mod resources;
mod restore;
mod rollout;
mod router;
mod running;
mod schedules;
mod schema;
mod secrets;
mod session;
mod smoke;
mod startups;
mod sweep;
mod synthetic;
mod tools;
mod traffic;
pub mod view;
mod words;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use seaworthy_artifact::{Manifest, Store};
use seaworthy_certificate::Keeper;
use seaworthy_ledger::{Actor, Ledger, mask};
use seaworthy_model::Name;
use seaworthy_proxy::control::{Listener, Proxy, ProxyOptions, Scope, Survivor as SurvivingProxy};
use seaworthy_proxy::table::RoutingTable;
use seaworthy_proxy::wire::{Linger, OnControlLoss, Settings};
use seaworthy_rollout::ReleaseId;
use seaworthy_rollout::machine::Command;
use seaworthy_supervise::board::Board;
use seaworthy_supervise::instance::Launcher;
use seaworthy_supervise::reaper::Reaper;
use seaworthy_supervise::supervisor::Supervisor;
use seaworthy_supervise::survivor;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

pub use commits::CommitFact;
pub use environment::{Refusal, Ship, Shipped};
pub use error::Error;
pub use history::DoraView;
pub use https::{Given, Https};
pub use layout::{EnvironmentFolder, Layout};
pub use place::Line;
pub use release::{MigrationRecord, ReleaseRecord};
pub use seaworthy_certificate::{Authority, LETS_ENCRYPT, Method};
pub use session::{HostRecord, find};

use environment::{Order, Start};
use host::{Entry, Key, Shared};
use place::Place;
use session::Session;

/// How a host serves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where its state is.
    pub state: PathBuf,
    /// The port for plain HTTP; 0 is any.
    pub http: u16,
    /// HTTPS, where the host speaks it.
    pub https: Option<Https>,
    /// Others than this machine may connect.
    pub is_public: bool,
    /// The program whose hidden arguments make shims and proxies; this one, as a rule.
    pub program: PathBuf,
    /// The machine's name.
    pub hostname: String,
}

/// The control process of a host.
pub struct Serve {
    shared: Arc<Shared>,
    session: Session,
    reaper: JoinHandle<()>,
    background: Vec<JoinHandle<()>>,
    tasks: std::sync::Mutex<Vec<JoinHandle<()>>>,
    ports: Ports,
    keeper: Option<Arc<Keeper>>,
}

/// What the proxy calls its socket for plain HTTP.
const HTTP_LISTENER: &str = "http";

/// Where the proxy listens.
#[derive(Clone, Copy, Debug)]
struct Ports {
    http: u16,
    https: Option<u16>,
}

impl Serve {
    /// Takes the state folder, adopts what runs, starts what should, and returns when all of it serves. Must be called within
    /// a runtime.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let layout = Layout::open(&options.state)?;
        let session = Session::open(&layout)?;
        let actor = Actor::Automatic { host: options.hostname.clone() };
        let ledger_options = seaworthy_ledger::Options {
            clock: Arc::new(seaworthy_ledger::clock::SystemClock),
            mask: mask::Mask::nothing(),
            actor,
        };
        let ledger = Ledger::open(layout.ledger(), ledger_options).map_err(Error::Ledger)?;
        let system = |what| move |source| Error::System { what, source };
        let (reaper, reaping) = Reaper::start().map_err(system("children cannot be waited for"))?;
        let launcher = Launcher::with_program(&options.program, reaper);
        let supervisor = Supervisor::new(launcher, Board::default());
        let run = format!("host-{}", session::id(&layout));
        let shared = Arc::new(Shared::new(layout, ledger, supervisor, run, options.hostname.clone()));
        let tasks = restore_all(&shared).await?;
        let (proxy, table, ports) = proxy(&shared, &options).await?;
        shared.router.set(proxy, table).await;
        shared.set_http(ports.http);
        // What was restored while the proxy was not told yet.
        let synced = shared.router.sync(&shared).await;
        synced.map_err(|why| Error::System {
            what: "the proxy cannot be told what to do",
            source: std::io::Error::other(why),
        })?;
        let mut background = vec![tokio::spawn(router::run(Arc::clone(&shared)))];
        let keeper =
            options.https.as_ref().map(|https| https::keeper(&shared, https)).transpose()?.map(Arc::new);
        if let (Some(keeper), Some(https)) = (&keeper, options.https) {
            background.push(tokio::spawn(https::run(Arc::clone(&shared), Arc::clone(keeper), https.given)));
        }
        let tasks = std::sync::Mutex::new(tasks);
        Ok(Self { shared, session, reaper: reaping, background, tasks, ports, keeper })
    }

    /// The port of the proxy for plain HTTP.
    pub fn http(&self) -> u16 {
        self.ports.http
    }

    /// The port of the proxy for HTTPS, where the host speaks it.
    pub fn https(&self) -> Option<u16> {
        self.ports.https
    }

    /// Tells others where the API is; `dashboard` is its port for browsers.
    pub fn publish(&mut self, dashboard: u16) -> Result<(), Error> {
        self.shared.set_dashboard(dashboard);
        let Ports { http, https } = self.ports;
        self.session.publish(&HostRecord {
            pid: std::process::id(),
            socket: self.shared.layout.socket(),
            http,
            https,
            dashboard,
        })
    }

    /// What can be asked of the host.
    pub fn control(&self) -> Arc<HostControl> {
        Arc::new(HostControl { shared: Arc::clone(&self.shared) })
    }

    /// Goes, and leaves everything running for the next control process.
    pub async fn leave(self) {
        for entry in self.shared.environments().into_values() {
            entry.orders.give(Order::Leave).await;
        }
        self.end_tasks().await;
        if let Some(proxy) = self.shared.router.take().await {
            proxy.leave().await;
        }
        self.shared.supervisor.detach().await;
        self.shared.supervisor.launcher().cool();
        self.reaper.abort();
    }

    /// Stops everything that runs on the host.
    pub async fn stop(self) {
        for entry in self.shared.environments().into_values() {
            entry.orders.give(Order::Stop).await;
        }
        self.end_tasks().await;
        self.shared.supervisor.shut_down().await;
        if let Some(proxy) = self.shared.router.take().await {
            proxy.stop().await;
        }
        self.shared.supervisor.launcher().cool();
        self.reaper.abort();
    }

    async fn end_tasks(&self) {
        for task in &self.background {
            task.abort();
        }
        if let Some(keeper) = &self.keeper {
            keeper.stop().await;
        }
        let tasks: Vec<JoinHandle<()>> = std::mem::take(&mut *place::lock(&self.tasks));
        for task in tasks {
            let _ = task.await;
        }
    }
}

/// Brings every environment back, all at once.
async fn restore_all(shared: &Arc<Shared>) -> Result<Vec<JoinHandle<()>>, Error> {
    let folder = shared.layout.shims();
    let found = tokio::task::spawn_blocking(move || survivor::find(&folder)).await;
    let found = found.map_err(|error| Error::System {
        what: "what runs cannot be looked for",
        source: std::io::Error::other(error),
    })?;
    let found = found.map_err(Error::Survivors)?;
    for orphan in found.orphans {
        // Its shim was killed while nobody controlled it; without one it can be neither watched nor stopped.
        let _ = tokio::task::spawn_blocking(move || orphan.end()).await;
    }
    let mut survivors: BTreeMap<Key, Vec<survivor::Survivor>> = BTreeMap::new();
    for survivor in found.survivors {
        let mut parts = survivor.name().splitn(3, '.');
        let key = parts
            .next()
            .zip(parts.next())
            .and_then(|(app, environment)| Some((Name::parse(app).ok()?, Name::parse(environment).ok()?)));
        if let Some(key) = key {
            survivors.entry(key).or_default().push(survivor);
        }
    }
    let mut tasks = Vec::new();
    let mut waiting = Vec::new();
    for (app, environment) in shared.layout.environments() {
        let survivors = survivors.remove(&(app.clone(), environment.clone())).unwrap_or_default();
        let (ready, restored) = oneshot::channel();
        let task = enter(shared, &app, &environment, survivors, ready)?;
        tasks.extend(task);
        waiting.push(restored);
    }
    for restored in waiting {
        // A task that died has said why on its way.
        let _ = restored.await;
    }
    Ok(tasks)
}

/// Starts the task of an environment, unless there is one.
fn enter(
    shared: &Arc<Shared>,
    app: &Name,
    environment: &Name,
    survivors: Vec<survivor::Survivor>,
    ready: oneshot::Sender<()>,
) -> Result<Option<JoinHandle<()>>, Error> {
    let mut started = None;
    shared.environment_or(app, environment, || {
        let place = Arc::new(Place::open(Arc::clone(shared), app.clone(), environment.clone())?);
        let (orders, task) = environment::spawn(Start { place: Arc::clone(&place), survivors }, ready);
        started = Some(task);
        Ok::<_, Error>(Entry { place, orders })
    })?;
    Ok(started)
}

/// The proxy, the one that an earlier control process left or a new one, with the table that it serves: what changes while
/// it starts is told to it later.
async fn proxy(shared: &Arc<Shared>, options: &Options) -> Result<(Proxy, RoutingTable, Ports), Error> {
    let folder = shared.layout.proxies();
    let settings = Settings {
        on_control_loss: OnControlLoss::Serve(Linger { folder: folder.clone(), at_most: None }),
        ..Settings::default()
    };
    let proxy_options = ProxyOptions {
        program: options.program.clone(),
        arguments: vec![crate::host::PROXY_ARGUMENT.into()],
        settings,
    };
    let scope = if options.is_public { Scope::Everyone } else { Scope::Loopback };
    let begin = |listeners: &[Listener]| {
        let secure = listeners.iter().find(|listener| listener.name() == https::LISTENER).map(Listener::port);
        let secure = options.https.as_ref().zip(secure);
        if let Some((https, port)) = secure {
            shared.secured.begin(https.public_port.unwrap_or(port));
        }
        Ports { http: listeners.first().map_or(0, Listener::port), https: secure.map(|(_, port)| port) }
    };
    if let Some(mut surviving) = SurvivingProxy::find(&folder).await? {
        surviving.listen(HTTP_LISTENER, options.http, scope)?;
        if let Some(https) = &options.https {
            surviving.listen(https::LISTENER, https.port, scope)?;
        }
        let ports = begin(surviving.listeners());
        // Clients go on to be shown what they were, until what is kept is read again.
        let shown = surviving.table().and_then(|table| table.tls).map(|tls| tls.certificates);
        shared.secured.restore(shown.unwrap_or_default());
        let table = router::table(shared, 1);
        let proxy = Proxy::adopt(proxy_options, surviving, table.clone()).await?;
        return Ok((proxy, table, ports));
    }
    let mut listeners = vec![Listener::bind(HTTP_LISTENER, options.http, scope)?];
    if let Some(https) = &options.https {
        listeners.push(Listener::bind(https::LISTENER, https.port, scope)?);
    }
    let ports = begin(&listeners);
    let table = router::table(shared, 1);
    let proxy = Proxy::start(proxy_options, listeners, table.clone()).await?;
    Ok((proxy, table, ports))
}

/// What can be asked of a host.
pub struct HostControl {
    shared: Arc<Shared>,
}

impl HostControl {
    /// Changes whenever something would be answered differently.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes()
    }

    /// The machine's name.
    pub fn hostname(&self) -> &str {
        &self.shared.hostname
    }

    /// Where its state is.
    pub fn layout(&self) -> &Layout {
        &self.shared.layout
    }

    /// The host and all that runs on it.
    pub async fn view(&self) -> view::HostView {
        let mut environments = Vec::new();
        for entry in self.shared.environments().into_values() {
            environments.extend(entry.orders.give(Order::View).await);
        }
        view::HostView {
            schema: "sea.host/1".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            host: self.shared.hostname.clone(),
            pid: std::process::id(),
            state: self.shared.layout.root().display().to_string(),
            http: self.shared.http().map(|port| format!("http://localhost:{port}")),
            dashboard: self.shared.dashboard().map(|port| format!("http://localhost:{port}")),
            proxy: self.shared.router.pid().await,
            environments,
        }
    }

    /// One environment, with what happened there after a line.
    pub async fn progress(&self, app: &Name, environment: &Name, after: u64) -> Option<view::ProgressView> {
        let entry = self.shared.environment(app, environment)?;
        // In this order: what the environment shows, the lines explain.
        let environment = entry.orders.give(Order::View).await?;
        let lines = entry.place.lines(after);
        Some(view::ProgressView { lines, environment })
    }

    /// Which blobs of an artifact that is to come are not in the store, given its manifest.
    pub fn missing(&self, manifest: &[u8]) -> Result<Vec<String>, Error> {
        let manifest = Manifest::from_json(manifest).map_err(Error::Manifest)?;
        let store = Store::open(&self.shared.layout.store())?;
        Ok(store.expect(&manifest).iter().map(ToString::to_string).collect())
    }

    /// Takes in what was missing of an artifact, and returns the artifact's digest. Blocks.
    pub fn receive(&self, bundle: &mut dyn Read) -> Result<String, Error> {
        let store = Store::open(&self.shared.layout.store())?;
        Ok(seaworthy_artifact::bundle::read(&store, bundle)?.digest().to_string())
    }

    /// Takes a release in whose artifact is in the store: its files are written out, every one of them verified, then its
    /// record, completed by its configuration, which decides what it is called. Returns that record.
    pub async fn take_in(
        &self,
        app: &Name,
        environment: &Name,
        record: ReleaseRecord,
    ) -> Result<ReleaseRecord, Error> {
        let folder = self.shared.layout.environment(app, environment);
        folder.prepare()?;
        let (layout, environment) = (self.shared.layout.clone(), environment.clone());
        let taking =
            tokio::task::spawn_blocking(move || intake::take_in(&layout, &folder, &environment, record));
        taking.await.map_err(|error| Error::System {
            what: "the release cannot be written out",
            source: std::io::Error::other(error),
        })?
    }

    /// A release takes over.
    pub async fn ship(&self, app: &Name, environment: &Name, ship: Ship) -> Result<Shipped, Refusal> {
        let (ready, restored) = oneshot::channel();
        enter(&self.shared, app, environment, Vec::new(), ready)?;
        // One that was there already has no one to tell.
        let _ = restored.await;
        self.order(app, environment, |reply| Order::Ship(Box::new(ship), reply)).await
    }

    /// A person wants something of the release under way.
    pub async fn command(
        &self,
        app: &Name,
        environment: &Name,
        command: Command,
        actor: String,
    ) -> Result<(), Refusal> {
        self.order(app, environment, |reply| Order::Command(command, actor, reply)).await
    }

    /// An earlier release takes over again; the one before, where none is named. Returns which.
    pub async fn roll_back(
        &self,
        app: &Name,
        environment: &Name,
        to: Option<ReleaseId>,
        actor: String,
    ) -> Result<ReleaseId, Refusal> {
        self.order(app, environment, |reply| Order::RollBack(to, actor, reply)).await
    }

    /// Visitors get a page that says so, or no longer.
    pub async fn maintain(&self, app: &Name, environment: &Name, on: bool) -> Result<(), Refusal> {
        self.order(app, environment, |reply| Order::Maintenance(on, reply)).await
    }

    /// More or fewer instances of a service; as many as the model says, where no number is given.
    pub async fn scale(
        &self,
        app: &Name,
        environment: &Name,
        service: Name,
        count: Option<u32>,
    ) -> Result<(), Refusal> {
        self.order(app, environment, |reply| Order::Scale(service, count, reply)).await
    }

    /// Tells who looks on who ordered something.
    pub fn note_order(&self, app: &Name, environment: &Name, who: &str, what: &str) {
        if let Some(entry) = self.shared.environment(app, environment) {
            entry.place.tell(None, format!("{who} ordered: {what}"));
        }
    }

    async fn order<T>(
        &self,
        app: &Name,
        environment: &Name,
        order: impl FnOnce(oneshot::Sender<Result<T, Refusal>>) -> Order,
    ) -> Result<T, Refusal> {
        let Some(entry) = self.shared.environment(app, environment) else {
            let message = format!("nothing of {app} was shipped to {environment} on this host");
            return Err(Refusal::new("unknown-environment", message).next("sea status --host"));
        };
        let gone = || Refusal::new("stopping", "the host is stopping");
        entry.orders.give(order).await.unwrap_or_else(|| Err(gone()))
    }
}
