//! The task that owns one app in one environment: takes orders, drives its rollout, brings it back after a restart.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use seaworthy_ledger::Actor;
use seaworthy_ledger::body::MigrationClass;
use seaworthy_model::Name;
use seaworthy_rollout::count::{ArmCounts, Stream};
use seaworthy_rollout::hold::{Relation, Shipping, Trigger};
use seaworthy_rollout::judge::Baseline;
use seaworthy_rollout::machine::{Command, Limits, Plan, State, Strategy};
use seaworthy_rollout::retention::{KEPT, Retained, to_retire};
use seaworthy_rollout::schema::Migration;
use seaworthy_rollout::{Moment, ReleaseId, Weight, traffic};
use seaworthy_supervise::survivor::Survivor;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::effects::{Scene, most};
use super::place::Place;
use super::rate::Rate;
use super::release::{MigrationRecord, Release, ReleaseRecord};
use super::rollout::{End, Rollout};
use super::router::Samples;
use super::running::{self, Running, Slot};
use super::schedules::Schedules;
use super::schema::{self, Schema};
use super::traffic::{Serving, Traffic};
use super::view::{EnvironmentView, JudgeView, ReleaseView, RolloutView};
use super::{Error, journal, restore, sweep, words};

/// Orders that wait; whoever gives more waits.
const QUEUE: usize = 32;
/// The old release stays warm for so long, where nobody says otherwise.
const WATCH: Duration = Duration::from_mins(10);

/// The way to the task of an environment.
#[derive(Clone)]
pub(super) struct Orders(mpsc::Sender<Order>);

/// An answer: done, or why not.
type Reply<T = ()> = oneshot::Sender<Result<T, Refusal>>;

/// Why an order was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The code of its page.
    pub code: &'static str,
    /// What is the matter.
    pub message: String,
    /// What to type next.
    pub next: Option<String>,
}

impl Refusal {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), next: None }
    }

    pub(super) fn next(self, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..self }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { code: error.code(), message: error.to_string(), next: error.help() }
    }
}

/// A release that is to take over. Its record and files are here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ship {
    /// The release.
    pub release: ReleaseId,
    /// Who ships it: `ana@laptop`, `ci:github:...`.
    pub actor: String,
    /// A release that was taken back before may be tried again.
    #[serde(default)]
    pub retry: bool,
    /// Nobody typed this.
    #[serde(default)]
    pub automatic: bool,
    /// How its commit stands to the one that was rolled back, where one was.
    #[serde(default)]
    pub relation: Option<Relation>,
    /// A strategy instead of the model's.
    #[serde(default)]
    pub strategy: Option<Strategy>,
    /// A migration that the running release cannot live with is meant.
    #[serde(default)]
    pub breaking: bool,
    /// An earlier release takes over again: what its migrations do was done.
    #[serde(default)]
    pub back: bool,
}

/// What can be ordered of an environment.
pub(super) enum Order {
    Ship(Box<Ship>, Reply<Shipped>),
    Command(Command, String, Reply),
    RollBack(Option<ReleaseId>, String, Reply<ReleaseId>),
    Maintenance(bool, Reply),
    Scale(Name, Option<u32>, Reply),
    View(oneshot::Sender<EnvironmentView>),
    /// The control process goes; what runs goes on.
    Leave(oneshot::Sender<()>),
    /// Everything stops.
    Stop(oneshot::Sender<()>),
}

/// What became of an order to ship.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shipped {
    /// The rollout began.
    Begun,
    /// Another one is under way: it begins after that.
    Waits,
    /// It serves already.
    Serves,
}

impl Orders {
    /// Gives an order and waits for the answer.
    pub(super) async fn give<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.0.send(order(reply)).await.ok()?;
        answer.await.ok()
    }
}

/// What is known of an environment when its task begins.
pub(super) struct Start {
    pub(super) place: Arc<Place>,
    /// What runs for it and nobody controls.
    pub(super) survivors: Vec<Survivor>,
}

/// Starts the task of an environment. `ready` is told when all that has to serve does, or cannot.
pub(super) fn spawn(start: Start, ready: oneshot::Sender<()>) -> (Orders, JoinHandle<()>) {
    let (sender, orders) = mpsc::channel(QUEUE);
    let task = tokio::spawn(async move {
        let Start { place, survivors } = start;
        let mut task = Task {
            place,
            stable: None,
            rollout: None,
            waiting: None,
            baseline: Baseline::default(),
            traffic: Rate::default(),
            last_trouble: None,
            schedules: Schedules::default(),
        };
        task.restore(survivors).await;
        let _ = ready.send(());
        task.run(orders).await;
    });
    (Orders(sender), task)
}

