//! One release taking over: the machine decides, the journal holds it, the effects are carried out, the machine is told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use seaworthy_artifact::Store;
use seaworthy_ledger::body::{
    Abort, Changes, Gate, Judgement, Outcome, Promotion, Purpose, Release, Rollback, Trigger,
};
use seaworthy_ledger::journal::Open;
use seaworthy_ledger::{Actor, Body, Draft, Key, LedgerError};
use seaworthy_rollout::count::Second;
use seaworthy_rollout::judge::{Baseline, Incident, Judge, JudgeConfig, Report};
use seaworthy_rollout::machine::{
    Cause, Command, Decided, Input, Machine, Plan, Record, Refused, State, Step, Strategy,
};
use seaworthy_rollout::{Arm, Weight};
use seaworthy_supervise::exit::Exit;
use seaworthy_supervise::machine::Phase;
use seaworthy_supervise::sighting::Sighted;
use tokio::task::JoinHandle;

use super::effects::{self, Scene};
use super::errors::LogErrors;
use super::gates::{Gates, Health};
use super::journal::{self, Journal, Kept};
use super::schema::Schema;
use super::synthetic::Synthetic;
use super::{changes, pause, words};

/// The lock of the environment is renewed so often.
const RENEW_EVERY: u64 = 20;

/// A rollout under way.
pub(super) struct Rollout {
    scene: Arc<Scene>,
    machine: Machine,
    journal: Journal,
    /// Who ships.
    actor: Actor,
    /// Who gave the last order.
    ordered: Option<Actor>,
    retry: bool,
    doing: Option<Doing>,
    /// Decided while something was done that must be finished.
    next: Option<Step>,
    judge: Option<Judge>,
    baseline: Baseline,
    seen: BTreeMap<String, Seen>,
    ready: u32,
    health: Gates,
    errors: LogErrors,
    /// New kinds of errors that are not told to the judge yet: of the new release, of the one before.
    new_errors: (u32, u32),
    exposed: Option<Timestamp>,
    gates: Vec<Gate>,
    ticks: u64,
    synthetic: Synthetic,
    /// It was told that the release is worse and cannot be taken back.
    stays: bool,
}

/// The step whose effects are carried out.
struct Doing {
    step: Step,
    open: Option<Open>,
    effects: JoinHandle<Result<(), String>>,
}

/// What was seen of an instance the last time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    restarts: u32,
    is_unready: bool,
}

/// How a rollout ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The new release serves.
    Promoted,
    /// The release before serves.
    TakenBack,
    /// A person has to look.
    Frozen,
}

impl Rollout {
    /// Begins a rollout.
    pub(super) fn start(
        scene: Scene,
        actor: Actor,
        retry: bool,
        baseline: Baseline,
        schema: &Schema,
    ) -> Result<Self, LedgerError> {
        let journal = Journal::open(&scene.place, &actor)?;
        let now = scene.place.host.clock.now();
        let (machine, decided) = Machine::start(scene.plan.clone(), now);
        let mut rollout = Self::with(scene, machine, journal, actor, retry, baseline);
        rollout.write_release(schema);
        rollout.decided(decided);
        Ok(rollout)
    }

    /// What the release is. Written once: it is the same whenever and wherever it is shipped.
    fn write_release(&self, schema: &Schema) {
        let place = &self.scene.place;
        let record = &self.scene.new.release.record;
        let stable = self.scene.stable.as_ref().map(|stable| &stable.release.record);
        let changes = match Store::open(&place.host.layout.store()) {
            Ok(store) => changes::of(&store, record, stable, schema.pending(record)),
            // What it changes is for people to look at; that it is shipped does not hang on it.
            Err(_) => Changes::default(),
        };
        let body = Release {
            commit: record.commit.clone(),
            dirty: record.dirty,
            artifact: record.artifact.clone(),
            configuration: record.configuration.clone(),
            schema: changes::range(record),
            author: record.author.clone(),
            changes,
        };
        let text = format!("{}/{}/{}/release", place.app, place.name, self.scene.plan.release);
        let (Ok(key), Some(release)) = (Key::parse(&text), journal::id(&self.scene.plan.release)) else {
            return;
        };
        let draft = Draft::new(place.app.clone(), key, body.into())
            .environment(place.name.clone())
            .release(release)
            .actor(self.actor.clone());
        match place.host.ledger.append(&draft) {
            // It was shipped before, beside another release: what was written then stays.
            Ok(_) | Err(LedgerError::KeyReused { .. }) => {}
            Err(error) => {
                place.tell(Some(&self.scene.plan.release), format!("the ledger was not written: {error}"));
            }
        }
    }

