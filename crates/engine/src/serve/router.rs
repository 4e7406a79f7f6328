//! Keeps what the proxy is told true.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use seaworthy_model::Name;
use seaworthy_proxy::control::Proxy;
use seaworthy_proxy::stats::{AccessEvent, FailedRequest, Flight, RouteStats, SplitSecond, StatsReport};
use seaworthy_proxy::table::{RoutingTable, SplitTable, SplitTarget, Target};
use seaworthy_rollout::count::Second;
use tokio::sync::{Mutex, broadcast};

use super::host::Shared;
use super::place::Place;
use super::traffic::{self, Traffic};

/// The proxy, and the table that it serves.
pub(super) struct Router {
    served: Mutex<Option<Served>>,
    counts: broadcast::Sender<(String, Second)>,
    samples: broadcast::Sender<Arc<Samples>>,
}

impl Default for Router {
    fn default() -> Self {
        Self {
            served: Mutex::default(),
            counts: broadcast::Sender::new(COUNTS),
            samples: broadcast::Sender::new(16),
        }
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

    /// What these instances have under way.
    pub(super) async fn flight(&self, names: &[String]) -> Flight {
        let served = self.served.lock().await;
        let mut all = Flight::default();
        let Some(served) = served.as_ref() else { return all };
        for name in names {
            // A proxy that is gone has nothing under way.
            let flight = served.proxy.flight(name).await.unwrap_or_default();
            all.requests += flight.requests;
            all.streams += flight.streams;
        }
        all
    }

    /// Ends what lasts at these instances.
    pub(super) async fn end_streams(&self, names: &[String]) {
        let served = self.served.lock().await;
        let Some(served) = served.as_ref() else { return };
        for name in names {
            // A proxy that is gone has none.
            let _ = served.proxy.end_streams(name).await;
        }
    }

    /// Requests of an environment that the proxy counted since it started; `None` where there is no proxy.
    pub(super) async fn requests(&self, place: &Place) -> Option<u64> {
        let served = self.served.lock().await;
        let stats = served.as_ref()?.proxy.stats().await.ok()?;
        let prefix = place.prefix();
        let own = stats.routes.iter().filter(|(name, _)| name.starts_with(&prefix));
        Some(own.map(|(_, route)| route.requests).sum())
    }

    /// The proxy goes on believing in the canary of an environment.
    pub(super) async fn renew(&self, place: &Place, lease: Duration) -> Result<(), String> {
        let served = self.served.lock().await;
        let Some(served) = served.as_ref() else { return Ok(()) };
        served.proxy.renew_lease(&place.split_name(), lease).await.map_err(|error| error.to_string())
    }

    /// The requests of an environment's new release that failed, a few of them.
    pub(super) async fn evidence(&self, place: &Place) -> Vec<FailedRequest> {
        let served = self.served.lock().await;
        match served.as_ref() {
            Some(served) => served.proxy.evidence(&place.split_name()).await.unwrap_or_default(),
            None => Vec::new(),
        }
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

/// What an environment's routes did in a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sample {
    /// Requests that began.
    pub(super) requests: u32,
    /// Requests that failed on our side.
    pub(super) failed: u32,
}

/// By the name of the split.
pub(super) type Samples = BTreeMap<String, Sample>;

impl Router {
    /// What all environments' routes did, second by second.
    pub(super) fn samples(&self) -> broadcast::Receiver<Arc<Samples>> {
        self.samples.subscribe()
    }

    async fn stats(&self) -> Option<StatsReport> {
        self.served.lock().await.as_ref()?.proxy.stats().await.ok()
    }

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
    let mut splits = Vec::new();
    for ((app, name), entry) in &environments {
        let traffic = entry.place.traffic().clone();
        let split_name = entry.place.split_name();
        let split = |stable: Target, canary: Target| {
            Target::Split(Box::new(SplitTarget { split: split_name.clone(), stable, canary }))
        };
        routes.extend(traffic::routes(app, name, &traffic, is_only, split));
        splits.extend(split_of(&entry.place, &traffic));
    }
    let tls = shared.secured.tls();
    RoutingTable { generation, routes, splits, tls, ..RoutingTable::default() }
}

/// Who goes where in an environment, while there are two releases.
fn split_of(place: &Place, traffic: &Traffic) -> Option<SplitTable> {
    let canary = traffic.canary.as_ref().filter(|_| traffic.is_split())?;
    Some(SplitTable {
        name: place.split_name(),
        key: place.split_key(),
        stable: traffic.stable.release.clone()?,
        canary: canary.release.clone()?,
        weight: traffic.weight,
        lease: traffic.lease,
        expired: traffic.expired.clone(),
        // A host with a certificate is redirected to HTTPS: there is no other way to it.
        secure: traffic.domain.as_deref().is_some_and(|domain| place.host.secured.covers(domain)),
    })
}

/// What routes did between two reports, by environment: their names begin with it.
fn samples_since(before: &StatsReport, now: &StatsReport) -> Samples {
    let mut samples = Samples::new();
    let none = RouteStats::default();
    for (name, stats) in &now.routes {
        let Some((environment, _)) = name.rsplit_once('.') else { continue };
        let earlier = if before.pid == now.pid { before.routes.get(name).unwrap_or(&none) } else { &none };
        let since = stats.since(earlier);
        let sample = samples.entry(environment.to_owned()).or_default();
        let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        sample.requests = sample.requests.saturating_add(count(since.requests));
        sample.failed = sample.failed.saturating_add(count(since.status[4]));
    }
    samples
}

/// Tells the proxy whenever something changed, for as long as the host serves.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut seconds = shared.router.seconds().await;
    let mut before = shared.router.stats().await.unwrap_or_default();
    let mut sample = tokio::time::interval(Duration::from_secs(1));
    sample.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut changes = shared.changes();
    let mut statuses = shared.supervisor.board().changes();
    let mut listener = Listener::default();
    // What changed before anyone listened.
    let _ = shared.router.sync(&shared).await;
    loop {
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            changed = statuses.changed() => if changed.is_err() { return },
            heard = listener.next() => {
                remember(&shared, &heard);
                continue;
            }
            _ = sample.tick() => {
                listener.second(&shared.router).await;
                if let Some(stats) = shared.router.stats().await {
                    let samples = samples_since(&before, &stats);
                    before = stats;
                    // Nobody listens while nothing was shipped.
                    let _ = shared.router.samples.send(Arc::new(samples));
                }
                continue;
            }
            counted = next(&mut seconds) => {
                for counted in counted {
                    // Environments without a rollout do not listen.
                    let _ = shared.router.counts.send((counted.split, counted.second));
                }
                continue;
            }
        }
        // A proxy that is gone just now gets the table on its return; the next change tries again.
        let _ = shared.router.sync(&shared).await;
    }
}

