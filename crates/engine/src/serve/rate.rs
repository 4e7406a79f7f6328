//! How much traffic an environment has, from the proxy's running totals.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What lies further back does not count.
const WINDOW: Duration = Duration::from_mins(2);

/// Totals of the last minutes.
#[derive(Debug, Default)]
pub(super) struct Rate {
    totals: VecDeque<(Instant, u64)>,
    /// What the proxy said the last time.
    counted: Option<u64>,
    /// Over all proxies.
    total: u64,
}

impl Rate {
    /// The proxy counted so many requests until `at`. Fewer than before: it was started anew, and counts from nothing.
    pub(super) fn add(&mut self, at: Instant, requests: u64) {
        // What was counted before this began is of an unknown time.
        let before = self.counted.replace(requests).unwrap_or(requests);
        self.total += requests.checked_sub(before).unwrap_or(requests);
        self.totals.push_back((at, self.total));
        while self.totals.front().is_some_and(|(first, _)| at.saturating_duration_since(*first) > WINDOW) {
            self.totals.pop_front();
        }
    }

    /// Requests per second over the window, or as much of it as is known.
    pub(super) fn per_second(&self) -> f64 {
        let (Some((first, before)), Some((last, after))) = (self.totals.front(), self.totals.back()) else {
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
        for second in 300..360 {
            rate.add(start + Duration::from_secs(second), (second - 300) * 10);
        }
        assert!((rate.per_second() - 10.0).abs() < 0.1, "a new proxy: {}", rate.per_second());
        rate.add(start + Duration::from_mins(15), 590);
        assert!(rate.per_second() < 0.01, "nothing since");
    }
}
