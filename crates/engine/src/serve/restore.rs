//! Brings an environment back when a control process begins: what runs is adopted, what should run is started, and a
//! rollout that was under way is taken up from the journal.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use seaworthy_model::Name;
use seaworthy_rollout::machine::{Machine, Record, State};
use seaworthy_rollout::{ReleaseId, Weight};
use seaworthy_supervise::machine::Phase;
use seaworthy_supervise::survivor::Survivor;

use super::effects::{Scene, replicas};
use super::journal::{self, Kept};
use super::place::Place;
use super::release::Release;
use super::rollout::Rollout;
use super::running::{self, Instance, Running, Slot};
use super::{Error, layout, resources};

/// What runs again is waited for so long before the proxy is told of it.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// What an environment goes on with.
#[derive(Default)]
pub(super) struct Restored {
    pub(super) stable: Option<Arc<Running>>,
    pub(super) rollout: Option<Rollout>,
    /// What could not be brought back.
    pub(super) trouble: Option<String>,
}

/// Brings an environment back. Where that fails, what runs goes on as what it was started as.
pub(super) async fn restore(place: &Arc<Place>, survivors: Vec<Survivor>) -> Result<Restored, Error> {
    let mut survivors: BTreeMap<String, Survivor> =
        survivors.into_iter().map(|survivor| (survivor.name().to_owned(), survivor)).collect();
    let restored = bring_back(place, &mut survivors).await;
    for (_, survivor) in survivors {
        running::go_on(place, survivor);
    }
    restored
}

async fn bring_back(
    place: &Arc<Place>,
    survivors: &mut BTreeMap<String, Survivor>,
) -> Result<Restored, Error> {
    let last = journal::last(place).map_err(Error::Ledger)?;
    let unfinished = last.filter(|(kept, record)| !is_over(kept, record));
    let serving = match &unfinished {
        // The release before serves until the new one is promoted, and is what an abort goes back to.
        Some((kept, _)) => kept.plan.stable.clone(),
        None => journal::serving(place).map_err(Error::Ledger)?,
    };
    let kept = layout::read::<running::Kept>(&place.folder.instances())?.unwrap_or_default();
    let is_reboot = survivors.is_empty();
    let stable = match &serving {
        Some(release) => running_of(place, release, &kept, Slot::A).await?,
        None => None,
    };
    let new = match &unfinished {
        Some((unfinished, _)) => {
            let slot = stable.as_ref().map_or(Slot::A, |stable| stable.slot.other());
            running_of(place, &unfinished.plan.release, &kept, slot).await?
        }
        None => None,
    };
    // What cannot be brought back takes nothing else with it.
    let mut troubles: Vec<Error> = Vec::new();
    for running in stable.iter().chain(&new) {
        troubles.extend(resources::adopt(place, &running.release, survivors).await.err());
    }
    let share = unfinished.as_ref().map_or(Weight::NONE, |(_, record)| Machine::share_after_reboot(record));
    if let Some(stable) = &stable {
        // After a reboot only what had all the traffic is started; beside a release that was promoted the one before is
        // started again too, as long as it is watched.
        troubles.extend(adopt(place, stable, survivors, true));
    }
    if let Some(new) = &new {
        troubles.extend(adopt(place, new, survivors, share == Weight::ALL));
    }
    for trouble in &troubles {
        place.tell(None, trouble.to_string());
    }
    let trouble = troubles.first().map(ToString::to_string);
    // What is left belongs to no release that has a place here.
    for (name, survivor) in std::mem::take(survivors) {
        place.tell(None, format!("{name} belongs to no release that serves, and is stopped"));
        end(place, survivor).await;
    }
    for running in [&new, &stable].into_iter().flatten() {
        wait_until_ready(place, running).await;
    }
    let Some((kept, record)) = unfinished else {
        return Ok(Restored { stable, rollout: None, trouble });
    };
    let Some(new) = new else {
        place.tell(Some(&kept.plan.release), "its files are gone; the release before it goes on");
        return Ok(Restored { stable, rollout: None, trouble });
    };
    let weight = if record.step.to.is_promoted() { Weight::ALL } else { Weight::NONE };
    let stable_serving = stable.as_ref().map(|stable| stable.serving(place)).unwrap_or_default();
    let new_serving = new.serving(place);
    place.set_traffic(|traffic| {
        traffic.stable = stable_serving;
        traffic.canary = (weight == Weight::ALL).then_some(new_serving);
        traffic.weight = weight;
    });
    place.set_share(weight);
    let scene = Scene {
        place: Arc::clone(place),
        plan: kept.plan.clone(),
        new,
        stable: stable.clone(),
        must_finish: AtomicBool::new(false),
        first_failure: OnceLock::new(),
    };
    let how =
        if is_reboot { "after a restart of the machine" } else { "after a restart of the control process" };
    place.tell(Some(&kept.plan.release), format!("taken up {how}"));
    let rollout = Rollout::recover(scene, &kept, &record).map_err(Error::Ledger)?;
    Ok(Restored { stable, rollout: Some(rollout), trouble })
}

