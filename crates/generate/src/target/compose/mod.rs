//! `compose`: one file for development, with ports on this machine and files watched, and one for production, with
//! secrets as files, limits, and nothing published that a person should not reach.

mod backing;
mod flavour;
mod job;
mod service;
mod setting;
mod watch;

use std::collections::BTreeSet;

use seaworthy_model::Name;

use super::Target;
use crate::output::Output;
use crate::print::{Node, yaml};
use crate::{Comment, Header, Input, TemplateError, label, node};
use flavour::{Flavour, Project};

const ID: &str = "compose";

pub(super) const TARGET: Target = Target {
    id: ID,
    title: "Compose files for development and for production on one host",
    by_default: true,
    make,
};

#[allow(clippy::unnecessary_wraps, reason = "targets with templates can fail")]
fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let header = Header { target: ID, app: input.name() };
    let production = Name::from_text("production");
    let here = input.deployment();
    let there = input.deployment_in(&production).unwrap_or_else(|| input.deployment());
    for (flavour, deployment, path) in [
        (Flavour::Development, &here, "compose.yaml"),
        (Flavour::Production, &there, "compose.production.yaml"),
    ] {
        if deployment.images().next().is_none()
            && deployment.backings.iter().all(|backing| backing.image.is_none())
        {
            continue;
        }
        let project = Project::new(input, deployment, flavour);
        let body = yaml(&file(&project, output));
        output.file(&header, Comment::Hash, path, &body);
    }
    Ok(())
}

fn file(project: &Project<'_>, output: &mut Output) -> Node {
    let deployment = project.deployment;
    let mut services = Vec::new();
    for instance in &deployment.instances {
        services.push((instance.name.to_string(), service::make(project, instance, output)));
    }
    for task in &deployment.tasks {
        services.push((project.task_name(task.name), job::make(project, task, output)));
    }
    for (backing, image) in project.backings() {
        services.push((backing.name.to_string(), Some(backing::make(project, backing, image, output))));
    }
    for backing in &deployment.backings {
        if backing.image.is_none() && backing.kind != "sqlite" {
            output.lose(
                ID,
                format!("resources.{}", backing.name),
                format!("there is no image that a resource of the type {} runs from", backing.kind),
                "it runs elsewhere; its address comes from the environment",
            );
        }
    }
    let mut volumes: BTreeSet<String> =
        deployment.images().flat_map(|instance| project.volumes_of(instance)).map(|(name, _)| name).collect();
    let kept = project.backings().filter(|(_, image)| image.shape.volume.is_some());
    volumes.extend(kept.map(|(backing, _)| format!("{}-data", backing.name)));
    let empty = || Some(Node::Map(Vec::new()));
    Node::map([
        ("name", Some(Node::from(label(deployment.name, 63)))),
        ("services", Some(Node::map(services.clone()))),
        ("volumes", Node::map(volumes.into_iter().map(|name| (name, empty()))).filled()),
        ("secrets", secrets(&services).filled()),
    ])
}

/// The files of all secrets that some service reads from one.
fn secrets(services: &[(String, Option<Node>)]) -> Node {
    let mut names = BTreeSet::new();
    for service in services.iter().filter_map(|(_, service)| service.as_ref()) {
        if let Some(Node::List(items)) = service.get("secrets") {
            names.extend(items.iter().filter_map(|item| match item {
                Node::Text(name) => Some(name.clone()),
                _ => None,
            }));
        }
    }
    let place = "${SECRETS_DIR:?the folder with a file for each secret, readable by user 10001}";
    Node::map(names.into_iter().map(|name| {
        let file = node!({ "file": (format!("{place}/{name}")) });
        (name, Some(file))
    }))
}
