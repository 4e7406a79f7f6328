//! One process over its whole life: carries out what the state machine says, and tells it what happens.

mod adoption;
mod probing;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use seaworthy_model::{Condition, Probe};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::board::Board;
use crate::instance::{Instance, Launcher};
use crate::log::cause::cause;
use crate::log::reader::{self, Cursor};
use crate::log::{Stream, reader::Page};
use crate::machine::{Backoff, Effect, Event, Machine, Phase, Restart};
use crate::notice::Notice;
use crate::probe::Outcome;
use crate::protocol::{Memory, Order, Report};
use crate::sighting::{Sighting, Witness};
use crate::spec::Spec;
use crate::survivor::Survivor;

/// All that is said about a process.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// What is started.
    pub spec: Spec,
    /// When it is started again.
    pub restart: Restart,
    /// How soon.
    pub backoff: Backoff,
    /// The port it is expected to listen on.
    pub port: Option<u16>,
    /// Whether it has started. Until it passes the others do not look.
    pub startup: Option<Probe>,
    /// Whether it takes work.
    pub readiness: Option<Probe>,
    /// The readiness probe was guessed: any answer below 500 will do, since the path may not be there.
    pub is_lenient: bool,
    /// Whether it must be restarted.
    pub liveness: Option<Probe>,
    /// What must hold of others before it starts.
    pub needs: Vec<(String, Condition)>,
}

/// After this long without being ready, people are told why.
const SLOW_AFTER: Duration = Duration::from_secs(30);

/// How long a process without probes, which failed before, has to run before it is taken to be ready.
const LASTING: Duration = Duration::from_secs(2);

/// How long it may listen on no port or another one before it is looked which.
const LOOK_FOR_PORT_AFTER: Duration = Duration::from_millis(700);

/// Bytes of log that are searched for the first error.
const CAUSE_BYTES: u64 = 4 << 20;

/// What others ask of a process.
#[derive(Debug)]
pub(crate) enum Wish {
    Start,
    Stop,
    Kill,
    Restart,
    /// From the next start on it is this.
    Define(Box<Definition>),
    /// It is left to the next control process.
    Detach,
}

/// The end of a process' queue that others hold. When all are dropped, the process is stopped.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(crate) wishes: mpsc::Sender<Wish>,
}

/// Runs a process until all handles to it are dropped and it has ended. One that runs already goes on.
pub(crate) fn spawn(
    definition: Definition,
    survivor: Option<Survivor>,
    launcher: Launcher,
    board: Board,
) -> (Handle, JoinHandle<()>) {
    let (sender, wishes) = mpsc::channel(16);
    let (ports, _) = watch::channel(definition.port);
    let name = definition.spec.name.clone();
    board.update(&name, |status| status.port = definition.port);
    let mut process = Process {
        machine: Machine::new(definition.restart, definition.backoff),
        witness: Witness::new(board.clone(), &name),
        name,
        running: Arc::new(definition.spec.clone()),
        definition,
        launcher,
        board,
        wishes,
        ports,
        wrote: watch::Sender::new(0),
        instance: None,
        probes: Probes::default(),
        waker: None,
        slow: None,
        lasted: None,
        port_look: None,
        dependencies: None,
        log_start: Cursor::default(),
        ordered: Some(Instant::now()),
        is_ending: false,
        is_detached: false,
        memory: Memory::default(),
        shown: None,
    };
    if let Some(survivor) = survivor {
        process.adopt(survivor);
    }
    (Handle { wishes: sender }, tokio::spawn(process.run()))
}

struct Process {
    name: String,
    definition: Definition,
    /// What the present instance was started as, or the last one.
    running: Arc<Spec>,
    machine: Machine,
    witness: Witness,
    launcher: Launcher,
    board: Board,
    wishes: mpsc::Receiver<Wish>,
    ports: watch::Sender<Option<u16>>,
    wrote: watch::Sender<u64>,
    instance: Option<Instance>,
    probes: Probes,
    waker: Option<Instant>,
    slow: Option<Instant>,
    /// When a process without probes, which failed before, has run for long enough to be ready.
    lasted: Option<Instant>,
    port_look: Option<Instant>,
    dependencies: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    log_start: Cursor,
    /// When the last order to start came; absent for an instance that ran already.
    ordered: Option<Instant>,
    /// No handle is left: it ends as soon as it does not run.
    is_ending: bool,
    /// The instance was left to the next control process.
    is_detached: bool,
    /// What the next control process has to know.
    memory: Memory,
    /// The phase and detail that people were told last.
    shown: Option<(Phase, String)>,
}

