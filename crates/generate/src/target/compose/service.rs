//! A service of the app.

use std::collections::BTreeMap;

use seaworthy_model::quantity::{Bytes, Cpu, Duration};
use seaworthy_model::{Condition, JobTrigger, Kind, PortSetting, ProbeAction};

use super::ID;
use super::backing;
use super::flavour::{Flavour, Project};
use super::setting::Value;
use super::watch;
use crate::output::Output;
use crate::print::Node;
use crate::target::dockerfile::{self, Image, plain_duration};
use crate::{Instance, Setting, USER, join, node};

/// Of a service: what it is built from and runs as. Jobs share it.
pub(super) struct Base {
    /// The entries that come first: image and build.
    pub(super) built: Vec<(&'static str, Option<Node>)>,
    /// Its environment, and what goes before its command where secrets are files.
    pub(super) environment: Environment,
}

/// The environment of a container.
pub(super) struct Environment {
    /// Variables.
    pub(super) variables: Node,
    /// A shell that reads secrets from files and becomes the command that follows it.
    pub(super) entrypoint: Option<Node>,
    /// The secrets that it reads.
    pub(super) secrets: Node,
}

pub(super) fn make(project: &Project<'_>, instance: &Instance<'_>, output: &mut Output) -> Option<Node> {
    let image = project.images.get(instance.name)?;
    let base = base(project, instance, image, output);
    let is_production = project.is_production();
    let served = serve(project, instance, image);
    let command = served.clone().or_else(|| {
        // An entrypoint of its own takes the image's command away.
        base.environment.entrypoint.as_ref()?;
        Some(Node::flow(full_command(image, &image.command)))
    });
    let mut entries = base.built;
    entries.push(("entrypoint", base.environment.entrypoint));
    entries.push(("command", command));
    entries.push(("environment", base.environment.variables.filled()));
    entries.push(("secrets", base.environment.secrets.filled()));
    entries.push(("ports", ports(project, instance, output)));
    entries.push(("volumes", volumes(project, instance).filled()));
    entries.push(("depends_on", depends_on(project, instance).filled()));
    // The development server runs in Node's image, the built pages in nginx's.
    let check = if served.is_some() { dockerfile::ask_with_node(instance) } else { image.check.clone() };
    entries.push(("healthcheck", check.and_then(|check| health(instance, &check))));
    if is_production {
        entries.push(("restart", Some("unless-stopped".into())));
        entries.extend(hardened(image));
    }
    entries.push(("stop_grace_period", Some(plain_duration(instance.grace).into())));
    entries.push(("deploy", Some(deploy(project, instance))));
    entries.push(("logging", Some(logging())));
    if !is_production {
        let rules =
            if served.is_some() { Some(live(image, instance)) } else { watch::rules(project, instance) };
        entries.push(("develop", rules.map(|rules| node!({ "watch": rules }))));
    }
    Some(Node::map(entries))
}

/// What a container of this service's image is made from.
pub(super) fn base(
    project: &Project<'_>,
    instance: &Instance<'_>,
    image: &Image,
    output: &mut Output,
) -> Base {
    let build = &image.build;
    let context = if build.context == "." { ".".to_owned() } else { format!("./{}", build.context) };
    let file = match build.context.as_str() {
        "." => build.dockerfile.as_str(),
        context => build.dockerfile.strip_prefix(context).map_or("", |rest| rest.trim_start_matches('/')),
    };
    let mut arguments: Vec<(String, Option<Node>)> = Vec::new();
    if project.is_production() {
        arguments.push(("VERSION".to_owned(), Some("${TAG:-latest}".into())));
    }
    for (name, setting) in &instance.build_env {
        let value = Value::of(name, setting, project, true);
        arguments.push(((*name).to_owned(), Some(value.interpolated().into())));
    }
    let target = serve(project, instance, image).map(|_| Node::from("build"));
    let build = Node::map([
        ("context", Some(Node::from(context))),
        ("dockerfile", (file != "Dockerfile").then(|| Node::from(file))),
        ("target", target),
        ("args", Node::map(arguments).filled()),
    ]);
    let name = crate::image(project.deployment, instance.name, project.input.options);
    let built = vec![
        ("image", project.is_production().then(|| Node::from(format!("{name}:${{TAG:-latest}}")))),
        ("build", Some(build)),
    ];
    Base { built, environment: environment(project, instance, image, output) }
}

/// The environment: all of it as variables in development; in production secrets come from files, which neither
/// `docker inspect` nor a crash report shows. A program that reads variables needs them exported, which takes a shell.
fn environment(
    project: &Project<'_>,
    instance: &Instance<'_>,
    image: &Image,
    output: &mut Output,
) -> Environment {
    let values: BTreeMap<&str, Value> = instance
        .env
        .iter()
        .map(|(name, setting)| (*name, Value::of(name, setting, project, false)))
        .collect();
    let is_secret = |value: &Value| value.secrets().next().is_some();
    let from_files = project.is_production() && image.has_shell;
    if project.is_production() && !image.has_shell && values.values().any(is_secret) {
        output.lose(
            ID,
            format!("services.{}.env", instance.name),
            "its image has no shell that could read secrets from files",
            "they are variables of the container, which `docker inspect` shows to who may run it",
        );
    }
    let mut variables = Vec::new();
    let mut lines = Vec::new();
    let mut secrets = Vec::new();
    for (name, value) in &values {
        if project.is_production() && instance.env.get(name) == Some(&Setting::Missing) {
            output.lose(
                ID,
                format!("services.{}.env.{name}", instance.name),
                "nothing in the repository says what it is",
                "Compose asks for it: set it in the environment of `docker compose`, or in `.env`",
            );
        }
        if from_files && is_secret(value) {
            lines.push(value.exported(name));
            secrets.extend(value.secrets().map(str::to_owned));
        } else {
            variables.push((*name, Some(Node::from(value.interpolated()))));
        }
    }
    secrets.sort();
    secrets.dedup();
    let entrypoint = (!lines.is_empty()).then(|| {
        let script = format!("set -e\n{}exec \"$$@\"\n", lines.concat());
        // The last word is the shell's own name, in front of the command's words.
        Node::list(["/bin/sh", "-c", &script, "sh"])
    });
    Environment { variables: Node::map(variables), entrypoint, secrets: Node::list(secrets) }
}

/// The image's command with its init.
pub(super) fn full_command(image: &Image, words: &[String]) -> Vec<String> {
    let init = image.init.into_iter().flat_map(|init| [init, "--"]);
    init.chain(words.iter().map(String::as_str)).map(escape).collect()
}

/// A front end is served by its own development server, which shows a change at once.
fn serve(project: &Project<'_>, instance: &Instance<'_>, image: &Image) -> Option<Node> {
    let service = instance.service;
    let dev = service.dev.get()?;
    let is_served = project.flavour == Flavour::Development
        && instance.kind == Kind::Static
        && image.is_node
        && matches!(service.port_setting.get(), Some(PortSetting::Flag(flag)) if flag == "--port");
    let mut words: Vec<String> = dev.split_whitespace().map(str::to_owned).collect();
    if words.first().is_some_and(|manager| manager == "npm") {
        words.push("--".to_owned());
    }
    let port = instance.port?.to_string();
    words.extend(["--host", "0.0.0.0", "--port", &port].map(str::to_owned));
    is_served.then(|| Node::flow(words))
}

/// The rules of a front end with a server of its own: it reads what is copied.
fn live(image: &Image, instance: &Instance<'_>) -> Node {
    let folder = if instance.path() == "." { ".".to_owned() } else { format!("./{}", instance.path()) };
    let mut rules: Vec<_> = image
        .manifests
        .iter()
        .map(|file| node!({ "path": (format!("./{}", join(&image.build.context, file)).replace("./.", ".")), "action": "rebuild" }))
        .collect();
    let ignore = Node::flow(["node_modules/", "dist/", ".git/"]);
    rules.push(
        node!({ "path": folder, "action": "sync", "target": (image.folder.as_str()), "ignore": ignore }),
    );
    Node::List(rules)
}

fn ports(project: &Project<'_>, instance: &Instance<'_>, output: &mut Output) -> Option<Node> {
    let port = instance.port?;
    let published = *project.published.get(instance.name)?;
    let replicas = if project.is_production() { u16::try_from(instance.replicas).unwrap_or(1) } else { 1 };
    if project.is_production()
        && let Some(route) = instance.service.route.get()
    {
        output.lose(
            ID,
            format!("services.{}.route", instance.name),
            format!("Compose has no proxy that knows the route {route}"),
            format!("it listens on 127.0.0.1:{published} of the host, for a proxy there"),
        );
    }
    let here = if replicas > 1 {
        format!("{published}-{}", published + replicas - 1)
    } else {
        published.to_string()
    };
    Some(Node::list([format!("127.0.0.1:{here}:{port}")]))
}

fn volumes(project: &Project<'_>, instance: &Instance<'_>) -> Node {
    Node::list(project.volumes_of(instance).into_iter().map(|(name, path)| format!("{name}:{path}")))
}

/// Who has to be there first: what the model says, and a release's jobs before all that they prepare the data for.
pub(super) fn depends_on(project: &Project<'_>, instance: &Instance<'_>) -> Node {
    let mut entries = needs(project, instance);
    if instance.kind != Kind::Static {
        for task in project.deployment.tasks.iter().filter(|task| task.on == JobTrigger::Release) {
            if super::job::runs(project, task) {
                let condition = Condition::ServiceCompletedSuccessfully.as_str();
                entries.push((project.task_name(task.name), Some(node!({ "condition": condition }))));
            }
        }
    }
    Node::map(entries)
}

/// The services and resources that it needs, as entries of `depends_on`.
pub(super) fn needs(project: &Project<'_>, instance: &Instance<'_>) -> Vec<(String, Option<Node>)> {
    let mut entries = Vec::new();
    for name in &instance.needs {
        let said =
            instance.service.depends_on.get(*name).and_then(|dependency| dependency.condition.get().copied());
        let has_check = match (project.deployment.instance(name), project.deployment.backing(name)) {
            (Some(other), _) => health_of(project, other).is_some(),
            (None, Some(backing)) if backing.image.is_some() => backing::health(backing).is_some(),
            _ => continue,
        };
        let condition = match said {
            // Without a health check it would wait for ever.
            Some(Condition::ServiceHealthy) | None if !has_check => Condition::ServiceStarted,
            None => Condition::ServiceHealthy,
            Some(condition) => condition,
        };
        entries.push((name.to_string(), Some(node!({ "condition": (condition.as_str()) }))));
    }
    entries
}

fn health_of(project: &Project<'_>, instance: &Instance<'_>) -> Option<Node> {
    health(instance, project.images.get(instance.name)?.check.as_deref()?)
}

/// The health check: what the image does, with the words said here, as Compose's other readers know only this file.
fn health(instance: &Instance<'_>, check: &[String]) -> Option<Node> {
    let probe = instance.probes.readiness.as_ref()?;
    if matches!(probe.action, ProbeAction::Log(_)) {
        return None;
    }
    let test = Node::flow(std::iter::once("CMD").chain(check.iter().map(String::as_str)).map(escape));
    let startup = instance.probes.startup.as_ref();
    let start = startup.map(|probe| {
        let period = probe.period.map_or(1_000, Duration::as_millis);
        period.saturating_mul(probe.failure_threshold.unwrap_or(60).into())
    });
    Some(Node::map([
        ("test", Some(test)),
        ("interval", probe.period.map(|period| plain_duration(period).into())),
        ("timeout", probe.timeout.map(|timeout| plain_duration(timeout).into())),
        ("retries", probe.failure_threshold.map(Node::from)),
        ("start_period", start.map(|millis| plain_duration(Duration::from_millis(millis)).into())),
    ]))
}

/// Compose takes one of two dollars away.
pub(super) fn escape(text: &str) -> String {
    text.replace('$', "$$")
}

/// No privileges, and nothing that can be written but what is meant to be.
pub(super) fn hardened(image: &Image) -> Vec<(&'static str, Option<Node>)> {
    let scratch = image.writable.iter().filter(|path| !image.volumes.contains(path));
    let mut tmpfs = vec!["/tmp".to_owned()];
    tmpfs.extend(scratch.map(|path| format!("{path}:uid={USER},gid={USER}")));
    vec![
        ("read_only", Some(true.into())),
        ("tmpfs", Some(Node::list(tmpfs))),
        ("cap_drop", Some(Node::flow(["ALL"]))),
        ("security_opt", Some(Node::flow(["no-new-privileges:true"]))),
    ]
}

fn deploy(project: &Project<'_>, instance: &Instance<'_>) -> Node {
    let replicas = (project.is_production() && instance.replicas != 1).then(|| Node::from(instance.replicas));
    Node::map([("replicas", replicas), ("resources", Some(limits(instance.memory, instance.cpu)))])
}

pub(super) fn limits(memory: Bytes, cpu: Cpu) -> Node {
    let bytes = memory.get();
    let memory =
        if bytes.is_multiple_of(1 << 20) { format!("{}m", bytes >> 20) } else { format!("{bytes}b") };
    let (whole, part) = (cpu.as_millicores() / 1_000, cpu.as_millicores() % 1_000);
    let cpus = format!("{whole}.{part:03}");
    let cpus = cpus.trim_end_matches('0').trim_end_matches('.');
    node!({ "limits": { "cpus": cpus, "memory": memory } })
}

/// Logs that do not fill the disk.
pub(super) fn logging() -> Node {
    node!({ "driver": "json-file", "options": { "max-size": "10m", "max-file": "3" } })
}
