//! The upstreams that are known, and their idle connections.
//!
//! Every worker thread has connections of its own, so that no socket wanders between event loops and no lock is ever
//! waited for. The one used last is used next: the others grow old and are closed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;

use super::flight::Lanes;
use super::upstream::UpstreamConnection;
use crate::stats::Flight;
use crate::table::{Instance, UpstreamAddress};
use crate::wire::Settings;

type Idle = Vec<Box<UpstreamConnection>>;

/// One upstream. It lives as long as a table names it or a request uses it.
pub(crate) struct Upstream {
    /// Where it listens.
    pub(crate) address: UpstreamAddress,
    /// Its address as a `Host`, where routes want that.
    pub(crate) host: http::HeaderValue,
    /// One list per worker.
    idle: Box<[Mutex<Idle>]>,
    keep: usize,
    timeout: Duration,
    /// What is under way.
    pub(crate) lanes: Lanes,
    /// When it was started, in milliseconds since 1970; 0 where nobody said.
    born: AtomicU64,
}

impl Upstream {
    fn new(address: &UpstreamAddress, workers: usize, settings: &Settings) -> Self {
        let host = match address {
            UpstreamAddress::Tcp(address) => address.to_string(),
            UpstreamAddress::Unix(_) => "localhost".to_owned(),
        };
        Self {
            address: address.clone(),
            host: http::HeaderValue::from_str(&host).unwrap_or(http::HeaderValue::from_static("localhost")),
            idle: (0..workers).map(|_| Mutex::default()).collect(),
            keep: settings.idle_upstream_connections,
            timeout: settings.idle_upstream_timeout,
            lanes: Lanes::new(workers),
            born: AtomicU64::new(0),
        }
    }

    /// When it was started, in milliseconds since 1970.
    pub(crate) fn born(&self) -> Option<u64> {
        Some(self.born.load(Ordering::Relaxed)).filter(|born| *born > 0)
    }

    fn list(&self, worker: usize) -> std::sync::MutexGuard<'_, Idle> {
        // A panic while the list was held leaves a list all the same.
        self.idle[worker].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An idle connection that is still open.
    pub(crate) fn checkout(&self, worker: usize) -> Option<Box<UpstreamConnection>> {
        loop {
            let mut connection = self.list(worker).pop()?;
            if connection.is_usable() && !self.expired(&connection) {
                return Some(connection);
            }
        }
    }

    /// Gives a connection back after its answer is complete. One that is not ready for another request is closed.
    /// Says whether it is now the only idle one, so that sweeping has to begin.
    pub(crate) fn checkin(&self, worker: usize, mut connection: Box<UpstreamConnection>) -> bool {
        if !connection.is_usable() {
            return false;
        }
        connection.reused = true;
        connection.idle_since = Instant::now();
        let mut list = self.list(worker);
        if list.len() < self.keep {
            list.push(connection);
        }
        list.len() == 1
    }

    fn expired(&self, connection: &UpstreamConnection) -> bool {
        let timeout = connection.keep_alive.map_or(self.timeout, |said| said.min(Duration::from_mins(1)));
        connection.idle_since.elapsed() >= timeout
    }

    /// Closes what is too old or was closed by the other side. Says whether any are left.
    fn sweep(&self, worker: usize) -> bool {
        let mut list = self.list(worker);
        list.retain_mut(|connection| !self.expired(connection) && connection.is_usable());
        if list.is_empty() {
            list.shrink_to_fit();
        }
        !list.is_empty()
    }
}

/// All upstreams by the name of their group and their address, so that a new table finds the connections of the old one,
/// and an address that another release gets is not taken for what it was.
#[derive(Default)]
pub(crate) struct Upstreams {
    known: Mutex<HashMap<(String, UpstreamAddress), Weak<Upstream>>>,
    turn: AtomicUsize,
}

impl Upstreams {
    /// The upstream of an instance, made where it is not known.
    pub(crate) fn get(
        &self,
        group: &str,
        instance: &Instance,
        workers: usize,
        settings: &Settings,
    ) -> Arc<Upstream> {
        let key = (group.to_owned(), instance.address.clone());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let upstream = known.get(&key).and_then(Weak::upgrade).unwrap_or_else(|| {
            known.retain(|_, upstream| upstream.strong_count() > 0);
            let upstream = Arc::new(Upstream::new(&instance.address, workers, settings));
            known.insert(key, Arc::downgrade(&upstream));
            upstream
        });
        upstream.born.store(instance.born.unwrap_or(0), Ordering::Relaxed);
        upstream
    }

    /// Every upstream of a group, those included that no table names any more while a request is under way there.
    fn of(&self, group: &str) -> Vec<Arc<Upstream>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let of_group = known.iter().filter(|((name, _), _)| name == group);
        of_group.filter_map(|(_, upstream)| upstream.upgrade()).collect()
    }

    /// What is under way at a group.
    pub(crate) fn flight(&self, group: &str) -> Flight {
        let mut flight = Flight::default();
        self.of(group).iter().for_each(|upstream| flight += upstream.lanes.flight());
        flight
    }

    /// Ends the streams of a group, also those that requests under way are about to become. Says how many there were.
    pub(crate) fn end_streams(&self, group: &str) -> u64 {
        self.of(group).iter().map(|upstream| upstream.lanes.end_streams()).sum()
    }

    /// Sweeps the connections of one worker; says whether any are left.
    pub(crate) fn sweep(&self, worker: usize) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let upstreams: Vec<_> = known.values().filter_map(Weak::upgrade).collect();
        drop(known);
        upstreams.iter().filter(|upstream| upstream.sweep(worker)).count() > 0
    }

    /// A number that is another one every time, to take turns with.
    pub(crate) fn turn(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }
}
