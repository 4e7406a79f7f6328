//! What stands in a unit.

use seaworthy_model::{JobTrigger, PortSetting, Probe, ProbeAction};
use serde_json::{Value as Json, json};

use super::environment::Environment;
use super::layout::{Layout, package};
use super::{below, plain};
use crate::{Deployment, Instance, Task};

/// Languages whose programs write code while they run.
const JIT: [&str; 12] = [
    "javascript",
    "typescript",
    "java",
    "kotlin",
    "scala",
    "clojure",
    "csharp",
    "fsharp",
    "php",
    "elixir",
    "erlang",
    "dart",
];

/// The unit of a service.
pub(super) fn service(
    layout: &Layout,
    deployment: &Deployment<'_>,
    instance: &Instance<'_>,
    environment: &Environment,
) -> Json {
    let mut values = common(layout, instance, environment);
    let is_template = layout.is_template(instance.name);
    let number = if is_template { " %i" } else { "" };
    let port = port(layout, instance);
    let start = command(environment, instance.start.unwrap_or_default());
    let ready = instance.probes.startup.as_ref().and_then(|probe| ready(probe, port.as_deref()));
    let map = json!({
        "description": format!("{}{number} of {}", instance.name, layout.app),
        "start": start,
        "ready": ready,
        "start_timeout": startup(instance.probes.startup.as_ref()),
        "identifier": format!("{}-{}", layout.app, plain(instance.name)),
        "after": after(layout, deployment, instance),
        "oneshot": false,
        "privileged_port": instance.port.is_some_and(|port| port < 1024),
    });
    merge(&mut values, map);
    // Each instance listens on the port that is its name.
    if let (true, Some(PortSetting::Env(key)), Some(lines)) = (
        is_template && instance.port.is_some(),
        instance.service.port_setting.get(),
        values["environment"].as_array_mut(),
    ) {
        lines.retain(|line| !line.as_str().is_some_and(|line| line.starts_with(&format!("\"{key}="))));
        lines.push(Json::String(format!("\"{key}=%i\"")));
    }
    values
}

/// The unit of a job.
pub(super) fn job(
    layout: &Layout,
    deployment: &Deployment<'_>,
    runner: &Instance<'_>,
    task: &Task<'_>,
    environment: &Environment,
) -> Json {
    let mut values = common(layout, runner, environment);
    let when = match task.on {
        JobTrigger::Release => ", before a release takes over",
        JobTrigger::Schedule => ", by its timer",
        JobTrigger::Manual => ", by hand",
    };
    let map = json!({
        "description": format!("{} of {}{when}", task.name, layout.app),
        "start": command(environment, task.run),
        "workdir": below(&layout.app, folder(deployment, runner, task)),
        "ready": null,
        "identifier": layout.job(task.name),
        "after": resources(deployment, runner).join(" "),
        "oneshot": true,
        "privileged_port": false,
    });
    merge(&mut values, map);
    values
}

/// The folder of a job: its own, else that of the service that it names, else the root.
fn folder<'a>(deployment: &Deployment<'a>, runner: &Instance<'a>, task: &Task<'a>) -> &'a str {
    let job = deployment.app.jobs.get(task.name);
    match job.and_then(|job| job.path.get()) {
        Some(path) => path,
        None if job.is_some_and(|job| job.service.get().is_some()) => runner.path(),
        None => task.path,
    }
}

fn common(layout: &Layout, instance: &Instance<'_>, environment: &Environment) -> Json {
    let lines: Vec<_> =
        environment.values.iter().map(|(key, value)| quote(&format!("{key}={value}"))).collect();
    let binds: Vec<_> = layout
        .mounts(instance)
        .iter()
        .map(|mount| format!("{}:{}", mount.state, below(&layout.app, &mount.inside)))
        .collect();
    let language = instance.service.language.get().map(String::as_str).unwrap_or_default();
    json!({
        "app": layout.app,
        "service": plain(instance.name),
        "folder": below(&layout.app, instance.path()),
        "workdir": below(&layout.app, instance.path()),
        "environment": lines,
        "secrets": environment.has_secrets(),
        "grace": format!("{}ms", instance.grace.as_millis()),
        "memory": instance.memory.get(),
        "cpu": instance.cpu.as_millicores().div_ceil(10),
        "binds": binds,
        // A language that nobody named may be one of them.
        "jit": language.is_empty() || JIT.contains(&language),
        "start_timeout": null,
    })
}