struct Task {
    place: Arc<Place>,
    /// The release that serves, or served before the one that takes over.
    stable: Option<Arc<Running>>,
    rollout: Option<Rollout>,
    /// The next to be shipped; a newer one takes its place.
    waiting: Option<Box<Ship>>,
    baseline: Baseline,
    traffic: Rate,
    last_trouble: Option<String>,
    schedules: Schedules,
}

impl Task {
    async fn run(&mut self, mut orders: mpsc::Receiver<Order>) {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut statuses = self.place.host.supervisor.board().changes();
        let mut counted = self.place.host.router.counts();
        let mut samples = self.place.host.router.samples();
        let mut sightings = self.place.host.supervisor.board().sightings();
        // What changed since it was looked at last, and before anyone listened.
        self.look();
        loop {
            tokio::select! {
                order = orders.recv() => {
                    let Some(order) = order else { return };
                    if !self.take(order).await {
                        return;
                    }
                }
                result = wait(&mut self.rollout) => {
                    if let Some(rollout) = &mut self.rollout {
                        rollout.done(result);
                    }
                }
                changed = statuses.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.look();
                }
                second = counted.recv() => {
                    if let Ok((name, second)) = second
                        && name == self.place.split_name()
                        && let Some(rollout) = &mut self.rollout
                    {
                        rollout.second(&second);
                    }
                }
                sighted = sightings.recv() => {
                    // What was missed of an instance is seen again with its next probe.
                    if let (Ok(sighted), Some(rollout)) = (sighted, &mut self.rollout) {
                        rollout.sighted(&sighted);
                        rollout.look();
                    }
                }
                sample = samples.recv() => {
                    if let Ok(samples) = sample {
                        self.sample(&samples);
                    }
                }
                _ = second.tick() => {
                    self.run_schedules();
                    if let Some(requests) = self.place.host.router.requests(&self.place).await {
                        self.traffic.add(Instant::now(), requests);
                    }
                    if let Some(rollout) = &mut self.rollout {
                        rollout.tick();
                    }
                }
            }
            self.settle().await;
        }
    }

    /// Jobs run in the release whose workers run: the new one from its promotion on.
    fn run_schedules(&mut self) {
        let promoted = self.rollout.as_ref().filter(|rollout| rollout.machine().state().is_promoted());
        let is_going_back = self
            .rollout
            .as_ref()
            .is_some_and(|rollout| matches!(rollout.machine().state(), State::Aborted | State::Frozen));
        let serving = match promoted {
            Some(rollout) => Some(Arc::clone(&rollout.scene().new)),
            None => self.stable.clone(),
        };
        if let Some(serving) = serving.filter(|_| !is_going_back) {
            self.schedules.tick(&self.place, &serving, jiff::Timestamp::now());
        }
    }

    /// What the release that serves did in the last second: the watch after the next promotion goes by it.
    fn sample(&mut self, samples: &Samples) {
        let sample = samples.get(&self.place.split_name()).copied().unwrap_or_default();
        if self.rollout.is_some() || sample.requests == 0 {
            return;
        }
        let mut counts =
            ArmCounts { requests: sample.requests, failed: sample.failed, ..ArmCounts::default() };
        for stream in Stream::ALL.into_iter().filter(|stream| stream.is_of_requests()) {
            counts.exposure[stream] = sample.requests;
        }
        counts.events[Stream::ServerError] = sample.failed;
        self.baseline.add(&counts);
    }

    /// Looks at what runs.
    fn look(&mut self) {
        self.refresh();
        if let Some(rollout) = &mut self.rollout {
            rollout.look();
        }
    }

    /// Keeps what the proxy is told in line with which instances are ready.
    fn refresh(&self) {
        if let Some(rollout) = &self.rollout {
            super::effects::refresh(rollout.scene());
        } else {
            let serving = self.serving();
            self.place.set_traffic(|traffic| traffic.stable = serving);
        }
    }

    /// What serves of the release that serves.
    fn serving(&self) -> Serving {
        self.stable.as_ref().map(|stable| stable.serving(&self.place)).unwrap_or_default()
    }

    /// A rollout that is over makes room for what waits.
    async fn settle(&mut self) {
        let Some(end) = self.rollout.as_ref().and_then(Rollout::end) else {
            // What waits does not wait for the watch of the release before it.
            if self.waiting.is_some()
                && let Some(rollout) = &mut self.rollout
                && rollout.machine().state() == State::Promoted
            {
                // Refused while the promotion itself is under way; it is asked again after it.
                let _ = rollout.command(Command::Settle, None);
            }
            return;
        };
        if end == End::Frozen {
            return;
        }
        let Some(rollout) = self.rollout.take() else { return };
        let scene = Arc::clone(rollout.scene());
        rollout.close();
        if end == End::Promoted {
            self.promoted(&scene);
        } else {
            let serves = self.stable.as_ref().map_or("nothing", |stable| stable.release.id.as_str());
            self.place.tell(Some(&scene.plan.release), format!("taken back; {serves} serves"));
        }
        let older = self.older(&scene);
        let serving = self.serving();
        self.place.set_share(Weight::NONE);
        // In one: the proxy is told at any instant, and must never see neither release.
        self.place.set_traffic(|traffic| {
            traffic.stable = serving;
            traffic.canary = None;
            traffic.weight = Weight::NONE;
            traffic.lease = None;
            traffic.held = false;
            if let Some(older) = older {
                traffic.older = older;
            }
        });
        let _ = running::keep(&self.place, self.stable.iter());
        self.retire();
        if let Some(ship) = self.waiting.take() {
            let release = ship.release.clone();
            if let Err(refusal) = self.begin(*ship).await {
                self.place.tell(Some(&release), format!("refused: {}", refusal.message));
            }
        }
    }

    fn promoted(&mut self, scene: &Scene) {
        self.stable = Some(Arc::clone(&scene.new));
        let commit = &scene.new.release.record.commit;
        let _ = self.place.set(|settings| {
            if settings.held.as_ref().is_some_and(|held| held != commit) {
                settings.held = None;
            }
        });
    }

    /// Files of the release before, for pages that were loaded from it.
    fn older(&self, scene: &Scene) -> Option<std::collections::BTreeMap<Name, Vec<std::path::PathBuf>>> {
        let stable = self.stable.as_ref()?;
        let before = scene.stable.as_ref().filter(|before| before.release.id != stable.release.id)?;
        Some(before.sites())
    }

    /// Removes the files of releases that nobody will go back to.
    fn retire(&self) {
        let Ok(retained) = journal::retained(&self.place) else { return };
        let pinned = self.place.settings().pinned;
        let retained: Vec<Retained> = retained
            .into_iter()
            .map(|(release, since)| {
                let pinned = pinned.contains(&release);
                Retained { release, since: Moment(since), pinned }
            })
            .collect();
        let gone: Vec<ReleaseId> = to_retire(&retained, KEPT).into_iter().cloned().collect();
        for release in gone {
            let result = journal::retire(&self.place, &release).map_err(|error| error.to_string());
            let result =
                result.and_then(|()| self.place.folder.remove(&release).map_err(|error| error.to_string()));
            if let Err(why) = result {
                self.place.tell(Some(&release), format!("it was not retired: {why}"));
            }
        }
        self.sweep(retained.into_iter().map(|retained| retained.release).collect());
    }

    /// Removes what nobody will go back to, while everything goes on.
    fn sweep(&self, mut keep: BTreeSet<ReleaseId>) {
        keep.extend(self.all_running().iter().map(|running| running.release.id.clone()));
        keep.extend(self.waiting.iter().map(|ship| ship.release.clone()));
        let place = Arc::clone(&self.place);
        tokio::task::spawn_blocking(move || {
            sweep::releases(&place.folder, &keep);
            if let Err(error) = sweep::artifacts(&place.host.layout) {
                place.tell(None, format!("artifacts that no release needs were not removed: {error}"));
            }
        });
    }

    /// Takes an order; false when it was the last one.
    async fn take(&mut self, order: Order) -> bool {
        match order {
            Order::Ship(ship, reply) => {
                let answer = self.ship(*ship).await;
                let _ = reply.send(answer);
            }
            Order::Command(command, actor, reply) => {
                let _ = reply.send(self.command(command, &actor));
            }
            Order::RollBack(to, actor, reply) => {
                let answer = self.roll_back(to, actor).await;
                let _ = reply.send(answer);
            }
            Order::Maintenance(maintenance, reply) => {
                let _ = reply.send(self.maintain(maintenance).await);
            }
            Order::Scale(service, count, reply) => {
                let _ = reply.send(self.scale(&service, count).await);
            }
            Order::View(reply) => drop(reply.send(self.view())),
            Order::Leave(reply) => {
                let _ = running::keep(&self.place, self.all_running().iter());
                let _ = reply.send(());
                return false;
            }
            Order::Stop(reply) => {
                self.stop().await;
                let _ = reply.send(());
                return false;
            }
        }
        true
    }

    fn all_running(&self) -> Vec<Arc<Running>> {
        match &self.rollout {
            Some(rollout) => rollout.scene().arms().cloned().collect(),
            None => self.stable.iter().cloned().collect(),
        }
    }

    async fn stop(&mut self) {
        self.rollout = None;
        let prefix = self.place.prefix();
        let supervisor = &self.place.host.supervisor;
        let (resources, instances): (Vec<String>, Vec<String>) = supervisor
            .names()
            .into_iter()
            .filter(|name| name.starts_with(&prefix))
            .partition(|name| name.starts_with(&format!("{prefix}resource.")));
        for names in [instances, resources] {
            futures_util::future::join_all(names.iter().map(|name| supervisor.remove(name))).await;
        }
    }

    fn command(&mut self, command: Command, actor: &str) -> Result<(), Refusal> {
        let Some(rollout) = &mut self.rollout else {
            return Err(Refusal::new(
                "nothing-under-way",
                words::refused(seaworthy_rollout::machine::Refused::Ended),
            ));
        };
        let actor = journal::actor(actor, &self.place.host.hostname);
        rollout
            .command(command, Some(actor))
            .map_err(|why| Refusal::new("order-refused", words::refused(why)))
    }

    async fn ship(&mut self, ship: Ship) -> Result<Shipped, Refusal> {
        if self.rollout.is_none() {
            return self.begin(ship).await;
        }
        let is_frozen =
            self.rollout.as_ref().is_some_and(|rollout| rollout.machine().state() == State::Frozen);
        if is_frozen {
            let message = "a breaking migration failed here, and a person has to look first";
            return Err(Refusal::new("frozen", message).next("sea status"));
        }
        let under_way = self.rollout.as_ref().map(|rollout| rollout.machine().plan().release.clone());
        if under_way.as_ref() == Some(&ship.release) {
            let state = self.rollout.as_ref().map(|rollout| rollout.machine().state());
            match state {
                Some(State::Aborted) if ship.retry => {}
                Some(State::Aborted) => return Err(was_taken_back(&ship.release)),
                Some(state) if state.is_promoted() => return Ok(Shipped::Serves),
                _ => return Ok(Shipped::Begun),
            }
        }
        if let Some(superseded) = self.waiting.replace(Box::new(ship)) {
            self.place.tell(Some(&superseded.release), "superseded by a newer one before it began");
        }
        self.settle_watch();
        Ok(Shipped::Waits)
    }

    fn settle_watch(&mut self) {
        if let Some(rollout) = &mut self.rollout
            && rollout.machine().state() == State::Promoted
        {
            let _ = rollout.command(Command::Settle, None);
        }
    }

    async fn begin(&mut self, ship: Ship) -> Result<Shipped, Refusal> {
        let trigger = match (ship.retry, ship.automatic) {
            (true, _) => Trigger::Retry,
            (false, true) => Trigger::Automatic,
            (false, false) => Trigger::Person,
        };
        let held = self.place.settings().held.and(ship.relation);
        match seaworthy_rollout::hold::may_ship(held, trigger) {
            Shipping::Allowed => {}
            Shipping::Held => {
                let message = "this commit, or a newer one, was rolled back: shipping by itself waits for a newer commit";
                return Err(Refusal::new("shipping-held", message).next("sea ship --retry"));
            }
            Shipping::Ended => {
                let message = "this commit was rolled back";
                return Err(Refusal::new("shipping-held", message).next("sea ship --retry"));
            }
        }
        let ended = journal::was_taken_back(&self.place, &ship.release)
            .map_err(|error| Refusal::new("ledger", error.to_string()))?;
        if ended && !ship.retry {
            return Err(was_taken_back(&ship.release));
        }
        let release = Arc::new(self.load(&ship.release).await?);
        if self.stable.as_ref().is_some_and(|stable| stable.release.id == release.id) {
            return Ok(Shipped::Serves);
        }
        super::resources::check(&self.place, &release)?;
        let slot = self.stable.as_ref().map_or(Slot::A, |stable| stable.slot.other());
        let new = Arc::new(Running::new(&self.place, Arc::clone(&release), slot).await?);
        if let Some(why) = new.lacks_secrets() {
            return Err(Error::Secrets(why.to_owned()).into());
        }
        let mut schema = Schema::load(&self.place)?;
        let plan = self.plan(&ship, &new, &schema)?;
        if plan.migration == Migration::None && !ship.back {
            schema.reach(&release.id);
            schema.save(&self.place)?;
        }
        let domain = release.app.environments.get(&self.place.name);
        let domain = domain.and_then(|environment| environment.domain.get().cloned());
        self.place.set_traffic(|traffic| traffic.domain = domain);
        let scene = Scene {
            place: Arc::clone(&self.place),
            plan,
            new,
            stable: self.stable.clone(),
            must_finish: std::sync::atomic::AtomicBool::new(false),
            first_failure: std::sync::OnceLock::new(),
        };
        let actor = journal::actor(&ship.actor, &self.place.host.hostname);
        let rollout = Rollout::start(scene, actor, ship.retry, self.baseline.clone(), &schema)
            .map_err(|error| Refusal::new("ledger", error.to_string()))?;
        self.rollout = Some(rollout);
        Ok(Shipped::Begun)
    }

    async fn load(&self, id: &ReleaseId) -> Result<Release, Error> {
        let (folder, environment, id) = (self.place.folder.clone(), self.place.name.clone(), id.clone());
        let missing = Error::Missing(id.to_string());
        let loaded = tokio::task::spawn_blocking(move || Release::load(&folder, &environment, &id)).await;
        match loaded {
            Ok(found) => found?.ok_or(missing),
            Err(_) => Err(missing),
        }
    }

    /// What is to be done, from the model and what runs.
    fn plan(&self, ship: &Ship, new: &Arc<Running>, schema: &Schema) -> Result<Plan, Refusal> {
        let release = &new.release;
        let environment = release.app.environments.get(&self.place.name);
        let said = environment.and_then(|environment| environment.strategy.get()).map(strategy);
        let wanted = ship.strategy.clone().or(said.clone()).unwrap_or_else(default_strategy);
        let migration = self.migration(ship, release, schema)?;
        let fitted = traffic::fit(wanted, self.traffic.per_second());
        if fitted.change.is_some() {
            let name = match fitted.strategy {
                Strategy::BlueGreen { .. } => "blue-green with a watch",
                _ => "half of the traffic at once",
            };
            self.place.tell(Some(&release.id), format!("too little traffic for small steps: {name}"));
        }
        let drain = environment.and_then(|environment| environment.drain.get().copied());
        let limits =
            Limits { drain: drain.map_or(Limits::default().drain, Duration::from), ..Limits::default() };
        Ok(Plan {
            release: release.id.clone(),
            stable: self.stable.as_ref().map(|stable| stable.release.id.clone()),
            strategy: fitted.strategy,
            instances: most(&self.place, new),
            stable_instances: self.stable.as_ref().map_or(0, |stable| most(&self.place, stable)),
            migration,
            workers: self.has_workers(new),
            exclusive: release.is_exclusive()
                || self.stable.as_ref().is_some_and(|stable| stable.release.is_exclusive()),
            smoke: true,
            can_roll_back: !matches!(migration, Migration::Breaking | Migration::Contract),
            limits,
        })
    }

    /// What the release does to the schema, where that may be done.
    fn migration(&self, ship: &Ship, release: &Release, schema: &Schema) -> Result<Migration, Refusal> {
        let record = &release.record;
        let is_new = !ship.back && schema.pending(record).next().is_some();
        if let Some(unknown) = schema.unknown_to(record).filter(|_| !is_new && !ship.breaking) {
            let refusal = Refusal::new("schema-moved-on", schema::moved_on(&record.release, unknown));
            return Err(if ship.back { refusal } else { refusal.next("sea ship --breaking") });
        }
        if ship.back {
            return Ok(Migration::None);
        }
        let migration = schema.migration(record, self.stable.is_some(), ship.breaking);
        let Some(stable) = &self.stable else { return Ok(migration) };
        let breaks = |found: &&MigrationRecord| found.class == MigrationClass::Breaking;
        if let Some(found) = schema.pending(record).find(breaks).filter(|_| !ship.breaking) {
            let message = format!(
                "{} {}, and {}, which serves, cannot live with that",
                found.place(),
                found.why,
                stable.release.id
            );
            return Err(Refusal::new("migration-breaking", message).next("sea ship --breaking"));
        }
        for found in schema.pending(record).filter(|found| found.class == MigrationClass::Unknown) {
            let text = format!(
                "{} {}: nothing tells whether {}, which serves, can live with that; it is taken for it",
                found.place(),
                found.why,
                stable.release.id
            );
            self.place.tell(Some(&release.id), text);
        }
        Ok(migration)
    }

    fn has_workers(&self, new: &Running) -> bool {
        let has = |running: &Running| running.release.workers().next().is_some();
        has(new) || self.stable.as_ref().is_some_and(|stable| has(stable))
    }

    async fn roll_back(&mut self, to: Option<ReleaseId>, actor: String) -> Result<ReleaseId, Refusal> {
        if let Some(rollout) = &mut self.rollout {
            let plan = rollout.machine().plan();
            let before = plan.stable.clone();
            let is_warm = rollout.machine().state() == State::Promoted;
            if to.is_none() || (is_warm && to == before) {
                if is_warm && let Some(stable) = &rollout.scene().stable {
                    knows_schema(&self.place, &stable.release.record)?;
                }
                let command = if is_warm { Command::RollBack } else { Command::Abort };
                let actor = journal::actor(&actor, &self.place.host.hostname);
                rollout
                    .command(command, Some(actor))
                    .map_err(|why| Refusal::new("order-refused", words::refused(why)))?;
                return before.ok_or_else(|| Refusal::new("nothing-before", "there is no release before it"));
            }
        }
        let retained =
            journal::retained(&self.place).map_err(|error| Refusal::new("ledger", error.to_string()))?;
        let target = match to {
            Some(to) => retained.iter().map(|(release, _)| release).find(|release| **release == to).cloned(),
            None => retained.iter().max_by_key(|(_, since)| *since).map(|(release, _)| release.clone()),
        };
        let target = target.ok_or_else(|| {
            Refusal::new("nothing-before", "no such release is kept here")
                .next("sea history --kind promotion")
        })?;
        let ship = Ship {
            release: target.clone(),
            actor,
            retry: true,
            automatic: false,
            relation: None,
            strategy: Some(Strategy::BlueGreen { watch: WATCH }),
            breaking: false,
            back: true,
        };
        // A release under way is settled for this one: what can be refused is refused before.
        let record = self.load(&target).await?.record;
        knows_schema(&self.place, &record)?;
        self.ship(ship).await?;
        Ok(target)
    }

    async fn maintain(&self, maintenance: bool) -> Result<(), Refusal> {
        let kept = self.place.set(|settings| settings.maintenance = maintenance);
        kept?;
        self.place.set_traffic(|traffic| traffic.maintenance = maintenance);
        let synced = self.place.host.router.sync(&self.place.host).await;
        synced.map_err(|why| Refusal::new("proxy-not-running", why))
    }

    /// More or fewer instances of a service, with none lost: new ones serve once they are ready, those that go finish what
    /// they have.
    async fn scale(&mut self, service: &Name, count: Option<u32>) -> Result<(), Refusal> {
        // While it is watched, the new release has all the traffic and can be scaled as well as any.
        let watched = self.rollout.as_ref().filter(|rollout| rollout.is_watching());
        if self.rollout.is_some() && watched.is_none() {
            let message = "a release is under way; scale when it is over";
            return Err(Refusal::new("ship-under-way", message).next("sea status"));
        }
        let serving = watched.map(|rollout| Arc::clone(&rollout.scene().new)).or_else(|| self.stable.clone());
        let Some(stable) = serving else {
            return Err(Refusal::new("nothing-serves", "nothing was shipped here yet").next("sea ship"));
        };
        if !stable.release.app.services.contains_key(service) {
            let names: Vec<&str> = stable.release.app.services.keys().map(Name::as_str).collect();
            let message = format!("there is no service named {service}; there are {}", names.join(", "));
            return Err(Refusal::new("unknown-service", message));
        }
        self.place.set(|settings| match count {
            Some(count) => drop(settings.scale.insert(service.clone(), count)),
            None => drop(settings.scale.remove(service)),
        })?;
        super::effects::scale_to_settings(&self.place, &stable, &self.all_running(), || self.refresh())
            .await
            .map_err(|why| Refusal::new("scale", why))
    }

    fn view(&self) -> EnvironmentView {
        let rollout = self.rollout.as_ref().map(|rollout| RolloutView {
            release: rollout.machine().plan().release.to_string(),
            ships: ReleaseView::of(&rollout.scene().new.release.record),
            before: rollout.machine().plan().stable.as_ref().map(ToString::to_string),
            strategy: super::rollout::strategy(rollout.machine().plan()).to_owned(),
            state: words::state(rollout.machine().state()),
            done: rollout.machine().record().is_some_and(|record| record.confirmed),
            weight: super::view::percent(self.place.share()),
            paused: rollout.machine().is_paused(),
            cause: rollout.machine().cause().map(words::cause),
            waits_for: rollout.lacking(),
            watched_until: rollout.machine().watched_until().map(|Moment(at)| at),
            report: rollout.report().as_ref().map(JudgeView::of),
        });
        EnvironmentView::of(
            &self.place,
            self.stable.as_deref(),
            &self.all_running(),
            rollout,
            self.waiting.as_ref().map(|ship| ship.release.to_string()),
            self.last_trouble.clone(),
        )
    }

    /// Brings back what served when the last control process ended.
    async fn restore(&mut self, survivors: Vec<Survivor>) {
        match restore::restore(&self.place, survivors).await {
            Ok(restored) => {
                self.stable = restored.stable;
                self.rollout = restored.rollout;
                self.last_trouble = restored.trouble;
            }
            Err(error) => {
                self.last_trouble = Some(error.to_string());
                self.place.tell(None, error.to_string());
            }
        }
        let maintenance = self.place.settings().maintenance;
        self.place.set_traffic(|traffic: &mut Traffic| traffic.maintenance = maintenance);
        self.refresh();
    }
}

