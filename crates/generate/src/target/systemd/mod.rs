//! systemd: units for a single host, and a script that installs them. Commands run as they are in the model, without
//! images; Caddy stands before them.

mod environment;
mod layout;
mod unit;

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_model::{JobTrigger, Kind, Name, ProbeAction};
use serde_json::{Value as Json, json};

use super::Target;
use super::cron::Cron;
use crate::{Comment, Deployment, Header, Input, Instance, Output, Task, TemplateError, join, label};

use environment::Environment;
use layout::Layout;

pub(super) const TARGET: Target = Target {
    id: "systemd",
    title: "systemd units and an install script for one host",
    by_default: false,
    make,
};

const ID: &str = "systemd";

/// The folder of the files.
const FOLDER: &str = "deploy/systemd";

fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let deployment = input.deployment();
    let layout = Layout::of(&deployment);
    let mut writer = Writer { input, output, app: layout.app.clone() };
    if layout.all_units().is_empty() && deployment.instances.is_empty() {
        writer.lose("services", "the app has no services", "no files were made");
        return Ok(());
    }
    lose(&mut writer, &deployment, &layout);
    let mut secrets = BTreeMap::new();
    for instance in &deployment.instances {
        if !layout.runs(instance) {
            continue;
        }
        let environment = Environment::of(&deployment, &layout, instance);
        environment.lose(&mut writer, instance);
        let values = unit::service(&layout, &deployment, instance, &environment);
        let name = layout.unit_file(instance.name);
        writer.template("service.unit", &name, &values)?;
        if environment.has_secrets() {
            secrets.insert(instance.name.to_string(), environment.outside.clone());
        }
    }
    for task in &deployment.tasks {
        let runner = task.service.and_then(|name| deployment.instance(name)).filter(|one| layout.runs(one));
        let Some(runner) = runner else {
            writer.lose(
                format!("{}.run", task.name),
                "there is no service with whose environment this job could run",
                "no unit was made of it; name a `service` for it",
            );
            continue;
        };
        let environment = Environment::of(&deployment, &layout, runner);
        let values = unit::job(&layout, &deployment, runner, task, &environment);
        writer.template("service.unit", &format!("{}.service", layout.job(task.name)), &values)?;
        let times = task.schedule.filter(|_| task.on == JobTrigger::Schedule).and_then(Cron::parse);
        if let Some(times) = times.map(|cron| cron.systemd(task.timezone)) {
            let values = json!({
                "app": layout.app,
                "description": format!("{} of {}", task.name, layout.app),
                "times": times,
                "unit": format!("{}.service", layout.job(task.name)),
            });
            writer.template("timer.unit", &format!("{}.timer", layout.job(task.name)), &values)?;
        }
    }
    let app = layout.app.clone();
    writer.template("app.target", &format!("{app}.target"), json!({ "app": app }))?;
    let user = format!("u {app} - \"{app}\" /var/lib/{app} /usr/sbin/nologin\n");
    writer.text(&format!("{app}.sysusers.conf"), &user);
    proxy(&mut writer, &deployment, &layout)?;
    environment::files(&mut writer, &deployment, &layout);
    let values = script(input, &deployment, &layout, &secrets);
    let body = input.templates.render("systemd/install.sh", values)?;
    let header = Header { target: ID, app: input.name() };
    output.script(&header, format!("{FOLDER}/install.sh"), &body);
    Ok(())
}

/// Adds files and losses.
struct Writer<'w> {
    input: &'w Input<'w>,
    output: &'w mut Output,
    app: String,
}

impl Writer<'_> {
    fn template(
        &mut self,
        template: &str,
        file: &str,
        values: impl serde::Serialize,
    ) -> Result<(), TemplateError> {
        let text = self.input.templates.render(&format!("systemd/{template}"), values)?;
        self.text(file, &text);
        Ok(())
    }

    fn text(&mut self, file: &str, text: &str) {
        let header = Header { target: ID, app: self.input.name() };
        self.output.file(&header, Comment::Hash, format!("{FOLDER}/{file}"), text);
    }

    fn lose(&mut self, subject: impl Into<String>, lost: impl Into<String>, instead: impl Into<String>) {
        self.output.lose(ID, subject, lost, instead);
    }
}