/// The probes that look at the moment.
#[derive(Default)]
struct Probes {
    startup: Option<Looking>,
    readiness: Option<Looking>,
    liveness: Option<Looking>,
}

/// A probe that looks; dropped, it ends.
struct Looking {
    task: JoinHandle<()>,
    answers: mpsc::Receiver<Outcome>,
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a process waits for, come true.
enum Woken {
    Wish(Option<Wish>),
    Report(Report),
    Unblocked,
    Timer,
    Lasted,
    Slow,
    LookForPort,
    Startup(Option<Outcome>),
    Readiness(Option<Outcome>),
    Liveness(Option<Outcome>),
}

impl Process {
    async fn run(mut self) {
        loop {
            if self.is_ending && !self.machine.phase().is_running() {
                return;
            }
            if self.is_detached {
                self.probes = Probes::default();
                if let Some(instance) = self.instance.take() {
                    instance.release().await;
                }
                return;
            }
            let woken = self.wait().await;
            self.take(woken);
        }
    }

    async fn wait(&mut self) -> Woken {
        tokio::select! {
            biased;
            wish = self.wishes.recv(), if !self.is_ending => Woken::Wish(wish),
            report = report(&mut self.instance) => Woken::Report(report),
            () = maybe(self.dependencies.as_mut()) => Woken::Unblocked,
            outcome = answer(&mut self.probes.startup) => Woken::Startup(outcome),
            outcome = answer(&mut self.probes.readiness) => Woken::Readiness(outcome),
            outcome = answer(&mut self.probes.liveness) => Woken::Liveness(outcome),
            () = at(self.waker) => Woken::Timer,
            () = at(self.port_look) => Woken::LookForPort,
            () = at(self.lasted) => Woken::Lasted,
            () = at(self.slow) => Woken::Slow,
        }
    }

    fn take(&mut self, woken: Woken) {
        match woken {
            Woken::Wish(Some(wish)) => self.take_wish(wish),
            Woken::Wish(None) => {
                self.is_ending = true;
                self.happen(&Event::Stop);
            }
            Woken::Report(report) => self.take_report(report),
            Woken::Unblocked => {
                self.dependencies = None;
                self.happen(&Event::Unblocked);
            }
            Woken::Timer => {
                self.waker = None;
                self.happen(&Event::Woken);
            }
            Woken::Lasted => {
                self.lasted = None;
                self.become_ready();
            }
            Woken::Slow => {
                self.slow = None;
                let detail = self.board.get(&self.name).map(|status| status.detail).unwrap_or_default();
                self.tell(format!("not ready after {} s: {detail}", SLOW_AFTER.as_secs()), None);
            }
            Woken::LookForPort => self.look_for_port(),
            Woken::Startup(outcome) => self.take_startup(outcome),
            Woken::Readiness(outcome) => self.take_readiness(outcome),
            Woken::Liveness(outcome) => {
                if let Some(Outcome::Failed(reason)) = outcome {
                    self.detail(format!("liveness: {reason}"));
                    self.happen(&Event::Unhealthy);
                }
            }
        }
    }

    fn take_wish(&mut self, wish: Wish) {
        match wish {
            Wish::Start => self.happen(&Event::Start),
            Wish::Stop => self.happen(&Event::Stop),
            Wish::Kill => {
                self.happen(&Event::Stop);
                if let Some(instance) = &mut self.instance {
                    instance.order(&Order::Kill);
                }
            }
            Wish::Restart => self.happen(&Event::Restart),
            Wish::Detach => self.detach(),
            Wish::Define(definition) => {
                self.ports.send_replace(definition.port);
                self.board.update(&self.name, |status| status.port = definition.port);
                self.definition = *definition;
            }
        }
    }

