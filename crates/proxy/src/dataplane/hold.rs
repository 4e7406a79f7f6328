//! Requests that wait while nothing can answer them, for a bounded time and in bounded number.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::live::RouteState;
use super::worker::Shared;
use crate::table::Hold;

/// While an upstream refuses connections, it is tried again after 5 ms, then after twice as long, up to 100 ms.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LAST_PAUSE: Duration = Duration::from_millis(100);

/// One request that waits.
pub(crate) struct Waiter {
    state: Arc<RouteState>,
    tables: watch::Receiver<u64>,
    deadline: Instant,
    pause: Duration,
}

impl Waiter {
    /// Begins to wait, unless as many requests as may do so already.
    pub(crate) fn begin(hold: Hold, state: &Arc<RouteState>, shared: &Shared) -> Option<Self> {
        let more = |waiting: u32| (waiting < hold.max_requests).then_some(waiting + 1);
        state.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
        Some(Self {
            state: Arc::clone(state),
            tables: shared.changed.subscribe(),
            deadline: Instant::now() + hold.max_wait,
            pause: FIRST_PAUSE,
        })
    }

    /// Waits for another table. False where the time is up.
    pub(crate) async fn table(&mut self) -> bool {
        matches!(tokio::time::timeout_at(self.deadline, self.tables.changed()).await, Ok(Ok(())))
    }

    /// Waits for another table or until it is worth while to try to connect again. False where the time is up.
    pub(crate) async fn retry(&mut self) -> bool {
        let now = Instant::now();
        if now >= self.deadline {
            return false;
        }
        let until = (now + self.pause).min(self.deadline);
        self.pause = (self.pause * 2).min(LAST_PAUSE);
        // A table that came is as good a reason to try again as the time.
        let _ = tokio::time::timeout_at(until, self.tables.changed()).await;
        true
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.state.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}
