//! What of an app is watched, and how it is known that something is wrong: one list of alerts, from which rules, rule
//! tests, routing, dashboards and the runbook are all made, so that an alert never points at a page that is not there.
//!
//! Each environment has a Prometheus of its own, with rules made from the model as that environment sees it. What
//! differs between Kubernetes and plain containers ends in `recording`: everything after it reads the same series.

mod alert;
mod cadence;
pub(crate) mod metrics;
mod mode;
mod platform;
pub(crate) mod recording;
pub(crate) mod resources;
mod services;
mod slo;
mod tasks;

use seaworthy_model::{EngineKind, Environment, Kind, Name};

use crate::names::label;
use crate::{Backing, Deployment, Input, Instance};

pub(crate) use alert::{Alert, Severity, Subject, Trial};
pub(crate) use mode::Mode;
pub(crate) use platform::Platform;
pub(crate) use slo::Objective;

/// The environment that is assumed where the model names none.
pub(crate) const ONLY: &str = "production";

/// An environment as it is watched.
pub(crate) struct Monitor<'a> {
    /// What runs there.
    pub(crate) deployment: Deployment<'a>,
    /// Its name.
    pub(crate) environment: &'a str,
    /// The model names it; else it is the one that is assumed.
    pub(crate) declared: bool,
    /// What the model says of it.
    pub(crate) settings: Option<&'a Environment>,
    /// What runs containers there.
    pub(crate) platform: Platform,
}

impl<'a> Monitor<'a> {
    /// The environments to watch, in order of their names; a person's own machine is none of them.
    pub(crate) fn all(input: &'a Input<'_>) -> Vec<Self> {
        let watched: Vec<_> = input
            .environments
            .iter()
            .filter(|(name, _)| name.as_str() != "local")
            .map(|(name, app)| {
                let settings = app.environments.get(name);
                Self::of(Deployment::of(app), name.as_str(), true, settings)
            })
            .collect();
        if watched.is_empty() { vec![Self::of(input.deployment(), ONLY, false, None)] } else { watched }
    }

    fn of(
        deployment: Deployment<'a>,
        environment: &'a str,
        declared: bool,
        settings: Option<&'a Environment>,
    ) -> Self {
        let name = label(deployment.name, 63);
        let platform = match settings.and_then(|settings| settings.engine.get()) {
            Some(EngineKind::Kubernetes) => {
                // As the target `kubernetes` names it.
                let own = || label(&format!("{}-{environment}", deployment.name), 63);
                let namespace = settings.and_then(|settings| settings.namespace.get());
                Platform::Kubernetes { namespace: namespace.cloned().unwrap_or_else(own) }
            }
            Some(EngineKind::Host) | None => Platform::Containers { project: name },
        };
        Self { deployment, environment, declared, settings, platform }
    }

    /// The public domain.
    pub(crate) fn domain(&self) -> Option<&'a str> {
        self.settings.and_then(|settings| settings.domain.get()).map(String::as_str)
    }

    /// The folder below `deploy/monitoring/prometheus` that holds its files.
    pub(crate) fn folder(&self) -> String {
        let root = "deploy/monitoring/prometheus";
        if self.declared { format!("{root}/{}", self.environment) } else { root.to_owned() }
    }

    /// Every alert, in the order in which a person looks at them.
    pub(crate) fn alerts(&self) -> Vec<Alert<'a>> {
        let mut alerts = vec![alert::watchdog(), alert::target_down()];
        for instance in &self.deployment.instances {
            alerts.extend(services::alerts(self, instance));
            alerts.extend(slo::alerts(self, instance));
        }
        for backing in &self.deployment.backings {
            alerts.extend(resources::alerts(self, backing));
        }
        alerts.extend(services::certificates(self));
        alerts.extend(resources::host_disk(self));
        for task in &self.deployment.tasks {
            alerts.extend(tasks::alerts(self, task));
        }
        alerts
    }

    /// What is promised of a service.
    pub(crate) fn objective(&self, service: &Name) -> Option<Objective> {
        self.deployment.app.slos.get(service).map(Objective::of)
    }

    /// Labels that select a service's own HTTP figures.
    pub(crate) fn http(&self, service: &Name) -> String {
        format!("service_namespace=\"{}\",service_name=\"{service}\"", label(self.deployment.name, 63))
    }

    /// Services that talk to `name`, directly or through others: those whose symptoms its failure explains.
    pub(crate) fn dependents(&self, name: &Name) -> Vec<&'a Name> {
        let mut reached = vec![name];
        let mut next = 0;
        while next < reached.len() {
            for instance in &self.deployment.instances {
                if callees(instance).contains(reached[next]) && !reached.contains(&instance.name) {
                    reached.push(instance.name);
                }
            }
            next += 1;
        }
        let mut dependents: Vec<_> = self.deployment.instances.iter().map(|instance| instance.name).collect();
        dependents.retain(|known| *known != name && reached.contains(known));
        dependents
    }
}

/// Services and resources that a service talks to: what it waits for, and what its variables name.
pub(crate) fn callees(instance: &Instance<'_>) -> std::collections::BTreeSet<Name> {
    use seaworthy_model::placeholder::Placeholder;
    let mut names: std::collections::BTreeSet<Name> =
        instance.needs.iter().map(|name| (*name).clone()).collect();
    for template in instance.env.values().filter_map(crate::Setting::template) {
        names.extend(template.placeholders().filter_map(|(placeholder, _)| match placeholder {
            Placeholder::Service { name, .. } | Placeholder::Resource { name, .. } => Some(name.clone()),
            _ => None,
        }));
    }
    names.remove(instance.name);
    names
}

/// Nobody runs it beside the app: an object store, a mail provider, a service of someone else.
pub(crate) fn is_outside(backing: &Backing<'_>) -> bool {
    backing.kind != "sqlite" && (matches!(backing.kind, "smtp" | "s3") || backing.port().is_none())
}

/// It answers HTTP by its own code, so that it can count requests.
pub(crate) fn counts_requests(instance: &Instance<'_>) -> bool {
    instance.kind == Kind::Web
}