    /// Tells the machine, and does what it says.
    fn happen(&mut self, event: &Event) {
        let before = self.machine.phase();
        let effects = self.machine.on(event, Instant::now());
        if !matches!(self.machine.phase(), Phase::Restarting | Phase::CrashLoop) {
            self.waker = None;
        }
        if self.machine.phase() != Phase::Waiting {
            self.dependencies = None;
        }
        if self.machine.phase() != before {
            self.enter(before);
        }
        for effect in effects {
            match effect {
                Effect::AwaitDependencies => self.await_dependencies(),
                Effect::Launch => self.launch(),
                Effect::Stop => {
                    self.probes = Probes::default();
                    self.lasted = None;
                    if let Some(instance) = &mut self.instance {
                        instance.order(&Order::Stop);
                    }
                }
                Effect::WakeAfter(wait) => self.waker = Some(Instant::now() + wait),
            }
        }
    }

    /// The phase is a new one.
    fn enter(&mut self, before: Phase) {
        let phase = self.machine.phase();
        let restarts = self.machine.restarts();
        let mut ready_after = None;
        if phase == Phase::Ready {
            self.slow = None;
            self.port_look = None;
            if before == Phase::Starting {
                ready_after = self.ordered.map(|ordered| ordered.elapsed());
            }
            if !self.memory.was_ready {
                self.remember(|memory| memory.was_ready = true);
            }
        }
        if !phase.is_running() {
            self.slow = None;
            self.port_look = None;
        }
        self.board.update(&self.name, |status| {
            status.phase = phase;
            status.restarts = restarts;
            if phase == Phase::Ready {
                status.detail.clear();
                status.ready_after = ready_after.or(status.ready_after);
            }
        });
        match phase {
            Phase::Ready => self.tell(String::new(), ready_after),
            // Told with the reason, where that is known.
            Phase::Waiting | Phase::Unready | Phase::Restarting | Phase::CrashLoop | Phase::Failed => {}
            _ => self.tell(String::new(), None),
        }
    }

    fn await_dependencies(&mut self) {
        self.ordered = Some(Instant::now());
        self.board.update(&self.name, |status| status.cause = None);
        let (board, name, needs) = (self.board.clone(), self.name.clone(), self.definition.needs.clone());
        if board.unmet(&needs).is_empty() {
            self.detail(String::new());
            return self.happen(&Event::Unblocked);
        }
        self.dependencies = Some(Box::pin(async move {
            let mut changes = board.changes();
            loop {
                changes.mark_unchanged();
                let unmet = board.unmet(&needs);
                let detail =
                    if unmet.is_empty() { String::new() } else { format!("waits for {}", unmet.join(", ")) };
                board.update(&name, |status| status.detail = detail);
                if unmet.is_empty() || changes.changed().await.is_err() {
                    return;
                }
            }
        }));
    }

    fn launch(&mut self) {
        if self.machine.restarts() > 0
            || self.board.get(&self.name).is_some_and(|status| status.started.is_none())
        {
            self.ordered = Some(Instant::now());
        }
        // A log that cannot be read now is looked at from its beginning.
        self.log_start = reader::end(&self.definition.spec.log.path).unwrap_or_default();
        self.ports.send_replace(self.definition.port);
        self.running = Arc::new(self.definition.spec.clone());
        match self.launcher.launch(self.definition.spec.clone()) {
            Ok(instance) => {
                let shim = instance.shim();
                self.instance = Some(instance);
                let (restarts, failures) = (self.machine.restarts(), self.machine.failures());
                let port = self.definition.port;
                self.remember(|memory| *memory = Memory { restarts, failures, port, was_ready: false });
                self.board.update(&self.name, |status| {
                    status.shim = Some(shim);
                    status.started = Some(Timestamp::now());
                    status.address = None;
                });
            }
            Err(error) => self.fail(format!("no process could be made: {error}")),
        }
    }

