//! A host as far as a rollout can see it: carries out effects, and watches over what must always hold.

use std::time::Duration;

use seaworthy_rollout::machine::{
    Command, Decided, Effect, Input, Limits, Machine, Plan, Record, State, Step, Strategy,
};
use seaworthy_rollout::schema::Migration;
use seaworthy_rollout::{Arm, Moment, ReleaseId, Weight};

/// A plan of three instances against two, with short limits.
pub(crate) fn plan(strategy: Strategy) -> Plan {
    Plan {
        release: ReleaseId::new("new"),
        stable: Some(ReleaseId::new("old")),
        strategy,
        instances: 3,
        stable_instances: 2,
        migration: Migration::None,
        workers: true,
        exclusive: false,
        smoke: true,
        can_roll_back: true,
        limits: Limits { step: Duration::from_mins(20), ..Limits::default() },
    }
}

pub(crate) fn canary() -> Strategy {
    let steps = vec![Weight::percent(10), Weight::percent(50), Weight::ALL];
    Strategy::Canary { steps, watch: Duration::from_mins(2) }
}

/// The host, its journal and the machine.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) machine: Machine,
    pub(crate) now: Moment,
    /// The last record of the journal.
    pub(crate) journal: Record,
    /// The step under way and how many of its effects are done.
    pub(crate) doing: Option<(Step, usize)>,
    pub(crate) running: [u32; 2],
    pub(crate) weight: Weight,
    lease: Option<Moment>,
    pub(crate) held: bool,
    pub(crate) workers: Option<Arm>,
    /// The canary's instances that passed their gates.
    passed: u32,
    /// An abort took the traffic back.
    taken_back: bool,
    pub(crate) states: Vec<State>,
    pub(crate) effects: Vec<Effect>,
}

impl World {
    pub(crate) fn new(plan: Plan) -> Self {
        let now = Moment(1_000_000);
        let (machine, decided) = Machine::start(plan.clone(), now);
        let mut world = Self {
            journal: machine.record().unwrap(),
            machine,
            now,
            doing: None,
            running: [if plan.stable.is_some() { plan.stable_instances } else { 0 }, 0],
            weight: Weight::NONE,
            lease: None,
            held: false,
            workers: (plan.workers && plan.stable.is_some()).then_some(Arm::Stable),
            passed: 0,
            taken_back: false,
            states: Vec::new(),
            effects: Vec::new(),
            plan,
        };
        world.take(decided);
        world
    }

    /// Writes "begin"; what follows supersedes what is under way.
    fn take(&mut self, decided: Decided) {
        if let Some(step) = decided.step {
            self.journal = self.machine.record().unwrap();
            assert_eq!((&self.journal.step, self.journal.confirmed), (&step, false));
            self.states.push(step.to);
            if step.to == State::Draining {
                assert!(
                    self.machine.watched_until().is_some_and(|end| end <= self.now),
                    "the watch is not over"
                );
            }
            self.doing = Some((step, 0));
        }
        if let Some(upkeep) = decided.upkeep {
            self.carry_out(&upkeep);
        }
        self.check();
    }

    pub(crate) fn tell(&mut self, input: Input) {
        let decided = self.machine.handle(input, self.now);
        self.take(decided);
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.tell(Input::Command(command));
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
        self.expire();
        self.tell(Input::Tick);
    }

    /// The next effect, or the confirmation when all are done.
    pub(crate) fn work(&mut self) {
        let Some((step, done)) = self.doing.take() else { return };
        if let Some(effect) = step.effects.get(done).cloned() {
            self.doing = Some((step, done + 1));
            self.carry_out(&effect);
            self.check();
        } else {
            self.journal.confirmed = true;
            self.tell(Input::Confirmed(step.key));
        }
    }

    pub(crate) fn fail(&mut self) {
        if let Some((step, _)) = self.doing.take() {
            self.tell(Input::Failed(step.key, "no".to_owned()));
        }
    }

    /// So many instances of those that run have passed their gates.
    pub(crate) fn ready(&mut self, instances: u32) {
        self.passed = instances.min(self.running[Arm::Canary as usize]).max(self.passed);
        self.tell(Input::Ready(self.passed));
    }

    /// The control process dies, and the next one finds what runs and the journal.
    pub(crate) fn crash(&mut self, away: Duration) {
        self.now = self.now.after(away);
        self.expire();
        self.doing = None;
        let text = serde_json::to_string(&self.journal).unwrap();
        let (machine, decided) =
            Machine::recover(self.plan.clone(), &serde_json::from_str(&text).unwrap(), self.now);
        self.machine = machine;
        self.take(decided);
    }

