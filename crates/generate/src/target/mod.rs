//! The targets: one folder or file each, registered in [`TARGETS`].

mod agents;
mod alertmanager;
mod compose;
mod cron;
mod devcontainer;
mod dockerfile;
mod docs;
mod env_example;
mod github;
mod gitlab;
mod grafana;
mod helm;
mod jenkins;
mod kubernetes;
mod otel;
mod prometheus;
mod runbook;
mod systemd;
mod terraform;

use crate::{Input, Output, TemplateError};

/// A kind of derived files.
#[derive(Clone, Copy)]
pub struct Target {
    /// What to type after `sea generate`.
    pub id: &'static str,
    /// What it makes, for people, without a full stop.
    pub title: &'static str,
    /// It is made when no target is named; the others are choices (another cloud, another CI).
    pub by_default: bool,
    /// Adds its files and losses.
    pub make: fn(&Input<'_>, &mut Output) -> Result<(), TemplateError>,
}

/// Every target, in the order in which they are made.
pub const TARGETS: &[Target] = &[
    dockerfile::TARGET,
    compose::TARGET,
    devcontainer::TARGET,
    kubernetes::TARGET,
    helm::TARGET,
    terraform::AWS,
    terraform::DIGITALOCEAN,
    terraform::GOOGLE,
    systemd::TARGET,
    github::TARGET,
    gitlab::TARGET,
    jenkins::TARGET,
    prometheus::TARGET,
    alertmanager::TARGET,
    grafana::TARGET,
    otel::TARGET,
    runbook::TARGET,
    docs::TARGET,
    agents::TARGET,
    env_example::TARGET,
];

/// The target of this name.
pub fn find(id: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.id == id)
}

/// The files of these targets.
///
/// # Errors
/// When a project's template asks for what there is not.
pub fn generate(input: &Input<'_>, targets: &[&Target]) -> Result<Output, TemplateError> {
    let mut output = Output::default();
    for target in targets {
        (target.make)(input, &mut output)?;
    }
    output.losses.sort();
    output.losses.dedup();
    Ok(output)
}
