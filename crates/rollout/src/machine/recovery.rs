//! Taking up a rollout after a crash.

use super::{Cause, Decided, Machine, Plan, Record};
use crate::{Moment, Weight};

impl Machine {
    /// Takes up a rollout from its plan and its last step in the journal, and says what to do first.
    ///
    /// - Before `promoted` it is finished as an abort: the proxy has taken the canary's share back, or is about to.
    /// - From `promoted` on, begun or confirmed, it is finished: workers may have moved, users have seen it.
    /// - A step of which it is not known whether it was done is done again: effects are absolute.
    pub fn recover(plan: Plan, record: &Record, now: Moment) -> (Self, Decided) {
        let mut machine = Self::at(plan, record.step.to, record.step.at);
        machine.promoted_at = record.promoted_at;
        machine.confirmed = record.confirmed;
        machine.cause.clone_from(&record.step.cause);
        machine.last = Some(record.step.clone());
        let decided = match machine.state {
            _ if machine.is_undecided() => machine.take_back(Cause::Crashed, now),
            _ if !record.confirmed => Decided { step: machine.last.clone(), ..Decided::default() },
            _ => machine.advance(now),
        };
        (machine, decided)
    }

    /// The new release's share after a reboot of the host, when nothing runs any more: only what was promoted counts.
    pub fn share_after_reboot(record: &Record) -> Weight {
        if record.step.to.is_promoted() { Weight::ALL } else { Weight::NONE }
    }
}