/// What the script fills in.
fn script(
    input: &Input<'_>,
    deployment: &Deployment<'_>,
    layout: &Layout,
    secrets: &BTreeMap<String, BTreeSet<String>>,
) -> Json {
    let secrets: Vec<_> = secrets
        .iter()
        .map(|(service, names)| {
            json!({ "service": service, "names": names.iter().cloned().collect::<Vec<_>>().join(" ") })
        })
        .collect();
    let environments: Vec<_> = environment::names(input)
        .map(|name| {
            let here = input.deployment_in(name).map(|here| Layout::of(&here).all_units().join(" "));
            json!({ "name": name, "units": here.unwrap_or_default() })
        })
        .collect();
    let is_timed = |task: &&Task<'_>| {
        task.on == JobTrigger::Schedule
            && task.schedule.and_then(Cron::parse).is_some()
            && task.service.and_then(|name| deployment.instance(name)).is_some_and(|one| layout.runs(one))
    };
    let timers: Vec<_> = deployment
        .tasks
        .iter()
        .filter(is_timed)
        .map(|task| format!("{}.timer", layout.job(task.name)))
        .collect();
    let released: Vec<_> = deployment
        .tasks
        .iter()
        .filter(|task| task.on == JobTrigger::Release)
        .filter(|task| {
            task.service.and_then(|name| deployment.instance(name)).is_some_and(|one| layout.runs(one))
        })
        .map(|task| format!("{}.service", layout.job(task.name)))
        .collect();
    let mounts: BTreeSet<_> = deployment.instances.iter().flat_map(|one| layout.mounts(one)).collect();
    json!({
        "app": layout.app,
        "environments": environments,
        "units": layout.all_units().join(" "),
        "timers": timers.join(" "),
        "release_jobs": released,
        "secrets": secrets,
        "builds": builds(deployment),
        "mounts": mounts.iter().map(|mount| &mount.inside).collect::<Vec<_>>(),
        "states": mounts.iter().map(|mount| &mount.state).collect::<Vec<_>>(),
    })
}