fn merge(values: &mut Json, more: Json) {
    if let (Json::Object(values), Json::Object(more)) = (values, more) {
        values.extend(more);
    }
}

/// The port of an instance, in the unit's words.
fn port(layout: &Layout, instance: &Instance<'_>) -> Option<String> {
    let port = instance.port?;
    Some(if layout.is_template(instance.name) { "%i".to_owned() } else { port.to_string() })
}

/// Units that have to run before: resources of the machine, and services that it depends on.
fn after(layout: &Layout, deployment: &Deployment<'_>, instance: &Instance<'_>) -> String {
    let mut units: Vec<String> = resources(deployment, instance);
    for name in instance.service.depends_on.keys() {
        units.extend(layout.units(name));
    }
    units.join(" ")
}

fn resources(deployment: &Deployment<'_>, instance: &Instance<'_>) -> Vec<String> {
    let mut units: Vec<String> = instance
        .needs
        .iter()
        .filter_map(|name| deployment.backing(name))
        .filter_map(|backing| package(backing.kind))
        .map(str::to_owned)
        .collect();
    units.sort();
    units.dedup();
    units
}

/// `ExecStart=`: a shell, since commands of the model are the shell's; it composes addresses of what must not be seen,
/// so that they stand in no unit and in no list of processes.
fn command(environment: &Environment, run: &str) -> String {
    let exports: Vec<_> =
        environment.composed.iter().map(|(key, text)| format!("export {key}=\"{text}\"; ")).collect();
    let exports = exports.concat();
    // A command that is one program takes the shell's place; one that is several needs it.
    let plain = |c: char| c.is_ascii_alphanumeric() || " _-./:=@,+'\"".contains(c);
    let first = run.split_whitespace().next().unwrap_or_default();
    let builtin =
        matches!(first, "cd" | "export" | "set" | "test" | "[" | "." | "source" | "if" | "for" | "while");
    let is_one = run.chars().all(plain) && !builtin && !first.contains('=');
    let run = if is_one { format!("exec {run}") } else { run.to_owned() };
    format!("/bin/sh -c {}", executed(&format!("{exports}{run}")))
}

/// A word of `ExecStart=`: systemd expands variables and specifiers in it, the shell shall.
fn executed(text: &str) -> String {
    quote(text).replace('$', "$$")
}

/// A word between double quotes.
fn quote(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    format!("\"{}\"", text.replace('%', "%%"))
}

/// A word of the shell.
pub(super) fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// What ends when the service answers, so that what comes after it finds it ready.
fn ready(probe: &Probe, port: Option<&str>) -> Option<String> {
    let tries = u64::from(probe.failure_threshold.unwrap_or(60));
    match (&probe.action, port) {
        (ProbeAction::Http(path), Some(port)) => {
            let url = quote(&format!("http://127.0.0.1:PORT{path}")).replace("PORT", port).replace('$', "$$");
            Some(format!(
                "/usr/bin/curl --silent --show-error --fail --output /dev/null --retry {tries} --retry-delay 1 --retry-connrefused --max-time 5 {url}"
            ))
        }
        (ProbeAction::Exec(command), _) => {
            let script = format!("for _ in $(seq {tries}); do ({command}) && exit 0; sleep 1; done; exit 1");
            Some(format!("/bin/sh -c {}", executed(&script)))
        }
        _ => None,
    }
}

/// Seconds after which a start has failed.
fn startup(probe: Option<&Probe>) -> String {
    let tries = probe.and_then(|probe| probe.failure_threshold).unwrap_or(60);
    format!("{}s", u64::from(tries) * 6 + 30)
}
