//! Carries out what the machine wants done. Every effect is absolute: doing it again changes nothing.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use seaworthy_model::Name;
use seaworthy_rollout::machine::{Effect, Plan};
use seaworthy_rollout::schema::Migration;
use seaworthy_rollout::{Arm, Moment, Weight};
use seaworthy_supervise::machine::Phase;

use super::place::Place;
use super::running::{self, Running};
use super::{migrate, resources, smoke};

/// How often something is looked at that does not tell.
const LOOK: Duration = Duration::from_millis(20);
/// How long instances of the stable release may take until they are ready again.
const STABLE_READY_WITHIN: Duration = Duration::from_secs(90);

/// What effects are about.
pub(super) struct Scene {
    pub(super) place: Arc<Place>,
    pub(super) plan: Plan,
    pub(super) new: Arc<Running>,
    pub(super) stable: Option<Arc<Running>>,
    /// What runs now must be finished, whatever is decided meanwhile: a migration that is cut off is worse than a slow one.
    pub(super) must_finish: AtomicBool,
    /// When the first request failed at the new release, once it is decided that it goes back.
    pub(super) first_failure: OnceLock<Moment>,
}

impl Scene {
    fn arm(&self, arm: Arm) -> Option<&Arc<Running>> {
        match arm {
            Arm::Stable => self.stable.as_ref(),
            Arm::Canary => Some(&self.new),
        }
    }

    /// Both arms.
    pub(super) fn arms(&self) -> impl Iterator<Item = &Arc<Running>> {
        self.stable.iter().chain(std::iter::once(&self.new))
    }

    /// Instances of a service when `instances` of the arm's run: as large a part as the whole has.
    pub(super) fn count(&self, running: &Running, service: &Name, instances: u32) -> u32 {
        let all = replicas(&self.place, running, service);
        let whole = most(&self.place, running).max(1);
        let share = (u64::from(all) * u64::from(instances)).div_ceil(u64::from(whole));
        u32::try_from(share).unwrap_or(all).min(all.max(instances.min(1)))
    }
}

/// Instances that a service is to have.
pub(super) fn replicas(place: &Place, running: &Running, service: &Name) -> u32 {
    let said = place.settings().scale.get(service).copied();
    let of_model =
        || running.release.app.services.get(service).and_then(|service| service.replicas.get().copied());
    said.or_else(of_model).unwrap_or(1).max(1)
}

/// The most instances that any of its services has: how many steps a rolling release takes.
pub(super) fn most(place: &Place, running: &Running) -> u32 {
    running.release.web().map(|(name, _)| replicas(place, running, name)).max().unwrap_or(0)
}

/// Carries out the effects of a step, each complete before the next.
pub(super) async fn carry_out(scene: Arc<Scene>, effects: Vec<Effect>) -> Result<(), String> {
    for effect in effects {
        let must_finish = matches!(effect, Effect::Backup | Effect::Migrate);
        scene.must_finish.store(must_finish, Ordering::Release);
        let done = one(&scene, effect).await;
        scene.must_finish.store(false, Ordering::Release);
        done?;
    }
    Ok(())
}

