//! What a rollout wants done, as data.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::input::Cause;
use crate::{Arm, Moment, ReleaseId, Weight};

/// Where a release is in its life, as the journal has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is an artifact.
    Built,
    /// The schema is as it needs it.
    Migrated,
    /// Its instances start.
    Booting,
    /// They passed their gates.
    Ready,
    /// It passed its smoke test.
    Smoked,
    /// It has this share of the traffic.
    Canary(Weight),
    /// It has all traffic; the old release is warm while the watch lasts.
    Promoted,
    /// The old release finishes what it began.
    Draining,
    /// The old release is stopped and kept.
    Retained,
    /// Its artifact is gone. No rollout ends here: see [`crate::retention`].
    Retired,
    /// It was taken back, and the stable release serves. The release id has ended.
    Aborted,
    /// Neither forwards nor back is safe: a person has to look.
    Frozen,
}

impl State {
    /// The decision for the new release has been made.
    pub fn is_promoted(self) -> bool {
        matches!(self, Self::Promoted | Self::Draining | Self::Retained | Self::Retired)
    }
}

/// Names a step for ever: who carries it out twice under the same key does nothing the second time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepKey {
    /// Whose rollout.
    pub release: ReleaseId,
    /// Which of its steps, from 0.
    pub number: u32,
}

impl fmt::Display for StepKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.release, self.number)
    }
}

/// A transition and what it takes.
///
/// It is to be written to the journal ("begin"), then its effects are carried out one after another, each complete
/// before the next, then it is written as done ("confirm"), and [`super::Input::Confirmed`] or
/// [`super::Input::Failed`] tells the machine. A later step that comes meanwhile supersedes it: what of the older one can
/// be cancelled is cancelled, the rest is finished first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its name.
    pub key: StepKey,
    /// Where the release was.
    pub from: State,
    /// Where it is with this step.
    pub to: State,
    /// When it was decided.
    pub at: Moment,
    /// Why the release is taken back or the rollout frozen.
    pub cause: Option<Cause>,
    /// What is to be done, in order. Each is absolute, so doing it again changes nothing.
    pub effects: Vec<Effect>,
}

/// Something to be done. The arms are the plan's stable release and its new one, which is the canary whatever the strategy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Back up the databases that the migration touches.
    Backup,
    /// Migrate the schema. It has no limit here: a migration that is cut off is worse than a slow one.
    Migrate,
    /// Requests wait (bounded in number, bytes and time, then 503) until [`Self::Unhold`].
    Hold,
    /// Requests that wait go on.
    Unhold,
    /// Exactly so many instances of the release run. Those of the canary pass their gates later ([`super::Input::Ready`]);
    /// those of the stable release have to be ready before this is complete. Those to stop get no new requests, finish
    /// what is under way, get SIGTERM, and SIGKILL after their grace period; it is complete when they are gone.
    Run {
        /// Which release.
        arm: Arm,
        /// How many.
        instances: u32,
    },
    /// The smoke test, against the canary's private address.
    Smoke,
    /// The canary gets this share of the traffic, the stable release the rest.
    SetWeight {
        /// The share.
        weight: Weight,
        /// Unless the lease is renewed within this time, the proxy takes the share back.
        lease: Option<Duration>,
    },
    /// The proxy goes on believing in the canary. Not journalled.
    RenewLease {
        /// For so long from now.
        lease: Duration,
    },
    /// Cookies of this canary are ignored from now on, and taken back from whoever sends one.
    ExpireCookies,
    /// The release gets no new requests; complete when it has none under way or the time is over.
    Drain {
        /// Which release.
        arm: Arm,
        /// How long what is under way may go on.
        limit: Duration,
    },
    /// Workers and schedules run in this release and nowhere else: they stop elsewhere, then start here.
    MoveWorkers {
        /// There.
        to: Arm,
    },
    /// Workers and schedules stop.
    StopWorkers,
    /// The stable release goes on running without traffic, for a rollback.
    KeepWarm {
        /// For so long.
        until: Moment,
    },
    /// The canary's logs and the requests that failed are kept.
    KeepEvidence,
    /// Automatic shipping of this commit and older ones is held (see [`crate::hold`]).
    HoldShipping,
    /// The stable release's artifact is kept for a rollback; what is too many is retired (see [`crate::retention`]).
    Retain,
}
