//! The time that counts are told with.

use std::time::{Duration, Instant, SystemTime};

use seaworthy_rollout::Moment;

/// Wall time when the process started, and from there on a clock that nobody sets: one that stood still until a clock
/// that was set back has caught up would keep the counts of a bad release from being told.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    wall: Moment,
    since: Instant,
}

impl Default for Clock {
    fn default() -> Self {
        Self { wall: Moment(unix_millis()), since: Instant::now() }
    }
}

impl Clock {
    pub(super) fn now(self) -> Moment {
        self.wall.after(self.since.elapsed())
    }

    /// Until the next second begins.
    pub(super) fn to_next_second(self) -> Duration {
        Duration::from_millis(1000 - self.now().0 % 1000)
    }
}

/// Wall time, as whoever starts instances reads it too.
pub(super) fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
