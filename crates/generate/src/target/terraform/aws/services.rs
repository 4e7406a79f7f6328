//! Services: containers and functions, their roles, and who may talk to whom.

use seaworthy_model::{Name, ProbeAction};
use serde_json::{Value as Json, json};

use super::super::module::handle;
use super::super::module::{Module, talks_to};
use super::super::route::Route;
use super::super::settings::{Settings, Value};
use super::super::variables::text;
use super::data::Store;
use super::fargate::Size;
use crate::print::hcl::Body;
use crate::{Instance, TemplateError, USER, label};

/// The longest that Fargate waits between SIGTERM and SIGKILL.
const LONGEST_GRACE: u64 = 120;

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

pub(super) fn make(module: &mut Module<'_>, settings: &Settings) -> Result<(), TemplateError> {
    let routes = module.routes();
    let deployment = module.deployment;
    for instance in &deployment.instances {
        lose(module, instance);
        let values = values(module, settings, instance, &routes);
        let file = format!("service_{}.tf", handle(instance.name));
        module.template("service.tf", &file, values)?;
    }
    Ok(())
}

fn values(
    module: &Module<'_>,
    settings: &Settings,
    instance: &Instance<'_>,
    routes: &[(&Name, Route)],
) -> Json {
    let id = handle(instance.name);
    let has_secrets =
        settings.service(instance.name.as_str()).any(|(_, value)| matches!(value, Value::Secret(_)));
    let place = routes.iter().position(|(name, _)| *name == instance.name);
    let route = place.map(|place| &routes[place].1);
    let buckets: Vec<_> = module
        .resources_of(instance)
        .into_iter()
        .filter(|backing| matches!(Store::of(backing), Some(Store::Bucket)))
        .map(|backing| handle(backing.name))
        .collect();
    // Private services keep their number as a plain resource, public ones exist where they are no functions.
    let index = if route.is_some() { "[0]" } else { "" };
    json!({
        "id": id,
        "name": instance.name,
        "short": label(instance.name.as_str(), 24),
        "prefix": format!("{}-", label(instance.name.as_str(), 5)),
        "user": USER,
        "port": instance.port,
        "public": route.is_some(),
        "addresses": addresses(module, instance),
        "discovered": instance.port.is_some() && module.is_called(instance.name),
        "index": index,
        "grace": seconds(instance.grace.as_millis()).min(LONGEST_GRACE),
        "startup": startup(instance),
        "secrets": has_secrets,
        "buckets": buckets,
        "outgoing": outgoing(module, instance),
        "health": health(instance),
        "readiness": readiness(instance),
        "priority": place.map(|place| (place + 1) * 10),
        "route": route.map(|route| json!({
            "host": match &route.host { Some(host) => text(host), None => "var.domain".to_owned() },
            "patterns": (!route.is_root()).then(|| format!("{}, {}", text(&route.path), text(&format!("{}/*", route.path)))),
            "keys": keys(route),
        })),
    })
}

/// Where others reach a service that may be a function: local values, as far as somebody asks for them.
fn addresses(module: &Module<'_>, instance: &Instance<'_>) -> Option<String> {
    let port = instance.port.filter(|_| instance.is_public())?;
    let id = handle(instance.name);
    let host = format!("{}.${{local.name}}.internal", instance.name);
    let locals = module.asked_of(instance.name).iter().fold(Body::new(), |locals, attribute| {
        let expression = match attribute.as_str() {
            "host" => format!("local.functions ? var.domain : \"{host}\""),
            "port" => format!("local.functions ? \"443\" : \"{port}\""),
            _ => format!("local.functions ? \"https://${{var.domain}}\" : \"http://{host}:{port}\""),
        };
        locals.expression(&format!("{id}_{attribute}"), &expression)
    });
    (!locals.is_empty()).then(|| Body::new().block(&["locals"], locals).print().trim_end().to_owned())
}

/// Ports of the internet that a service reaches: HTTPS, and those of resources that run elsewhere.
fn outgoing<'a>(module: &Module<'a>, instance: &Instance<'a>) -> Vec<u16> {
    let mut ports = vec![443];
    for backing in module.resources_of(instance) {
        match (backing.kind, Store::of(backing)) {
            // Submission of mail, with TLS from the start or later.
            ("smtp", _) => ports.extend([465, 587]),
            (_, None) => ports.extend(backing.port()),
            _ => {}
        }
    }
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// Keys of routes in the gateway: the path itself and all below.
fn keys(route: &Route) -> String {
    if route.is_root() {
        return "\"$default\"".to_owned();
    }
    [text(&format!("ANY {}", route.path)), text(&format!("ANY {}/{{proxy+}}", route.path))].join(", ")
}

/// How long the load balancer waits before it believes that a new task is ill, in seconds.
fn startup(instance: &Instance<'_>) -> u64 {
    let Some(probe) = &instance.probes.startup else { return 60 };
    let period = probe.period.map_or(1000, seaworthy_model::quantity::Duration::as_millis);
    let delay = probe.initial_delay.map_or(0, seaworthy_model::quantity::Duration::as_millis);
    seconds(delay + period * u64::from(probe.failure_threshold.unwrap_or(60))).max(10)
}

