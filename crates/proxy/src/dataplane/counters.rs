//! What is counted, cheaply: every worker thread has counters of its own per route, added up when someone asks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::histogram::Recorder;
use crate::stats::RouteStats;

/// What can happen to a request besides its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Incident {
    /// No upstream could be reached.
    Connect,
    /// The upstream did not answer in time.
    Timeout,
    /// The upstream broke off.
    Upstream,
    /// The client left.
    Aborted,
    /// It was sent a second time.
    Retry,
    /// It waited for a table or an upstream.
    Held,
}

const INCIDENTS: usize = 6;

/// The counters of one route and one worker.
#[derive(Default)]
pub(crate) struct Counters {
    requests: AtomicU64,
    finished: AtomicU64,
    status: [AtomicU64; 5],
    incidents: [AtomicU64; INCIDENTS],
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    latency: Recorder,
}

impl Counters {
    pub(crate) fn begin(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn answered(&self, status: u16, latency: Duration) {
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        self.status[class].fetch_add(1, Ordering::Relaxed);
        self.latency.record(latency);
    }

    pub(crate) fn incident(&self, incident: Incident) {
        self.incidents[incident as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn received(&self, bytes: u64) {
        self.bytes_in.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn end(&self, bytes_out: u64) {
        self.bytes_out.fetch_add(bytes_out, Ordering::Relaxed);
        self.finished.fetch_add(1, Ordering::Relaxed);
    }

    /// Adds what was counted so far to `stats`.
    pub(crate) fn add_to(&self, stats: &mut RouteStats) {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        // Finished first: a request that ends in between must not make fewer than none in flight.
        let finished = load(&self.finished);
        let requests = load(&self.requests);
        stats.requests += requests;
        stats.in_flight += requests.saturating_sub(finished);
        for (sum, class) in stats.status.iter_mut().zip(&self.status) {
            *sum += load(class);
        }
        let incident = |incident: Incident| load(&self.incidents[incident as usize]);
        stats.connect_errors += incident(Incident::Connect);
        stats.timeouts += incident(Incident::Timeout);
        stats.upstream_errors += incident(Incident::Upstream);
        stats.aborted += incident(Incident::Aborted);
        stats.retries += incident(Incident::Retry);
        stats.held += incident(Incident::Held);
        stats.bytes_in += load(&self.bytes_in);
        stats.bytes_out += load(&self.bytes_out);
        self.latency.add_to(&mut stats.latency);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_add_up() {
        let workers = [Counters::default(), Counters::default()];
        for worker in &workers {
            worker.begin();
            worker.begin();
            worker.answered(204, Duration::from_millis(3));
            worker.incident(Incident::Retry);
            worker.received(5);
            worker.end(7);
        }
        let mut stats = RouteStats::default();
        for worker in &workers {
            worker.add_to(&mut stats);
        }
        assert_eq!((stats.requests, stats.in_flight, stats.status), (4, 2, [0, 2, 0, 0, 0]));
        assert_eq!((stats.retries, stats.bytes_in, stats.bytes_out, stats.latency.count()), (2, 10, 14, 2));
        assert_eq!(stats.since(&stats).requests, 0);
    }
}
