//! How much traffic an environment has, from the proxy's running totals.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What lies further back does not count.
const WINDOW: Duration = Duration::from_mins(2);

/// Totals of the last minutes.
#[derive(Debug, Default)]
pub(super) struct Rate(VecDeque<(Instant, u64)>);

impl Rate {
    /// So many requests were counted until `at`. Fewer than before: the proxy was started anew.
    pub(super) fn add(&mut self, at: Instant, requests: u64) {
        if self.0.back().is_some_and(|(_, before)| *before > requests) {
            self.0.clear();
        }
        self.0.push_back((at, requests));
        while self.0.front().is_some_and(|(first, _)| at.saturating_duration_since(*first) > WINDOW) {
            self.0.pop_front();
        }
    }

    /// Requests per second over the window, or as much of it as is known.
    pub(super) fn per_second(&self) -> f64 {
        let (Some((first, before)), Some((last, after))) = (self.0.front(), self.0.back()) else {
            return 0.0;
        };
        let seconds = last.saturating_duration_since(*first).as_secs_f64();
        if seconds < 1.0 {
            return 0.0;
        }
        // Totals of two minutes are far below what a u32 holds.
        f64::from(u32::try_from(after - before).unwrap_or(u32::MAX)) / seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_minutes_count() {
        let mut rate = Rate::default();
        let start = Instant::now();
        assert!(rate.per_second() < 0.01);
        for second in 0..300 {
            let requests = if second < 150 { second } else { 150 + (second - 150) * 10 };
            rate.add(start + Duration::from_secs(second), requests);
        }
        assert!((rate.per_second() - 10.0).abs() < 0.01, "{}", rate.per_second());
        rate.add(start + Duration::from_mins(5), 0);
        assert!(rate.per_second() < 0.01, "a new proxy counts from nothing");
    }
}
