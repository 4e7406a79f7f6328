//! What all tasks of a run share.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use seaworthy_model::{App, Name};
use seaworthy_provision::port::Ports;
use seaworthy_provision::resource::Prepared;
use seaworthy_provision::resource::smtp::Mailbox;
use seaworthy_provision::secret::Secrets;
use seaworthy_provision::state::State;
use seaworthy_provision::toolchain::Machine;
use seaworthy_supervise::log::ansi::strip;
use seaworthy_supervise::log::cause::cause;
use seaworthy_supervise::machine::Phase;
use seaworthy_supervise::process::Definition;
use seaworthy_supervise::supervisor::Supervisor;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::host::Options;
use crate::host::gates::Gates;
use crate::host::installs::Readies;
use crate::host::metrics::Metrics;
use crate::host::routes::{Served, front};
use crate::host::steps::Steps;
use crate::host::tasks::{ShimTasks, own_environment};
use crate::view::{ProblemView, Role, SaveView, VariableView};

/// Saves that are remembered.
const SAVES: usize = 1000;

/// Whether the run is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It goes on.
    No,
    /// Someone asked for its end.
    Asked,
    /// It is being stopped.
    Stopping,
    /// All members are stopped; the proxy ends.
    Over,
}

/// What is known of a member besides its status.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) role: Option<Role>,
    /// For a service its kind, for a resource its type.
    pub(crate) kind: String,
    /// What it runs.
    pub(crate) command: Option<String>,
    pub(crate) needs: Vec<String>,
    /// The folder it runs in.
    pub(crate) folder: PathBuf,
    pub(crate) log: Option<PathBuf>,
    /// How it is reached over HTTP.
    pub(crate) served: Option<Served>,
    /// Other addresses of it, for people.
    pub(crate) urls: Vec<String>,
    /// The environment that it was given.
    pub(crate) environment: Vec<VariableView>,
    /// Its place in the order of starting.
    pub(crate) order: usize,
}

/// What all tasks of a run share.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) state: State,
    pub(crate) machine: Machine,
    pub(crate) run: String,
    pub(crate) started_at: Timestamp,
    pub(crate) supervisor: Supervisor,
    pub(crate) steps: Steps,
    pub(crate) gates: Gates,
    pub(crate) metrics: Metrics,
    pub(crate) ending: watch::Sender<Ending>,
    app: Mutex<Arc<App>>,
    /// The services that run; those that were not asked for do not.
    only: Mutex<BTreeSet<Name>>,
    facts: Mutex<BTreeMap<String, Facts>>,
    problems: Mutex<BTreeMap<String, ProblemView>>,
    saves: Mutex<VecDeque<SaveView>>,
    changes: watch::Sender<u64>,
    /// Changes with everything that [`crate::Control::app`] tells.
    pub(crate) changed: watch::Sender<u64>,
    addresses: Mutex<Addresses>,
    ports: Mutex<Ports>,
    secrets: Mutex<Secrets>,
    prepared: Mutex<BTreeMap<Name, Arc<Prepared>>>,
    mailboxes: Mutex<BTreeMap<String, Arc<Mailbox>>>,
    helpers: Mutex<Vec<(watch::Sender<bool>, JoinHandle<()>)>>,
    /// What each process was started as the last time.
    started: Mutex<BTreeMap<String, Definition>>,
    /// What services run with, once that is known.
    pub(crate) ready: Arc<Readies>,
    /// Whose turn it is to install.
    pub(crate) installing: Semaphore,
}

#[derive(Default)]
struct Addresses {
    port: Option<u16>,
    dashboard_url: Option<String>,
}

impl Shared {
    #[expect(clippy::too_many_arguments, reason = "made in one place, from what that place has at hand")]
    pub(crate) fn new(
        app: Arc<App>,
        only: BTreeSet<Name>,
        options: Options,
        state: State,
        run: String,
        supervisor: Supervisor,
        ports: Ports,
        secrets: Secrets,
    ) -> Self {
        Self {
            options,
            state,
            machine: Machine::this(),
            run,
            started_at: Timestamp::now(),
            supervisor,
            steps: Steps::default(),
            gates: Gates::default(),
            metrics: Metrics::default(),
            ending: watch::Sender::new(Ending::No),
            app: Mutex::new(app),
            only: Mutex::new(only),
            facts: Mutex::default(),
            problems: Mutex::default(),
            saves: Mutex::default(),
            changes: watch::Sender::new(0),
            changed: watch::Sender::new(0),
            addresses: Mutex::default(),
            ports: Mutex::new(ports),
            secrets: Mutex::new(secrets),
            prepared: Mutex::default(),
            mailboxes: Mutex::default(),
            helpers: Mutex::default(),
            started: Mutex::default(),
            ready: Arc::default(),
            installing: Semaphore::new(1),
        }
    }

