//! What each transition takes. The order within a list is part of the promise.

use super::{Effect, Machine, Moment, State};
use crate::schema::Migration;
use crate::{Arm, Weight};

impl Machine {
    /// What breaks the running release runs while that release does nothing.
    pub(super) fn migrate(&self) -> Vec<Effect> {
        match self.plan.migration {
            Migration::None => Vec::new(),
            Migration::Expand | Migration::Contract => vec![Effect::Migrate],
            Migration::Breaking => {
                let mut effects = vec![Effect::Backup, Effect::Hold];
                effects.extend(self.plan.workers.then_some(Effect::StopWorkers));
                effects.push(Effect::Migrate);
                effects
            }
        }
    }

    /// A volume never has two writers: the stable release is gone before the new one starts.
    pub(super) fn boot(&self) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.plan.exclusive && self.plan.stable.is_some() {
            effects.push(Effect::Hold);
            effects.extend(self.plan.workers.then_some(Effect::StopWorkers));
            effects.push(Effect::Drain { arm: Arm::Stable, limit: self.plan.limits.requests });
            effects.push(Effect::Run { arm: Arm::Stable, instances: 0 });
        }
        effects.push(Effect::Run { arm: Arm::Canary, instances: self.needed() });
        effects
    }

    /// A share for the new release. A rolling one stops the instances that the share replaces, then starts the next.
    pub(super) fn share(&self, weight: Weight) -> Vec<Effect> {
        let mut effects = vec![Effect::SetWeight { weight, lease: Some(self.plan.limits.lease) }];
        if self.plan.is_rolling() {
            let replaced = self.plan.replaced_at(weight);
            effects.push(Effect::Run { arm: Arm::Stable, instances: self.stable_beside(replaced) });
            effects
                .push(Effect::Run { arm: Arm::Canary, instances: (replaced + 1).min(self.plan.instances) });
        }
        effects
    }

    /// Instances of the stable release that stay beside so many new ones: as large a part as has not been replaced,
    /// rounded up, so one at least until the last is replaced.
    fn stable_beside(&self, replaced: u32) -> u32 {
        let all = u64::from(self.plan.stable_instances);
        let rest = u64::from(self.plan.instances.saturating_sub(replaced));
        let stay = (all * rest).div_ceil(u64::from(self.plan.instances).max(1));
        u32::try_from(stay).unwrap_or(u32::MAX)
    }

    pub(super) fn promotion(&self, now: Moment) -> Vec<Effect> {
        let mut effects = vec![Effect::SetWeight { weight: Weight::ALL, lease: None }];
        effects.extend(self.plan.workers.then_some(Effect::MoveWorkers { to: Arm::Canary }));
        if self.plan.exclusive || self.plan.migration == Migration::Breaking {
            effects.push(Effect::Unhold);
        }
        if self.stable_is_kept_running() && !self.plan.watch().is_zero() {
            effects.push(Effect::KeepWarm { until: now.after(self.plan.watch()) });
        }
        effects
    }

    pub(super) fn drain(&self) -> Vec<Effect> {
        if self.stable_is_kept_running() {
            vec![Effect::Drain { arm: Arm::Stable, limit: self.plan.limits.drain }]
        } else {
            Vec::new()
        }
    }

    pub(super) fn retain(&self) -> Vec<Effect> {
        match self.plan.stable {
            Some(_) => vec![Effect::Run { arm: Arm::Stable, instances: 0 }, Effect::Retain],
            None => Vec::new(),
        }
    }

    fn stable_is_kept_running(&self) -> bool {
        self.plan.stable.is_some() && !self.plan.exclusive
    }

    /// From wherever it is back to the stable release: its traffic first, everything else after that.
    pub(super) fn way_back(&self) -> Vec<Effect> {
        let plan = &self.plan;
        let was_promoted = self.promoted_at.is_some();
        // A volume's new writer stops before the old one starts, and requests wait for that.
        let swaps_writers = plan.exclusive && plan.stable.is_some() && self.has_booted();
        let mut effects = Vec::new();
        if swaps_writers {
            effects.push(Effect::Hold);
            effects.extend(plan.workers.then_some(Effect::StopWorkers));
        }
        effects.push(Effect::SetWeight { weight: Weight::NONE, lease: None });
        effects.push(Effect::ExpireCookies);
        if plan.stable.is_some() && !swaps_writers && plan.workers {
            effects.push(Effect::MoveWorkers { to: Arm::Stable });
        }
        if plan.is_rolling() {
            effects.push(Effect::Run { arm: Arm::Stable, instances: plan.stable_instances });
        }
        effects.push(Effect::KeepEvidence);
        effects.push(Effect::Drain { arm: Arm::Canary, limit: plan.limits.requests });
        effects.push(Effect::Run { arm: Arm::Canary, instances: 0 });
        if swaps_writers {
            effects.push(Effect::Run { arm: Arm::Stable, instances: plan.stable_instances });
            effects.extend(plan.workers.then_some(Effect::MoveWorkers { to: Arm::Stable }));
        }
        if swaps_writers || plan.migration == Migration::Breaking {
            effects.push(Effect::Unhold);
        }
        effects.extend(was_promoted.then_some(Effect::HoldShipping));
        effects
    }

    /// The step that starts instances was begun.
    fn has_booted(&self) -> bool {
        !matches!(self.state, State::Built | State::Migrated)
    }
}
