//! Which strategy there is traffic enough for.

use serde::{Deserialize, Serialize};

use crate::Weight;
use crate::machine::Strategy;

/// Requests per second under which a small canary shows nothing in reasonable time.
pub const LITTLE: f64 = 1.0;
/// Requests per second under which no share shows anything: one request in ten seconds.
pub const HARDLY_ANY: f64 = 0.1;

/// A strategy that fits the traffic, and why it is not the one that was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    /// What to do.
    pub strategy: Strategy,
    /// Requests are to be made up: safe ones against the new release, so that it does something before users come.
    pub synthetic_probes: bool,
    /// What is different from what was asked for.
    pub change: Option<Change>,
}

/// How a strategy was changed for lack of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The canary begins with half of the traffic.
    HalfAtOnce,
    /// All the traffic moves at once, with a watch after it.
    BlueGreen,
}

/// Fits a strategy to the traffic of the last minutes (requests per second that the judge would count).
///
/// The evidence of a canary is its events. At 0.5 requests/s and 10 % a release that fails one request in ten fails
/// one in 200 s; with half of the traffic it is one in 40 s. Lack of data is never a reason to take a release back, so
/// a canary that cannot show anything would only take time.
pub fn fit(strategy: Strategy, requests_per_second: f64) -> Fitted {
    let Strategy::Canary { steps, watch } = strategy else {
        return Fitted { strategy, synthetic_probes: requests_per_second < LITTLE, change: None };
    };
    if requests_per_second >= LITTLE {
        return Fitted { strategy: Strategy::Canary { steps, watch }, synthetic_probes: false, change: None };
    }
    if requests_per_second < HARDLY_ANY {
        let strategy = Strategy::BlueGreen { watch };
        return Fitted { strategy, synthetic_probes: true, change: Some(Change::BlueGreen) };
    }
    let half = Weight::percent(50);
    let mut fitted: Vec<Weight> = steps.iter().copied().filter(|step| *step >= half).collect();
    if fitted.first() != Some(&half) && steps.first().is_some_and(|first| *first < half) {
        fitted.insert(0, half);
    }
    let change = (fitted != steps).then_some(Change::HalfAtOnce);
    Fitted { strategy: Strategy::Canary { steps: fitted, watch }, synthetic_probes: true, change }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn canary(steps: &[u8]) -> Strategy {
        let steps = steps.iter().copied().map(Weight::percent).collect();
        Strategy::Canary { steps, watch: Duration::from_mins(10) }
    }

    #[test]
    fn little_traffic() {
        assert_eq!(fit(canary(&[10, 50, 100]), 1.0).change, None);
        let half = fit(canary(&[10, 50, 100]), 0.9);
        assert_eq!((half.strategy, half.change), (canary(&[50, 100]), Some(Change::HalfAtOnce)));
        assert_eq!(fit(canary(&[10, 80, 100]), 0.5).strategy, canary(&[50, 80, 100]));
        assert_eq!(fit(canary(&[60, 100]), 0.5).change, None);
        let none = fit(canary(&[10, 100]), 0.05);
        assert!(none.synthetic_probes && none.change == Some(Change::BlueGreen));
        assert!(fit(Strategy::Rolling, 0.0).synthetic_probes);
    }
}
