//! A `seaworthy.toml` that says everything that is known.

use super::values::{
    backup, depends_on, latency, list, probe, secret_sources, strategy, text, variable, watch,
};
use super::writer::{Writer, origin};
use crate::config::words::word;
use crate::{
    App, Condition, Environment, Generation, Job, Name, PipelineStep, PortSetting, Resource, Secret, Service,
    Slo, StepName,
};

/// A `seaworthy.toml` with every known value and where each came from. Applied to an empty app it gives the
/// same winning values, save for what the file cannot say: how a port is set other than by a variable, and the
/// version range behind a runtime (both are named in comments, and detected again).
pub fn full(app: &App) -> String {
    let mut writer = Writer::default();
    writer.comment("Everything that is known about this app, with where each value came from.");
    writer.comment("What is said here no longer follows the repository: delete the lines that should.");
    writer.value("name", app.name.winner(), text);
    for (name, known) in &app.secrets {
        secret(&mut writer, name, known);
    }
    for (name, known) in &app.services {
        service(&mut writer, app, name, known);
    }
    for (name, known) in &app.resources {
        resource(&mut writer, name, known);
    }
    for (name, known) in &app.jobs {
        job(&mut writer, name, known);
    }
    for (name, known) in &app.environments {
        environment(&mut writer, name, known);
    }
    for (name, known) in &app.slos {
        slo(&mut writer, name, known);
    }
    generation(&mut writer, &app.generation);
    for (name, known) in &app.pipeline.steps {
        step(&mut writer, name, known);
    }
    writer.table(&["check"]);
    writer.value("exclude", app.check.exclude.winner(), |paths| list(paths.iter().map(String::as_str)));
    writer.finish()
}

fn service(writer: &mut Writer, app: &App, name: &Name, known: &Service) {
    writer.table(&["services", name.as_str()]);
    // A service of which nothing is known exists all the same.
    writer.begin();
    writer.value("path", known.path.winner(), text);
    writer.value("kind", known.kind.winner(), |kind| text(&word(*kind)));
    writer.value("language", known.language.winner(), text);
    writer.value("framework", known.framework.winner(), text);
    writer.value("package_manager", known.package_manager.winner(), text);
    if let Some(runtime) = known.runtime.winner() {
        let range = runtime.value.requirement.as_ref();
        let range = range.map(|range| format!("; written `{range}`")).unwrap_or_default();
        writer.line("runtime", &text(&runtime.value), &format!("{}{range}", origin(&runtime.origin)));
    }
    writer.value("install", known.install.winner(), text);
    writer.value("build", known.build.winner(), text);
    writer.value("dev", known.dev.winner(), text);
    writer.value("start", known.start.winner(), text);
    writer.value("test", known.test.winner(), text);
    writer.value("lint", known.lint.winner(), text);
    writer.value("port", known.port.winner(), ToString::to_string);
    if let Some(setting) = known.port_setting.winner() {
        let said = origin(&setting.origin);
        match &setting.value {
            PortSetting::Env(variable) => writer.line("port_env", &text(variable), &said),
            PortSetting::Flag(flag) => writer.comment(&format!("its port is set by `{flag}`: {said}")),
            PortSetting::Fixed => writer.comment(&format!("its port is fixed: {said}")),
        }
    }
    writer.value("static", known.static_dir.winner(), text);
    writer.value("route", known.route.winner(), text);
    writer.value("replicas", known.replicas.winner(), ToString::to_string);
    writer.value("memory", known.memory.winner(), text);
    writer.value("cpu", known.cpu.winner(), ToString::to_string);
    if let Some(dependency) = known.depends_on.values().next() {
        let usual = |name: &Name| {
            if app.resources.contains_key(name) {
                Condition::ServiceHealthy
            } else {
                Condition::ServiceStarted
            }
        };
        let said = dependency.condition.origin().map(origin).unwrap_or_default();
        writer.line("depends_on", &depends_on(&known.depends_on, usual), &said);
    }
    writer.value("startup", known.startup.winner(), probe);
    writer.value("readiness", known.readiness.winner(), probe);
    writer.value("liveness", known.liveness.winner(), probe);
    writer.value("stop_grace_period", known.stop_grace_period.winner(), text);
    writer.value("watch", known.watch.winner(), |rules| watch(rules));
    if let Some(volume) = known.volumes.first() {
        let paths = list(known.volumes.iter().map(|volume| volume.path.as_str()));
        writer.line("volumes", &paths, &origin(&volume.origin));
    }
    writer.table(&["services", name.as_str(), "env"]);
    for (name, known) in &known.env {
        if let Some(value) = known.value.winner() {
            writer.line(name, &variable(name, known, &value.value), &origin(&value.origin));
        } else if let Some(default) = known.default.winner().filter(|_| !known.secret) {
            let value = variable(name, known, &default.value);
            writer.comment(&format!("{name} = {value}  # the default; {}", origin(&default.origin)));
        }
    }
}