    /// Takes up the rollout that a control process left when it ended.
    pub(super) fn recover(scene: Scene, kept: &Kept, record: &Record) -> Result<Self, LedgerError> {
        let actor = journal::actor(&kept.actor, &scene.place.host.hostname);
        let journal = Journal::open(&scene.place, &actor)?;
        scene.place.host.clock.not_before(kept.step.at);
        let now = scene.place.host.clock.now();
        let (machine, decided) = Machine::recover(scene.plan.clone(), record, now);
        let mut rollout = Self::with(scene, machine, journal, actor, kept.retry, Baseline::default());
        rollout.decided(decided);
        Ok(rollout)
    }

    fn with(
        scene: Scene,
        machine: Machine,
        journal: Journal,
        actor: Actor,
        retry: bool,
        baseline: Baseline,
    ) -> Self {
        Self {
            scene: Arc::new(scene),
            machine,
            journal,
            actor,
            ordered: None,
            retry,
            doing: None,
            next: None,
            judge: None,
            baseline,
            seen: BTreeMap::new(),
            ready: 0,
            health: Gates::default(),
            errors: LogErrors::default(),
            new_errors: (0, 0),
            exposed: None,
            gates: Vec::new(),
            ticks: 0,
            synthetic: Synthetic::default(),
            stays: false,
        }
    }

    /// What it is about.
    pub(super) fn scene(&self) -> &Arc<Scene> {
        &self.scene
    }

    /// Where it is.
    pub(super) fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Why the judge says what it says, once there is traffic.
    pub(super) fn report(&self) -> Option<Report> {
        self.judge.as_ref().map(Judge::report)
    }

    /// Everything is done and nothing more follows.
    pub(super) fn end(&self) -> Option<End> {
        if self.doing.is_some() || self.next.is_some() || !self.machine.is_over() {
            return None;
        }
        Some(match self.machine.state() {
            State::Aborted => End::TakenBack,
            State::Frozen => End::Frozen,
            _ => End::Promoted,
        })
    }

    /// The new release has all the traffic, and nothing is being done.
    pub(super) fn is_watching(&self) -> bool {
        self.machine.state() == State::Promoted && self.doing.is_none() && self.next.is_none()
    }

    /// Gives back what it held.
    pub(super) fn close(self) {
        // A lock that stays is that of this process, which takes it again when it needs it.
        let _ = self.journal.close(&self.scene.place.host.ledger);
    }

    /// Returns when the effects of the step under way are done; never, when there is none.
    pub(super) async fn wait(&mut self) -> Result<(), String> {
        match &mut self.doing {
            Some(doing) => match (&mut doing.effects).await {
                Ok(result) => result,
                Err(error) => Err(error.to_string()),
            },
            None => std::future::pending().await,
        }
    }

    /// The effects of the step under way are done, or could not be.
    pub(super) fn done(&mut self, result: Result<(), String>) {
        let Some(doing) = self.doing.take() else { return };
        let place = Arc::clone(&self.scene.place);
        let now = place.host.clock.now();
        let key = doing.step.key.clone();
        // What was decided meanwhile goes first: the machine waits for that step now.
        let superseded = self.next.take();
        let confirmed = result.and_then(|()| match &doing.open {
            Some(open) if superseded.is_none() => {
                self.journal.confirm(&place.host.ledger, open).map_err(|error| error.to_string())
            }
            _ => Ok(()),
        });
        if let Some(next) = superseded {
            return self.begin(next);
        }
        let input = match confirmed {
            Ok(()) => {
                self.entered(&doing.step);
                Input::Confirmed(key)
            }
            Err(why) => {
                place.tell(
                    Some(&self.scene.plan.release),
                    format!("{} failed: {why}", words::state(doing.step.to)),
                );
                self.gate_failed(doing.step.to, &why);
                Input::Failed(key, why)
            }
        };
        let decided = self.machine.handle(input, now);
        self.decided(decided);
    }

    /// Someone wants something; `by` is absent where it follows from another order.
    pub(super) fn command(&mut self, command: Command, by: Option<Actor>) -> Result<(), Refused> {
        let now = self.scene.place.host.clock.now();
        let decided = self.machine.handle(Input::Command(command), now);
        let refused = decided.refused;
        if refused.is_none() && by.is_some() {
            self.ordered = by;
        }
        self.decided(decided);
        refused.map_or(Ok(()), Err)
    }