async fn one(scene: &Arc<Scene>, effect: Effect) -> Result<(), String> {
    let place = &scene.place;
    match effect {
        Effect::Backup => migrate::backup(place, &scene.new).await,
        Effect::Migrate => {
            if scene.plan.migration == Migration::Breaking
                && let Some(stable) = &scene.stable
            {
                // New requests wait; those that the running release has already end on the schema they began with.
                let names: Vec<String> =
                    stable.instances().into_iter().map(|instance| instance.name).collect();
                idle(place, &names, scene.plan.limits.requests).await;
            }
            migrate::run(place, &scene.new).await
        }
        Effect::Hold => set_and_sync(scene, |traffic| traffic.held = true).await,
        Effect::Unhold => set_and_sync(scene, |traffic| traffic.held = false).await,
        Effect::Run { arm, instances } => run(scene, arm, instances).await,
        Effect::Smoke => smoke::run(place, &scene.new, scene.stable.as_ref()).await,
        Effect::SetWeight { weight, lease } => {
            let serving = scene.new.serving(place);
            set_and_sync(scene, |traffic| {
                // What it did so far is asked for before it is taken out of the table.
                if weight > Weight::NONE || traffic.canary.is_some() {
                    traffic.canary = Some(serving);
                }
                traffic.weight = weight;
                traffic.lease = lease;
            })
            .await?;
            if let Some(first) = scene.first_failure.get().filter(|_| weight == Weight::NONE) {
                let took = place.host.clock.now().since(*first).as_secs_f64();
                let text = format!("no request reaches it any more, {took:.1} s after the first that failed");
                place.tell(Some(&scene.plan.release), text);
            }
            Ok(())
        }
        Effect::RenewLease { lease } => place.host.router.renew(place, lease).await,
        Effect::ExpireCookies => {
            let expired = scene.plan.release.clone();
            set_and_sync(scene, |traffic| {
                traffic.weight = Weight::NONE;
                traffic.lease = None;
                traffic.expired.retain(|release| *release != expired);
                traffic.expired.push(expired.clone());
                let surplus = traffic.expired.len().saturating_sub(EXPIRED);
                traffic.expired.drain(..surplus);
            })
            .await
        }
        Effect::Drain { arm, limit } => drain(scene, arm, limit).await,
        Effect::MoveWorkers { to } => {
            let from = if to == Arm::Canary { Arm::Stable } else { Arm::Canary };
            work(scene, from, false).await?;
            work(scene, to, true).await
        }
        Effect::StopWorkers => {
            work(scene, Arm::Stable, false).await?;
            work(scene, Arm::Canary, false).await
        }
        Effect::KeepEvidence => keep_evidence(scene).await,
        Effect::HoldShipping => {
            let commit = scene.new.release.record.commit.clone();
            place.set(|settings| settings.held = Some(commit)).map_err(|error| error.to_string())
        }
        // It runs, and is not stopped; what is too many of those that are kept is retired once the rollout is over.
        Effect::KeepWarm { .. } | Effect::Retain => Ok(()),
    }
}

/// Canaries whose cookies are remembered, to be taken back.
const EXPIRED: usize = 20;

async fn set_and_sync(
    scene: &Scene,
    change: impl FnOnce(&mut super::traffic::Traffic),
) -> Result<(), String> {
    scene.place.set_traffic(change);
    let share = scene.place.traffic().weight;
    scene.place.host.router.sync(&scene.place.host).await?;
    scene.place.set_share(share);
    Ok(())
}

/// Exactly so many instances of an arm run.
async fn run(scene: &Arc<Scene>, arm: Arm, instances: u32) -> Result<(), String> {
    let Some(running) = scene.arm(arm) else { return Ok(()) };
    let place = &scene.place;
    if instances > 0 {
        resources::bring_up(place, &running.release).await.map_err(|error| error.to_string())?;
    }
    let services: Vec<Name> = running.release.web().map(|(name, _)| name.clone()).collect();
    let mut surplus = Vec::new();
    for service in &services {
        let count = if instances == 0 { 0 } else { scene.count(running, service, instances) };
        surplus.extend(running.scale(place, service, count).map_err(|error| error.to_string())?);
    }
    keep(scene)?;
    if !surplus.is_empty() {
        // From the next table on they get no requests.
        refresh(scene);
        place.host.router.sync(&place.host).await?;
        let names: Vec<String> = surplus.iter().map(|instance| instance.name.clone()).collect();
        idle(place, &names, scene.plan.limits.requests).await;
        futures_util::future::join_all(names.iter().map(|name| running.stop(place, name))).await;
    }
    if instances == 0 {
        work(scene, arm, false).await?;
    }
    keep(scene)?;
    if arm == Arm::Stable && instances > 0 {
        ready(place, running).await?;
    }
    refresh(scene);
    place.host.router.sync(&place.host).await
}

/// Brings what the proxy is told in line with what runs.
pub(super) fn refresh(scene: &Scene) {
    let place = &scene.place;
    let stable = scene.stable.as_ref().map(|stable| stable.serving(place)).unwrap_or_default();
    let canary = scene.new.serving(place);
    place.set_traffic(|traffic| {
        traffic.stable = stable;
        if traffic.canary.is_some() {
            traffic.canary = Some(canary);
        }
    });
}

