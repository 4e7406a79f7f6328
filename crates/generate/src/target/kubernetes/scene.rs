//! The app in one place: apart from any environment (the base), or in one of them (an overlay).

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_model::placeholder::{Placeholder, Template};
use seaworthy_model::{Environment, Name};

use crate::names::label;
use crate::{Access, Backing, Deployment, Input, Instance, Task};

/// The longest name that every kind of object allows: a `CronJob` adds eleven characters to its own, within the 63 of a
/// label.
const LONGEST: usize = 52;

/// What an object is made from, and whose name it bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject<'a> {
    /// A service.
    Service(&'a Name),
    /// A resource that runs beside the app.
    Resource(&'a Name),
    /// A job.
    Job(&'a Name),
}

/// The app in one place.
pub(crate) struct Scene<'a> {
    /// The target that asks: losses are told under its name.
    pub(crate) target: &'static str,
    /// What a target is given.
    pub(crate) input: &'a Input<'a>,
    /// What has to run.
    pub(crate) deployment: Deployment<'a>,
    /// The environment; `None` for the base.
    environment: Option<(&'a Name, &'a Environment)>,
    /// Environments say what the base leaves open.
    has_overlays: bool,
    names: BTreeMap<Subject<'a>, String>,
}

impl<'a> Scene<'a> {
    /// The app apart from any environment.
    pub(crate) fn base(target: &'static str, input: &'a Input<'a>, has_overlays: bool) -> Self {
        Self::new(target, input, input.deployment(), None, has_overlays)
    }

    /// The app in an environment.
    pub(crate) fn overlay(target: &'static str, input: &'a Input<'a>, name: &'a Name) -> Option<Self> {
        let deployment = input.deployment_in(name)?;
        let environment = input.environments.get(name)?.environments.get(name)?;
        Some(Self::new(target, input, deployment, Some((name, environment)), true))
    }

    fn new(
        target: &'static str,
        input: &'a Input<'a>,
        deployment: Deployment<'a>,
        environment: Option<(&'a Name, &'a Environment)>,
        has_overlays: bool,
    ) -> Self {
        let names = names(&deployment);
        Self { target, input, deployment, environment, has_overlays, names }
    }

    /// The name of the objects of a subject.
    pub(crate) fn name_of(&self, subject: Subject<'_>) -> &str {
        // Lifetimes differ, the order does not: names are few.
        self.names.iter().find(|(known, _)| **known == subject).map_or("app", |(_, name)| name)
    }

    /// The public domain, where the environment has one.
    pub(crate) fn domain(&self) -> Option<&'a str> {
        self.environment.and_then(|(_, environment)| environment.domain.get()).map(String::as_str)
    }

    /// The environment.
    pub(crate) fn environment(&self) -> Option<(&'a Name, &'a Environment)> {
        self.environment
    }

    /// The namespace of the environment: its own, so that neither names nor network policies meet those of others.
    pub(crate) fn namespace(&self) -> Option<String> {
        let (name, environment) = self.environment?;
        let own = || label(&format!("{}-{name}", self.deployment.name), 63);
        Some(environment.namespace.get().cloned().unwrap_or_else(own))
    }

    /// The Secret that holds what must not be seen, and what only those who run the app know.
    pub(crate) fn secret(&self) -> String {
        format!("{}-secrets", label(self.deployment.name, LONGEST))
    }

    /// The `ConfigMap` of a service.
    pub(crate) fn config(&self, instance: &Instance<'_>) -> String {
        format!("{}-config", self.name_of(Subject::Service(instance.name)))
    }

    /// Resources that run beside the app.
    pub(crate) fn backings(&self) -> impl Iterator<Item = &Backing<'a>> {
        self.deployment.backings.iter().filter(|backing| runs_here(backing))
    }

    /// The base leaves it open, and an environment says it.
    pub(crate) fn is_left_open(&self, template: &Template) -> bool {
        self.environment.is_none()
            && self.has_overlays
            && template
                .placeholders()
                .any(|(placeholder, _)| matches!(placeholder, Placeholder::Environment(_)))
    }

    /// The text of a template as a container sees it; `None` where only the outside knows it. What stands in `secret` is
    /// asked how a secret is written.
    pub(crate) fn resolve(
        &self,
        template: &Template,
        mut literal: impl FnMut(&str) -> String,
        mut secret: impl FnMut(&str) -> String,
    ) -> Option<String> {
        use seaworthy_model::placeholder::Part;
        let mut text = String::new();
        for part in template.parts() {
            match part {
                Part::Literal(plain, _) => text.push_str(&literal(plain)),
                Part::Placeholder(placeholder, _) => text.push_str(&self.value(placeholder, &mut secret)?),
            }
        }
        Some(text)
    }

    fn value(&self, placeholder: &Placeholder, secret: &mut impl FnMut(&str) -> String) -> Option<String> {
        match placeholder {
            Placeholder::Secret(name) => Some(secret(name)),
            Placeholder::Environment(attribute) => match attribute.as_str() {
                "name" => self.environment.map(|(name, _)| name.to_string()),
                _ => self.domain().map(str::to_owned),
            },
            Placeholder::Service { name, attribute } => {
                let instance = self.deployment.instance(name)?;
                let (host, port) = (self.name_of(Subject::Service(name)), instance.port?);
                match attribute.as_str() {
                    "host" => Some(host.to_owned()),
                    "port" => Some(port.to_string()),
                    _ => Some(format!("http://{host}:{port}")),
                }
            }
            Placeholder::Resource { name, attribute } => {
                let backing = self.deployment.backing(name)?;
                if backing.kind != "sqlite" && !runs_here(backing) {
                    return None;
                }
                // An address without a port would be one of something else.
                let port = backing.port().map(|port| port.to_string());
                if port.is_none()
                    && matches!(attribute.as_str(), "port" | "url" | "endpoint")
                    && backing.kind != "sqlite"
                {
                    return None;
                }
                let password = backing.password.as_deref().map(secret).unwrap_or_default();
                let access = Access {
                    host: self.name_of(Subject::Resource(name)),
                    port: port.as_deref().unwrap_or_default(),
                    password: &password,
                };
                backing.attribute(attribute, &access)
            }
        }
    }

    /// The name of a job's objects.
    pub(crate) fn job(&self, task: &Task<'_>) -> &str {
        self.name_of(Subject::Job(task.name))
    }
}

