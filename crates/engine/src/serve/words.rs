//! What happens to a release, in words for people.

use seaworthy_rollout::judge::{self, HardStop, Report};
use seaworthy_rollout::machine::{Cause, Command, Refused, State};

/// Why a release was taken back, or the rollout froze.
pub(super) fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Judged(judge::Cause::Evidence(stream)) => {
            format!("the judge found it worse than the release beside it: {}", stream.as_str())
        }
        Cause::Judged(judge::Cause::HardStop(stop)) => hard_stop(*stop).to_owned(),
        Cause::Gate(why) => format!("it did not become healthy: {why}"),
        Cause::StepFailed(state, why) => format!("`{}` failed: {why}", self::state(*state)),
        Cause::TimedOut(state) => format!("`{}` took too long", self::state(*state)),
        Cause::Command(Command::RollBack) => "someone rolled it back".to_owned(),
        Cause::Command(Command::Interrupt) => "whoever shipped it interrupted".to_owned(),
        Cause::Command(_) => "someone aborted it".to_owned(),
        Cause::Crashed => "the control process ended in the middle".to_owned(),
        Cause::LeaseExpired => "the control process was late, and the proxy took its traffic away".to_owned(),
    }
}

fn hard_stop(stop: HardStop) -> &'static str {
    match stop {
        HardStop::Exited => "an instance of it ended by itself",
        HardStop::OutOfMemory => "an instance of it was killed for want of memory",
        HardStop::ProbesFailed => "three probes of it failed in a row",
        HardStop::FirstRequestsFailed => "its first twenty requests all failed",
    }
}

/// The state of a release.
pub(super) fn state(state: State) -> String {
    match state {
        State::Built => "built".to_owned(),
        State::Migrated => "migrated".to_owned(),
        State::Booting => "booting".to_owned(),
        State::Ready => "ready".to_owned(),
        State::Smoked => "smoked".to_owned(),
        State::Canary(weight) => format!("canary {weight}"),
        State::Promoted => "promoted".to_owned(),
        State::Draining => "draining".to_owned(),
        State::Retained => "retained".to_owned(),
        State::Retired => "retired".to_owned(),
        State::Aborted => "aborted".to_owned(),
        State::Frozen => "frozen".to_owned(),
    }
}

/// Why an order was not followed.
pub(super) fn refused(refused: Refused) -> &'static str {
    match refused {
        Refused::NotReady => "the release is not healthy yet",
        Refused::AlreadyPromoted => "the release is promoted; `sea rollback` takes it back",
        Refused::NotPromoted => "the release is not promoted yet; `sea ship --abort` takes it back",
        Refused::SchemaMovedOn => "the release before does not run on the present database schema",
        Refused::NothingBefore => "there is no release before it",
        Refused::Ended => "there is no release under way",
    }
}

/// The two numbers of the stream that fired, in a line.
pub(super) fn evidence(report: &Report) -> Option<String> {
    let stream = match report.cause? {
        judge::Cause::Evidence(stream) => report.streams.iter().find(|found| found.stream == stream)?,
        judge::Cause::HardStop(_) => return None,
    };
    let percent = |rate: judge::Rate| format!("{:.2} %", rate.share() * 100.0);
    Some(format!(
        "{}: {} of {} in the new release ({}), {} of {} in the one beside it ({})",
        stream.stream.as_str(),
        stream.canary.events,
        stream.canary.of,
        percent(stream.canary),
        stream.stable.events,
        stream.stable.of,
        percent(stream.stable),
    ))
}