    /// The proxy counted a second.
    pub(super) fn second(&mut self, second: &Second) {
        let mut second = *second;
        self.synthetic.users(second.canary.requests + second.stable.requests);
        let (new, stable) = (self.count_instances(Arm::Canary), self.count_instances(Arm::Stable));
        // An instance that ends is told to the judge as an incident, by `incidents`.
        second.instances(Arm::Canary, new, 0);
        second.instances(Arm::Stable, stable, 0);
        let (new_errors, stable_errors) = std::mem::take(&mut self.new_errors);
        second.log_errors(stable_errors, new_errors);
        if self.machine.state() == State::Promoted {
            // All traffic is the new release's: what the old one did before is played beside it.
            second.stable = self.baseline.replay();
        } else if second.stable.requests > 0 {
            self.baseline.add(&second.stable);
        }
        if let Some(judge) = &mut self.judge {
            judge.second(&second);
        }
    }

    fn count_instances(&self, arm: Arm) -> u32 {
        let running = match arm {
            Arm::Canary => Some(&self.scene.new),
            Arm::Stable => self.scene.stable.as_ref(),
        };
        let board = self.scene.place.host.supervisor.board();
        let instances = running.map(|running| running.instances()).unwrap_or_default();
        let alive = |name: &str| board.get(name).is_some_and(|status| status.pid.is_some());
        let count = instances.iter().filter(|instance| alive(&instance.name)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// A second passed.
    pub(super) fn tick(&mut self) {
        let place = Arc::clone(&self.scene.place);
        let now = place.host.clock.now();
        self.ticks += 1;
        if self.ticks.is_multiple_of(RENEW_EVERY) {
            // A lock that was lost shows at the next step, which is then refused.
            let _ = self.journal.renew(&place.host.ledger);
        }
        self.look();
        self.read_logs();
        self.incidents();
        if let Some(judge) = &mut self.judge
            && let Some((canary, stable)) = self.synthetic.second(&self.scene)
        {
            judge.second(&Second { at: now, stable, canary });
        }
        if let Some(judge) = &mut self.judge {
            let verdict = judge.verdict(now);
            let decided = self.machine.handle(Input::Verdict(verdict), now);
            if let Some(why) = decided.refused.filter(|_| !std::mem::replace(&mut self.stays, true)) {
                let text = format!("it is worse, and is not taken back: {}", words::refused(why));
                place.tell(Some(&self.scene.plan.release), text);
            }
            self.decided(decided);
        }
        let decided = self.machine.handle(Input::Tick, now);
        self.decided(decided);
    }

    /// Something was seen of an instance.
    pub(super) fn sighted(&mut self, sighted: &Sighted) {
        let is_new = self.scene.new.instances().iter().any(|instance| instance.name == sighted.name);
        if is_new {
            let now = self.scene.place.host.clock.now();
            let has_traffic = matches!(self.machine.state(), State::Canary(_));
            self.health.sighted(&self.scene, &sighted.name, &sighted.what, has_traffic, now);
        }
    }

    /// What its instances lack.
    pub(super) fn lacking(&self) -> Option<String> {
        self.health.lacking(&self.scene, self.scene.place.host.clock.now())
    }

    /// Something changed of the instances.
    pub(super) fn look(&mut self) {
        let is_waiting =
            matches!(self.machine.state(), State::Booting | State::Ready | State::Smoked | State::Canary(_));
        if !is_waiting {
            return;
        }
        let now = self.scene.place.host.clock.now();
        let input = match self.health.look(&self.scene, now) {
            Health::Ready(ready) if ready == self.ready => return,
            Health::Ready(ready) => {
                self.ready = ready;
                Input::Ready(ready)
            }
            Health::Failed(why) => {
                self.gate_failed(State::Ready, &why);
                Input::GateFailed(why)
            }
        };
        let decided = self.machine.handle(input, now);
        self.decided(decided);
    }

    /// Looks for new kinds of errors in the logs, once there is traffic.
    fn read_logs(&mut self) {
        if self.judge.is_none() {
            return;
        }
        let place = &self.scene.place;
        if let Some(stable) = &self.scene.stable {
            self.new_errors.1 += self.errors.read(place, stable);
        }
        self.new_errors.0 += self.errors.read(place, &self.scene.new);
    }

    /// Tells the judge what befell instances since the last look.
    fn incidents(&mut self) {
        let board = self.scene.place.host.supervisor.board();
        let arms = [(Arm::Canary, Some(&self.scene.new)), (Arm::Stable, self.scene.stable.as_ref())];
        let Some(judge) = &mut self.judge else { return };
        for (arm, running) in arms {
            for instance in running.map(|running| running.instances()).unwrap_or_default() {
                let Some(status) = board.get(&instance.name) else { continue };
                let is_unready = status.phase == Phase::Unready;
                let now = Seen { restarts: status.restarts, is_unready };
                let before = self.seen.insert(instance.name.clone(), now).unwrap_or(now);
                let ended = matches!(status.phase, Phase::Restarting | Phase::CrashLoop | Phase::Failed);
                if now.restarts > before.restarts || ended {
                    let incident = if status.last_exit == Some(Exit::OutOfMemory) {
                        Incident::OutOfMemory
                    } else {
                        Incident::Exited
                    };
                    judge.incident(arm, incident);
                } else if is_unready {
                    judge.incident(arm, Incident::ProbeFailed);
                } else if status.phase == Phase::Ready {
                    judge.incident(arm, Incident::ProbePassed);
                }
            }
        }
    }

    fn decided(&mut self, decided: Decided) {
        if let Some(effect) = decided.upkeep {
            let scene = Arc::clone(&self.scene);
            // Renewing is quick, and the next renewal comes in time should it fail.
            tokio::spawn(async move { effects::carry_out(scene, vec![effect]).await });
        }
        let Some(step) = decided.step else { return };
        match &self.doing {
            None => self.begin(step),
            Some(_) if self.scene.must_finish.load(Ordering::Acquire) => self.next = Some(step),
            Some(doing) => {
                doing.effects.abort();
                self.doing = None;
                self.begin(step);
            }
        }
    }

    /// Writes a step down, then carries it out.
    fn begin(&mut self, step: Step) {
        let place = Arc::clone(&self.scene.place);
        let kept = Kept {
            plan: self.scene.plan.clone(),
            step: step.clone(),
            promoted_at: self.machine.record().and_then(|record| record.promoted_at),
            actor: self.actor.to_string(),
            retry: self.retry,
        };
        let cause = step.cause.as_ref().map(|cause| format!(": {}", words::cause(cause))).unwrap_or_default();
        let is_way_back = matches!(step.to, State::Aborted | State::Frozen);
        let open = match self.journal.begin(&place.host.ledger, &kept) {
            Ok(open) => open,
            // That it cannot be written down must not keep a bad release in service.
            Err(error) if is_way_back => {
                place.tell(Some(&self.scene.plan.release), format!("the ledger was not written: {error}"));
                None
            }
            Err(error) => {
                let effects = tokio::spawn(async move { Err(error.to_string()) });
                self.doing = Some(Doing { step, open: None, effects });
                return;
            }
        };
        place.tell(Some(&self.scene.plan.release), format!("{}{cause}", words::state(step.to)));
        if is_way_back && let Some(first) = self.report().and_then(|report| report.first_event) {
            let _ = self.scene.first_failure.set(first);
        }
        self.traffic_changes(&step);
        let (scene, wanted, to) = (Arc::clone(&self.scene), step.effects.clone(), step.to);
        let effects = tokio::spawn(async move {
            pause::before(to).await;
            effects::carry_out(scene, wanted).await
        });
        self.doing = Some(Doing { step, open, effects });
    }

    /// The judge is told when the share changes.
    fn traffic_changes(&mut self, step: &Step) {
        let now = self.scene.place.host.clock.now();
        match step.to {
            State::Canary(weight) => {
                self.exposed.get_or_insert_with(Timestamp::now);
                match &mut self.judge {
                    Some(judge) => judge.step(weight, now),
                    None => self.judge = Some(Judge::new(JudgeConfig::default(), weight, now)),
                }
            }
            State::Promoted if self.scene.plan.stable.is_some() => {
                self.pass("judge", self.judge.as_ref().map(|judge| summary(&judge.report())));
                let config = JudgeConfig::default().of_watch();
                self.judge = Some(Judge::new(config, Weight::percent(50), now));
            }
            State::Draining | State::Retained | State::Aborted | State::Frozen => {
                if let Some(line) = self.report().as_ref().and_then(words::evidence) {
                    self.scene.place.tell(Some(&self.scene.plan.release), line);
                }
            }
            _ => {}
        }
    }

    /// A step is done: what is worth an event of its own is written.
    fn entered(&mut self, step: &Step) {
        match step.to {
            State::Ready => self.pass("health", None),
            State::Smoked if self.scene.plan.smoke => self.pass("smoke", None),
            State::Promoted => {
                self.write_promotion(step);
                self.scene.place.tell(Some(&self.scene.plan.release), "all traffic is its");
            }
            State::Aborted => self.write_end(step),
            _ => {}
        }
    }

    fn pass(&mut self, gate: &str, detail: Option<String>) {
        self.gates.push(Gate { gate: gate.to_owned(), outcome: Outcome::Passed, detail });
    }

    fn gate_failed(&mut self, state: State, why: &str) {
        let gate = match state {
            State::Migrated => "migration",
            State::Booting | State::Ready => "health",
            State::Smoked => "smoke",
            _ => return,
        };
        let gate = gate.to_owned();
        self.gates.push(Gate { gate, outcome: Outcome::Failed, detail: Some(why.to_owned()) });
    }

    fn write_promotion(&self, step: &Step) {
        let plan = &self.scene.plan;
        let promotion = Promotion {
            commit: self.scene.new.release.record.commit.clone(),
            previous: plan.stable.as_ref().and_then(journal::id),
            strategy: strategy(plan).to_owned(),
            gates: self.gates.clone(),
            purpose: Purpose::Planned,
            incident: None,
            exposed: self.exposed,
        };
        self.write("promotion", step, promotion.into());
    }

    fn write_end(&self, step: &Step) {
        let plan = &self.scene.plan;
        let reason = step.cause.as_ref().map(words::cause).unwrap_or_default();
        let was_promoted = step.from.is_promoted();
        let by_judge = self.report();
        if let (true, Some(stable), Some(from)) =
            (was_promoted, &self.scene.stable, journal::id(&plan.release))
            && let Some(to) = journal::id(&stable.release.id)
        {
            let is_manual = matches!(step.cause, Some(Cause::Command(_)));
            let rollback = Rollback {
                from,
                to,
                commit: Some(stable.release.record.commit.clone()),
                trigger: if is_manual { Trigger::Manual } else { Trigger::Automatic },
                reason,
                incident: None,
            };
            return self.write("rollback", step, rollback.into());
        }
        let state = journal::entry(plan, &Step { to: step.from, ..step.clone() });
        let abort = Abort {
            commit: self.scene.new.release.record.commit.clone(),
            state: state.map_or(seaworthy_ledger::journal::State::Built, |(_, state)| state),
            exposed: self.exposed,
            purpose: Purpose::Planned,
            reason,
            judgement: by_judge.as_ref().and_then(judgement),
            gates: self.gates.clone(),
        };
        self.write("abort", step, abort.into());
    }

    /// Who is behind a step: who ordered it, the host where it decided by itself, else who ships.
    fn behind(&self, step: &Step) -> Actor {
        match &step.cause {
            Some(Cause::Command(_)) => self.ordered.clone().unwrap_or_else(|| self.actor.clone()),
            Some(_) => Actor::Automatic { host: self.scene.place.host.hostname.clone() },
            None => self.actor.clone(),
        }
    }

    fn write(&self, what: &str, step: &Step, body: Body) {
        let place = &self.scene.place;
        let text = format!("{}/{}/{}/{what}/{}", place.app, place.name, step.key, step.at.0);
        let (Ok(key), Some(release)) = (Key::parse(&text), journal::id(&self.scene.plan.release)) else {
            return;
        };
        let draft = Draft::new(place.app.clone(), key, body)
            .environment(place.name.clone())
            .release(release)
            .actor(self.behind(step));
        if let Err(error) = place.host.ledger.append(&draft) {
            place.tell(Some(&self.scene.plan.release), format!("the ledger was not written: {error}"));
        }
    }
}

/// What a release is and who ships it, as the plan's strategy is called.
pub(super) fn strategy(plan: &Plan) -> &'static str {
    match plan.strategy {
        Strategy::Rolling => "rolling",
        Strategy::BlueGreen { .. } => "blue-green",
        Strategy::Canary { .. } => "canary",
    }
}

fn summary(report: &Report) -> String {
    format!("{} requests, evidence {:.2} of {:.0}", report.requests, report.evidence, report.aborts_at)
}

fn judgement(report: &Report) -> Option<Judgement> {
    use seaworthy_rollout::judge::Cause;
    let stream = match report.cause? {
        Cause::Evidence(stream) => stream,
        Cause::HardStop(_) => return None,
    };
    let found = report.streams.iter().find(|found| found.stream == stream)?;
    Some(Judgement {
        stream: stream.as_str().to_owned(),
        canary: found.canary.share(),
        stable: found.stable.share(),
    })
}
