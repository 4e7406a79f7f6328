//! Durations counted in log-linear buckets: merged by adding, at most 1/16 off.
//!
//! The layout is that of HDR histograms with one significant hexadecimal digit: values below 16 µs have a bucket each,
//! and every doubling above is cut into 16 equal parts. A bucket is a number, so histograms of other threads, processes
//! and minutes add up bucket by bucket.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Parts of every doubling.
const PARTS: u64 = 16;
/// log2 of [`PARTS`].
const PART_BITS: u32 = 4;
/// Values from 2^36 µs (19 hours) on share the last bucket.
const HIGHEST_BIT: u32 = 35;
/// How many buckets there are.
pub const BUCKETS: usize = ((HIGHEST_BIT - PART_BITS + 2) as usize) << PART_BITS;

/// The bucket of a duration in microseconds.
fn bucket(micros: u64) -> usize {
    if micros < PARTS {
        return usize::try_from(micros).unwrap_or(0);
    }
    let bit = micros.ilog2();
    if bit > HIGHEST_BIT {
        return BUCKETS - 1;
    }
    let shift = bit - PART_BITS;
    let part = (micros >> shift) - PARTS;
    ((shift as usize + 1) << PART_BITS) + usize::try_from(part).unwrap_or(0)
}

/// The highest duration that a bucket counts, in microseconds.
fn upper(bucket: usize) -> u64 {
    let shift = bucket >> PART_BITS;
    let part = bucket as u64 % PARTS;
    if shift == 0 { part } else { ((PARTS + part + 1) << (shift - 1)) - 1 }
}

/// A histogram that many threads count into.
pub(crate) struct Recorder {
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Default for Recorder {
    fn default() -> Self {
        Self { buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(), sum: AtomicU64::new(0) }
    }
}

impl Recorder {
    /// Counts one duration.
    pub(crate) fn record(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.buckets[bucket(micros)].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(micros, Ordering::Relaxed);
    }

    /// Adds what was counted so far to a histogram.
    pub(crate) fn add_to(&self, histogram: &mut Histogram) {
        let counts = self.buckets.iter().enumerate();
        let counted =
            counts.map(|(at, count)| (at, count.load(Ordering::Relaxed))).filter(|(_, count)| *count > 0);
        let snapshot = Histogram {
            buckets: counted.map(|(at, count)| (u16::try_from(at).unwrap_or(u16::MAX), count)).collect(),
            sum_micros: self.sum.load(Ordering::Relaxed),
        };
        histogram.merge(&snapshot);
    }
}

/// A histogram at one moment, as it travels: only the buckets that counted something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    /// Number of the bucket and how many it counted, ascending.
    buckets: Vec<(u16, u64)>,
    /// The sum of all durations, in microseconds.
    sum_micros: u64,
}

impl Histogram {
    /// Adds another histogram to this one.
    pub fn merge(&mut self, other: &Self) {
        for &(bucket, count) in &other.buckets {
            match self.buckets.binary_search_by_key(&bucket, |entry| entry.0) {
                Ok(at) => self.buckets[at].1 += count,
                Err(at) => self.buckets.insert(at, (bucket, count)),
            }
        }
        self.sum_micros = self.sum_micros.wrapping_add(other.sum_micros);
    }

    /// What was counted since `earlier`, a former state of the same histogram. A histogram that has counted less than
    /// that began anew (its process was replaced), and all of it is since then.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        if self.count() < earlier.count() {
            return self.clone();
        }
        let before =
            |bucket| earlier.buckets.iter().find(|entry| entry.0 == bucket).map_or(0, |entry| entry.1);
        let buckets =
            self.buckets.iter().map(|&(bucket, count)| (bucket, count.saturating_sub(before(bucket))));
        Self {
            buckets: buckets.filter(|(_, count)| *count > 0).collect(),
            sum_micros: self.sum_micros.wrapping_sub(earlier.sum_micros),
        }
    }

    /// How many durations were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|entry| entry.1).sum()
    }

    /// The mean, or `None` where nothing was counted.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        self.sum_micros.checked_div(self.count()).map(Duration::from_micros)
    }

    /// The duration that `share` (0 to 1) of those counted do not exceed, rounded up to the end of its bucket, or `None`
    /// where nothing was counted.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let rank = (share.clamp(0.0, 1.0) * self.count() as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        self.buckets.iter().find_map(|&(bucket, count)| {
            seen += count;
            (seen >= rank).then(|| Duration::from_micros(upper(usize::from(bucket))))
        })
    }

    /// The buckets that counted something: the longest duration each takes, and how many it has.
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> + '_ {
        self.buckets.iter().map(|&(at, count)| (Duration::from_micros(upper(usize::from(at))), count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_at_most_a_sixteenth_below_the_end_of_its_bucket() {
        let mut micros = 0_u64;
        while micros < 1 << 36 {
            let end = upper(bucket(micros));
            assert!(
                end >= micros && end - micros <= micros / 16,
                "{micros} is in the bucket that ends at {end}"
            );
            micros += 1 + micros / 7;
        }
    }

    #[test]
    fn buckets_ascend_without_a_gap() {
        for at in 0..BUCKETS - 1 {
            assert_eq!(bucket(upper(at)), at);
            assert_eq!(bucket(upper(at) + 1), at + 1);
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_of_a_hundred_values() {
        let recorder = Recorder::default();
        for millis in 1..=100 {
            recorder.record(Duration::from_millis(millis));
        }
        let mut histogram = Histogram::default();
        recorder.add_to(&mut histogram);
        assert_eq!(histogram.count(), 100);
        let median = histogram.quantile(0.5).unwrap().as_micros();
        assert!((50_000..=53_200).contains(&median), "{median}");
        assert_eq!(histogram.mean().unwrap(), Duration::from_micros(50_500));
        assert_eq!(Histogram::default().quantile(0.5), None);
    }

    #[test]
    fn merging_adds_and_since_takes_away() {
        let recorder = Recorder::default();
        recorder.record(Duration::from_millis(1));
        let mut first = Histogram::default();
        recorder.add_to(&mut first);
        recorder.record(Duration::from_millis(9));
        let mut second = Histogram::default();
        recorder.add_to(&mut second);
        let between = second.since(&first);
        assert_eq!(between.count(), 1);
        let mut sum = first.clone();
        sum.merge(&between);
        assert_eq!(sum, second);
        assert_eq!(first.since(&second), first, "a histogram that began anew counts whole");
    }
}
