//! Services: containers of Cloud Run, and the load balancer before them.

use std::collections::BTreeMap;

use seaworthy_model::{Name, Probe, ProbeAction};
use serde_json::{Value as Json, json};

use super::super::module::Module;
use super::super::module::handle;
use super::super::route::Route;
use super::super::variables::text;
use super::data::Store;
use super::size::Size;
use crate::{Instance, TemplateError, label};

/// What Cloud Run gives a container between SIGTERM and SIGKILL, in milliseconds.
const GRACE: u64 = 10_000;

/// What environments may set of a service.
pub(super) fn fields(instance: &Instance<'_>) -> Vec<(&'static str, &'static str, String)> {
    let size = size(instance);
    let mut fields = vec![("replicas", "number", instance.replicas.to_string())];
    if instance.port.is_some() {
        let most = instance.replicas.saturating_mul(4);
        fields.push(("max_replicas", "number", most.to_string()));
    }
    fields.push(("cpu", "number", size.cpu.to_string()));
    fields.push(("memory", "number", size.memory.to_string()));
    fields
}

fn size(instance: &Instance<'_>) -> Size {
    Size::fitting(instance.cpu.as_millicores(), instance.memory.get())
}

/// The image of a service, below the repository.
pub(super) fn image(module: &Module<'_>, service: &Name) -> String {
    label(&format!("{}-{service}", module.deployment.name), 120)
}

pub(super) fn make(module: &mut Module<'_>) -> Result<(), TemplateError> {
    let deployment = module.deployment;
    for instance in &deployment.instances {
        lose(module, instance);
        let buckets: Vec<_> = module
            .resources_of(instance)
            .into_iter()
            .filter(|backing| matches!(Store::of(backing), Some(Store::Bucket)))
            .map(|backing| handle(backing.name))
            .collect();
        let id = handle(instance.name);
        let values = json!({
            "id": id,
            "name": instance.name,
            "short": label(instance.name.as_str(), 12),
            "image": image(module, instance.name),
            "port": instance.port,
            "public": instance.is_public(),
            "buckets": buckets,
            "environment": module.fragment("container.tf", json!({ "id": id }), 3)?,
            "access": module.fragment("access.tf", json!({}), 2)?,
            "startup": startup(instance),
            "liveness": instance.probes.liveness.as_ref().and_then(liveness),
        });
        module.template("service.tf", &format!("service_{id}.tf"), values)?;
    }
    Ok(())
}

/// The probe at the start: what the model calls startup, which asks what readiness asks when it says nothing else.
fn startup(instance: &Instance<'_>) -> Json {
    let Some(probe) = &instance.probes.startup else { return Json::Null };
    let timing = Timing::of(probe);
    // It may take four minutes at most.
    let failures =
        probe.failure_threshold.unwrap_or(60).min(u32::try_from(240 / timing.period).unwrap_or(1)).max(1);
    json!({
        "delay": timing.delay,
        "period": timing.period,
        "timeout": timing.timeout,
        "failures": failures,
        "path": match &probe.action { ProbeAction::Http(path) => Some(text(path)), _ => None },
    })
}

/// The probe that decides about restarts: only by HTTP.
fn liveness(probe: &Probe) -> Option<Json> {
    let ProbeAction::Http(path) = &probe.action else { return None };
    let timing = Timing::of(probe);
    Some(json!({
        "delay": timing.delay,
        "period": timing.period,
        "timeout": timing.timeout,
        "failures": probe.failure_threshold.unwrap_or(3).max(1),
        "path": text(path),
    }))
}

/// Timings in whole seconds, as Cloud Run takes them.
struct Timing {
    delay: u64,
    period: u64,
    timeout: u64,
}

impl Timing {
    fn of(probe: &Probe) -> Self {
        let seconds = |duration: Option<seaworthy_model::quantity::Duration>, usual: u64| {
            duration.map_or(usual, |one| one.as_millis().div_ceil(1000))
        };
        let period = seconds(probe.period, 10).clamp(1, 240);
        Self {
            delay: seconds(probe.initial_delay, 0).min(240),
            period,
            timeout: seconds(probe.timeout, 1).clamp(1, period),
        }
    }
}

/// The hosts of the load balancer, each with its paths.
pub(super) fn load_balancer(module: &Module<'_>) -> Json {
    let routes = module.routes();
    let mut hosts: BTreeMap<Option<&str>, Vec<&(&Name, Route)>> = BTreeMap::new();
    for one in &routes {
        hosts.entry(one.1.host.as_deref()).or_default().push(one);
    }
    // What belongs to no path goes to the service that has the root, else to the one with the shortest path.
    let root = |routes: &[&(&Name, Route)]| routes.last().map(|(name, _)| handle(name));
    let matchers: Vec<_> = hosts
        .iter()
        .map(|(host, routes)| {
            let rules: Vec<_> = routes
                .iter()
                .filter(|(_, route)| !route.is_root())
                .map(|(name, route)| {
                    json!({
                        "service": handle(name),
                        "paths": format!("{}, {}", text(&route.path), text(&format!("{}/*", route.path))),
                    })
                })
                .collect();
            json!({
                "name": host.map_or_else(|| "app".to_owned(), |host| label(host, 60)),
                "host": host.map_or_else(|| "var.domain".to_owned(), text),
                "default": root(routes),
                "rules": rules,
            })
        })
        .collect();
    let all: Vec<_> = routes.iter().collect();
    json!({ "hosts": module.hosts(), "default": root(&all), "matchers": matchers })
}

fn lose(module: &mut Module<'_>, instance: &Instance<'_>) {
    let name = instance.name;
    let size = size(instance);
    if size.cpu * 1000 != instance.cpu.as_millicores() || size.memory << 20 != instance.memory.get() {
        module.lose(
            format!("{name}.memory"),
            format!("Cloud Run has no container with {} CPU and {}", instance.cpu, instance.memory),
            format!("the next larger one: {} CPU and {} MiB", size.cpu, size.memory),
        );
    }
    if instance.grace.as_millis() > GRACE {
        module.lose(
            format!("{name}.stop_grace_period"),
            "Cloud Run waits ten seconds for a container to stop",
            "it is killed after that",
        );
    }
    if let Some(probe) = instance.service.liveness.get()
        && !(matches!(probe.action, ProbeAction::Http(_)) && instance.port.is_some())
    {
        module.lose(
            format!("{name}.liveness"),
            "Cloud Run asks by HTTP only whether a container is alive",
            "it is replaced when its process ends",
        );
    }
    if instance.probes.declared {
        module.lose(
            format!("{name}.readiness"),
            "Cloud Run asks at the start of a container only",
            if instance.port.is_some() {
                "it is the startup probe"
            } else {
                "nothing is asked of a worker: it counts as ready when its process runs"
            },
        );
    }
    if instance.port.is_some() {
        module.lose(
            format!("{name}.kind"),
            "there is no CPU between requests, and a connection ends after five minutes at the latest",
            "clients of WebSockets have to connect again; what works without requests belongs into a worker",
        );
        if !instance.is_public() {
            module.lose(
                format!("{name}.port"),
                "others reach it by HTTPS on port 443, whatever its own port",
                "addresses that name it say so",
            );
        }
    }
}
