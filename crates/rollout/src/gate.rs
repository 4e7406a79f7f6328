//! Whether a new instance is healthy.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Moment;

/// Readiness has to pass so many times running.
const PASSES: u32 = 3;
/// The startup deadline without history.
pub const STARTUP_DEADLINE: Duration = Duration::from_mins(1);

/// What was seen of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Observation {
    /// Its process runs.
    Alive,
    /// Its port takes connections.
    PortOpen,
    /// Its readiness was asked for over HTTP: the status of the answer.
    Answered(u16),
    /// Another kind of readiness probe passed.
    Passed,
    /// Its readiness was asked for, and there was no answer or a wrong one, with why.
    NoAnswer(String),
    /// It was started again, with what it ended with.
    Restarted(String),
    /// It ended and is not started again, with what it ended with.
    Ended(String),
}

/// What the gate says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateVerdict {
    /// Not yet, for lack of this.
    Waiting(Missing),
    /// The instance may get traffic.
    Pass {
        /// It has no readiness probe: it passed by a connection and one real request, and that is to be said.
        unprobed: bool,
    },
    /// It may not. A verdict of failure stands.
    Fail {
        /// Why.
        why: Failing,
        /// What went wrong first.
        first_error: Option<String>,
    },
}

/// What an instance that is not ready lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// A process.
    Process,
    /// A port that takes connections.
    Port,
    /// So many more passes running.
    Passes(u32),
}

/// Why an instance failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failing {
    /// It ended or had to be started again.
    Ended,
    /// It was not ready when the startup deadline was over.
    Deadline,
}

/// Gathers what is seen of one instance until it is clear whether it is healthy.
#[derive(Clone, Debug)]
pub struct Gate {
    began: Moment,
    deadline: Duration,
    probed: bool,
    has_port: bool,
    alive: bool,
    open: bool,
    passes: u32,
    first_error: Option<String>,
    failed: Option<Failing>,
}

impl Gate {
    /// A gate for an instance that is started now. `probed`: it has a readiness probe. Without one it needs a
    /// connection and one real request. `has_port`: it listens (a worker does not, and has to be alive only, and
    /// to pass its probe if it has one).
    pub fn new(now: Moment, deadline: Duration, has_port: bool, probed: bool) -> Self {
        Self {
            began: now,
            deadline,
            probed,
            has_port,
            alive: false,
            open: false,
            passes: 0,
            first_error: None,
            failed: None,
        }
    }

    /// How long its instance may take until it is healthy.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// How long it was waited for so far.
    pub fn waited(&self, now: Moment) -> Duration {
        now.since(self.began)
    }

    /// Adds what was seen.
    pub fn observe(&mut self, observation: Observation) {
        match observation {
            Observation::Alive => self.alive = true,
            Observation::PortOpen => self.open = true,
            Observation::Passed | Observation::Answered(200..=399) => {
                self.open = true;
                self.passes = self.passes.saturating_add(1);
            }
            // Without a probe it is any page that was asked for: a 404 or 401 is an app that answers.
            Observation::Answered(400..=499) if !self.probed => {
                self.open = true;
                self.passes = self.passes.saturating_add(1);
            }
            Observation::Answered(status) => {
                self.open = true;
                self.passes = 0;
                self.error(format!("readiness answered {status}"));
            }
            Observation::NoAnswer(why) => {
                self.passes = 0;
                // That nothing listens yet is no error.
                if self.open {
                    self.error(why);
                }
            }
            Observation::Restarted(how) | Observation::Ended(how) => {
                self.error(how);
                self.failed.get_or_insert(Failing::Ended);
            }
        }
    }

    /// What can be said now.
    pub fn verdict(&self, now: Moment) -> GateVerdict {
        let missing = self.missing();
        let late = (missing.is_some() && now.since(self.began) >= self.deadline).then_some(Failing::Deadline);
        match (self.failed.or(late), missing) {
            (Some(why), _) => GateVerdict::Fail { why, first_error: self.first_error.clone() },
            (None, Some(missing)) => GateVerdict::Waiting(missing),
            (None, None) => GateVerdict::Pass { unprobed: !self.probed },
        }
    }

