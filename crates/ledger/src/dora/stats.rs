//! Median, spread and rates.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Serialize;

/// How durations are spread, in whole seconds; nothing when there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Times {
    /// How many durations.
    pub count: usize,
    /// A quarter is shorter.
    pub p25_seconds: Option<i64>,
    /// Half are shorter.
    pub median_seconds: Option<i64>,
    /// Three quarters are shorter.
    pub p75_seconds: Option<i64>,
}

/// How counts are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Counts {
    /// A quarter is lower.
    pub p25: f64,
    /// Half are lower.
    pub median: f64,
    /// Three quarters are lower.
    pub p75: f64,
}

/// Some of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// Of how many.
    pub of: u32,
    /// `count / of`, 0 to 1; none of nothing.
    pub rate: Option<f64>,
    /// The 95 % interval by Wilson: what the rate may be, given so few. A proportion has no quartiles.
    pub interval: Option<(f64, f64)>,
}

/// A quarter of the way that `quarters` says, between the two nearest values (Hyndman and Fan's type 7, that of
/// spreadsheets). In integers, so that hand-computed answers are met exactly.
fn quantile(sorted: &[i64], quarters: usize) -> Option<i64> {
    let position = sorted.len().checked_sub(1)? * quarters;
    let low = *sorted.get(position / 4)?;
    let high = sorted.get(position / 4 + 1).copied().unwrap_or(low);
    Some(low + (high - low) * i64::try_from(position % 4).unwrap_or(0) / 4)
}

impl Times {
    /// The spread of durations.
    pub fn of(durations: impl IntoIterator<Item = SignedDuration>) -> Self {
        let mut ms: Vec<i64> = durations
            .into_iter()
            .map(|duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 8))
            .collect();
        ms.sort_unstable();
        let seconds = |quarters| quantile(&ms, quarters).map(|ms| (ms + 500).div_euclid(1000));
        Self { count: ms.len(), p25_seconds: seconds(1), median_seconds: seconds(2), p75_seconds: seconds(3) }
    }
}

impl Counts {
    /// The spread of counts.
    pub fn of(counts: &[u32]) -> Self {
        // In quarters, in which every answer is whole.
        let mut quarters: Vec<i64> = counts.iter().map(|count| i64::from(*count) * 4).collect();
        quarters.sort_unstable();
        let value = |wanted| {
            let quarter = quantile(&quarters, wanted).unwrap_or(0);
            f64::from(i32::try_from(quarter).unwrap_or(i32::MAX)) / 4.0
        };
        Self { p25: value(1), median: value(2), p75: value(3) }
    }
}

impl Rate {
    /// `count` of `of`.
    pub fn new(count: u32, of: u32) -> Self {
        if of == 0 {
            return Self { count, of, rate: None, interval: None };
        }
        // Wilson, "Probable inference" (1927), with the 97.5 % point of the normal distribution.
        let z2 = 1.959_963_985_f64.powi(2);
        let n = f64::from(of);
        let p = f64::from(count) / n;
        let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = (z2 * (p * (1.0 - p) / n + z2 / (4.0 * n * n))).sqrt() / (1.0 + z2 / n);
        // Exactly 0 and 1 at the ends, where rounding would leave a trace.
        let low = if count == 0 { 0.0 } else { centre - half };
        let high = if count == of { 1.0 } else { centre + half };
        Self { count, of, rate: Some(p), interval: Some((low, high)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_lie_between_the_nearest_values() {
        let times = Times::of([1, 2, 3, 4].map(SignedDuration::from_hours));
        assert_eq!(
            (times.p25_seconds, times.median_seconds, times.p75_seconds),
            (Some(6300), Some(9000), Some(11700))
        );
        assert_eq!(Times::of([]).median_seconds, None);
        let counts = Counts::of(&[3, 0, 0, 1, 0, 2, 0]);
        assert_eq!((counts.p25, counts.median, counts.p75), (0.0, 0.0, 1.5));
    }

    /// 1 of 10: 0.0179 to 0.4042, as in the tables of the literature.
    #[test]
    fn few_deployments_leave_a_wide_interval() {
        let (low, high) = Rate::new(1, 10).interval.unwrap();
        assert!((low - 0.0179).abs() < 1e-4 && (high - 0.4042).abs() < 1e-4, "{low} {high}");
        assert_eq!(Rate::new(0, 0).rate, None);
        assert_eq!(Rate::new(0, 5).interval.map(|(low, _)| low), Some(0.0));
    }
}