/// The check inside the container: only a command can be asked there, and only one that the image has.
fn health(instance: &Instance<'_>) -> Json {
    let probe = instance.probes.liveness.as_ref();
    let Some((probe, ProbeAction::Exec(command))) = probe.map(|probe| (probe, &probe.action)) else {
        return Json::Null;
    };
    let millis = |duration: Option<seaworthy_model::quantity::Duration>| {
        duration.map_or(0, |one| seconds(one.as_millis()))
    };
    json!({
        "command": text(command),
        "interval": millis(probe.period).clamp(5, 300),
        "timeout": millis(probe.timeout).clamp(2, 60),
        "retries": probe.failure_threshold.unwrap_or(3).clamp(1, 10),
        "start": startup(instance).min(300),
    })
}

/// The check of the load balancer.
fn readiness(instance: &Instance<'_>) -> Json {
    let Some(probe) = &instance.probes.readiness else { return Json::Null };
    let (path, matcher) = match &probe.action {
        ProbeAction::Http(path) => (path.as_str(), "200-399"),
        // It cannot ask for less than an answer; any will do.
        _ => ("/", "200-499"),
    };
    let second = |duration: Option<seaworthy_model::quantity::Duration>, usual: u64| {
        duration.map_or(usual, |one| seconds(one.as_millis()))
    };
    let interval = second(probe.period, 10).clamp(5, 300);
    json!({
        "path": text(path),
        "matcher": matcher,
        "interval": interval,
        "timeout": second(probe.timeout, 2).clamp(2, 120).min(interval - 1),
        "healthy": probe.success_threshold.unwrap_or(1).clamp(2, 10),
        "unhealthy": probe.failure_threshold.unwrap_or(3).clamp(2, 10),
    })
}

fn seconds(millis: u64) -> u64 {
    millis.div_ceil(1000)
}

fn lose(module: &mut Module<'_>, instance: &Instance<'_>) {
    let name = instance.name;
    let size = size(instance);
    if size.cpu * 1000 != instance.cpu.as_millicores() * 1024 || size.memory << 20 != instance.memory.get() {
        module.lose(
            format!("{name}.memory"),
            format!("Fargate has no task with {} CPU and {}", instance.cpu, instance.memory),
            format!("the next larger one: {} units of CPU and {} MiB", size.cpu, size.memory),
        );
    }
    if seconds(instance.grace.as_millis()) > LONGEST_GRACE {
        module.lose(
            format!("{name}.stop_grace_period"),
            format!("Fargate waits no longer than {LONGEST_GRACE} seconds for a task to stop"),
            "it is killed after that",
        );
    }
    if let Some(probe) = instance.service.liveness.get()
        && !matches!(probe.action, ProbeAction::Exec(_))
    {
        module.lose(
            format!("{name}.liveness"),
            "ECS asks nothing but a command in the container whether it is alive",
            if instance.is_public() {
                "the load balancer asks for readiness, and ECS replaces tasks that fail it"
            } else {
                "a task is replaced when its process ends"
            },
        );
    }
    if instance.probes.declared
        && let Some(probe) = &instance.probes.readiness
    {
        if !matches!(probe.action, ProbeAction::Http(_)) && instance.is_public() {
            module.lose(
                format!("{name}.readiness"),
                "the load balancer asks by HTTP only",
                "any answer to GET / counts",
            );
        } else if !instance.is_public() {
            module.lose(
                format!("{name}.readiness"),
                "nothing asks a service that no load balancer stands before",
                "it counts as ready when its process runs",
            );
        }
    }
    if instance.is_public() {
        module.lose(
            format!("{name}.kind"),
            "with `compute` = \"lambda\" it keeps no connection open (no WebSocket, no events from the server), an answer takes 29 seconds at most, nothing runs between requests, and secrets are no variables",
            "it gets the ARN of each secret as NAME_SECRET_ARN; `compute` is \"fargate\" unless you say otherwise",
        );
    } else {
        module.lose(
            format!("{name}.kind"),
            "it answers no request from outside, so it cannot be a function",
            "it is a container on Fargate whatever `compute` says",
        );
    }
}

/// Who may talk to whom: a rule on both sides of each edge of the model.
pub(super) fn edges(module: &mut Module<'_>) -> Body {
    let mut body = Body::new();
    for instance in &module.deployment.instances {
        let id = handle(instance.name);
        if let (true, Some(port)) = (instance.is_public(), instance.port) {
            body = body.append(edge(
                "load_balancer",
                &id,
                port,
                &format!("The load balancer to {}", instance.name),
            ));
        }
        for name in talks_to(instance) {
            let other = handle(&name);
            let service = module.deployment.instance(&name).and_then(|other| other.port);
            let backing = module.deployment.backing(&name).filter(
                |backing| matches!(Store::of(backing), Some(store) if !matches!(store, Store::Bucket)),
            );
            if let Some(port) = service.or_else(|| backing.and_then(crate::Backing::port)) {
                body = body.append(edge(&id, &other, port, &format!("{} to {name}", instance.name)));
            }
        }
    }
    body
}

fn edge(from: &str, to: &str, port: u16, description: &str) -> Body {
    let rule = |own: &str, other: &str| {
        Body::new()
            .expression("security_group_id", &format!("aws_security_group.{own}.id"))
            .expression("referenced_security_group_id", &format!("aws_security_group.{other}.id"))
            .text("description", description)
            .text("ip_protocol", "tcp")
            .number("from_port", port)
            .number("to_port", port)
    };
    let name = format!("{from}_to_{to}");
    Body::new()
        .block(&["resource", "aws_vpc_security_group_egress_rule", &name], rule(from, to))
        .block(&["resource", "aws_vpc_security_group_ingress_rule", &name], rule(to, from))
}
