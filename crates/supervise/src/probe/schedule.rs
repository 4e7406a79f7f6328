//! When to look, and how many looks make an answer.

use std::time::Duration;

/// Between a first success and the look that confirms it.
const CONFIRM: Duration = Duration::from_millis(1);

/// How often a probe looks, and how many looks in a row make an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// Between two looks once it has passed, or always where a period was asked for.
    pub period: Duration,
    /// The longest wait between two looks until it has passed for the first time.
    pub eager: Duration,
    /// How long one look may take.
    pub timeout: Duration,
    /// How long after the start the first look is.
    pub initial_delay: Duration,
    /// Failures in a row that make it failed.
    pub failure_threshold: u32,
    /// Successes in a row that make it passed.
    pub success_threshold: u32,
}

/// When the next look is, and what the looks so far say.
#[derive(Clone, Debug)]
pub struct Schedule {
    cadence: Cadence,
    is_eager: bool,
    wait: Duration,
    successes: u32,
    failures: u32,
    verdict: Option<bool>,
}

impl Schedule {
    /// Before the first look.
    pub fn new(cadence: Cadence) -> Self {
        Self {
            cadence,
            is_eager: true,
            wait: Duration::from_micros(500),
            successes: 0,
            failures: 0,
            verdict: None,
        }
    }

    /// For a process that was ready before: failures count from the first look on, and looks come at the period.
    pub fn steady(cadence: Cadence) -> Self {
        Self { is_eager: false, ..Self::new(cadence) }
    }

    /// How long to wait before the next look: 1, 2, 4, ... ms up to the eager limit until it passes for the first time,
    /// the period after that.
    /// What has passed once and has to pass again is looked at soon.
    pub fn next_wait(&mut self) -> Duration {
        if self.is_eager && self.successes > 0 {
            CONFIRM
        } else if self.is_eager {
            self.wait = (self.wait * 2).min(self.cadence.eager);
            self.wait
        } else {
            self.cadence.period
        }
    }

    /// Takes what a look found; the verdict, when it is a new one. While a process starts, failures are no verdict: what
    /// is too long is judged by the clock, not by the number of looks.
    pub fn looked(&mut self, passed: bool) -> Option<bool> {
        if passed {
            self.failures = 0;
            self.successes = self.successes.saturating_add(1);
            if self.successes >= self.cadence.success_threshold {
                self.is_eager = false;
                return self.decide(true);
            }
        } else {
            self.successes = 0;
            self.failures = self.failures.saturating_add(1);
            if !self.is_eager && self.failures >= self.cadence.failure_threshold {
                return self.decide(false);
            }
        }
        None
    }

    /// It has not passed yet.
    pub fn is_eager(&self) -> bool {
        self.is_eager
    }

    fn decide(&mut self, verdict: bool) -> Option<bool> {
        (self.verdict.replace(verdict) != Some(verdict)).then_some(verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule() -> Schedule {
        Schedule::new(Cadence {
            period: Duration::from_secs(5),
            eager: Duration::from_millis(50),
            timeout: Duration::from_secs(1),
            initial_delay: Duration::ZERO,
            failure_threshold: 3,
            success_threshold: 1,
        })
    }

    #[test]
    fn looks_come_quickly_until_it_passes_and_seldom_after() {
        let mut schedule = schedule();
        let mut waits = Vec::new();
        for _ in 0..9 {
            waits.push(schedule.next_wait().as_millis());
            assert_eq!(schedule.looked(false), None);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 50, 50, 50]);
        assert_eq!(schedule.looked(true), Some(true));
        assert_eq!(schedule.next_wait(), Duration::from_secs(5));
    }

    #[test]
    fn a_success_that_has_to_be_confirmed_is_confirmed_soon() {
        let mut schedule =
            Schedule { cadence: Cadence { success_threshold: 2, ..schedule().cadence }, ..schedule() };
        for _ in 0..9 {
            schedule.next_wait();
            assert_eq!(schedule.looked(false), None);
        }
        assert_eq!(schedule.looked(true), None);
        assert_eq!(schedule.next_wait(), CONFIRM);
        assert_eq!(schedule.looked(true), Some(true));
        assert_eq!(schedule.next_wait(), Duration::from_secs(5));
    }

    #[test]
    fn failures_in_a_row_turn_the_verdict_and_a_success_turns_it_back() {
        let mut schedule = schedule();
        assert_eq!(schedule.looked(true), Some(true));
        let verdicts: Vec<_> = [true, false, false, true, false, false, false, false, true]
            .map(|passed| schedule.looked(passed))
            .into_iter()
            .collect();
        assert_eq!(verdicts, [None, None, None, None, None, None, Some(false), None, Some(true)]);
    }
}