    fn missing(&self) -> Option<Missing> {
        let needed = match (self.probed, self.has_port) {
            (true, _) => PASSES,
            (false, true) => 1,
            (false, false) => 0,
        };
        if !self.alive {
            Some(Missing::Process)
        } else if self.has_port && !self.open {
            Some(Missing::Port)
        } else {
            (self.passes < needed).then(|| Missing::Passes(needed - self.passes))
        }
    }

    fn error(&mut self, what: String) {
        self.first_error.get_or_insert(what);
    }
}

/// The startup deadline for a service that took so long to be ready before: twice its longest, 60 s at least, ten
/// minutes at most.
pub fn startup_deadline(history: impl IntoIterator<Item = Duration>) -> Duration {
    let longest = history.into_iter().max().unwrap_or_default();
    longest.saturating_mul(2).clamp(STARTUP_DEADLINE, Duration::from_mins(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Gate {
        let mut gate = Gate::new(Moment(0), STARTUP_DEADLINE, true, true);
        gate.observe(Observation::Alive);
        gate
    }

    #[test]
    fn three_passes_running() {
        let mut gate = gate();
        assert_eq!(gate.verdict(Moment(1)), GateVerdict::Waiting(Missing::Port));
        for status in [200, 302, 503, 200, 204] {
            gate.observe(Observation::Answered(status));
            assert!(matches!(gate.verdict(Moment(1)), GateVerdict::Waiting(Missing::Passes(_))), "{status}");
        }
        gate.observe(Observation::Answered(399));
        assert_eq!(gate.verdict(Moment(1)), GateVerdict::Pass { unprobed: false });
        assert_eq!(gate.verdict(Moment(90_000)), GateVerdict::Pass { unprobed: false });
        gate.observe(Observation::Restarted("exit code 1".to_owned()));
        assert!(matches!(gate.verdict(Moment(90_000)), GateVerdict::Fail { why: Failing::Ended, .. }));
    }

    #[test]
    fn the_deadline_tells_the_first_error() {
        let mut gate = gate();
        gate.observe(Observation::NoAnswer("connection refused".to_owned()));
        gate.observe(Observation::Answered(500));
        gate.observe(Observation::NoAnswer("timed out".to_owned()));
        assert_eq!(gate.verdict(Moment(59_999)), GateVerdict::Waiting(Missing::Passes(3)));
        let first_error = Some("readiness answered 500".to_owned());
        assert_eq!(gate.verdict(Moment(60_000)), GateVerdict::Fail { why: Failing::Deadline, first_error });
    }

    #[test]
    fn a_failure_stands() {
        let mut gate = gate();
        gate.observe(Observation::Ended("exit code 2".to_owned()));
        for _ in 0..5 {
            gate.observe(Observation::Passed);
        }
        let first_error = Some("exit code 2".to_owned());
        assert_eq!(gate.verdict(Moment(1)), GateVerdict::Fail { why: Failing::Ended, first_error });
    }

    #[test]
    fn without_a_probe_one_real_request_and_a_warning() {
        let mut gate = Gate::new(Moment(0), STARTUP_DEADLINE, true, false);
        gate.observe(Observation::Alive);
        gate.observe(Observation::PortOpen);
        assert_eq!(gate.verdict(Moment(1)), GateVerdict::Waiting(Missing::Passes(1)));
        gate.observe(Observation::Answered(502));
        assert!(matches!(gate.verdict(Moment(1)), GateVerdict::Waiting(_)));
        gate.observe(Observation::Answered(404));
        assert_eq!(gate.verdict(Moment(1)), GateVerdict::Pass { unprobed: true });
    }

    #[test]
    fn a_worker_has_to_be_alive() {
        let mut gate = Gate::new(Moment(0), STARTUP_DEADLINE, false, false);
        assert_eq!(gate.verdict(Moment(1)), GateVerdict::Waiting(Missing::Process));
        gate.observe(Observation::Alive);
        assert_eq!(gate.verdict(Moment(1)), GateVerdict::Pass { unprobed: true });
    }

    #[test]
    fn deadlines_from_history() {
        let seconds = Duration::from_secs;
        assert_eq!(startup_deadline([]), seconds(60));
        assert_eq!(startup_deadline([seconds(3), seconds(45), seconds(9)]), seconds(90));
        assert_eq!(startup_deadline([seconds(4000)]), seconds(600));
    }
}
