//! A rollout as a state machine: inputs and the time go in, steps come out.
//!
//! `built -> migrated -> booting -> ready -> smoked -> canary(w)* -> promoted -> draining -> retained`, or `aborted` from
//! anywhere before `promoted` and, as a rollback, within the watch. `frozen` is where neither is safe.
//!
//! [`Machine::recover`] takes up a rollout after a crash, from the last step in the journal: before `promoted` it is
//! finished as an abort, after it the promotion is finished.

mod effects;
mod input;
mod plan;
mod recovery;
mod step;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use input::{Cause, Command, Input, Refused};
pub use plan::{Limits, Plan, Strategy};
pub use step::{Effect, State, Step, StepKey};

use crate::judge::{OnInconclusive, Verdict};
use crate::schema::Migration;
use crate::{Moment, Weight};

/// How often a step that has to be done is tried.
const ATTEMPTS: u32 = 3;

/// A rollout under way.
#[derive(Clone, Debug)]
pub struct Machine {
    plan: Plan,
    state: State,
    since: Moment,
    /// The last step, and whether it is confirmed.
    last: Option<Step>,
    confirmed: bool,
    attempts: u32,
    ready: u32,
    paused: bool,
    lease_until: Moment,
    promoted_at: Option<Moment>,
    cause: Option<Cause>,
}

/// The last step of a rollout in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The step.
    pub step: Step,
    /// It is written as done.
    pub confirmed: bool,
    /// When the release was promoted, if it was.
    pub promoted_at: Option<Moment>,
}

/// What follows from an input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// To be journalled and done.
    pub step: Option<Step>,
    /// To be done without a word in the journal.
    pub upkeep: Option<Effect>,
    /// The command was not followed.
    pub refused: Option<Refused>,
}

impl Machine {
    /// A rollout that begins now, and its first step.
    pub fn start(plan: Plan, now: Moment) -> (Self, Decided) {
        let mut machine = Self::at(plan, State::Built, now);
        let step = machine.go(State::Built, Vec::new(), now);
        (machine, step)
    }

    fn at(plan: Plan, state: State, now: Moment) -> Self {
        Self {
            plan,
            state,
            since: now,
            last: None,
            confirmed: false,
            attempts: 0,
            ready: 0,
            paused: false,
            lease_until: now,
            promoted_at: None,
            cause: None,
        }
    }

    /// The plan that it follows.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Where it is.
    pub fn state(&self) -> State {
        self.state
    }

