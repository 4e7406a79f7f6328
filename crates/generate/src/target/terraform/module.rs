//! The Terraform files of one cloud, while they are made.

use std::collections::BTreeSet;

use hcl_edit::structure::Body as Structure;
use seaworthy_model::placeholder::Placeholder;
use seaworthy_model::{Condition, Name};
use serde::Serialize;

use super::route::Route;
use crate::print::hcl::{Body, escape, quote};
use crate::{
    Backing, Comment, Deployment, Header, Input, Instance, Output, Setting, TemplateError, identifier, label,
};

/// The app's name as part of longer ones, of which clouds allow few characters.
pub(super) fn short_name(app: &str) -> String {
    label(app, 20)
}

/// Names that the files use for what no model names.
const TAKEN: [&str; 33] = [
    "access_logs",
    "administrators",
    "available",
    "backup",
    "cidr",
    "compute",
    "deletion_protection",
    "dns_zone",
    "domain",
    "environment",
    "flow_log",
    "functions",
    "gateway",
    "gateway_address",
    "highly_available",
    "hosts",
    "http",
    "https",
    "internet",
    "load_balancer",
    "name",
    "network",
    "nodes",
    "private",
    "project",
    "public",
    "redirect",
    "region",
    "release",
    "scheduler",
    "validation",
    "services",
    "zone",
];

/// What Terraform calls a service, a resource or a job.
pub(super) fn handle(name: &Name) -> String {
    let id = identifier(name.as_str());
    if TAKEN.contains(&id.as_str()) { format!("app_{id}") } else { id }
}

/// The files of one cloud.
pub(super) struct Module<'a> {
    pub(super) target: &'static str,
    /// The folder of templates.
    cloud: &'static str,
    pub(super) input: &'a Input<'a>,
    pub(super) deployment: &'a Deployment<'a>,
    output: Output,
}

impl<'a> Module<'a> {
    pub(super) fn new(
        target: &'static str,
        cloud: &'static str,
        input: &'a Input<'a>,
        deployment: &'a Deployment<'a>,
    ) -> Self {
        Self { target, cloud, input, deployment, output: Output::default() }
    }

    /// Adds a file from the template of this name.
    pub(super) fn template(
        &mut self,
        template: &str,
        file: &str,
        values: impl Serialize,
    ) -> Result<(), TemplateError> {
        let text = self.render(template, values)?;
        self.text(file, &text);
        Ok(())
    }

    /// The text of a template, which is HCL.
    pub(super) fn render(&self, template: &str, values: impl Serialize) -> Result<String, TemplateError> {
        let name = format!("terraform/{}/{template}", self.cloud);
        let text = self.input.templates.render(&name, values)?;
        // Whether it is the binary's template or a project's own: what is no HCL is told here and not by Terraform.
        match text.parse::<Structure>() {
            Ok(_) => Ok(text),
            Err(error) => Err(TemplateError { name, why: format!("what it makes is no HCL: {error}") }),
        }
    }

    /// The text of a template as it stands inside another one, this deep.
    pub(super) fn fragment(
        &self,
        template: &str,
        values: impl Serialize,
        depth: usize,
    ) -> Result<String, TemplateError> {
        let text = self.render(template, values)?;
        let indent = "  ".repeat(depth);
        let line = |line: &str| if line.is_empty() { String::new() } else { format!("{indent}{line}") };
        Ok(text.trim_end().lines().map(line).collect::<Vec<_>>().join("\n"))
    }

    /// Adds a file of this text.
    pub(super) fn text(&mut self, file: &str, text: &str) {
        let header = Header { target: self.target, app: self.input.name() };
        let path = format!("deploy/terraform/{}/{file}", self.cloud);
        self.output.file(&header, Comment::Hash, path, &format!("\n{}", text.trim_start_matches('\n')));
    }

    /// Adds a file that was built, unless nothing is in it.
    pub(super) fn body(&mut self, file: &str, body: &Body) {
        if !body.is_empty() {
            self.text(file, &body.print());
        }
    }

    /// Something that this cloud cannot express.
    pub(super) fn lose(
        &mut self,
        subject: impl Into<String>,
        lost: impl Into<String>,
        instead: impl Into<String>,
    ) {
        self.output.lose(self.target, subject, lost, instead);
    }

    /// There is nothing to run and nothing to keep: no files are made, which is told.
    pub(super) fn is_empty(&mut self) -> bool {
        let empty = self.deployment.instances.is_empty() && self.deployment.backings.is_empty();
        if empty {
            self.lose("services", "the app has no services and no resources", "no files were made");
        }
        empty
    }

