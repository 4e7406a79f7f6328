//! What a rollout is told.

use serde::{Deserialize, Serialize};

use super::step::{State, StepKey};
use crate::judge::{self, Verdict};

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Time passed. To be told every second.
    Tick,
    /// A step is done, and the journal says so.
    Confirmed(StepKey),
    /// A step could not be done, with why.
    Failed(StepKey, String),
    /// So many of the canary's instances have passed their gates.
    Ready(u32),
    /// An instance of the canary did not pass its gate, with the first error.
    GateFailed(String),
    /// What the judge says.
    Verdict(Verdict),
    /// What a person wants.
    Command(Command),
}

/// What a person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// Stay at this weight.
    Pause,
    /// Go on judging.
    Resume,
    /// All traffic to the new release, now.
    Promote,
    /// Take the new release back, before it is promoted; or leave a frozen rollout to the stable release.
    Abort,
    /// Take the new release back, within the watch.
    RollBack,
    /// The watch is over before its time: a newer release waits.
    Settle,
    /// Ctrl-C: abort before promotion, afterwards nothing.
    Interrupt,
}

/// Why a release was taken back, or the rollout froze.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The judge found it worse.
    Judged(judge::Cause),
    /// An instance did not pass its gate: the first error.
    Gate(String),
    /// A step could not be done.
    StepFailed(State, String),
    /// This state lasted too long.
    TimedOut(State),
    /// Someone wanted it.
    Command(Command),
    /// The control process ended in the middle.
    Crashed,
    /// The control process was late, and the proxy has taken the canary's traffic away.
    LeaseExpired,
}

/// Why a command was not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refused {
    /// The release is not healthy yet.
    NotReady,
    /// The release is promoted: roll back instead.
    AlreadyPromoted,
    /// The release is not promoted: abort instead.
    NotPromoted,
    /// The stable release does not run on the present schema.
    SchemaMovedOn,
    /// It is the first release of the environment.
    NothingBefore,
    /// It is over.
    Ended,
}