/// Returns when all instances of a release that has to serve are ready.
async fn ready(place: &Place, running: &Running) -> Result<(), String> {
    let all_ready = async {
        loop {
            let board = place.host.supervisor.board();
            let waiting = running.instances().into_iter().find(|instance| {
                instance.port.is_some()
                    && board.get(&instance.name).is_none_or(|status| status.phase != Phase::Ready)
            });
            if waiting.is_none() {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(STABLE_READY_WITHIN, all_ready)
        .await
        .map_err(|_| "instances of the release before did not become ready again".to_owned())
}

/// Returns when instances have no requests under way, or the time is over.
async fn idle(place: &Place, names: &[String], limit: Duration) {
    let _ = tokio::time::timeout(limit, async {
        while place.host.router.flight(names).await.requests > 0 {
            tokio::time::sleep(LOOK).await;
        }
    })
    .await;
}

/// Returns when an arm has nothing under way, or the time is over; what lasts longer is ended.
async fn drain(scene: &Scene, arm: Arm, limit: Duration) -> Result<(), String> {
    let Some(running) = scene.arm(arm) else { return Ok(()) };
    let place = &scene.place;
    let names: Vec<String> = running.instances().into_iter().map(|instance| instance.name).collect();
    idle(place, &names, scene.plan.limits.requests.min(limit)).await;
    let _ = tokio::time::timeout(limit, async {
        while place.host.router.flight(&names).await.streams > 0 {
            tokio::time::sleep(LOOK).await;
        }
    })
    .await;
    place.host.router.end_streams(&names).await;
    Ok(())
}

/// Workers of an arm run, or are gone.
async fn work(scene: &Arc<Scene>, arm: Arm, shall_run: bool) -> Result<(), String> {
    let Some(running) = scene.arm(arm) else { return Ok(()) };
    let place = &scene.place;
    let workers: Vec<Name> = running.release.workers().map(|(name, _)| name.clone()).collect();
    for service in &workers {
        let count = if shall_run { replicas(place, running, service) } else { 0 };
        let surplus = running.scale(place, service, count).map_err(|error| error.to_string())?;
        futures_util::future::join_all(surplus.iter().map(|instance| running.stop(place, &instance.name)))
            .await;
    }
    keep(scene)
}

/// Brings the instances of the release that serves in line with what a person set.
/// `all` is what runs of both releases; `refresh` brings what the proxy is told in line with it.
pub(super) async fn scale_to_settings(
    place: &Arc<Place>,
    running: &Arc<Running>,
    all: &[Arc<Running>],
    refresh: impl Fn(),
) -> Result<(), String> {
    let services = running.release.web().chain(running.release.workers());
    let services: Vec<Name> = services.map(|(name, _)| name.clone()).collect();
    let mut surplus = Vec::new();
    for service in services {
        let count = replicas(place, running, &service);
        surplus.extend(running.scale(place, &service, count).map_err(|error| error.to_string())?);
    }
    running::keep(place, all.iter()).map_err(|error| error.to_string())?;
    ready(place, running).await?;
    refresh();
    place.host.router.sync(&place.host).await?;
    let names: Vec<String> = surplus.iter().map(|instance| instance.name.clone()).collect();
    idle(place, &names, Duration::from_secs(30)).await;
    futures_util::future::join_all(names.iter().map(|name| running.stop(place, name))).await;
    running::keep(place, all.iter()).map_err(|error| error.to_string())
}

fn keep(scene: &Scene) -> Result<(), String> {
    running::keep(&scene.place, scene.arms()).map_err(|error| error.to_string())
}

/// The logs of the new release's instances, apart from those that the next release writes, and requests that failed.
async fn keep_evidence(scene: &Scene) -> Result<(), String> {
    let place = &scene.place;
    let folder = place.folder.evidence(&scene.plan.release);
    super::layout::private(&folder).map_err(|error| error.to_string())?;
    for instance in scene.new.instances() {
        let log = scene.new.log(place, &instance);
        let to = folder.join(format!("{}-{}.log", instance.service, instance.number));
        // Evidence that cannot be kept must not keep a bad release in service.
        if let Err(error) = fs::copy(&log, &to) {
            place.tell(Some(&scene.plan.release), format!("its log was not kept: {error}"));
        }
    }
    let failed = place.host.router.evidence(place).await;
    if let Some(first) = failed.first() {
        let file = folder.join("requests.json");
        super::layout::save(&file, &failed).map_err(|error| error.to_string())?;
        let text = format!(
            "{} {} was answered with {}; more in {}",
            first.method,
            first.path,
            first.status,
            file.display()
        );
        place.tell(Some(&scene.plan.release), text);
    }
    Ok(())
}