    /// Someone, or the judge, wants it to stay at this weight.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Why the release was taken back or the rollout froze.
    pub fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }

    /// What the journal is to say of it.
    pub fn record(&self) -> Option<Record> {
        let step = self.last.clone()?;
        Some(Record { step, confirmed: self.confirmed, promoted_at: self.promoted_at })
    }

    /// Nothing more follows by itself.
    pub fn is_over(&self) -> bool {
        self.confirmed && matches!(self.state, State::Retained | State::Aborted | State::Frozen)
    }

    /// The end of the watch: until then a rollback is a matter of a second.
    pub fn watched_until(&self) -> Option<Moment> {
        self.promoted_at.map(|promoted| promoted.after(self.plan.watch()))
    }

    /// Takes in what happened.
    pub fn handle(&mut self, input: Input, now: Moment) -> Decided {
        match input {
            Input::Tick => self.tick(now),
            Input::Confirmed(key) if self.awaits(&key) => {
                self.confirmed = true;
                self.attempts = 0;
                self.advance(now)
            }
            Input::Failed(key, why) if self.awaits(&key) => self.step_failed(why, now),
            Input::Ready(ready) => {
                self.ready = ready;
                self.advance(now)
            }
            Input::GateFailed(why) if self.is_undecided() => self.take_back(Cause::Gate(why), now),
            Input::Confirmed(_) | Input::Failed(..) | Input::GateFailed(_) => Decided::default(),
            Input::Verdict(verdict) => self.judged(verdict, now),
            Input::Command(command) => self.command(command, now),
        }
    }

    fn awaits(&self, key: &StepKey) -> bool {
        !self.confirmed && self.last.as_ref().is_some_and(|step| step.key == *key)
    }

    /// Before `promoted`, and not on its way back.
    fn is_undecided(&self) -> bool {
        !self.state.is_promoted() && !matches!(self.state, State::Aborted | State::Frozen)
    }

    /// Goes on as far as what is known allows.
    fn advance(&mut self, now: Moment) -> Decided {
        if !self.confirmed {
            return Decided::default();
        }
        match self.state {
            State::Built => self.go(State::Migrated, self.migrate(), now),
            State::Migrated => self.go(State::Booting, self.boot(), now),
            State::Booting if self.ready >= self.needed() => self.go(State::Ready, Vec::new(), now),
            State::Ready => {
                let effects = if self.plan.smoke { vec![Effect::Smoke] } else { Vec::new() };
                self.go(State::Smoked, effects, now)
            }
            State::Smoked => self.next_share(Weight::NONE, now),
            State::Canary(weight)
                if self.plan.is_rolling() && self.ready >= self.needed() && !self.paused =>
            {
                self.next_share(weight, now)
            }
            State::Promoted if self.watched_until().is_none_or(|end| end <= now) => {
                self.go(State::Draining, self.drain(), now)
            }
            State::Draining => self.go(State::Retained, self.retain(), now),
            _ => Decided::default(),
        }
    }

    /// Instances of the canary that have to be ready before the next transition.
    fn needed(&self) -> u32 {
        match self.state {
            State::Canary(weight) => (self.plan.replaced_at(weight) + 1).min(self.plan.instances),
            _ if self.plan.is_rolling() => self.plan.instances.min(1),
            _ => self.plan.instances,
        }
    }

    fn next_share(&mut self, weight: Weight, now: Moment) -> Decided {
        match self.plan.next_share(weight) {
            Some(next) => {
                self.lease_until = now.after(self.plan.limits.lease);
                self.go(State::Canary(next), self.share(next), now)
            }
            None => self.promote(now),
        }
    }

    fn promote(&mut self, now: Moment) -> Decided {
        self.promoted_at = Some(now);
        self.paused = false;
        self.go(State::Promoted, self.promotion(now), now)
    }

    fn tick(&mut self, now: Moment) -> Decided {
        let limits = self.plan.limits;
        let elapsed = now.since(self.since);
        let limit = match self.state {
            State::Booting => Some(limits.boot),
            State::Smoked => Some(limits.smoke),
            State::Canary(_) => Some(limits.step),
            _ => None,
        };
        if matches!(self.state, State::Canary(_)) && now >= self.lease_until {
            return self.take_back(Cause::LeaseExpired, now);
        }
        if limit.is_some_and(|limit| elapsed >= limit) {
            return self.take_back(Cause::TimedOut(self.state), now);
        }
        let mut decided = self.advance(now);
        let due = self.lease_until.since(now) <= limits.lease * 2 / 3;
        if matches!(self.state, State::Canary(_)) && decided.step.is_none() && due {
            self.lease_until = now.after(limits.lease);
            decided.upkeep = Some(Effect::RenewLease { lease: limits.lease });
        }
        decided
    }

    fn judged(&mut self, verdict: Verdict, now: Moment) -> Decided {
        match (verdict, self.state) {
            (Verdict::Abort(cause), State::Canary(_)) => self.take_back(Cause::Judged(cause), now),
            (Verdict::Abort(cause), State::Promoted) => match self.no_way_back() {
                None => self.take_back(Cause::Judged(cause), now),
                refused => Decided { refused, ..Decided::default() },
            },
            // An instance that ended or never became healthy: hard stops are known before there is any traffic.
            (Verdict::Abort(cause), _) if self.is_undecided() => self.take_back(Cause::Judged(cause), now),
            // A rolling release goes on when its instances are ready.
            (Verdict::Promote(_), State::Canary(weight))
                if self.confirmed && !self.paused && !self.plan.is_rolling() =>
            {
                self.next_share(weight, now)
            }
            (Verdict::Inconclusive(_, then), State::Canary(_)) if !self.paused && !self.plan.is_rolling() => {
                match then {
                    OnInconclusive::PromoteAndWatch if self.confirmed => self.promote(now),
                    OnInconclusive::PromoteAndWatch | OnInconclusive::Extend(_) => Decided::default(),
                    OnInconclusive::Pause => {
                        self.paused = true;
                        Decided::default()
                    }
                }
            }
            _ => Decided::default(),
        }
    }

    fn command(&mut self, command: Command, now: Moment) -> Decided {
        let refused = |why| Decided { refused: Some(why), ..Decided::default() };
        let cause = Cause::Command(command);
        match (command, self.state) {
            (Command::Abort, State::Frozen) if self.stable_can_serve() => self.leave_to_stable(cause, now),
            (_, State::Aborted | State::Frozen | State::Draining | State::Retained | State::Retired) => {
                if command == Command::Interrupt {
                    Decided::default()
                } else {
                    refused(Refused::Ended)
                }
            }
            (Command::RollBack, State::Promoted) => match self.no_way_back() {
                None => self.take_back(cause, now),
                Some(why) => refused(why),
            },
            (Command::Interrupt, State::Promoted) => Decided::default(),
            (Command::Settle, State::Promoted) if self.confirmed => {
                self.go(State::Draining, self.drain(), now)
            }
            (Command::Settle, State::Promoted) => refused(Refused::NotReady),
            (_, State::Promoted) => refused(Refused::AlreadyPromoted),
            (Command::Abort | Command::Interrupt, _) => self.take_back(cause, now),
            (Command::RollBack, _) => refused(Refused::NotPromoted),
            (Command::Pause | Command::Resume, State::Canary(_)) => {
                self.paused = command == Command::Pause;
                self.advance(now)
            }
            // All of a rolling release's traffic on the instances that are there already would be too much for them.
            (Command::Promote, State::Canary(_)) if self.confirmed && !self.plan.is_rolling() => {
                self.promote(now)
            }
            (Command::Promote | Command::Pause | Command::Resume | Command::Settle, _) => {
                refused(Refused::NotReady)
            }
        }
    }

    /// Why the release before cannot serve again.
    fn no_way_back(&self) -> Option<Refused> {
        match self.plan.stable {
            None => Some(Refused::NothingBefore),
            Some(_) => (!self.plan.can_roll_back).then_some(Refused::SchemaMovedOn),
        }
    }

    /// Frozen, and on the stable release's side of the promotion, or on the way back to it.
    fn stable_can_serve(&self) -> bool {
        self.last.as_ref().is_some_and(|frozen| !frozen.from.is_promoted())
    }

    fn step_failed(&mut self, why: String, now: Moment) -> Decided {
        let cause = Cause::StepFailed(self.state, why);
        if self.is_undecided() {
            return self.take_back(cause, now);
        }
        self.attempts += 1;
        match self.state {
            _ if self.attempts < ATTEMPTS => Decided { step: self.last.clone(), ..Decided::default() },
            State::Promoted if self.no_way_back().is_none() => self.take_back(cause, now),
            State::Frozen => {
                // It has no effects; that it could not be written down changes nothing.
                self.confirmed = true;
                Decided::default()
            }
            _ => self.freeze(cause, now),
        }
    }

    /// Aborts or rolls back; freezes when the schema has no way back.
    fn take_back(&mut self, cause: Cause, now: Moment) -> Decided {
        let breaking_began = self.plan.migration == Migration::Breaking && self.state != State::Built;
        if breaking_began {
            return self.freeze(cause, now);
        }
        self.leave_to_stable(cause, now)
    }

    fn leave_to_stable(&mut self, cause: Cause, now: Moment) -> Decided {
        let effects = self.way_back();
        self.cause.get_or_insert(cause);
        self.go(State::Aborted, effects, now)
    }

    fn freeze(&mut self, cause: Cause, now: Moment) -> Decided {
        self.cause.get_or_insert(cause);
        self.go(State::Frozen, Vec::new(), now)
    }

    fn go(&mut self, to: State, effects: Vec<Effect>, now: Moment) -> Decided {
        let number = self.last.as_ref().map_or(0, |last| last.key.number + 1);
        let key = StepKey { release: self.plan.release.clone(), number };
        let cause = self.cause.clone();
        let step = Step { key, from: self.state, to, at: now, cause, effects };
        self.state = to;
        self.since = now;
        self.confirmed = false;
        self.attempts = 0;
        self.last = Some(step.clone());
        Decided { step: Some(step), ..Decided::default() }
    }

    /// How long it has been where it is.
    pub fn elapsed(&self, now: Moment) -> Duration {
        now.since(self.since)
    }
}
