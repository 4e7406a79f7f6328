//! Looks at a process again and again, and says when the answer changes.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use seaworthy_model::{Probe, ProbeAction};
use tokio::sync::{mpsc, watch as channel};

use super::log::LogProbe;
use super::schedule::{Cadence, Schedule};
use super::{Look, exec, http, tcp};
use crate::log::reader::Cursor;
use crate::proc;
use crate::sighting::{Sighting, Witness};
use crate::spec::Spec;

/// What is looked at.
#[derive(Clone)]
pub struct Subject {
    /// The process; exec probes run with its folder, environment and user.
    pub spec: std::sync::Arc<Spec>,
    /// The port it listens on; changes when it turns out to be another one.
    pub port: channel::Receiver<Option<u16>>,
    /// The shim that all of its processes descend from.
    pub tree: i32,
    /// Where its log ended when it was started.
    pub log_start: Cursor,
    /// Changes whenever it wrote.
    pub wrote: channel::Receiver<u64>,
    /// Any HTTP answer below 500 passes.
    pub is_lenient: bool,
    /// Who is told of every look; absent: nobody.
    pub witness: Option<Witness>,
}

/// Whether failures count before the first success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// They do not: the process is starting.
    UntilFirstSuccess,
    /// They do: it was ready before.
    None,
}

/// A connection that is refused costs next to nothing, so a port is looked at often until something listens: most often
/// in the first moments, when most of them are opened.
const EAGER_FOR_LISTENER: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(5)];
const FIRST_MOMENTS: Duration = Duration::from_millis(500);

/// A new answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It passes from now on; where it answered, for probes of the network.
    Passed(Option<SocketAddr>),
    /// It fails from now on, and why.
    Failed(String),
    /// It has not passed since the start; why the last look did not.
    NotYet(String),
}

/// The engine's defaults where the model says nothing: Kubernetes' thresholds, but looks every 5 s and 5 s for an
/// answer, since development servers compile on the first request.
fn cadence(probe: &Probe) -> Cadence {
    let given = |duration: Option<seaworthy_model::quantity::Duration>| duration.map(Duration::from);
    let is_exec = matches!(probe.action, ProbeAction::Exec(_));
    Cadence {
        period: given(probe.period).unwrap_or(Duration::from_secs(5)),
        // Starting a program costs more than asking the kernel or a server.
        eager: Duration::from_millis(if is_exec { 250 } else { 50 }),
        timeout: given(probe.timeout).unwrap_or(Duration::from_secs(5)),
        initial_delay: given(probe.initial_delay).unwrap_or_default(),
        failure_threshold: probe.failure_threshold.unwrap_or(3).max(1),
        success_threshold: probe.success_threshold.unwrap_or(1).max(1),
    }
}

/// Looks until it is dropped, and sends each new answer. `NotYet` is sent when its reason changes.
pub async fn watch(probe: Probe, patience: Patience, mut subject: Subject, answers: mpsc::Sender<Outcome>) {
    let cadence = cadence(&probe);
    let mut schedule = match patience {
        Patience::UntilFirstSuccess => Schedule::new(cadence),
        Patience::None => Schedule::steady(cadence),
    };
    let mut log = match &probe.action {
        ProbeAction::Log(pattern) => {
            match LogProbe::new(pattern, &subject.spec.log.path, subject.log_start) {
                Ok(log) => Some(log),
                Err(reason) => {
                    // A pattern that cannot be read never matches; there is nothing to look for again.
                    let _ = answers.send(Outcome::Failed(reason)).await;
                    return;
                }
            }
        }
        _ => None,
    };
    tokio::time::sleep(cadence.initial_delay).await;
    let mut not_yet = String::new();
    let began = Instant::now();
    let mut is_open = false;
    loop {
        let port = *subject.port.borrow_and_update();
        let look = match (&probe.action, &mut log) {
            (_, Some(log)) => log.look(),
            (ProbeAction::Exec(command), _) => exec::look(&subject.spec, command, cadence.timeout).await,
            (action, _) => network(action, port, subject.is_lenient, cadence.timeout).await,
        };
        // Before it ever answered, what answers may be somebody else who has its port.
        let stranger = match (look.address(), port) {
            (Some(_), Some(port)) if schedule.is_eager() => proc::stranger_on(port, subject.tree),
            _ => None,
        };
        let look = stranger.map_or(look, Look::Failed);
        if let Some(witness) = &subject.witness {
            if !is_open && (look.address().is_some() || matches!(look, Look::Wrong(..))) {
                is_open = true;
                witness.tell(Sighting::PortOpen);
            }
            // Until something listens it is looked hundreds of times a second.
            let is_told = schedule.is_eager() && matches!(&look, Look::Refused(reason) if *reason == not_yet);
            if !is_told {
                witness.tell(look.sighting());
            }
        }
        let is_refused = matches!(look, Look::Refused(_));
        let address = look.address();
        let answer = match (schedule.looked(look.is_passed()), look.reason()) {
            (Some(true), _) => Some(Outcome::Passed(address)),
            (Some(false), Some(reason)) => Some(Outcome::Failed(reason)),
            (None, Some(reason)) if schedule.is_eager() && reason != not_yet => {
                not_yet.clone_from(&reason);
                Some(Outcome::NotYet(reason))
            }
            _ => None,
        };
        if let Some(answer) = answer
            && answers.send(answer).await.is_err()
        {
            return;
        }
        let wait = schedule.next_wait();
        let for_listener = EAGER_FOR_LISTENER[usize::from(began.elapsed() > FIRST_MOMENTS)];
        let wait = if schedule.is_eager() && is_refused { wait.min(for_listener) } else { wait };
        if log.is_some() {
            // Lines are looked at when they come.
            let _ = subject.wrote.changed().await;
        } else if schedule.is_eager() {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                changed = subject.port.changed() => if changed.is_err() { return },
            }
        } else {
            tokio::time::sleep(wait).await;
        }
    }
}

async fn network(action: &ProbeAction, port: Option<u16>, is_lenient: bool, timeout: Duration) -> Look {
    let port = match action {
        ProbeAction::Tcp(port) if *port != 0 => Some(*port),
        _ => port,
    };
    let Some(port) = port else { return Look::Refused("it listens on no port yet".to_owned()) };
    match action {
        ProbeAction::Http(path) => http::look(port, path, is_lenient, timeout).await,
        _ => tcp::look(port, timeout).await,
    }
}
