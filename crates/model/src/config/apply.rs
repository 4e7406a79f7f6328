//! Puts what `seaworthy.toml` says into an app, each value with its line.

use std::collections::BTreeSet;

use super::imply::Asked;
use super::{
    Config, EnvironmentConfig, GenerateConfig, JobConfig, Located, Map, ResourceConfig, SecretConfig,
    ServiceConfig, SloConfig, Span, StepConfig, imply, line_column,
};
use crate::placeholder::{Placeholder, Template};
use crate::{
    App, Condition, Environment, Field, Generation, Job, Kind, Layer, Name, Origin, PipelineStep, Place,
    PortSetting, Probe, ProbeAction, Resource, Secret, Service, Slo, Volume,
};

/// Where a configuration was read from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The name of the file; absent for the command line.
    pub file: Option<&'a str>,
    /// The text that the spans of the configuration refer to.
    pub text: &'a str,
    /// Who speaks.
    pub layer: Layer,
}

impl<'a> Source<'a> {
    /// A `seaworthy.toml` of this name.
    pub fn file(file: &'a str, text: &'a str) -> Self {
        Self { file: Some(file), text, layer: Layer::Config }
    }

    /// An override from the command line.
    pub fn command_line(text: &'a str) -> Self {
        Self { file: None, text, layer: Layer::CommandLine }
    }
}

impl Config {
    /// Proposes every value to `app`. What was not detected is created; what is not `enabled` is removed.
    ///
    /// A placeholder in `env` implies that its resource is healthy, or its service started, before; two services
    /// that name each other do not wait for one another.
    pub fn apply(&self, app: &mut App, source: &Source<'_>) {
        if source.layer == Layer::Config {
            self.adopt(app);
        }
        let apply = Apply { source };
        apply.set(&mut app.name, self.name.as_ref(), "", "name");
        for (name, secret) in entries(self.secrets.as_ref()) {
            let known = app.secrets.entry(name.as_str().to_owned()).or_default();
            apply.secret(secret, known, &format!("secrets.{}", name.as_str()));
        }
        apply.resources(self.resources.as_ref(), app, "resources");
        apply.services(self.services.as_ref(), app, "services");
        for (name, job) in entries(self.jobs.as_ref()) {
            if is_disabled(job.enabled.as_ref()) {
                app.jobs.remove(name);
            } else {
                apply.job(job, app.jobs.entry(name.clone()).or_default(), &format!("jobs.{name}"));
            }
        }
        for (name, environment) in entries(self.environments.as_ref()) {
            let known = app.environments.entry(name.clone()).or_default();
            apply.environment(environment, known, &format!("environments.{name}"));
        }
        for (name, slo) in entries(self.slo.as_ref()) {
            apply.slo(slo, app.slos.entry(name.clone()).or_default(), &format!("slo.{name}"));
        }
        if let Some(generate) = &self.generate {
            apply.generation(&generate.value, &mut app.generation);
        }
        if let Some(check) = &self.check {
            apply.texts(&mut app.check.exclude, check.value.exclude.as_ref(), "check", "exclude");
        }
        let steps = self.pipeline.as_ref().and_then(|pipeline| pipeline.value.steps.as_ref());
        for (name, step) in entries(steps) {
            let known = app.pipeline.steps.entry(name.clone()).or_default();
            apply.step(step, known, &format!("pipeline.steps.{name}"));
        }
    }

    /// Proposes what is different in one environment.
    pub fn apply_environment(&self, name: &Name, app: &mut App, source: &Source<'_>) {
        let Some(environment) = self.environments.as_ref().and_then(|known| known.value.get(name)) else {
            return;
        };
        let source = Source { layer: source.layer.max(Layer::Environment), ..*source };
        let apply = Apply { source: &source };
        apply.resources(environment.value.resources.as_ref(), app, &format!("environments.{name}.resources"));
        apply.services(environment.value.services.as_ref(), app, &format!("environments.{name}.services"));
    }
}

/// The entries of a table that may be absent.
pub(super) fn entries<K: Ord, T>(map: Option<&Located<Map<K, T>>>) -> impl Iterator<Item = (&K, &T)> {
    map.into_iter().flat_map(|map| map.value.iter().map(|(key, entry)| (key, &entry.value)))
}

fn is_disabled(enabled: Option<&Located<bool>>) -> bool {
    enabled.is_some_and(|enabled| !enabled.value)
}

pub(super) struct Apply<'a> {
    source: &'a Source<'a>,
}

