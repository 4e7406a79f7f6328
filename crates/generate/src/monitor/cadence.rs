//! How long a schedule may be silent.

use croner::Cron;
use jiff::civil::{DateTime, date};

/// Occurrences that are looked at: a schedule of every minute is known after one, one of every month after a few.
const OCCURRENCES: usize = 200;

/// The longest time between two occurrences of a schedule, in seconds; `None` when it is no schedule or comes less than
/// twice. Counted from a fixed day, so that the answer never changes, and without a time zone: an hour more or less in
/// spring and autumn is within the tolerance of whoever asks.
pub(crate) fn longest_gap(schedule: &str) -> Option<u64> {
    let cron: Cron = schedule.parse().ok()?;
    let mut known: DateTime = date(2024, 1, 1).at(0, 0, 0, 0);
    let mut longest = None;
    let mut first = true;
    for _ in 0..OCCURRENCES {
        let Ok(next) = cron.find_next_occurrence(&known, false) else { break };
        let gap = next.duration_since(known).as_secs();
        if !first {
            longest = longest.max(u64::try_from(gap).ok());
        }
        first = false;
        known = next;
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_silence_of_a_schedule() {
        let hour = 3_600;
        assert_eq!(longest_gap("*/5 * * * *"), Some(300));
        assert_eq!(longest_gap("0 7 * * *"), Some(24 * hour));
        assert_eq!(longest_gap("0 7 * * 1-5"), Some(72 * hour), "over the weekend");
        assert_eq!(longest_gap("@monthly"), Some(31 * 24 * hour));
        assert_eq!(longest_gap("never"), None);
    }
}
