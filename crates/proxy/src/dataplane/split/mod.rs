//! Routes with two releases behind them: which one a request goes to, for how long, and what is counted of both.

mod clock;
mod cookies;
mod counts;
mod judged;
mod lease;
mod sorting;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use seaworthy_rollout::Weight;
use seaworthy_rollout::split::{Split, SplitKey};
use tokio::sync::Notify;

use self::clock::Clock;
pub(crate) use self::cookies::strip;
pub(crate) use self::counts::Counts;
pub(crate) use self::judged::{End, Judged};
use self::lease::Lease;
pub(crate) use self::sorting::Sorting;
use super::worker::Shared;
use crate::stats::SplitSecond;
use crate::table::SplitTable;

/// Seconds are told so long after their end.
const A_MOMENT: Duration = Duration::from_millis(2);

/// A split of the table in force.
pub(crate) struct LiveSplit {
    pub(crate) table: SplitTable,
    key: SplitKey,
    decides: Split,
    /// The same without weight, for when the lease is over.
    over: Split,
    pub(crate) lease: Lease,
    pub(crate) counts: Arc<Counts>,
}

impl LiveSplit {
    fn new(table: SplitTable, counts: Arc<Counts>) -> Arc<Self> {
        let key = table.key.key();
        let decides = Split::new(key.clone(), table.stable.clone(), table.canary.clone(), table.weight);
        let over = decides.clone().at(Weight::NONE);
        let lease = Lease::new(table.lease);
        Arc::new(Self { table, key, decides, over, lease, counts })
    }

    /// What decides now, and with which weight.
    fn in_force(&self) -> (&Split, Weight) {
        if self.lease.is_over() { (&self.over, Weight::NONE) } else { (&self.decides, self.table.weight) }
    }
}

/// What tables with splits are made live with, and what they leave behind.
#[derive(Default)]
pub(crate) struct Splits {
    clock: Clock,
    kept: Mutex<Kept>,
    watched: AtomicBool,
    /// There may be something to report where there was nothing before.
    arrived: Notify,
}

#[derive(Default)]
struct Kept {
    /// By name.
    live: HashMap<String, Arc<Counts>>,
    /// Of splits that ended while requests of theirs were under way.
    ended: Vec<Arc<Counts>>,
}

impl Splits {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the splits of a table live. Those that the table no longer has end.
    pub(crate) fn make_live(&self, tables: Vec<SplitTable>, workers: usize) -> Vec<Arc<LiveSplit>> {
        let mut kept = self.kept();
        let mut former = std::mem::take(&mut kept.live);
        let mut live = Vec::with_capacity(tables.len());
        for table in tables {
            let name = table.name.clone();
            let counts = match former.remove(&name) {
                Some(counts) if counts.canary == table.canary => counts,
                other => {
                    kept.ended.extend(other);
                    Arc::new(Counts::new(name.clone(), table.canary.clone(), workers, self.clock))
                }
            };
            kept.live.insert(name, Arc::clone(&counts));
            live.push(LiveSplit::new(table, counts));
        }
        kept.ended.extend(former.into_values());
        if !self.is_watched() {
            // Nobody will ask for what is over.
            kept.ended.clear();
        }
        drop(kept);
        self.arrived.notify_one();
        live
    }

    fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Acquire)
    }

    /// Whether counts are wanted. What is counted meanwhile waits.
    pub(crate) fn watch(&self, watched: bool) {
        self.watched.store(watched, Ordering::Release);
        self.arrived.notify_one();
    }

    /// What was counted and not reported yet: whole seconds, and of splits that ended everything. At the end of the
    /// process nothing is left out.
    pub(crate) fn report(&self, all: bool) -> Vec<SplitSecond> {
        if !self.is_watched() {
            return Vec::new();
        }
        let mut kept = self.kept();
        let mut seconds: Vec<_> = kept.live.values().flat_map(|counts| counts.take(all)).collect();
        kept.ended.retain(|counts| {
            // Looked at first: a request that ends after that is reported the next time.
            let last = Arc::strong_count(counts) == 1;
            seconds.extend(counts.take(true));
            !last
        });
        seconds
    }

    /// What splits that ended had left, for before the table is said to be in force that ended them.
    pub(crate) fn report_ended(&self) -> Vec<SplitSecond> {
        if !self.is_watched() {
            return Vec::new();
        }
        self.kept().ended.iter().flat_map(|counts| counts.take(true)).collect()
    }

    fn is_idle(&self) -> bool {
        let kept = self.kept();
        !self.is_watched() || kept.live.is_empty() && kept.ended.is_empty()
    }

    /// Returns a moment after the next second has begun, once there is something to report.
    pub(crate) async fn next_second(&self) {
        while self.is_idle() {
            self.arrived.notified().await;
        }
        tokio::time::sleep(self.clock.to_next_second() + A_MOMENT).await;
    }
}

/// Wakes requests that wait for a canary when its lease is over: what they wait for will not come. Those that do not
/// wait look at the lease themselves.
pub(crate) async fn watch_leases(shared: &Shared) {
    let mut tables = shared.changed.subscribe();
    loop {
        tables.borrow_and_update();
        let table = shared.table.load_full();
        let running = table.splits.iter().filter(|split| !split.lease.is_over());
        let next = running.clone().filter_map(|split| split.lease.left()).min();
        let before = running.count();
        let Some(next) = next else {
            if tables.changed().await.is_err() {
                return;
            }
            continue;
        };
        tokio::select! {
            () = tokio::time::sleep(next) => {
                if table.splits.iter().filter(|split| !split.lease.is_over()).count() < before {
                    shared.changed.send_replace(table.generation);
                }
            }
            changed = tables.changed() => if changed.is_err() { return },
        }
    }
}
