//! What is counted of a split. Requests end on every thread and are counted in one place, since a session must not fail
//! twice; each thread hands over what it has when it is much, and everything is collected every second.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use seaworthy_rollout::count::{Ended, SlowLine, Tally};
use seaworthy_rollout::{Arm, Moment, ReleaseId};

use super::clock::Clock;
use crate::dataplane::live::RouteState;
use crate::stats::{FailedRequest, SplitSecond};

/// Ended requests that a thread keeps to itself.
const BATCH: usize = 64;
/// Sessions that are remembered for each kind of event, about 2 MB when all have had one.
const SESSIONS: usize = 1 << 16;
/// Failed requests of the canary that are kept: the last ones.
const SAMPLES: usize = 20;

/// A request that ended.
pub(super) struct Record {
    pub(super) route: Arc<RouteState>,
    /// From its head to the answer's, or to when the client left.
    pub(super) took: Duration,
    /// The arm gave an answer, be it a bad one.
    pub(super) answered: bool,
    /// Whether it was slow is found out here.
    pub(super) ended: Ended,
    pub(super) sample: Option<Box<FailedRequest>>,
}

/// What outlives a table under a split's name and canary.
pub(crate) struct Counts {
    pub(super) name: String,
    pub(super) canary: ReleaseId,
    clock: Clock,
    /// One per worker.
    batches: Box<[Mutex<Batch>]>,
    book: Mutex<Book>,
}

type Batch = Vec<(Moment, Record)>;

struct Book {
    tally: Tally,
    lines: HashMap<Box<str>, SlowLine>,
    failed: VecDeque<FailedRequest>,
}

impl Counts {
    pub(super) fn new(name: String, canary: ReleaseId, workers: usize, clock: Clock) -> Self {
        let book = Book { tally: Tally::new(SESSIONS), lines: HashMap::new(), failed: VecDeque::new() };
        Self {
            name,
            canary,
            clock,
            batches: (0..workers).map(|_| Mutex::default()).collect(),
            book: Mutex::new(book),
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Counts are whole after each request.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request that ended now on a worker.
    pub(super) fn record(&self, worker: usize, record: Record) {
        let mut batch = self.batches[worker].lock().unwrap_or_else(PoisonError::into_inner);
        // Within the lock: whoever collects knows that nothing older comes after it.
        batch.push((self.clock.now(), record));
        if batch.len() >= BATCH {
            self.book().enter(&mut batch);
        }
    }

    /// Brings the book up to date, and says up to when.
    fn collect(&self) -> (Moment, MutexGuard<'_, Book>) {
        let now = self.clock.now();
        for batch in &self.batches {
            let mut batch = batch.lock().unwrap_or_else(PoisonError::into_inner);
            if !batch.is_empty() {
                self.book().enter(&mut batch);
            }
        }
        (now, self.book())
    }

    /// The seconds that are over and were not taken yet; all of them, where no more are wanted.
    pub(super) fn take(&self, all: bool) -> impl Iterator<Item = SplitSecond> + use<'_> {
        let (now, mut book) = self.collect();
        let taken = book.tally.take(if all { Moment(u64::MAX) } else { now });
        let of_split = |second| SplitSecond { split: self.name.clone(), canary: self.canary.clone(), second };
        taken.into_iter().map(of_split)
    }

    /// The last requests of the canary that failed, oldest first.
    pub(crate) fn failed(&self) -> Vec<FailedRequest> {
        self.collect().1.failed.iter().cloned().collect()
    }
}

impl Book {
    fn enter(&mut self, batch: &mut Batch) {
        for (at, mut record) in batch.drain(..) {
            let line = match self.lines.get_mut(&*record.route.name) {
                Some(line) => line,
                None => self.lines.entry(record.route.name.clone()).or_insert_with(|| SlowLine::new(at)),
            };
            record.ended.slow = line.is_slow(record.took);
            if record.answered && record.ended.arm == Arm::Stable && !record.ended.fresh {
                line.add(at, record.took);
            }
            self.tally.record(at, &record.ended);
            if let Some(sample) = record.sample {
                if self.failed.len() >= SAMPLES {
                    self.failed.pop_front();
                }
                self.failed.push_back(*sample);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use seaworthy_rollout::count::{Failure, Stream};

    use super::*;

    fn counts() -> Counts {
        Counts::new("shop".into(), ReleaseId::new("r2"), 2, Clock::default())
    }

    fn record(route: &Arc<RouteState>, arm: Arm, session: u64, millis: u64, failed: bool) -> Record {
        let failure = failed.then_some(Failure::ServerError);
        let sample = FailedRequest {
            at_millis: session,
            route: route.name.to_string(),
            method: "GET".into(),
            path: "/".into(),
            status: 500,
            failure: Failure::ServerError,
            request_id: String::new(),
        };
        Record {
            route: Arc::clone(route),
            took: Duration::from_millis(millis),
            answered: true,
            ended: Ended { arm, session, fresh: false, failure, slow: false },
            sample: failed.then(|| Box::new(sample)),
        }
    }

    #[test]
    fn workers_share_what_a_session_did() {
        let (counts, route) = (counts(), Arc::new(RouteState::new("api", 2)));
        for worker in [0, 1, 0] {
            counts.record(worker, record(&route, Arm::Canary, 1, 1, true));
        }
        let taken: Vec<_> = counts.take(true).collect();
        let sum = |of: fn(&SplitSecond) -> u32| taken.iter().map(of).sum::<u32>();
        assert_eq!(sum(|taken| taken.second.canary.requests), 3);
        assert_eq!(sum(|taken| taken.second.canary.events[Stream::ServerError]), 1);
        assert_eq!(counts.take(true).count(), 0);
    }

    #[test]
    fn slow_is_what_the_stable_arm_of_the_route_hardly_ever_is() {
        let (counts, route) = (counts(), Arc::new(RouteState::new("api", 2)));
        for session in 0..400 {
            counts.record(0, record(&route, Arm::Stable, session, 10, false));
        }
        let other = Arc::new(RouteState::new("report", 2));
        counts.record(0, record(&route, Arm::Canary, 1000, 50, false));
        counts.record(0, record(&route, Arm::Canary, 1001, 10, false));
        counts.record(0, record(&other, Arm::Canary, 1002, 50, false));
        let slow: u32 = counts.take(true).map(|taken| taken.second.canary.events[Stream::Slow]).sum();
        assert_eq!(slow, 1);
    }

    #[test]
    fn the_last_failures_are_kept() {
        let (counts, route) = (counts(), Arc::new(RouteState::new("api", 2)));
        for session in 0..100 {
            counts.record(0, record(&route, Arm::Canary, session, 1, true));
        }
        let failed: Vec<u64> = counts.failed().iter().map(|failed| failed.at_millis).collect();
        assert_eq!(failed, (80..100).collect::<Vec<_>>());
    }
}