    /// Everything goes well and time goes on, until it is over.
    pub(crate) fn finish(&mut self) {
        for _ in 0..5_000 {
            if self.machine.is_over() {
                return;
            }
            while self.doing.is_some() {
                self.work();
            }
            self.pass(Duration::from_secs(5));
        }
        panic!("it does not end: {:?}", self.machine);
    }

    fn expire(&mut self) {
        if self.lease.is_some_and(|until| until <= self.now) {
            self.weight = Weight::NONE;
            self.lease = None;
        }
    }

    fn carry_out(&mut self, effect: &Effect) {
        self.effects.push(effect.clone());
        match effect {
            Effect::Run { arm, instances } => {
                let before = self.running[*arm as usize];
                if *instances == 0 && before > 0 && !self.held {
                    let weight = if *arm == Arm::Canary { self.weight } else { self.weight.rest() };
                    assert_eq!(weight, Weight::NONE, "{arm:?} is stopped while it has weight");
                }
                self.running[*arm as usize] = *instances;
                self.passed = self.passed.min(self.running[Arm::Canary as usize]);
            }
            Effect::SetWeight { weight, lease } => {
                assert!(!self.taken_back || *weight == Weight::NONE, "an aborted release gets traffic");
                self.taken_back |= self.machine.state() == State::Aborted;
                self.weight = *weight;
                self.lease = lease.map(|lease| self.now.after(lease));
            }
            // The proxy renews what is there; a share that has expired stays expired.
            Effect::RenewLease { lease } => {
                self.lease = self.lease.map(|_| self.now.after(*lease));
            }
            Effect::Hold => self.held = true,
            Effect::Unhold => self.held = false,
            Effect::MoveWorkers { to } => self.workers = Some(*to),
            Effect::StopWorkers => {
                assert!(self.held, "workers stop only while everything is held");
                self.workers = None;
            }
            Effect::Migrate => {
                let safe = self.held && self.effects.contains(&Effect::Backup);
                assert!(self.plan.migration != Migration::Breaking || safe, "no backup, or in use");
            }
            _ => {}
        }
    }

    /// What must hold between any two effects.
    fn check(&self) {
        let [stable, canary] = self.running;
        let state = self.journal.step.to;
        if !self.held && self.plan.stable.is_some() {
            assert!(
                self.weight == Weight::ALL || stable > 0,
                "traffic without the stable release in {state:?}"
            );
        }
        if self.weight > Weight::NONE && !self.held {
            assert!(canary > 0 && self.passed > 0, "traffic to what is not ready in {state:?}");
        }
        if self.weight == Weight::ALL {
            assert!(
                self.held || self.passed == self.plan.instances,
                "all traffic on a part of the instances"
            );
        }
        // A promotion whose clearing up cannot be done freezes with the new release serving everybody.
        let frozen_after = state == State::Frozen
            && self.weight == Weight::ALL
            && canary > 0
            && self.passed == self.plan.instances;
        if self.plan.stable.is_some() && !self.plan.exclusive && !state.is_promoted() && !frozen_after {
            assert!(stable > 0, "the stable release is gone in {state:?}");
        }
        if state == State::Promoted && !self.plan.exclusive && self.plan.strategy != Strategy::Rolling {
            assert_eq!(
                stable,
                if self.plan.stable.is_some() { self.plan.stable_instances } else { 0 },
                "not warm"
            );
        }
        if self.plan.exclusive {
            assert!(stable == 0 || canary == 0, "two writers");
        }
        if self.plan.workers && self.plan.stable.is_some() && !self.held && state != State::Frozen {
            assert!(self.workers.is_some(), "no workers in {state:?}");
        }
        if matches!(state, State::Canary(_)) {
            assert_eq!(self.workers, self.plan.workers.then_some(Arm::Stable));
        }
    }

    /// What must hold at the end.
    pub(crate) fn check_end(&self) {
        let stable = if self.plan.stable.is_some() { self.plan.stable_instances } else { 0 };
        let worker = |arm| self.plan.workers.then_some(arm);
        match self.machine.state() {
            State::Retained => {
                assert_eq!(
                    (self.weight, self.running, self.held),
                    (Weight::ALL, [0, self.plan.instances], false)
                );
                assert_eq!(self.workers, worker(Arm::Canary));
            }
            State::Aborted => {
                assert_eq!((self.weight, self.running, self.held), (Weight::NONE, [stable, 0], false));
                if self.plan.stable.is_some() {
                    assert_eq!(self.workers, worker(Arm::Stable));
                }
                assert!(self.machine.cause().is_some());
                // Nobody but a person goes back behind a breaking migration.
                let broke =
                    self.plan.migration == Migration::Breaking && self.effects.contains(&Effect::Migrate);
                assert!(!broke || self.states.contains(&State::Frozen));
            }
            State::Frozen => assert!(self.machine.cause().is_some()),
            other => panic!("ended in {other:?}"),
        }
    }
}