/// A release may serve again on the present schema.
fn knows_schema(place: &Place, record: &ReleaseRecord) -> Result<(), Refusal> {
    match Schema::load(place)?.unknown_to(record) {
        Some(unknown) => Err(Refusal::new("schema-moved-on", schema::moved_on(&record.release, unknown))),
        None => Ok(()),
    }
}

/// A release that was taken back is over, unless someone wants it tried again.
fn was_taken_back(release: &ReleaseId) -> Refusal {
    Refusal::new("shipping-held", format!("{release} was taken back")).next("sea ship --retry")
}

async fn wait(rollout: &mut Option<Rollout>) -> Result<(), String> {
    match rollout {
        Some(rollout) => rollout.wait().await,
        None => std::future::pending().await,
    }
}

/// The strategy of the model as the machine takes it.
fn strategy(strategy: &seaworthy_model::Strategy) -> Strategy {
    let watched = |watch: &Option<seaworthy_model::quantity::Duration>| watch.map_or(WATCH, Duration::from);
    match strategy {
        seaworthy_model::Strategy::Rolling => Strategy::Rolling,
        seaworthy_model::Strategy::BlueGreen { watch } => Strategy::BlueGreen { watch: watched(watch) },
        seaworthy_model::Strategy::Canary { steps, watch } => {
            Strategy::Canary { steps: steps.iter().map(|step| share(*step)).collect(), watch: watched(watch) }
        }
    }
}

fn share(percent: seaworthy_model::quantity::Percent) -> Weight {
    let points = (percent.as_fraction() * 10_000.0).round().clamp(0.0, 10_000.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 10,000")]
    Weight::basis_points(points as u16).unwrap_or(Weight::ALL)
}

/// 10, 50, 100 per cent, each ended by evidence.
fn default_strategy() -> Strategy {
    Strategy::Canary { steps: [10, 50, 100].map(Weight::percent).into(), watch: WATCH }
}

/// Who does what nobody asked for.
pub(super) fn automatic(place: &Place) -> Actor {
    Actor::Automatic { host: place.host.hostname.clone() }
}
