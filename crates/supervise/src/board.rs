//! What is known of every process at this moment: the one place that dependencies, the terminal and the API read.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use seaworthy_model::Condition;
use tokio::sync::{broadcast, watch};

use crate::exit::Exit;
use crate::machine::Phase;
use crate::notice::Notice;
use crate::sighting::Sighted;

/// What is known of one process.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Where it is in its life.
    pub phase: Phase,
    /// Since when.
    pub since: Timestamp,
    /// Why it is there, where the phase does not say it all: what it waits for, why it is not ready, how it ended.
    pub detail: String,
    /// Its process id, while it runs.
    pub pid: Option<i32>,
    /// The process id of its shim, while it runs.
    pub shim: Option<i32>,
    /// When it was started the last time.
    pub started: Option<Timestamp>,
    /// How long it took from the last order to start until it was ready.
    pub ready_after: Option<Duration>,
    /// How often it was started again after it had ended by itself.
    pub restarts: u32,
    /// How it ended the last time.
    pub last_exit: Option<Exit>,
    /// The first error it wrote before it ended the first time in a row.
    pub cause: Option<String>,
    /// The port it listens on, as far as known.
    pub port: Option<u16>,
    /// Where it answered its probe.
    pub address: Option<SocketAddr>,
    /// Why limits that were asked for do not hold.
    pub unlimited: Option<String>,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            phase: Phase::Stopped,
            since: Timestamp::now(),
            detail: String::new(),
            pid: None,
            shim: None,
            started: None,
            ready_after: None,
            restarts: 0,
            last_exit: None,
            cause: None,
            port: None,
            address: None,
            unlimited: None,
        }
    }
}

impl Status {
    /// Whether a condition of Compose holds of it.
    pub fn meets(&self, condition: Condition) -> bool {
        match condition {
            Condition::ServiceStarted => {
                self.pid.is_some() || matches!(self.phase, Phase::Ready | Phase::Completed)
            }
            Condition::ServiceHealthy => self.phase == Phase::Ready,
            Condition::ServiceCompletedSuccessfully => self.phase == Phase::Completed,
        }
    }
}

/// Notices that wait for a slow listener; older ones are dropped, which the listener is told.
const MOST_NOTICES: usize = 1024;

/// Sightings that wait for a slow listener. Probes look often while a process starts.
const MOST_SIGHTINGS: usize = 4096;

/// Statuses by name.
#[derive(Clone)]
pub struct Board(Arc<Inner>);

struct Inner {
    statuses: Mutex<BTreeMap<String, Status>>,
    changes: watch::Sender<u64>,
    wrote: watch::Sender<u64>,
    notices: broadcast::Sender<Notice>,
    sightings: broadcast::Sender<Sighted>,
}

impl Default for Board {
    fn default() -> Self {
        Self(Arc::new(Inner {
            statuses: Mutex::default(),
            changes: watch::Sender::new(0),
            wrote: watch::Sender::new(0),
            notices: broadcast::Sender::new(MOST_NOTICES),
            sightings: broadcast::Sender::new(MOST_SIGHTINGS),
        }))
    }
}

impl Board {
    /// The status of a process.
    pub fn get(&self, name: &str) -> Option<Status> {
        self.statuses().get(name).cloned()
    }

    /// Every status.
    pub fn all(&self) -> BTreeMap<String, Status> {
        self.statuses().clone()
    }

    /// Changes with every change of a status.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// Changes when any process wrote to its log.
    pub fn wrote(&self) -> watch::Receiver<u64> {
        self.0.wrote.subscribe()
    }

    /// What people should hear about from now on.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.0.notices.subscribe()
    }

    /// What is seen of every process from now on. Whoever judges a process listens before it is started; a listener that is
    /// too slow is told that it missed something, and must then take what it judges for unknown.
    pub fn sightings(&self) -> broadcast::Receiver<Sighted> {
        self.0.sightings.subscribe()
    }

    /// Tells what was seen.
    pub(crate) fn sight(&self, sighted: Sighted) {
        // Nobody listens while nothing is judged.
        let _ = self.0.sightings.send(sighted);
    }

    /// Changes a status, which is made when there is none of this name. Tells others only when it really changed.
    pub fn update(&self, name: &str, change: impl FnOnce(&mut Status)) {
        {
            let mut statuses = self.statuses();
            let status = statuses.entry(name.to_owned()).or_default();
            let before = status.clone();
            change(status);
            if status.phase != before.phase {
                status.since = Timestamp::now();
            }
            if *status == before {
                return;
            }
        }
        self.0.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Forgets a process.
    pub fn remove(&self, name: &str) {
        self.statuses().remove(name);
        self.0.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Tells people.
    pub fn tell(&self, notice: Notice) {
        // Nobody listens while nothing is shown.
        let _ = self.0.notices.send(notice);
    }

    /// A process wrote.
    pub fn note_writing(&self) {
        self.0.wrote.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Those of `needs` that do not hold, with what is known of them.
    pub(crate) fn unmet(&self, needs: &[(String, Condition)]) -> Vec<String> {
        let statuses = self.statuses();
        needs
            .iter()
            .filter(|(name, condition)| !statuses.get(name).is_some_and(|status| status.meets(*condition)))
            .map(|(name, _)| match statuses.get(name).map(|status| status.phase) {
                Some(phase @ (Phase::Failed | Phase::CrashLoop | Phase::Stopped | Phase::Unready)) => {
                    format!("{name} ({})", phase.as_str())
                }
                _ => name.clone(),
            })
            .collect()
    }

    fn statuses(&self) -> MutexGuard<'_, BTreeMap<String, Status>> {
        // Each status is whole whatever a holder of the lock did.
        self.0.statuses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
