//! The e-process of one stream. `docs/src/judge.md` tells the mathematics.
//!
//! After M. Lindon, C. Sanden, V. Shirikian: Rapid Regression Detection in Software Deployments through Sequential
//! Testing, KDD 2022, doi:10.1145/3534678.3539099 (arXiv:2205.14762).

use std::sync::LazyLock;

use super::share::Weighed;

/// Alternatives of the test: the odds of an event in the canary are so many times those in the stable arm.
const ALTERNATIVES: usize = 13;
/// Points of the likelihood, for the bound.
const POINTS: usize = 56;
/// The lowest point and the distance of points, in logarithms of the odds ratio: from 1/8 to about 490.
const LOWEST: f64 = -2.08;
const STEP: f64 = 0.15;

/// Evidence that a stream's events fall into the canary more often than its exposure explains.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    /// Odds ratio that the null allows.
    tolerated: f64,
    /// Logarithm of the wealth of each alternative: of its likelihood ratio against the null, summed over starts.
    wealth: [f64; ALTERNATIVES],
    /// Weight that was not yet given to a start.
    unspent: f64,
    /// The e-value that follows from them.
    e_value: f64,
    /// How many later starts there were.
    starts: u32,
    /// Log-likelihood of each point, against odds ratio `tolerated`.
    likelihood: [f64; POINTS],
}

/// The part of the weight that is on a regression from the first request on; the rest is kept for later ones.
const FROM_THE_START: f64 = 0.9;

impl Evidence {
    pub(super) fn new(tolerated: f64) -> Self {
        Self {
            tolerated,
            wealth: WEIGHTED.map(|(_, weight)| (FROM_THE_START * weight).ln()),
            unspent: 1.0 - FROM_THE_START,
            e_value: 1.0,
            starts: 0,
            likelihood: [0.0; POINTS],
        }
    }

    /// Weighs events given the exposure that they had.
    pub(super) fn weigh(&mut self, weighed: &Weighed) {
        let (in_canary, in_stable) = (f64::from(weighed.events.0), f64::from(weighed.events.1));
        let events = in_canary + in_stable;
        let (canary, stable) = weighed.exposure;
        if events == 0.0 || canary <= 0.0 || stable <= 0.0 {
            return;
        }
        // The share at the edge of the null.
        let odds = self.tolerated * canary;
        let share = odds / (odds + stable);
        let ratio = |log_odds: f64| in_canary * log_odds - events * (share * (log_odds.exp() - 1.0)).ln_1p();
        for (wealth, (log_odds, _)) in self.wealth.iter_mut().zip(*WEIGHTED) {
            *wealth += ratio(log_odds);
        }
        for (point, likelihood) in self.likelihood.iter_mut().enumerate() {
            *likelihood += ratio(log_odds_at(point));
        }
        self.add_up();
    }

    /// Allows for a regression that begins now (a leak, a cache that ran full). To be called at set times.
    ///
    /// The j-th call spends 1/(j(j+1)) of what was kept back, which sums to all of it.
    pub(super) fn start_anew(&mut self) {
        self.starts += 1;
        let kept_back = 1.0 - FROM_THE_START;
        let spent = kept_back / (f64::from(self.starts) * f64::from(self.starts + 1));
        self.unspent = kept_back / f64::from(self.starts + 1);
        for (wealth, (_, weight)) in self.wealth.iter_mut().zip(*WEIGHTED) {
            *wealth = log_sum([*wealth, (spent * weight).ln()]);
        }
        self.add_up();
    }

    /// The e-value: under the null, the chance that it *ever* reaches x is at most 1/x.
    pub(super) fn e_value(&self) -> f64 {
        self.e_value
    }

    fn add_up(&mut self) {
        self.e_value = log_sum(self.wealth).exp() + self.unspent;
    }

    /// The upper end of a confidence sequence for the odds ratio: true at all times at once with chance 1 - `error`.
    /// `None` while nothing is excluded.
    pub(super) fn bound(&self, error: f64) -> Option<f64> {
        let mixture = log_sum(std::array::from_fn::<_, POINTS, _>(|point| {
            self.likelihood[point] + around_one(log_odds_at(point))
        })) - *AROUND_ONE;
        // A point is excluded when the mixture beats it by 1/error.
        let line = mixture + error.ln();
        let highest = self.likelihood.iter().rposition(|likelihood| *likelihood > line)?;
        (highest + 1 < POINTS).then(|| self.tolerated * log_odds_at(highest + 1).exp())
    }
}

