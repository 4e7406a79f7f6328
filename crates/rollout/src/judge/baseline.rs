//! What the old release did, for the watch after promotion.

use std::collections::VecDeque;

use crate::count::ArmCounts;

/// As long as the longest watch by default.
const SECONDS: usize = 600;

/// The last ten minutes of the stable arm, played again beside the new release once that has all the traffic.
///
/// A stable arm that is past is a poorer witness than one that is present: the time of day, a campaign or a database in
/// trouble change both. [`super::JudgeConfig::of_watch`] therefore tolerates three times the odds.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    seconds: VecDeque<ArmCounts>,
}

impl Baseline {
    /// Adds a second of the stable arm with requests in it.
    pub fn add(&mut self, second: &ArmCounts) {
        if self.seconds.len() >= SECONDS {
            self.seconds.pop_front();
        }
        self.seconds.push_back(*second);
    }

    /// The next second, to be put beside one of the new release with requests in it; they begin again when all were
    /// played. Nothing when nothing was added: then there is nothing to compare with, and only hard stops count.
    pub fn replay(&mut self) -> ArmCounts {
        self.seconds.rotate_left(self.seconds.len().min(1));
        self.seconds.back().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ten_minutes_in_their_order() {
        let mut baseline = Baseline::default();
        assert_eq!(baseline.replay(), ArmCounts::default());
        for requests in 1..=700 {
            baseline.add(&ArmCounts { requests, ..ArmCounts::default() });
        }
        let replayed: Vec<u32> = (0..601).map(|_| baseline.replay().requests).collect();
        assert_eq!((replayed[0], replayed[599], replayed[600]), (101, 700, 101));
    }
}
