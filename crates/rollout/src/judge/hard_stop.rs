//! What ends a canary without statistics.

use serde::{Deserialize, Serialize};

use crate::Arm;
use crate::count::Second;

/// Something that happened to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Incident {
    /// It ended by itself.
    Exited,
    /// The system killed it for want of memory.
    OutOfMemory,
    /// A probe of it failed.
    ProbeFailed,
    /// A probe of it succeeded.
    ProbePassed,
}

/// Why a canary ended without statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HardStop {
    /// An instance ended by itself.
    Exited,
    /// An instance was killed for want of memory.
    OutOfMemory,
    /// Three probes failed in a row.
    ProbesFailed,
    /// Its first twenty requests all failed.
    FirstRequestsFailed,
}

const PROBES: u32 = 3;
const FIRST: u64 = 20;

/// Looks for hard stops.
///
/// What befalls both arms is not the canary's doing: probes that the stable arm fails too, first requests that fail
/// in the stable arm too.
#[derive(Clone, Debug, Default)]
pub(super) struct HardStops {
    failed_probes: [u32; 2],
    requests: [u64; 2],
    failed: [u64; 2],
    looked: bool,
}

impl HardStops {
    pub(super) fn incident(&mut self, arm: Arm, incident: Incident) -> Option<HardStop> {
        let failed = &mut self.failed_probes[arm as usize];
        match incident {
            Incident::ProbePassed => *failed = 0,
            Incident::ProbeFailed => *failed = failed.saturating_add(1),
            Incident::Exited if arm == Arm::Canary => return Some(HardStop::Exited),
            Incident::OutOfMemory if arm == Arm::Canary => return Some(HardStop::OutOfMemory),
            Incident::Exited | Incident::OutOfMemory => {}
        }
        let [stable, canary] = self.failed_probes;
        (canary >= PROBES && stable == 0).then_some(HardStop::ProbesFailed)
    }

    pub(super) fn second(&mut self, second: &Second) -> Option<HardStop> {
        for (arm, counts) in [(Arm::Stable, &second.stable), (Arm::Canary, &second.canary)] {
            self.requests[arm as usize] += u64::from(counts.requests);
            self.failed[arm as usize] += u64::from(counts.failed);
        }
        if self.looked || self.requests[Arm::Canary as usize] < FIRST {
            return None;
        }
        self.looked = true;
        let all_failed = |arm: Arm| self.failed[arm as usize] == self.requests[arm as usize];
        let stable_too = self.requests[Arm::Stable as usize] > 0 && all_failed(Arm::Stable);
        (all_failed(Arm::Canary) && !stable_too).then_some(HardStop::FirstRequestsFailed)
    }
}