impl Router {
    async fn accesses(&self) -> Option<broadcast::Receiver<Vec<AccessEvent>>> {
        self.served.lock().await.as_ref()?.proxy.watch_accesses().await.ok()
    }

    async fn seconds(&self) -> Option<broadcast::Receiver<Vec<SplitSecond>>> {
        let served = self.served.lock().await;
        served.as_ref()?.proxy.watch_seconds().await.ok()
    }
}

/// The next seconds that the proxy counted; never, where there is no proxy.
async fn next(seconds: &mut Option<broadcast::Receiver<Vec<SplitSecond>>>) -> Vec<SplitSecond> {
    match seconds {
        Some(receiver) => match receiver.recv().await {
            Ok(counted) => counted,
            // Some were missed: the judge goes by the others.
            Err(broadcast::error::RecvError::Lagged(_)) => Vec::new(),
            Err(broadcast::error::RecvError::Closed) => {
                *seconds = None;
                std::future::pending().await
            }
        },
        None => std::future::pending().await,
    }
}

/// Hears what users ask, as long as that is cheap: of many requests it takes a second now and then.
#[derive(Default)]
struct Listener {
    receiver: Option<broadcast::Receiver<Vec<AccessEvent>>>,
    /// Requests that were heard in this second.
    heard: usize,
    /// Seconds until it listens again.
    rest: u32,
}

impl Listener {
    /// More in a second are heard for that second only.
    const MANY: usize = 50;
    /// Seconds without listening after that.
    const REST: u32 = 15;

    /// A second passed.
    async fn second(&mut self, router: &Router) {
        if self.heard > Self::MANY {
            self.receiver = None;
            self.rest = Self::REST;
        }
        self.heard = 0;
        self.rest = self.rest.saturating_sub(1);
        if self.receiver.is_none() && self.rest == 0 {
            self.receiver = router.accesses().await;
        }
    }

    /// The next requests.
    async fn next(&mut self) -> Vec<AccessEvent> {
        let Some(receiver) = &mut self.receiver else { return std::future::pending().await };
        match receiver.recv().await {
            Ok(events) => {
                self.heard += events.len();
                events
            }
            Err(broadcast::error::RecvError::Lagged(_)) => Vec::new(),
            Err(broadcast::error::RecvError::Closed) => {
                self.receiver = None;
                Vec::new()
            }
        }
    }
}

/// Each environment remembers what its users asked for; routes are named after it and the service.
fn remember(shared: &Shared, events: &[AccessEvent]) {
    let environments = shared.environments();
    for event in events {
        let mut parts = event.route.splitn(3, '.');
        let (Some(app), Some(environment), Some(service)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let key = Name::parse(app).ok().zip(Name::parse(environment).ok());
        let Some(entry) = key.and_then(|key| environments.get(&key)) else { continue };
        let service = service.rsplit_once('@').map_or(service, |(service, _)| service);
        entry.place.recorded().add(service, event);
    }
}
