//! What the judge says.

use serde::{Deserialize, Serialize};

use super::config::OnInconclusive;
use super::hard_stop::HardStop;
use crate::count::Stream;

/// What is to be done with the canary now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing yet.
    Wait,
    /// Take it back.
    Abort(Cause),
    /// Go on to the next step.
    Promote(Ground),
    /// The soak is over and nothing is decided: do as configured.
    Inconclusive(Doubt, OnInconclusive),
}

/// Why a canary is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Something that needs no statistics.
    HardStop(HardStop),
    /// The stream with the most evidence when all together sufficed.
    Evidence(Stream),
}

/// Why a step is promoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// Every stream is certainly not much worse.
    Bounded,
    /// The soak is over, with enough requests and no evidence against it.
    Soaked,
}

/// Why nothing is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// There were too few requests. No reason to take a release back.
    TooFewRequests,
    /// There is some evidence against it, not enough to abort.
    Suspicion,
}