/// What has to be installed and built in each folder, once for services that share it.
fn builds(deployment: &Deployment<'_>) -> Vec<Json> {
    let mut folders: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for instance in &deployment.instances {
        let steps = folders.entry(instance.path()).or_default();
        let service = instance.service;
        let is_python = service.language.get().is_some_and(|language| language == "python");
        if is_python && !steps.iter().any(|step| step.contains("venv")) {
            steps.push(unit::shell("python3 -m venv .venv"));
        }
        for command in [service.install.get(), service.build.get()].into_iter().flatten() {
            let command =
                if is_python { format!("PATH=\"$PWD/.venv/bin:$PATH\"; {command}") } else { command.clone() };
            let step = unit::shell(&command);
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
    }
    folders
        .into_iter()
        .filter(|(_, steps)| !steps.is_empty())
        .map(|(path, steps)| json!({ "path": path, "say": unit::shell(&format!("builds {path}")), "steps": steps }))
        .collect()
}

/// The proxy's configuration: one for each environment, or one that is told the domain.
fn proxy(writer: &mut Writer<'_>, deployment: &Deployment<'_>, layout: &Layout) -> Result<(), TemplateError> {
    let input = writer.input;
    let mut some = false;
    for (name, environment) in &input.app.environments {
        let (Some(here), Some(domain)) = (input.deployment_in(name), environment.domain.get()) else {
            continue;
        };
        let Some(sites) = sites(&here, &Layout::of(&here), domain) else { continue };
        let note = format!(" of {name}.");
        let file = format!("environments/{name}/Caddyfile");
        writer.template("Caddyfile", &file, json!({ "sites": sites, "note": note }))?;
        some = true;
    }
    if !some && let Some(sites) = sites(deployment, layout, "{$DOMAIN}") {
        let note = ". The domain comes from the environment of Caddy's own unit: DOMAIN=shop.example.com";
        writer.template("Caddyfile", "Caddyfile", json!({ "sites": sites, "note": note }))?;
    }
    Ok(())
}

/// Hosts of the proxy with their paths, the longest first.
fn sites(deployment: &Deployment<'_>, layout: &Layout, domain: &str) -> Option<Vec<Json>> {
    let mut hosts: BTreeMap<String, Vec<(String, Json)>> = BTreeMap::new();
    for instance in &deployment.instances {
        let Some(route) = instance.service.route.get() else { continue };
        let (host, path) = match route.split_once('/') {
            Some((host, path)) => (host, format!("/{path}")),
            None => (route.as_str(), String::new()),
        };
        let host = if host.is_empty() { domain } else { host };
        let path = path.trim_end_matches(['/', '*']).to_owned();
        let value = json!({
            "id": label(instance.name.as_str(), 63),
            "path": (!path.is_empty()).then_some(&path),
            "files": layout.files(instance),
            "upstreams": layout.upstreams(instance).join(" "),
            "health": health(instance),
        });
        hosts.entry(host.to_owned()).or_default().push((path, value));
    }
    if hosts.is_empty() {
        return None;
    }
    let sites = hosts.into_iter().map(|(host, mut routes)| {
        routes.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        json!({ "host": host, "routes": routes.into_iter().map(|(_, route)| route).collect::<Vec<_>>() })
    });
    Some(sites.collect())
}

/// The proxy asks for readiness, so that an instance that is not ready gets no requests.
fn health(instance: &Instance<'_>) -> Option<Json> {
    let probe = instance.probes.readiness.as_ref()?;
    let ProbeAction::Http(path) = &probe.action else { return None };
    let time = |duration: Option<seaworthy_model::quantity::Duration>| {
        duration.map(|one| format!("{}ms", one.as_millis()))
    };
    Some(json!({ "path": path, "interval": time(probe.period), "timeout": time(probe.timeout) }))
}

fn lose(writer: &mut Writer<'_>, deployment: &Deployment<'_>, layout: &Layout) {
    for instance in &deployment.instances {
        let name = instance.name;
        if instance.kind != Kind::Static && instance.start.is_none() {
            writer.lose(
                format!("{name}.start"),
                "nobody knows what starts it",
                "no unit was made of it; say `start`",
            );
            continue;
        }
        if layout.runs(instance) && instance.replicas > 1 && layout.units(instance.name).len() == 1 {
            writer.lose(
                format!("{name}.replicas"),
                "its port cannot be set by an environment variable, and two processes cannot listen on one port",
                "one instance runs",
            );
        }
        if instance.service.liveness.get().is_some() {
            writer.lose(
                format!("{name}.liveness"),
                "systemd asks no process whether it is alive",
                "it is started again when it ends; the proxy asks for readiness",
            );
        }
        if matches!(&instance.probes.readiness, Some(probe) if matches!(probe.action, ProbeAction::Log(_)) && instance.probes.declared)
        {
            writer.lose(
                format!("{name}.readiness"),
                "nothing watches its log",
                "it counts as ready when its process runs",
            );
        }
    }
    for backing in &deployment.backings {
        let name = backing.name;
        if backing.kind == "sqlite" {
            continue;
        }
        writer.lose(
            format!("{name}.type"),
            format!("no {} is installed", backing.kind),
            match layout::package(backing.kind) {
                Some(unit) => format!(
                    "services wait for {unit}, where there is one: install it, and make its database and user"
                ),
                None => "its address goes into the file of secrets".to_owned(),
            },
        );
        if backing.resource.backup.get().is_some() {
            writer.lose(
                format!("{name}.backup"),
                "nothing makes backups",
                "make them with a timer of the machine's own",
            );
        }
    }
    for (name, environment) in &deployment.app.environments {
        if environment
            .strategy
            .get()
            .is_some_and(|strategy| !matches!(strategy, seaworthy_model::Strategy::Rolling))
        {
            writer.lose(
                format!("{name}.strategy"),
                "a release takes over instance by instance",
                "install.sh of the release before goes back to it",
            );
        }
    }
}

/// A path below the release that is running.
fn below(app: &str, path: &str) -> String {
    match path {
        "." => format!("/opt/{app}/current"),
        path => join(&format!("/opt/{app}/current"), path),
    }
}

/// A name of the model in the file system and in units.
fn plain(name: &Name) -> String {
    label(name.as_str(), 63)
}