fn log_odds_at(point: usize) -> f64 {
    LOWEST + STEP * f64::from(u32::try_from(point).unwrap_or(u32::MAX))
}

/// Logarithms of odds ratios from 1.5 to 100 with their weights, which sum to 1: what a regression that matters looks like is
/// several times as many events, seldom a little more.
static WEIGHTED: LazyLock<[(f64, f64); ALTERNATIVES]> = LazyLock::new(|| {
    let at = |index: usize| 0.405 + 0.35 * f64::from(u32::try_from(index).unwrap_or(0));
    let weight = |log_odds: f64| (-((log_odds - 2.6) / 1.2).powi(2) / 2.0).exp();
    let total: f64 = (0..ALTERNATIVES).map(|index| weight(at(index))).sum();
    std::array::from_fn(|index| (at(index), weight(at(index)) / total))
});

/// Logarithm of the sum of these weights.
static AROUND_ONE: LazyLock<f64> =
    LazyLock::new(|| log_sum(std::array::from_fn::<_, POINTS, _>(|point| around_one(log_odds_at(point)))));

/// Logarithm of the mixture's weight for the bound, not normalised: near 1 both ways.
fn around_one(log_odds: f64) -> f64 {
    -log_odds.powi(2) / 2.0
}

/// The logarithm of a sum of exponentials.
fn log_sum<const N: usize>(logs: [f64; N]) -> f64 {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    largest + logs.iter().map(|log| (log - largest).exp()).sum::<f64>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighed(exposure: (f64, f64), events: (u32, u32)) -> Weighed {
        Weighed { events, exposure }
    }

    /// Over all ways in which three events can fall, the expected e-value is 1 under the null and less within it.
    #[test]
    fn fair_bets() {
        for (exposed, odds_ratio) in
            [((1.0, 9.0), 1.0_f64), ((30.0, 70.0), 1.0), ((1.0, 1.0), 1.0), ((1.0, 9.0), 0.5)]
        {
            let odds = odds_ratio * exposed.0 / exposed.1;
            let share = odds / (1.0 + odds);
            let mut expected = 0.0;
            for outcome in 0..8_u32 {
                let mut evidence = Evidence::new(1.0);
                let mut chance = 1.0;
                for event in 0..3 {
                    let canary = outcome >> event & 1;
                    chance *= if canary == 1 { share } else { 1.0 - share };
                    evidence.weigh(&weighed(exposed, (canary, 1 - canary)));
                    evidence.start_anew();
                }
                expected += chance * evidence.e_value();
            }
            assert!(expected <= 1.0 + 1e-9, "{exposed:?} {odds_ratio}: {expected}");
            assert!(odds_ratio < 1.0 || expected > 1.0 - 1e-9, "{exposed:?}: {expected}");
        }
    }

    #[test]
    fn nothing_is_concluded_from_nothing() {
        let mut evidence = Evidence::new(1.0);
        evidence.weigh(&weighed((10.0, 90.0), (0, 0)));
        evidence.weigh(&weighed((10.0, 0.0), (5, 0)));
        assert!((evidence.e_value() - 1.0).abs() < 1e-9);
        assert_eq!(evidence.bound(0.05), None);
    }

    #[test]
    fn more_events_in_the_canary_are_evidence_and_fewer_bound_it() {
        let mut bad = Evidence::new(1.0);
        let mut good = Evidence::new(1.0);
        for _ in 0..10 {
            bad.weigh(&weighed((10.0, 90.0), (1, 1)));
            for _ in 0..10 {
                good.weigh(&weighed((10.0, 90.0), (1, 9)));
            }
        }
        assert!(bad.e_value() > 167.0, "{}", bad.e_value());
        assert!(good.e_value() < 1.0, "{}", good.e_value());
        let bound = good.bound(0.05).unwrap();
        assert!(bound > 1.0 && bound < 1.6, "{bound}");
    }

    /// 167 is what a stream with 60 % of an alpha of 1 % needs.
    #[test]
    fn a_late_regression_is_found_in_spite_of_a_good_past() {
        let mut evidence = Evidence::new(1.0);
        for _ in 0..100 {
            evidence.weigh(&weighed((10.0, 90.0), (0, 3)));
            evidence.start_anew();
        }
        for _ in 0..10 {
            evidence.weigh(&weighed((10.0, 90.0), (1, 0)));
        }
        assert!(evidence.e_value() > 167.0, "{}", evidence.e_value());
    }
}
