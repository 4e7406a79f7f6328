//! Whether the instances of a new release are healthy.

use std::collections::BTreeMap;

use seaworthy_model::Name;
use seaworthy_supervise::board::Status;
use seaworthy_supervise::machine::Phase;

use super::effects::Scene;
use super::running::Instance;

/// What is known of a release's instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// So many of the rollout's instances are ready: of every service as large a part.
    Ready(u32),
    /// One will not be.
    Failed(String),
}

/// Looks at the instances of the new release. `needed` counts as the plan does, where the service with the most instances
/// has all of them.
pub(super) fn look(scene: &Scene) -> Health {
    let board = scene.place.host.supervisor.board();
    let instances = scene.new.instances();
    let mut ready: BTreeMap<Name, u32> = BTreeMap::new();
    for instance in instances.iter().filter(|instance| instance.port.is_some()) {
        let Some(status) = board.get(&instance.name) else { continue };
        if let Some(why) = failure(instance, &status) {
            return Health::Failed(why);
        }
        *ready.entry(instance.service.clone()).or_default() += u32::from(status.phase == Phase::Ready);
    }
    let is_ready = |count: u32| {
        scene.new.release.web().all(|(name, _)| {
            ready.get(name).copied().unwrap_or_default() >= scene.count(&scene.new, name, count)
        })
    };
    Health::Ready((0..=scene.plan.instances).rfind(|count| is_ready(*count)).unwrap_or(0))
}

/// What keeps an instance from ever passing: it had to be started again, or could not be started at all.
fn failure(instance: &Instance, status: &Status) -> Option<String> {
    let failed =
        matches!(status.phase, Phase::Restarting | Phase::CrashLoop | Phase::Failed | Phase::Completed);
    if !failed && status.restarts == 0 {
        return None;
    }
    let why = status.cause.clone().unwrap_or_else(|| status.detail.clone());
    let how = status.last_exit.map(|exit| exit.to_string()).unwrap_or_default();
    let text = [how, why].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
    Some(format!("{}: {text}", instance.service))
}

/// What instances that are not ready yet lack, for whoever waits.
pub(super) fn lacking(scene: &Scene) -> Option<String> {
    let board = scene.place.host.supervisor.board();
    scene.new.instances().iter().filter(|instance| instance.port.is_some()).find_map(|instance| {
        let status = board.get(&instance.name)?;
        (status.phase != Phase::Ready).then(|| format!("{}: {}", instance.service, status.detail))
    })
}
