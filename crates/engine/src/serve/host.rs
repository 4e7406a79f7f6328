//! What all environments of a host share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use seaworthy_ledger::Ledger;
use seaworthy_model::Name;
use seaworthy_provision::toolchain::Machine;
use seaworthy_supervise::spec::OnControlLoss;
use seaworthy_supervise::supervisor::Supervisor;
use tokio::sync::watch;

use super::clock::Clock;
use super::environment::Orders;
use super::https::Secured;
use super::layout::Layout;
use super::place::{Place, lock};
use super::router::Router;

/// One app in one environment, by name.
pub(super) type Key = (Name, Name);

/// What all environments of a host share.
pub(super) struct Shared {
    pub(super) layout: Layout,
    pub(super) ledger: Ledger,
    pub(super) supervisor: Supervisor,
    pub(super) machine: Machine,
    pub(super) clock: Clock,
    /// Names all that runs on this host for this state folder.
    pub(super) run: String,
    /// The machine's name.
    pub(super) hostname: String,
    pub(super) router: Router,
    /// What the proxy is told of TLS.
    pub(super) secured: Secured,
    environments: Mutex<BTreeMap<Key, Entry>>,
    http: Mutex<Option<u16>>,
    dashboard: Mutex<Option<u16>>,
    changed: watch::Sender<u64>,
}

/// An environment and the way to its task.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) place: Arc<Place>,
    pub(super) orders: Orders,
}

impl Shared {
    pub(super) fn new(
        layout: Layout,
        ledger: Ledger,
        supervisor: Supervisor,
        run: String,
        hostname: String,
    ) -> Self {
        Self {
            layout,
            ledger,
            supervisor,
            machine: Machine::this(),
            clock: Clock::default(),
            run,
            hostname,
            router: Router::default(),
            secured: Secured::default(),
            environments: Mutex::default(),
            http: Mutex::default(),
            dashboard: Mutex::default(),
            changed: watch::Sender::new(0),
        }
    }

    /// Something changed that the proxy or who looks on should know.
    pub(super) fn note(&self) {
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// What becomes of instances when this process is gone: they run on, and wait for the next one.
    pub(super) fn linger(&self) -> OnControlLoss {
        OnControlLoss::Linger { folder: self.layout.shims(), at_most: None }
    }

    /// Changes with everything that is told about this host.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The port of the proxy for plain HTTP.
    pub(super) fn http(&self) -> Option<u16> {
        *lock(&self.http)
    }

    /// The proxy listens there.
    pub(super) fn set_http(&self, port: u16) {
        *lock(&self.http) = Some(port);
    }

    /// The port of the dashboard.
    pub(super) fn dashboard(&self) -> Option<u16> {
        *lock(&self.dashboard)
    }

    /// The dashboard listens there.
    pub(super) fn set_dashboard(&self, port: u16) {
        *lock(&self.dashboard) = Some(port);
    }

    /// Every environment.
    pub(super) fn environments(&self) -> BTreeMap<Key, Entry> {
        lock(&self.environments).clone()
    }

    /// One environment.
    pub(super) fn environment(&self, app: &Name, environment: &Name) -> Option<Entry> {
        lock(&self.environments).get(&(app.clone(), environment.clone())).cloned()
    }

    /// One environment, made by `make` where it is new.
    pub(super) fn environment_or<E>(
        &self,
        app: &Name,
        environment: &Name,
        make: impl FnOnce() -> Result<Entry, E>,
    ) -> Result<Entry, E> {
        let mut environments = lock(&self.environments);
        let key = (app.clone(), environment.clone());
        if let Some(entry) = environments.get(&key) {
            return Ok(entry.clone());
        }
        let entry = make()?;
        environments.insert(key, entry.clone());
        Ok(entry)
    }
}