fn resource(writer: &mut Writer, name: &Name, known: &Resource) {
    writer.table(&["resources", name.as_str()]);
    writer.begin();
    writer.value("type", known.r#type.winner(), text);
    writer.value("version", known.version.winner(), text);
    writer.value("image", known.image.winner(), text);
    writer.value("schema", known.schema.winner(), text);
    writer.value("migrations", known.migrations.winner(), text);
    writer.value("seed", known.seed.winner(), text);
    writer.value("backup", known.backup.winner(), backup);
}

fn job(writer: &mut Writer, name: &Name, known: &Job) {
    writer.table(&["jobs", name.as_str()]);
    writer.begin();
    writer.value("run", known.run.winner(), text);
    writer.value("service", known.service.winner(), text);
    writer.value("path", known.path.winner(), text);
    writer.value("schedule", known.schedule.winner(), text);
    writer.value("timezone", known.timezone.winner(), text);
    writer.value("on", known.on.winner(), |on| text(&word(*on)));
}

fn environment(writer: &mut Writer, name: &Name, known: &Environment) {
    writer.table(&["environments", name.as_str()]);
    writer.begin();
    writer.value("engine", known.engine.winner(), |engine| text(&word(*engine)));
    writer.value("host", known.host.winner(), text);
    writer.value("domain", known.domain.winner(), text);
    writer.value("context", known.context.winner(), text);
    writer.value("namespace", known.namespace.winner(), text);
    writer.value("after", known.after.winner(), text);
    writer.value("strategy", known.strategy.winner(), strategy);
    writer.value("smoke", known.smoke.winner(), text);
    writer.value("drain", known.drain.winner(), text);
    writer.value("secrets", known.secrets.winner(), |sources| secret_sources(sources));
}

fn slo(writer: &mut Writer, name: &Name, known: &Slo) {
    writer.table(&["slo", name.as_str()]);
    writer.begin();
    writer.value("availability", known.availability.winner(), text);
    writer.value("latency", known.latency.winner(), latency);
}

fn generation(writer: &mut Writer, known: &Generation) {
    writer.table(&["generate"]);
    writer.value("targets", known.targets.winner(), |names| list(names.iter().map(Name::as_str)));
    writer.value("registry", known.registry.winner(), text);
    writer.value("ingress", known.ingress.winner(), ToString::to_string);
    writer.value("secret_store", known.secret_store.winner(), text);
}

fn step(writer: &mut Writer, name: &StepName, known: &PipelineStep) {
    writer.table(&["pipeline", "steps", &name.to_string()]);
    writer.begin();
    let texts = |texts: &Vec<String>| list(texts.iter().map(String::as_str));
    writer.value("run", known.run.winner(), text);
    writer.value("service", known.service.winner(), text);
    writer.value("path", known.path.winner(), text);
    writer.value("stage", known.stage.winner(), |stage| text(&word(*stage)));
    writer.value("after", known.after.winner(), |names| {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        list(names.iter().map(String::as_str))
    });
    writer.value("inputs", known.inputs.winner(), texts);
    writer.value("outputs", known.outputs.winner(), texts);
    writer.value("env", known.env.winner(), texts);
    writer.value("shards", known.shards.winner(), ToString::to_string);
    writer.value("retries", known.retries.winner(), ToString::to_string);
    writer.value("skip", known.skip.winner(), ToString::to_string);
}

fn secret(writer: &mut Writer, name: &str, known: &Secret) {
    writer.table(&["secrets", name]);
    writer.begin();
    writer.value("description", known.description.winner(), text);
    writer.value("environments", known.environments.winner(), |names| list(names.iter().map(Name::as_str)));
}
