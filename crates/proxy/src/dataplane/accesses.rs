//! The live list of requests: a bounded queue that never makes a request wait.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::stats::AccessEvent;

/// Events that wait for the reader; more are dropped and counted.
const LIMIT: usize = 4096;

/// Events on their way to the control process.
#[derive(Default)]
pub(crate) struct Accesses {
    watched: AtomicBool,
    dropped: AtomicU64,
    waiting: Mutex<Vec<AccessEvent>>,
    arrived: Notify,
}

impl Accesses {
    /// Whether someone reads them; if not, none are made.
    pub(crate) fn watched(&self) -> bool {
        self.watched.load(Ordering::Relaxed)
    }

    pub(crate) fn watch(&self, watched: bool) {
        self.watched.store(watched, Ordering::Relaxed);
        if !watched {
            self.take();
        }
    }

    /// How many were dropped so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub(crate) fn push(&self, event: AccessEvent) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= LIMIT {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.push(event);
        let first = waiting.len() == 1;
        drop(waiting);
        if first {
            self.arrived.notify_one();
        }
    }

    /// What waits, oldest first.
    pub(crate) fn take(&self) -> Vec<AccessEvent> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns once there is something to take.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_reader_loses_events_and_is_told_how_many() {
        let accesses = Accesses::default();
        accesses.watch(true);
        let event = AccessEvent {
            at_millis: 0,
            route: String::new(),
            method: "GET".into(),
            path: "/".into(),
            status: 200,
            latency_micros: 0,
            duration_micros: 0,
            bytes_out: 0,
            request_id: String::new(),
        };
        for _ in 0..LIMIT + 5 {
            accesses.push(event.clone());
        }
        assert_eq!((accesses.take().len(), accesses.dropped()), (LIMIT, 5));
    }
}
