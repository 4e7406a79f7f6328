//! The time that releases are told: wall time that never goes back.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use seaworthy_rollout::Moment;

/// Wall time in milliseconds; a clock that was set back stands still until it has caught up.
#[derive(Debug, Default)]
pub(super) struct Clock(AtomicU64);

impl Clock {
    /// Goes on from the last moment of a journal.
    pub(super) fn not_before(&self, moment: Moment) {
        self.0.fetch_max(moment.0, Ordering::Relaxed);
    }

    /// The time.
    pub(super) fn now(&self) -> Moment {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        Moment(self.0.fetch_max(now, Ordering::Relaxed).max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_still_rather_than_go_back() {
        let clock = Clock::default();
        let now = clock.now();
        let ahead = Moment(now.0 + 60_000);
        clock.not_before(ahead);
        assert_eq!(clock.now(), ahead);
        assert!(now > Moment(1_700_000_000_000));
    }
}