    /// The model as it is now.
    pub(crate) fn app(&self) -> Arc<App> {
        Arc::clone(&lock(&self.app))
    }

    /// The model changed.
    pub(crate) fn set_app(&self, app: Arc<App>, only: BTreeSet<Name>) {
        *lock(&self.app) = app;
        *lock(&self.only) = only;
        self.note();
    }

    /// The services and resources that run.
    pub(crate) fn only(&self) -> BTreeSet<Name> {
        lock(&self.only).clone()
    }

    /// Where logs are kept.
    pub(crate) fn logs(&self) -> PathBuf {
        self.state.root().join("logs")
    }

    /// What runs the commands of the set-up.
    pub(crate) fn tasks(&self) -> ShimTasks {
        ShimTasks {
            launcher: self.supervisor.launcher().clone(),
            run: self.run.clone(),
            logs: self.logs(),
            secrets: self.made_up_secrets(),
        }
    }

    /// Every secret that was made up for this worktree.
    pub(crate) fn made_up_secrets(&self) -> Vec<String> {
        lock(&self.secrets).values().map(str::to_owned).collect()
    }

    /// Hands out ports.
    pub(crate) fn ports(&self) -> MutexGuard<'_, Ports> {
        lock(&self.ports)
    }

    /// Makes up and remembers secrets.
    pub(crate) fn secrets(&self) -> MutexGuard<'_, Secrets> {
        lock(&self.secrets)
    }

    /// Resources that were prepared.
    pub(crate) fn prepared(&self) -> BTreeMap<Name, Arc<Prepared>> {
        lock(&self.prepared).clone()
    }

    /// A resource was prepared.
    pub(crate) fn set_prepared(&self, name: &Name, prepared: Arc<Prepared>) {
        lock(&self.prepared).insert(name.clone(), prepared);
    }

    /// Mailboxes of mail catchers, by resource.
    pub(crate) fn mailboxes(&self) -> BTreeMap<String, Arc<Mailbox>> {
        lock(&self.mailboxes).clone()
    }

    /// A mail catcher runs.
    pub(crate) fn add_mailbox(&self, name: &str, mailbox: Arc<Mailbox>) {
        lock(&self.mailboxes).insert(name.to_owned(), mailbox);
    }

    /// What is known of each member.
    pub(crate) fn facts(&self) -> BTreeMap<String, Facts> {
        lock(&self.facts).clone()
    }

    /// What is known of a member.
    pub(crate) fn facts_of(&self, name: &str) -> Option<Facts> {
        lock(&self.facts).get(name).cloned()
    }

    /// Changes what is known of a member.
    pub(crate) fn update(&self, name: &str, change: impl FnOnce(&mut Facts)) {
        change(lock(&self.facts).entry(name.to_owned()).or_default());
        self.note();
    }

    /// Forgets a member, and what is wrong with it alone.
    pub(crate) fn forget(&self, name: &str) {
        lock(&self.facts).remove(name);
        lock(&self.problems).retain(|_, problem| problem.members != [name]);
        self.note();
    }

    /// Sets the phase of a member that is no process.
    pub(crate) fn set_phase(&self, name: &str, phase: Phase, detail: &str) {
        self.supervisor.board().update(name, |status| {
            status.phase = phase;
            detail.clone_into(&mut status.detail);
        });
    }

    /// A step of the set-up failed: shown with what it wrote.
    pub(crate) fn fail_step(&self, id: &str, error: &seaworthy_provision::Error) {
        let (cause, output) = match error {
            seaworthy_provision::Error::Failed { tail, status, .. } => {
                let cause =
                    cause(tail.iter().map(String::as_str)).map_or_else(|| status.clone(), |cause| cause.line);
                (cause, tail.iter().map(|line| strip(line).into_owned()).collect())
            }
            other => (other.to_string(), Vec::new()),
        };
        self.steps.fail(id, &cause, output);
    }

    /// Starts a process, or starts it anew where it is another one now. What runs already and would run as it does is
    /// left alone: a lockfile that an install wrote is no reason to stop what it was written for.
    pub(crate) fn keep_running(&self, definition: Definition) {
        let name = &definition.spec.name;
        let is_same = lock(&self.started).get(name) == Some(&definition);
        if !is_same || !self.is_up(name) {
            self.run_process(definition);
        }
    }

    /// The port that a process was given which runs, or is about to.
    pub(crate) fn running_port(&self, name: &str) -> Option<u16> {
        let port = lock(&self.started).get(name)?.port;
        port.filter(|_| self.is_up(name))
    }

    fn is_up(&self, name: &str) -> bool {
        let phase = self.supervisor.board().get(name).map(|status| status.phase);
        matches!(phase, Some(Phase::Waiting | Phase::Starting | Phase::Ready | Phase::Unready))
    }

    /// What it read when it was started may be another thing now: it is not left alone the next time.
    pub(crate) fn outdate(&self, name: &str) {
        lock(&self.started).remove(name);
    }

    /// Adds or changes a process and starts it, or starts it anew.
    pub(crate) fn run_process(&self, definition: Definition) {
        let name = definition.spec.name.clone();
        lock(&self.started).insert(name.clone(), definition.clone());
        if let Err(error) = self.supervisor.add(vec![definition]) {
            return self.set_phase(&name, Phase::Failed, &error.to_string());
        }
        if !self.is_up(&name) {
            // It is on its way from now on, though its own task has yet to say so.
            self.set_phase(&name, Phase::Waiting, "");
        }
        // It was added just now.
        let _ = self.supervisor.restart(&name);
    }

    /// Something a person should act on; one of the same key is replaced.
    pub(crate) fn add_problem(&self, key: &str, problem: ProblemView) {
        lock(&self.problems).insert(key.to_owned(), problem);
        self.note();
    }

    /// It was acted on.
    pub(crate) fn clear_problem(&self, key: &str) {
        if lock(&self.problems).remove(key).is_some() {
            self.note();
        }
    }

    /// All whose key begins like this were acted on, or are said again.
    pub(crate) fn clear_problems(&self, prefix: &str) {
        lock(&self.problems).retain(|key, _| !key.starts_with(prefix));
        self.note();
    }

    /// The work behind a gate ended, well or not. If well, what was said under the gate's name holds no more.
    pub(crate) fn decide(&self, gate: &str, passed: bool) {
        self.gates.decide(gate, passed);
        if passed {
            self.clear_problem(gate);
        }
    }

    /// All that a person should act on.
    pub(crate) fn problems(&self) -> Vec<ProblemView> {
        lock(&self.problems).values().cloned().collect()
    }

    /// Remembers a save.
    pub(crate) fn add_save(&self, save: SaveView) {
        let mut saves = lock(&self.saves);
        saves.push_front(save);
        saves.truncate(SAVES);
        drop(saves);
        self.note();
    }

    /// Changes the latest save of a member.
    pub(crate) fn update_save(&self, member: &str, at: &str, change: impl FnOnce(&mut SaveView)) {
        let mut saves = lock(&self.saves);
        if let Some(save) = saves.iter_mut().find(|save| save.member == member && save.at == at) {
            change(save);
        }
        drop(saves);
        self.note();
    }

    /// Saves, newest first.
    pub(crate) fn saves(&self) -> Vec<SaveView> {
        lock(&self.saves).iter().cloned().collect()
    }

    /// The environment that a service was given, over that of this process.
    pub(crate) fn process_environment(&self, name: &str) -> BTreeMap<String, String> {
        let given = self.facts_of(name).map(|facts| facts.environment).unwrap_or_default();
        let given = given.into_iter().filter_map(|variable| Some((variable.name, variable.value?)));
        own_environment().into_iter().chain(given).collect()
    }

    /// Changes with every change that is neither of a status nor of a step.
    pub(crate) fn noted(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn note(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// The proxy's port.
    pub(crate) fn set_port(&self, port: u16) {
        lock(&self.addresses).port = Some(port);
        self.note();
    }

    /// The proxy's port.
    pub(crate) fn port(&self) -> Option<u16> {
        lock(&self.addresses).port
    }

    /// Where the dashboard is.
    pub(crate) fn set_dashboard_url(&self, url: &str) {
        lock(&self.addresses).dashboard_url = Some(url.to_owned());
        self.note();
    }

    /// Where the dashboard is.
    pub(crate) fn dashboard_url(&self) -> Option<String> {
        lock(&self.addresses).dashboard_url.clone()
    }

    /// The app's name in addresses.
    pub(crate) fn host_name(&self) -> String {
        self.app().name.get().map_or("app", Name::as_str).to_owned()
    }

    /// What is served over HTTP.
    pub(crate) fn served(&self) -> Vec<Served> {
        lock(&self.facts).values().filter_map(|facts| facts.served.clone()).collect()
    }

    /// Where the app is found; `None` while nothing of it is served.
    pub(crate) fn url(&self) -> Option<String> {
        let port = self.port()?;
        let served = self.served();
        front(&served)?;
        Some(format!("http://{}.localhost:{port}", self.host_name()))
    }

    /// Owns a task until the run ends; it is told by `true` to end and then awaited.
    pub(crate) fn own(&self, stop: watch::Sender<bool>, task: JoinHandle<()>) {
        lock(&self.helpers).push((stop, task));
    }

    /// Ends the tasks that are owned.
    pub(crate) async fn stop_helpers(&self) {
        let helpers = std::mem::take(&mut *lock(&self.helpers));
        for (stop, _) in &helpers {
            stop.send_replace(true);
        }
        for (_, task) in helpers {
            let _ = task.await;
        }
    }
}

/// What is locked here is whole whatever a holder of the lock did.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