impl Apply<'_> {
    pub(super) fn origin(&self, span: &Span, rule: String) -> Origin {
        match self.source.file {
            Some(file) => {
                let (line, _) = line_column(self.source.text, span.start);
                let line = u32::try_from(line).unwrap_or(u32::MAX);
                Origin::new(self.source.layer, rule).at(Place::line(file, line))
            }
            None => Origin::new(self.source.layer, format!("--set {rule}")),
        }
    }

    fn set<T, U: Clone + Into<T>>(
        &self,
        field: &mut Field<T>,
        said: Option<&Located<U>>,
        at: &str,
        key: &str,
    ) {
        if let Some(said) = said {
            let rule = if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
            field.propose(said.value.clone().into(), self.origin(&said.span, rule));
        }
    }

    fn resources(&self, said: Option<&Located<Map<Name, ResourceConfig>>>, app: &mut App, at: &str) {
        for (name, config) in entries(said) {
            if is_disabled(config.enabled.as_ref()) {
                app.resources.remove(name);
                forget(app, name);
            } else {
                let resource = app.resources.entry(name.clone()).or_default();
                self.resource(config, resource, &format!("{at}.{name}"));
            }
        }
    }

    fn services(&self, said: Option<&Located<Map<Name, ServiceConfig>>>, app: &mut App, at: &str) {
        for (name, config) in entries(said) {
            if is_disabled(config.enabled.as_ref()) {
                app.services.remove(name);
                forget(app, name);
            } else {
                app.services.entry(name.clone()).or_default();
            }
        }
        // All exist by now, so that one can wait for another whichever comes first.
        let resources: BTreeSet<Name> = app.resources.keys().cloned().collect();
        let asked = imply::asked(said, at);
        for (name, config) in entries(said) {
            if let Some(service) = app.services.get_mut(name) {
                let at = format!("{at}.{name}");
                self.infer_kind(config, service, asked.get(name), &at);
                self.service(config, service, &resources, &at);
            }
        }
        imply::dependencies(self, said, app, at);
    }

    fn resource(&self, config: &ResourceConfig, resource: &mut Resource, at: &str) {
        self.set(&mut resource.r#type, config.r#type.as_ref(), at, "type");
        self.set(&mut resource.version, config.version.as_ref(), at, "version");
        self.set(&mut resource.image, config.image.as_ref(), at, "image");
        self.set(&mut resource.schema, config.schema.as_ref(), at, "schema");
        self.set(&mut resource.migrations, config.migrations.as_ref(), at, "migrations");
        self.set(&mut resource.seed, config.seed.as_ref(), at, "seed");
        self.set(&mut resource.backup, config.backup.as_ref(), at, "backup");
    }

    /// What is declared with a folder of files is a site, with a port, a route, a probe over the network or another service that
    /// asks for its address something that answers, with a command a process that keeps running, whatever its code looks like.
    /// `asked`: where its address is asked for.
    fn infer_kind(&self, config: &ServiceConfig, service: &mut Service, asked: Option<&Asked>, at: &str) {
        if let Some(said) = &config.kind {
            return service.kind.propose(said.value, self.origin(&said.span, format!("{at}.kind")));
        }
        let known = service.kind.get().copied();
        let is_open = known.is_none_or(|kind| kind == Kind::Job);
        let (kind, span, key) = if let Some(said) = &config.r#static {
            (Kind::Static, &said.span, "static")
        } else if let Some(said) = config.port.as_ref().filter(|_| is_open) {
            (Kind::Web, &said.span, "port")
        } else if let Some(said) = config.route.as_ref().filter(|_| is_open) {
            (Kind::Web, &said.span, "route")
        } else if let Some((said, key)) = answers(config).filter(|_| is_open) {
            (Kind::Web, &said.span, key)
        } else if let Some(asked) = asked.filter(|_| is_open) {
            return service.kind.propose(Kind::Web, self.origin(&asked.span, asked.rule.clone()));
        } else if let Some(said) = config.start.as_ref().or(config.dev.as_ref()).filter(|_| is_open) {
            (Kind::Worker, &said.span, "start")
        } else {
            return;
        };
        if known != Some(kind) {
            service.kind.propose(kind, self.origin(span, format!("{at}.{key}")));
        }
    }

    fn service(&self, config: &ServiceConfig, service: &mut Service, resources: &BTreeSet<Name>, at: &str) {
        self.set(&mut service.path, config.path.as_ref(), at, "path");
        self.set(&mut service.language, config.language.as_ref(), at, "language");
        self.set(&mut service.framework, config.framework.as_ref(), at, "framework");
        self.set(&mut service.package_manager, config.package_manager.as_ref(), at, "package_manager");
        self.set(&mut service.runtime, config.runtime.as_ref(), at, "runtime");
        self.set(&mut service.install, config.install.as_ref(), at, "install");
        self.set(&mut service.build, config.build.as_ref(), at, "build");
        self.set(&mut service.dev, config.dev.as_ref(), at, "dev");
        self.set(&mut service.start, config.start.as_ref(), at, "start");
        self.set(&mut service.test, config.test.as_ref(), at, "test");
        self.set(&mut service.lint, config.lint.as_ref(), at, "lint");
        self.set(&mut service.port, config.port.as_ref(), at, "port");
        self.set(&mut service.static_dir, config.r#static.as_ref(), at, "static");
        self.set(&mut service.route, config.route.as_ref(), at, "route");
        self.set(&mut service.replicas, config.replicas.as_ref(), at, "replicas");
        self.set(&mut service.memory, config.memory.as_ref(), at, "memory");
        self.set(&mut service.cpu, config.cpu.as_ref(), at, "cpu");
        self.set(&mut service.startup, config.startup.as_ref(), at, "startup");
        self.set(&mut service.readiness, config.readiness.as_ref(), at, "readiness");
        self.set(&mut service.liveness, config.liveness.as_ref(), at, "liveness");
        self.set(&mut service.stop_grace_period, config.stop_grace_period.as_ref(), at, "stop_grace_period");
        if let Some(variable) = &config.port_env {
            let setting = PortSetting::Env(variable.value.as_str().to_owned());
            let origin = self.origin(&variable.span, format!("{at}.port_env"));
            service.port_setting.propose(setting, origin);
        }
        if let Some(rules) = &config.watch {
            let values = rules.value.iter().map(|rule| rule.value.clone()).collect();
            service.watch.propose(values, self.origin(&rules.span, format!("{at}.watch")));
        }
        for volume in config.volumes.iter().flat_map(|volumes| &volumes.value) {
            let path = volume.value.as_str().to_owned();
            let origin = self.origin(&volume.span, format!("{at}.volumes"));
            service.volumes.retain(|known| known.path != path);
            service.volumes.push(Volume { path, origin });
        }
        for (name, condition) in config.depends_on.iter().flat_map(|depends_on| &depends_on.value.0) {
            let usual = if resources.contains(&name.value) {
                Condition::ServiceHealthy
            } else {
                Condition::ServiceStarted
            };
            let origin = self.origin(&name.span, format!("{at}.depends_on.{}", name.value));
            service.depend_on(name.value.clone(), condition.unwrap_or(usual), origin);
        }
        for (name, entry) in config.env.iter().flat_map(|env| &env.value) {
            let variable = service.env.entry(name.as_str().to_owned()).or_default();
            let origin = self.origin(&entry.span, format!("{at}.env.{}", name.as_str()));
            if let Some(place) = &origin.place
                && !variable.declared_at.contains(place)
            {
                variable.declared_at.push(place.clone());
            }
            let is_secret =
                |(placeholder, _): (&Placeholder, _)| matches!(placeholder, Placeholder::Secret(_));
            if Template::parse(entry.value.as_str()).is_ok_and(|text| text.placeholders().any(is_secret)) {
                variable.secret = true;
            }
            variable.value.propose(entry.value.as_str().to_owned(), origin);
        }
    }

    fn job(&self, config: &JobConfig, job: &mut Job, at: &str) {
        self.set(&mut job.run, config.run.as_ref(), at, "run");
        self.set(&mut job.service, config.service.as_ref(), at, "service");
        self.set(&mut job.path, config.path.as_ref(), at, "path");
        self.set(&mut job.schedule, config.schedule.as_ref(), at, "schedule");
        self.set(&mut job.timezone, config.timezone.as_ref(), at, "timezone");
        self.set(&mut job.on, config.on.as_ref(), at, "on");
    }

    fn environment(&self, config: &EnvironmentConfig, environment: &mut Environment, at: &str) {
        self.set(&mut environment.engine, config.engine.as_ref(), at, "engine");
        self.set(&mut environment.host, config.host.as_ref(), at, "host");
        self.set(&mut environment.domain, config.domain.as_ref(), at, "domain");
        self.set(&mut environment.context, config.context.as_ref(), at, "context");
        if let Some(namespace) = &config.namespace {
            let origin = self.origin(&namespace.span, format!("{at}.namespace"));
            environment.namespace.propose(namespace.value.to_string(), origin);
        }
        self.set(&mut environment.after, config.after.as_ref(), at, "after");
        self.set(&mut environment.strategy, config.strategy.as_ref(), at, "strategy");
        self.set(&mut environment.smoke, config.smoke.as_ref(), at, "smoke");
        self.set(&mut environment.drain, config.drain.as_ref(), at, "drain");
        if let Some(sources) = &config.secrets {
            let origin = self.origin(&sources.span, format!("{at}.secrets"));
            environment.secrets.propose(sources.value.0.clone(), origin);
        }
    }

    fn slo(&self, config: &SloConfig, slo: &mut Slo, at: &str) {
        self.set(&mut slo.availability, config.availability.as_ref(), at, "availability");
        if let Some(latency) = &config.latency {
            let bounds = latency.value.iter().map(|(key, bound)| (key.as_str().to_owned(), bound.value.0));
            slo.latency.propose(bounds.collect(), self.origin(&latency.span, format!("{at}.latency")));
        }
    }

    fn generation(&self, config: &GenerateConfig, known: &mut Generation) {
        if let Some(targets) = &config.targets {
            let names = targets.value.iter().map(|name| name.value.clone()).collect();
            known.targets.propose(names, self.origin(&targets.span, "generate.targets".to_owned()));
        }
        self.set(&mut known.registry, config.registry.as_ref(), "generate", "registry");
        self.set(&mut known.ingress, config.ingress.as_ref(), "generate", "ingress");
        self.set(&mut known.secret_store, config.secret_store.as_ref(), "generate", "secret_store");
    }

    fn step(&self, config: &StepConfig, step: &mut PipelineStep, at: &str) {
        self.set(&mut step.run, config.run.as_ref(), at, "run");
        self.set(&mut step.service, config.service.as_ref(), at, "service");
        self.set(&mut step.path, config.path.as_ref(), at, "path");
        self.set(&mut step.stage, config.stage.as_ref(), at, "stage");
        self.set(&mut step.shards, config.shards.as_ref(), at, "shards");
        self.set(&mut step.retries, config.retries.as_ref(), at, "retries");
        self.set(&mut step.skip, config.skip.as_ref(), at, "skip");
        if let Some(after) = &config.after {
            step.after.propose(after.value.0.clone(), self.origin(&after.span, format!("{at}.after")));
        }
        self.texts(&mut step.inputs, config.inputs.as_ref(), at, "inputs");
        self.texts(&mut step.outputs, config.outputs.as_ref(), at, "outputs");
        self.texts(&mut step.env, config.env.as_ref(), at, "env");
    }

    fn texts<T: Clone + Into<String>>(
        &self,
        field: &mut Field<Vec<String>>,
        said: Option<&Located<Vec<Located<T>>>>,
        at: &str,
        key: &str,
    ) {
        if let Some(said) = said {
            let texts = said.value.iter().map(|text| text.value.clone().into()).collect();
            field.propose(texts, self.origin(&said.span, format!("{at}.{key}")));
        }
    }

    fn secret(&self, config: &SecretConfig, secret: &mut Secret, at: &str) {
        self.set(&mut secret.description, config.description.as_ref(), at, "description");
        if let Some(environments) = &config.environments {
            let names = environments.value.iter().map(|name| name.value.clone()).collect();
            secret.environments.propose(names, self.origin(&environments.span, format!("{at}.environments")));
        }
    }
}

/// Nothing that was detected waits for what was left out; what a person wrote stays, to be told about.
fn forget(app: &mut App, gone: &Name) {
    for service in app.services.values_mut() {
        if let Some(dependency) = service.depends_on.get_mut(gone) {
            dependency.condition.retain(|said| said.origin.layer >= Layer::Config);
            if dependency.condition.is_empty() {
                service.depends_on.remove(gone);
            }
        }
    }
}

/// The probe that a service answers over the network, and its key.
fn answers(config: &ServiceConfig) -> Option<(&Located<Probe>, &'static str)> {
    let probes =
        [(&config.readiness, "readiness"), (&config.liveness, "liveness"), (&config.startup, "startup")];
    let over_network =
        |probe: &&Located<Probe>| matches!(probe.value.action, ProbeAction::Http(_) | ProbeAction::Tcp(0));
    probes.into_iter().find_map(|(probe, key)| Some((probe.as_ref().filter(over_network)?, key)))
}
