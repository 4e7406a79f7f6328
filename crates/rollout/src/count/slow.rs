//! From which time on a request of a route is slow.

use std::time::Duration;

use crate::Moment;

/// Buckets for each doubling of the time.
const PER_DOUBLING: u32 = 8;
/// From 1 µs to about 70 minutes.
const BUCKETS: usize = 32 * PER_DOUBLING as usize;
/// Half of what "trailing" means.
const HALF: Duration = Duration::from_mins(5);
/// With fewer answers than this nothing is slow.
const ENOUGH: u32 = 100;

/// The trailing 95th percentile of a route's times in the stable arm: of the last five to ten minutes.
///
/// Kept by whoever sees the requests, one for each route; 2 KB. The line is drawn at the end of the bucket (9 % wide)
/// that holds the percentile, so a little less than 5 % of the stable arm's requests are beyond it.
#[derive(Clone, Debug)]
pub struct SlowLine {
    young: Box<[u32]>,
    old: Box<[u32]>,
    turned: Moment,
    line: Option<Duration>,
    unread: u32,
}

impl SlowLine {
    /// A line for a route that nothing is known of.
    pub fn new(now: Moment) -> Self {
        let empty: Box<[u32]> = vec![0; BUCKETS].into();
        Self { young: empty.clone(), old: empty, turned: now, line: None, unread: 0 }
    }

    /// Adds the time of an answer of the stable arm.
    pub fn add(&mut self, now: Moment, took: Duration) {
        if now.since(self.turned) >= HALF {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.fill(0);
            self.turned = now;
        }
        self.young[bucket(took)] += 1;
        self.unread += 1;
        // Not for each request: the percentile moves slowly.
        if self.unread >= 32 {
            self.unread = 0;
            self.line = self.percentile();
        }
    }

    /// An answer that took this long is slow.
    pub fn is_slow(&self, took: Duration) -> bool {
        self.line.is_some_and(|line| took > line)
    }

    /// The line, once enough answers are known.
    pub fn line(&self) -> Option<Duration> {
        self.line
    }

    fn percentile(&self) -> Option<Duration> {
        let all = || self.young.iter().zip(&self.old).map(|(young, old)| young.saturating_add(*old));
        let total: u64 = all().map(u64::from).sum();
        if total < u64::from(ENOUGH) {
            return None;
        }
        let mut beyond = total;
        all()
            .position(|count| {
                beyond -= u64::from(count);
                beyond * 20 <= total
            })
            .map(end_of)
    }
}

/// The bucket of a time: eighths of doublings above 1 µs, linear within a doubling.
fn bucket(took: Duration) -> usize {
    let micros = took.as_micros().clamp(1, u128::from(u32::MAX));
    let micros = u32::try_from(micros).unwrap_or(u32::MAX);
    let doubling = micros.ilog2();
    let within = (u64::from(micros - (1 << doubling)) * u64::from(PER_DOUBLING)) >> doubling;
    doubling as usize * PER_DOUBLING as usize + usize::try_from(within).unwrap_or(0)
}

/// The time at which a bucket ends.
fn end_of(bucket: usize) -> Duration {
    let (doubling, within) =
        (bucket as u64 / u64::from(PER_DOUBLING), bucket as u64 % u64::from(PER_DOUBLING));
    let start = 1_u64 << doubling;
    Duration::from_micros(start + (start * (within + 1)).div_ceil(u64::from(PER_DOUBLING)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_of_a_hundred_are_slow() {
        let mut line = SlowLine::new(Moment(0));
        for millis in (1..=100).cycle().take(6400) {
            line.add(Moment(0), Duration::from_millis(millis));
        }
        let drawn = line.line().unwrap();
        assert!(drawn >= Duration::from_millis(95) && drawn < Duration::from_millis(105), "{drawn:?}");
        assert!(line.is_slow(Duration::from_millis(200)) && !line.is_slow(Duration::from_millis(90)));
    }

    #[test]
    fn nothing_is_slow_before_enough_is_known_and_old_times_are_forgotten() {
        let mut line = SlowLine::new(Moment(0));
        for _ in 0..64 {
            line.add(Moment(0), Duration::from_millis(1));
        }
        assert!(!line.is_slow(Duration::from_secs(9)));
        for at in [0, 300_000, 600_000] {
            for _ in 0..320 {
                line.add(Moment(at), Duration::from_millis(if at == 0 { 1 } else { 50 }));
            }
        }
        assert!(!line.is_slow(Duration::from_millis(45)), "{:?}", line.line());
    }

    #[test]
    fn every_time_lies_in_its_bucket() {
        for micros in (0..40_000_u64).chain([u64::from(u32::MAX), u64::MAX / 2_000]) {
            let took = Duration::from_micros(micros);
            let bucket = bucket(took);
            assert!(bucket < BUCKETS);
            assert!(micros > u64::from(u32::MAX) || took <= end_of(bucket), "{micros}");
        }
    }
}
