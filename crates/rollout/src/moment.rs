//! Time as the caller tells it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time, in milliseconds on a clock of the caller's choice that never goes back.
///
/// The journal keeps moments across restarts, so the clock should be wall time held to rise (a clock set back stands
/// still until it has caught up), not time since boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub u64);

impl Moment {
    /// The moment `later` after this one.
    #[must_use]
    pub fn after(self, later: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(later.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The time that passed from `earlier` to this moment; zero if it is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// The whole second that this moment is in.
    pub fn second(self) -> u64 {
        self.0 / 1000
    }
}
