//! What is to be done, as it stands before the first step.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::schema::Migration;
use crate::{ReleaseId, Weight};

/// How a release takes over from the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// Instance by instance; nothing is kept warm.
    Rolling,
    /// All traffic at once.
    BlueGreen {
        /// How long the old release stays warm.
        watch: Duration,
    },
    /// A growing share of the traffic, judged at every step.
    Canary {
        /// The shares, rising. A last one of 100 % may be left out.
        steps: Vec<Weight>,
        /// How long the old release stays warm after promotion.
        watch: Duration,
    },
}

/// One rollout. Kept in the journal before anything is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The new release.
    pub release: ReleaseId,
    /// The one that serves; `None` for the first of an environment.
    pub stable: Option<ReleaseId>,
    /// How the new one takes over.
    pub strategy: Strategy,
    /// Instances of the new release.
    pub instances: u32,
    /// Instances of the stable release.
    pub stable_instances: u32,
    /// What it does to the schema. One that breaks has been said to be meant (see [`crate::schema::may_migrate`]).
    pub migration: Migration,
    /// The app has workers or schedules.
    pub workers: bool,
    /// The app writes to a volume, which never has two writers: the old release stops before the new one starts.
    pub exclusive: bool,
    /// There is something to smoke-test.
    pub smoke: bool,
    /// The stable release runs on the schema as it is after the migration (see [`crate::schema::may_run`]).
    pub can_roll_back: bool,
    /// How long things may take.
    pub limits: Limits,
}

/// How long things may take. Backups and migrations have no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// From the start of instances to their readiness; somewhat more than the gates' own deadline.
    pub boot: Duration,
    /// The smoke test.
    pub smoke: Duration,
    /// One step of a canary, paused or not.
    pub step: Duration,
    /// How long requests that are under way may go on.
    pub requests: Duration,
    /// How long web sockets and event streams may go on.
    pub drain: Duration,
    /// The proxy gives up a canary that it has not heard of for so long.
    pub lease: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            boot: Duration::from_secs(90),
            smoke: Duration::from_mins(5),
            step: Duration::from_hours(24),
            requests: Duration::from_secs(30),
            drain: Duration::from_mins(5),
            lease: Duration::from_secs(30),
        }
    }
}

impl Plan {
    /// How long the old release stays warm. Nothing stays warm that shares a volume or was replaced bit by bit.
    pub(super) fn watch(&self) -> Duration {
        match self.strategy {
            Strategy::BlueGreen { watch } | Strategy::Canary { watch, .. } => watch,
            Strategy::Rolling => Duration::ZERO,
        }
    }

    /// Instance by instance, which needs an old release that may run beside the new one.
    pub(super) fn is_rolling(&self) -> bool {
        self.strategy == Strategy::Rolling && self.can_split()
    }

    /// Both releases may serve at once.
    pub(super) fn can_split(&self) -> bool {
        self.stable.is_some() && !self.exclusive && self.migration != Migration::Breaking
    }

    /// The canary's next share above `weight`; `None`: all of it.
    pub(super) fn next_share(&self, weight: Weight) -> Option<Weight> {
        if !self.can_split() {
            return None;
        }
        let next = match &self.strategy {
            Strategy::BlueGreen { .. } => None,
            Strategy::Canary { steps, .. } => steps.iter().copied().filter(|step| *step > weight).min(),
            Strategy::Rolling => (1..self.instances)
                .map(|replaced| Weight::fraction(replaced, self.instances))
                .find(|step| *step > weight),
        };
        next.filter(|step| *step < Weight::ALL)
    }

    /// With so much of the traffic on the new release, a rolling one has replaced so many instances.
    pub(super) fn replaced_at(&self, weight: Weight) -> u32 {
        (0..=self.instances).rfind(|count| Weight::fraction(*count, self.instances) <= weight).unwrap_or(0)
    }
}
