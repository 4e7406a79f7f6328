//! Why the judge says what it says, as data.

use serde::{Deserialize, Serialize};

use super::verdict::Cause;
use crate::Moment;
use crate::count::Stream;

/// The state of a judgement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// What ended it, if anything did.
    pub cause: Option<Cause>,
    /// When the canary had its first event of a request.
    pub first_event: Option<Moment>,
    /// Evidence against the canary, all streams together, as an e-value: 1/alpha aborts.
    pub evidence: f64,
    /// The e-value at which it aborts.
    pub aborts_at: f64,
    /// Requests of the canary.
    pub requests: u64,
    /// Each stream.
    pub streams: Vec<StreamReport>,
    /// How the evidence went, oldest first.
    pub timeline: Vec<Point>,
}

/// The two numbers of a stream and what follows from them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamReport {
    /// Which.
    pub stream: Stream,
    /// The new release.
    pub canary: Rate,
    /// The release that served before.
    pub stable: Rate,
    /// How many times as high the odds of an event are in the canary, as measured; `None` when that cannot be said.
    pub odds_ratio: Option<f64>,
    /// What they are at most (the upper end of the confidence sequence).
    pub bound: Option<f64>,
    /// The stream's own evidence, as an e-value.
    pub evidence: f64,
    /// Sessions of the canary that had such an event.
    pub sessions: u64,
}

/// Events among what could have had one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// Events.
    pub events: u64,
    /// Requests of sessions that were not muted; instance-seconds for restarts.
    pub of: u64,
}

impl Rate {
    /// Events per exposure; 0 without any.
    #[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    pub fn share(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.events as f64 / self.of as f64 }
    }

    /// Odds of an event, with half an event added to both sides, so that no count is infinitely bad.
    #[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    pub(super) fn odds(self) -> f64 {
        (self.events as f64 + 0.5) / (self.of.saturating_sub(self.events) as f64 + 0.5)
    }
}

/// The evidence at one time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// When.
    pub at: Moment,
    /// All streams together, as an e-value.
    pub evidence: f64,
    /// The stream that adds most.
    pub stream: Stream,
}

/// The evidence over time in bounded memory: when it is full, every second point goes and points come half as often.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    points: Vec<Point>,
    every: u32,
    skipped: u32,
}

const POINTS: usize = 240;

impl Timeline {
    pub(super) fn new() -> Self {
        Self { points: Vec::new(), every: 1, skipped: 0 }
    }

    pub(super) fn add(&mut self, point: Point) {
        self.skipped += 1;
        if self.skipped < self.every {
            return;
        }
        self.skipped = 0;
        if self.points.len() >= POINTS {
            let mut keep = false;
            self.points.retain(|_| {
                keep = !keep;
                keep
            });
            self.every *= 2;
        }
        self.points.push(point);
    }

    pub(super) fn points(&self) -> &[Point] {
        &self.points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_fits() {
        let mut timeline = Timeline::new();
        for second in 0..86_400 {
            timeline.add(Point { at: Moment(second * 1000), evidence: 1.0, stream: Stream::Slow });
            assert!(timeline.points().len() <= POINTS);
        }
        assert_eq!(timeline.points()[0].at, Moment(0));
        assert!(timeline.points().len() >= POINTS / 2);
        assert!(timeline.points().is_sorted_by_key(|point| point.at));
    }

    #[test]
    fn rates() {
        assert!((Rate { events: 1, of: 4 }.share() - 0.25).abs() < 1e-12);
        assert!(Rate::default().share().abs() < 1e-12);
    }
}
