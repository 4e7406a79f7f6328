//! Whether the instances of a new release are healthy: what the supervisor sees of them, as the gates take it.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_model::Name;
use seaworthy_rollout::Moment;
use seaworthy_rollout::gate::{Failing, Gate, GateVerdict, Missing, Observation, STARTUP_DEADLINE};
use seaworthy_supervise::machine::Phase;
use seaworthy_supervise::sighting::Sighting;

use super::effects::Scene;
use super::startups::Startups;

/// What is known of a release's instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// So many of the rollout's instances are ready: of every service as large a part.
    Ready(u32),
    /// One will not be.
    Failed(String),
}

/// A gate for each instance of the new release.
#[derive(Debug, Default)]
pub(super) struct Gates {
    by_instance: BTreeMap<String, Gate>,
    /// Instances that passed once.
    passed: BTreeSet<String>,
    /// They passed without a probe of their own, which is to be said once.
    unprobed: Vec<Name>,
    startups: Option<Startups>,
}

impl Gates {
    /// Something was seen of an instance. Once an instance that passed `has_traffic`, that it is started again is a matter
    /// of the judge, and it has to pass anew.
    pub(super) fn sighted(
        &mut self,
        scene: &Scene,
        instance: &str,
        what: &Sighting,
        has_traffic: bool,
        now: Moment,
    ) {
        if has_traffic && matches!(what, Sighting::Restarted(_)) && self.passed.contains(instance) {
            self.by_instance.remove(instance);
            return;
        }
        let observation = match what {
            Sighting::Alive => Observation::Alive,
            Sighting::PortOpen => Observation::PortOpen,
            Sighting::Answered(status) => Observation::Answered(*status),
            Sighting::Passed => Observation::Passed,
            Sighting::NoAnswer(why) => Observation::NoAnswer(why.clone()),
            Sighting::NotStarted(why) => Observation::Ended(why.clone()),
            Sighting::Restarted(exit) => {
                Observation::Restarted(with_cause(scene, instance, &exit.to_string()))
            }
            Sighting::Ended(exit) => Observation::Ended(with_cause(scene, instance, &exit.to_string())),
        };
        self.gate(scene, instance, now).observe(observation);
    }

    fn gate(&mut self, scene: &Scene, instance: &str, now: Moment) -> &mut Gate {
        let startups = self.startups.get_or_insert_with(|| Startups::open(&scene.place.folder));
        self.by_instance.entry(instance.to_owned()).or_insert_with(|| {
            let name = service_of(scene, instance);
            let service = name.as_ref().and_then(|name| scene.new.release.app.services.get(name));
            let probed = service.is_some_and(|service| service.readiness.get().is_some());
            let deadline = name.as_ref().map_or(STARTUP_DEADLINE, |name| startups.deadline(name, service));
            Gate::new(now, deadline, true, probed)
        })
    }

    /// What can be said now. `needed` counts as the plan does, where the service with the most instances has all of them.
    pub(super) fn look(&mut self, scene: &Scene, now: Moment) -> Health {
        let board = scene.place.host.supervisor.board();
        let mut ready: BTreeMap<Name, u32> = BTreeMap::new();
        for instance in scene.new.instances().into_iter().filter(|instance| instance.port.is_some()) {
            let service = instance.service.clone();
            let gate = self.gate(scene, &instance.name, now);
            let (deadline, waited) = (gate.deadline().as_secs(), gate.waited(now));
            match gate.verdict(now) {
                GateVerdict::Fail { why, first_error } => {
                    let detail = board.get(&instance.name).map(|status| status.detail).unwrap_or_default();
                    let error = first_error.unwrap_or(detail);
                    let why = match why {
                        Failing::Ended => format!("{service}: {error}"),
                        Failing::Deadline => {
                            format!("{service} is not ready after {deadline} s: {error}")
                        }
                    };
                    return Health::Failed(why);
                }
                GateVerdict::Pass { unprobed } => {
                    let is_first = self.passed.insert(instance.name.clone());
                    if let Some(startups) = self.startups.as_mut().filter(|_| is_first) {
                        startups.add(&service, waited);
                    }
                    let is_ready =
                        board.get(&instance.name).is_some_and(|status| status.phase == Phase::Ready);
                    *ready.entry(service.clone()).or_default() += u32::from(is_ready);
                    if unprobed && !self.unprobed.contains(&service) {
                        let text = format!(
                            "{service} has no readiness probe: any answer but a failure passed; say in seaworthy.toml when it is ready"
                        );
                        scene.place.tell(Some(&scene.plan.release), text);
                        self.unprobed.push(service);
                    }
                }
                GateVerdict::Waiting(_) => {}
            }
        }
        let is_ready = |count: u32| {
            scene.new.release.web().all(|(name, _)| {
                ready.get(name).copied().unwrap_or_default() >= scene.count(&scene.new, name, count)
            })
        };
        Health::Ready((0..=scene.plan.instances).rfind(|count| is_ready(*count)).unwrap_or(0))
    }

    /// What instances that are not ready yet lack, for whoever waits.
    pub(super) fn lacking(&self, scene: &Scene, now: Moment) -> Option<String> {
        scene.new.instances().iter().filter(|instance| instance.port.is_some()).find_map(|instance| {
            let lack = match self.by_instance.get(&instance.name)?.verdict(now) {
                GateVerdict::Waiting(Missing::Process) => "has not started yet".to_owned(),
                GateVerdict::Waiting(Missing::Port) => "does not listen yet".to_owned(),
                GateVerdict::Waiting(Missing::Passes(passes)) => {
                    format!("has to pass its readiness probe {passes} more times running")
                }
                GateVerdict::Pass { .. } | GateVerdict::Fail { .. } => return None,
            };
            Some(format!("{} {lack}", instance.service))
        })
    }
}

/// How it ended, and the first error that it wrote.
fn with_cause(scene: &Scene, instance: &str, exit: &str) -> String {
    let cause = scene.place.host.supervisor.board().get(instance).and_then(|status| status.cause);
    cause.map_or_else(|| exit.to_owned(), |cause| format!("{exit}: {cause}"))
}

fn service_of(scene: &Scene, instance: &str) -> Option<Name> {
    let rest = instance.strip_prefix(&scene.place.prefix())?;
    Name::parse(rest.split('.').next()?).ok()
}
