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
/// The longest pause after an upstream took a request and closed the connection without an answer, and how often such a
/// request is sent: within four seconds, since it may be the request itself that ends the upstream.
const LAST_BROKEN_PAUSE: Duration = Duration::from_secs(1);
const BROKEN_TRIES: u32 = 12;

/// The waits of one request, which end at one time however many they are.
pub(crate) struct Waiter {
    place: Option<Place>,
    state: Arc<RouteState>,
    hold: Hold,
    tables: watch::Receiver<u64>,
    deadline: Instant,
    pause: Duration,
    broken: u32,
}

/// One of the requests of a route that wait now.
struct Place(Arc<RouteState>);

impl Place {
    fn take(hold: Hold, state: &Arc<RouteState>) -> Option<Self> {
        let more = |waiting: u32| (waiting < hold.max_requests).then_some(waiting + 1);
        state.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
        Some(Self(Arc::clone(state)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Waiter {
    /// Begins to wait, unless as many requests as may do so already.
    pub(crate) fn begin(hold: Hold, state: &Arc<RouteState>, shared: &Shared) -> Option<Self> {
        Some(Self {
            place: Some(Place::take(hold, state)?),
            state: Arc::clone(state),
            hold,
            tables: shared.changed.subscribe(),
            deadline: Instant::now() + hold.max_wait,
            pause: FIRST_PAUSE,
            broken: 0,
        })
    }

    /// The request goes on and no longer takes a place among those that wait.
    pub(crate) fn goes_on(&mut self) {
        self.place = None;
    }

    /// The request waits again. False where there is no place for it.
    pub(crate) fn waits_again(&mut self) -> bool {
        if self.place.is_none() {
            self.place = Place::take(self.hold, &self.state);
        }
        self.place.is_some()
    }

    /// Waits for another table. False where the time is up.
    pub(crate) async fn table(&mut self) -> bool {
        matches!(tokio::time::timeout_at(self.deadline, self.tables.changed()).await, Ok(Ok(())))
    }

    /// Waits for another table or until it is worth while to try to connect again. False where the time is up.
    pub(crate) async fn retry(&mut self) -> bool {
        self.pause(LAST_PAUSE).await
    }

    /// Waits after a connection broke without an answer, for another table or until the request may be sent again. False
    /// where it was sent often enough or the time is up.
    pub(crate) async fn send_again(&mut self) -> bool {
        self.broken += 1;
        self.broken < BROKEN_TRIES && self.pause(LAST_BROKEN_PAUSE).await
    }

    async fn pause(&mut self, longest: Duration) -> bool {
        let now = Instant::now();
        if now >= self.deadline {
            return false;
        }
        let until = (now + self.pause).min(self.deadline);
        self.pause = (self.pause * 2).min(longest);
        // A table that came is as good a reason to try again as the time.
        let _ = tokio::time::timeout_at(until, self.tables.changed()).await;
        true
    }
}