/// Nothing of the rollout is left to be done.
fn is_over(kept: &Kept, record: &Record) -> bool {
    let is_last = match record.step.to {
        State::Retained | State::Aborted => true,
        // Without a release before it there is nothing to drain and to keep.
        State::Promoted => kept.plan.stable.is_none(),
        _ => false,
    };
    is_last && record.confirmed
}

/// A release of which some instances may run already.
async fn running_of(
    place: &Arc<Place>,
    id: &ReleaseId,
    kept: &running::Kept,
    otherwise: Slot,
) -> Result<Option<Arc<Running>>, Error> {
    let (folder, environment, release) = (place.folder.clone(), place.name.clone(), id.clone());
    let loaded = tokio::task::spawn_blocking(move || Release::load(&folder, &environment, &release)).await;
    let Some(release) = loaded.map_err(|_| Error::Missing(id.to_string()))?? else { return Ok(None) };
    let known = kept.releases.get(id.as_str());
    let slot = known.map_or(otherwise, |known| known.slot);
    let running = Running::new(place, Arc::new(release), slot).await?;
    running.set_instances(known.map(|known| known.instances.clone()).unwrap_or_default());
    let domain = running.release.app.environments.get(&place.name);
    let domain = domain.and_then(|environment| environment.domain.get().cloned());
    place.set_traffic(|traffic| traffic.domain = domain);
    Ok(Some(Arc::new(running)))
}

/// Adopts what runs of a release, and starts what should and does not. Returns what could not be.
fn adopt(
    place: &Arc<Place>,
    running: &Running,
    survivors: &mut BTreeMap<String, Survivor>,
    shall_run: bool,
) -> Vec<Error> {
    let mut troubles = Vec::new();
    let mut instances: Vec<Instance> = Vec::new();
    for instance in running.instances() {
        let Some(survivor) = survivors.remove(&instance.name) else { continue };
        match running.resume(place, &instance, survivor) {
            Ok(()) => instances.push(instance),
            Err(error) => troubles.push(error),
        }
    }
    running.set_instances(instances);
    if !shall_run {
        return troubles;
    }
    let services = running.release.web().chain(running.release.workers());
    let services: Vec<Name> = services.map(|(name, _)| name.clone()).collect();
    for service in services {
        let count = replicas(place, running, &service);
        // Where more run than that, the next change of the scale, or release, ends them.
        troubles.extend(running.scale(place, &service, count).err());
    }
    troubles
}

async fn wait_until_ready(place: &Place, running: &Running) {
    let board = place.host.supervisor.board();
    let waits = || {
        running.instances().iter().any(|instance| {
            let phase = board.get(&instance.name).map(|status| status.phase);
            // Of one that was started just now nothing is known yet.
            instance.port.is_some() && matches!(phase, None | Some(Phase::Waiting | Phase::Starting))
        })
    };
    let _ = tokio::time::timeout(READY_WITHIN, async {
        let mut changes = board.changes();
        while waits() {
            if changes.changed().await.is_err() {
                return;
            }
        }
    })
    .await;
}

/// Ends what nobody wants.
async fn end(place: &Place, survivor: Survivor) {
    let name = survivor.name().to_owned();
    let definition = running::only_to_stop(survivor.spec().clone());
    let supervisor = &place.host.supervisor;
    if supervisor.adopt(vec![definition], vec![survivor]).is_ok() {
        supervisor.remove(&name).await;
    }
}