    /// What no cloud expresses.
    pub(super) fn lose_common(&mut self) {
        let deployment = self.deployment;
        for instance in &deployment.instances {
            for (needed, dependency) in &instance.service.depends_on {
                if deployment.instance(needed).is_none() {
                    continue;
                }
                let word = dependency.condition.get().copied().unwrap_or(Condition::ServiceStarted).as_str();
                self.lose(
                    format!("{}.depends_on.{needed}", instance.name),
                    format!(
                        "services start at the same time: {} does not wait for {word} of {needed}",
                        instance.name
                    ),
                    "a service that fails for want of another is started again until it is there",
                );
            }
            for volume in &instance.service.volumes {
                self.lose(
                    format!("{}.volumes", instance.name),
                    format!("what {} writes to {} is gone with its container", instance.name, volume.path),
                    "keep it in an object store or a database",
                );
            }
        }
        for task in &deployment.tasks {
            if self.runner(task.service).is_none() {
                self.lose(
                    format!("{}.run", task.name),
                    "there is no service whose image this job could run with",
                    "no job was made of it; name a `service` for it",
                );
            }
        }
        for task in &deployment.tasks {
            let job = deployment.app.jobs.get(task.name);
            let says = job.is_some_and(|job| job.service.get().is_some() && job.path.get().is_none());
            if let Some(runner) = self.runner(task.service)
                && !says
                && runner.path() != task.path
            {
                self.lose(
                    format!("{}.path", task.name),
                    format!(
                        "it runs where the image of {} starts, not in the folder {}",
                        runner.name, task.path
                    ),
                    "see to it that the image holds what it runs",
                );
            }
        }
        for (name, environment) in &self.input.app.environments {
            if let Some(strategy) = environment.strategy.get()
                && !matches!(strategy, seaworthy_model::Strategy::Rolling)
            {
                self.lose(
                    format!("{name}.strategy"),
                    "a release takes over instance by instance, not in shares of the traffic",
                    "a release that does not become ready takes over nothing; `sea release` knows the strategy",
                );
            }
        }
        for (name, secret) in &self.input.app.secrets {
            if secret.environments.get().is_some() {
                self.lose(
                    format!("secrets.{name}.environments"),
                    "the secret is made in every environment",
                    "leave it empty where it is not needed",
                );
            }
        }
        if let Some(registry) = &self.input.options.registry {
            self.lose(
                "generate.registry",
                format!("images are pulled from the cloud's own registry, not from {registry}"),
                "push them to the addresses that the output `repositories` names",
            );
        }
    }

    /// The service that a job runs with.
    pub(super) fn runner(&self, service: Option<&Name>) -> Option<&'a Instance<'a>> {
        self.deployment.instance(service?)
    }

    /// What the environments of services ask of another one: `url`, `host`, `port`.
    pub(super) fn asked_of(&self, service: &Name) -> BTreeSet<String> {
        let instances = self.deployment.instances.iter();
        let templates = instances.flat_map(|one| one.env.values()).filter_map(Setting::template);
        templates
            .flat_map(seaworthy_model::placeholder::Template::placeholders)
            .filter_map(|(placeholder, _)| match placeholder {
                Placeholder::Service { name, attribute } if name == service => Some(attribute.clone()),
                _ => None,
            })
            .collect()
    }

    /// Services that another one talks to.
    pub(super) fn is_called(&self, name: &Name) -> bool {
        self.deployment.instances.iter().any(|other| talks_to(other).contains(name))
    }

    /// A value of some environment names the domain, or somebody outside reaches the app by it.
    pub(super) fn has_domain(&self) -> bool {
        let instances = &self.deployment.instances;
        let named = |template: &seaworthy_model::placeholder::Template| {
            template
                .placeholders()
                .any(|(placeholder, _)| matches!(placeholder, Placeholder::Environment(attribute) if attribute == "domain"))
        };
        instances.iter().any(Instance::is_public)
            || instances.iter().flat_map(|one| one.env.values()).filter_map(Setting::template).any(named)
    }

    /// Resources that a service talks to: those above, and object stores whose name is in its environment.
    pub(super) fn resources_of(&self, instance: &Instance<'a>) -> Vec<&'a Backing<'a>> {
        let mut names = talks_to(instance);
        for variable in instance.service.env.values() {
            let Some(value) = variable.value.get() else { continue };
            for backing in &self.deployment.backings {
                if value.contains(&format!("${{resources.{}.", backing.name)) {
                    names.insert(backing.name.clone());
                }
            }
        }
        self.deployment.backings.iter().filter(|backing| names.contains(backing.name)).collect()
    }

    /// Public services with their routes, the longest path first: the first that matches gets the request.
    pub(super) fn routes(&self) -> Vec<(&'a Name, Route)> {
        let instances = self.deployment.instances.iter();
        let mut routes: Vec<_> =
            instances.filter_map(|one| Some((one.name, Route::parse(one.service.route.get()?)))).collect();
        routes.sort_by(|(_, one), (_, other)| {
            let order = |route: &Route| (std::cmp::Reverse(route.path.len()), route.clone());
            order(one).cmp(&order(other))
        });
        routes
    }

    /// Hosts of routes, besides the app's own, as expressions.
    pub(super) fn hosts(&self) -> Vec<String> {
        let hosts: BTreeSet<String> = self.routes().into_iter().filter_map(|(_, route)| route.host).collect();
        hosts.iter().map(|host| quote(&escape(host))).collect()
    }

    /// Somebody outside reaches a service.
    pub(super) fn has_public(&self) -> bool {
        self.deployment.instances.iter().any(Instance::is_public)
    }

    /// Hands over what was made.
    pub(super) fn finish(self, output: &mut Output) {
        output.files.extend(self.output.files);
        output.losses.extend(self.output.losses);
    }
}

/// Services and resources that a service talks to: what it depends on, and what its environment names.
pub(super) fn talks_to(instance: &Instance<'_>) -> BTreeSet<Name> {
    let mut names: BTreeSet<Name> = instance.needs.iter().map(|name| (*name).clone()).collect();
    for template in instance.env.values().filter_map(Setting::template) {
        for (placeholder, _) in template.placeholders() {
            if let Placeholder::Service { name, .. } | Placeholder::Resource { name, .. } = placeholder {
                names.insert(name.clone());
            }
        }
    }
    names.remove(instance.name);
    names
}