/// It runs from an image beside the app. Mail and object stores of a development set-up do not belong in a cluster.
pub(crate) fn runs_here(backing: &Backing<'_>) -> bool {
    backing.image.is_some() && !matches!(backing.kind, "smtp" | "s3" | "sqlite")
}

/// One name each: those of pods, accounts and policies share one namespace, whatever they were made from.
fn names<'a>(deployment: &Deployment<'a>) -> BTreeMap<Subject<'a>, String> {
    let services = deployment.instances.iter().map(|instance| Subject::Service(instance.name));
    let resources = deployment.backings.iter().map(|backing| Subject::Resource(backing.name));
    let jobs = deployment.tasks.iter().map(|task| Subject::Job(task.name));
    let mut taken = BTreeSet::new();
    let mut names = BTreeMap::new();
    for subject in services.chain(resources).chain(jobs) {
        let (Subject::Service(name) | Subject::Resource(name) | Subject::Job(name)) = subject;
        let mut wanted = label(name.as_str(), LONGEST);
        // The name of a Service is a DNS label as RFC 1035 has it.
        if wanted.starts_with(|c: char| c.is_ascii_digit()) {
            wanted = label(&format!("n-{wanted}"), LONGEST);
        }
        if taken.contains(&wanted) {
            let end = if matches!(subject, Subject::Job(_)) { "job" } else { "resource" };
            wanted = format!("{}-{end}", label(&wanted, LONGEST - 9));
        }
        taken.insert(wanted.clone());
        names.insert(subject, wanted);
    }
    names
}