    fn take_report(&mut self, report: Report) {
        match report {
            Report::Wrote => {
                self.wrote.send_modify(|count| *count = count.wrapping_add(1));
                self.board.note_writing();
            }
            Report::Started { pid, unlimited } => {
                if let Some(reason) = &unlimited {
                    self.tell(format!("runs without its limits: {reason}"), None);
                }
                self.board.update(&self.name, |status| {
                    status.pid = Some(pid);
                    status.unlimited = unlimited;
                });
                self.witness.tell(Sighting::Alive);
                self.happen(&Event::Started);
                if self.machine.phase() == Phase::Starting {
                    self.look();
                }
            }
            Report::Failed { reason } => self.fail(reason),
            Report::Exited { exit, left } => {
                self.end_instance();
                let was = self.machine.phase();
                let has_failed = was != Phase::Stopping;
                let cause = has_failed.then(|| self.cause()).flatten();
                self.happen(&Event::Exited(exit));
                // Of failures in a row the first one says most: the later ones may be its consequences.
                let is_first = self.machine.failures() <= 1;
                self.board.update(&self.name, |status| {
                    status.last_exit = Some(exit);
                    if has_failed && (is_first || status.cause.is_none()) {
                        status.cause = cause;
                    }
                });
                match self.machine.phase() {
                    Phase::Restarting | Phase::CrashLoop => self.witness.tell(Sighting::Restarted(exit)),
                    Phase::Failed | Phase::Completed => self.witness.tell(Sighting::Ended(exit)),
                    // It was asked to.
                    _ => {}
                }
                self.after_exit(&exit.to_string(), &left);
            }
        }
    }

    /// Says how it ended, where nobody asked it to.
    fn after_exit(&mut self, exit: &str, left: &[String]) {
        let mut text = match self.machine.phase() {
            Phase::Restarting | Phase::CrashLoop | Phase::Failed => exit.to_owned(),
            _ => return self.detail(String::new()),
        };
        if !left.is_empty() {
            text.push_str(" and left ");
            text.push_str(&left.join(", "));
            text.push_str(" running in the background, which was stopped: it must stay in the foreground");
        }
        if let Some(cause) = self.board.get(&self.name).and_then(|status| status.cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
        if let Some(waker) = self.waker {
            let wait = waker.saturating_duration_since(Instant::now());
            self.detail(text.clone());
            self.tell(format!("{text}; starts again in {:.1} s", wait.as_secs_f64()), None);
        } else {
            self.detail(text.clone());
            self.tell(text, None);
        }
    }

    fn fail(&mut self, reason: String) {
        self.end_instance();
        self.happen(&Event::LaunchFailed);
        self.detail(reason.clone());
        self.witness.tell(Sighting::NotStarted(reason.clone()));
        self.tell(reason, None);
    }

    fn end_instance(&mut self) {
        self.instance = None;
        self.probes = Probes::default();
        self.lasted = None;
        self.board.update(&self.name, |status| {
            status.pid = None;
            status.shim = None;
            status.unlimited = None;
        });
    }

    /// The first error that the instance wrote.
    fn cause(&self) -> Option<String> {
        let Page { records, .. } = reader::since(&self.running.log.path, self.log_start, CAUSE_BYTES).ok()?;
        let lines =
            records.iter().filter(|record| record.stream != Stream::Sea).map(|record| record.text.as_str());
        cause(lines).map(|cause| cause.line)
    }

    fn detail(&self, detail: String) {
        self.board.update(&self.name, |status| status.detail = detail);
    }

    fn tell(&mut self, text: String, after: Option<Duration>) {
        let phase = self.machine.phase();
        let shown = Some((phase, text.clone()));
        if self.shown == shown && after.is_none() {
            return;
        }
        self.shown = shown;
        self.board.tell(Notice { name: self.name.clone(), phase, text, after });
    }
}

async fn report(instance: &mut Option<Instance>) -> Report {
    match instance {
        Some(instance) => instance.report().await,
        None => std::future::pending().await,
    }
}

async fn answer(looking: &mut Option<Looking>) -> Option<Outcome> {
    match looking {
        Some(looking) => looking.answers.recv().await,
        None => std::future::pending().await,
    }
}

async fn maybe<F: Future<Output = ()>>(future: Option<F>) {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}
