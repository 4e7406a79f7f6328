//! `devcontainer`: a container to write the app in, with its runtimes and package managers, and its resources beside it
//! as `compose.yaml` has them.

use std::collections::BTreeMap;

use seaworthy_model::Kind;

use super::Target;
use crate::output::Output;
use crate::print::{Node, json, yaml};
use crate::{Comment, Deployment, Header, Input, Instance, TemplateError, label, node};

const ID: &str = "devcontainer";

pub(super) const TARGET: Target = Target {
    id: ID,
    title: "a container to write the app in, with its runtimes and resources",
    by_default: true,
    make,
};

/// What the runtimes are added to.
const IMAGE: &str = "mcr.microsoft.com/devcontainers/base:bookworm";

/// Runtimes as features, and the version where the repository says none (source: <https://containers.dev/features>).
const FEATURES: [(&str, &str, &str); 12] = [
    ("bun", "ghcr.io/devcontainers-extra/features/bun:1", "latest"),
    ("dart", "ghcr.io/devcontainers-community/features/dart:1", "latest"),
    ("deno", "ghcr.io/devcontainers-extra/features/deno:1", "latest"),
    ("dotnet", "ghcr.io/devcontainers/features/dotnet:2", "lts"),
    ("elixir", "ghcr.io/devcontainers-extra/features/elixir-asdf:2", "latest"),
    ("go", "ghcr.io/devcontainers/features/go:1", "latest"),
    ("java", "ghcr.io/devcontainers/features/java:1", "lts"),
    ("node", "ghcr.io/devcontainers/features/node:1", "lts"),
    ("php", "ghcr.io/devcontainers/features/php:1", "latest"),
    ("python", "ghcr.io/devcontainers/features/python:1", "latest"),
    ("ruby", "ghcr.io/devcontainers/features/ruby:1", "latest"),
    ("rust", "ghcr.io/devcontainers/features/rust:1", "latest"),
];

#[allow(clippy::unnecessary_wraps, reason = "targets with templates can fail")]
fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let deployment = input.deployment();
    if deployment.images().next().is_none() {
        return Ok(());
    }
    let header = Header { target: ID, app: input.name() };
    let folder = format!("/workspaces/{}", label(deployment.name, 63));
    let resources: Vec<_> = deployment
        .backings
        .iter()
        .filter(|backing| backing.image.is_some())
        .map(|backing| backing.name.as_str())
        .collect();
    let place = if resources.is_empty() {
        vec![
            ("image", Some(Node::from(IMAGE))),
            ("workspaceFolder", Some(folder.as_str().into())),
            (
                "workspaceMount",
                Some(format!("source=${{localWorkspaceFolder}},target={folder},type=bind").into()),
            ),
        ]
    } else {
        let workspace = node!({
            "services": { "workspace": {
                "image": IMAGE,
                // The first of both files is in the root, and paths are relative to that.
                "volumes": [(format!(".:{folder}"))],
                "command": (Node::flow(["sleep", "infinity"])),
                "init": true,
            } },
        });
        output.file(&header, Comment::Hash, ".devcontainer/compose.yaml", &yaml(&workspace));
        vec![
            ("dockerComposeFile", Some(Node::list(["../compose.yaml", "compose.yaml"]))),
            ("service", Some("workspace".into())),
            ("runServices", Some(Node::list(resources))),
            ("workspaceFolder", Some(folder.as_str().into())),
        ]
    };
    let mut entries = vec![("name", Some(Node::from(deployment.name)))];
    entries.extend(place);
    entries.push(("features", Some(features(&deployment, output))));
    entries.push(("remoteUser", Some("vscode".into())));
    entries.push(("postCreateCommand", commands(&deployment).filled()));
    let ports = ports(&deployment);
    entries.push(("forwardPorts", Node::list(ports.keys().copied()).filled()));
    entries.push(("portsAttributes", attributes(&ports).filled()));
    // The format has no comments, and a place for what only one tool reads.
    entries.push(("customizations", Some(node!({ "seaworthy": { "note": (header.note()) } }))));
    output.noted(&header, ".devcontainer/devcontainer.json", &json(&Node::map(entries)));
    Ok(())
}

/// The features of all runtimes, in the newest version that a service asks for.
fn features(deployment: &Deployment<'_>, output: &mut Output) -> Node {
    let mut versions: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for instance in deployment.images() {
        let Some(runtime) = instance.service.runtime.get() else {
            without(instance, "nothing says what it runs with", output);
            continue;
        };
        if !FEATURES.iter().any(|(name, ..)| *name == runtime.name) {
            without(instance, &format!("there is no feature for {}", runtime.name), output);
            continue;
        }
        let version = runtime.version.as_deref();
        let known = versions.entry(runtime.name.as_str()).or_insert(version);
        let (older, newer) =
            if numbers(*known) < numbers(version) { (*known, version) } else { (version, *known) };
        *known = newer;
        if let (Some(older), Some(newer)) = (older, newer)
            && older != newer
        {
            output.lose(
                ID,
                format!("services.{}.runtime", instance.name),
                format!("its container has one {}: {newer}, and not {older}", runtime.name),
                "bring the services to one version, or switch with the runtime's version manager",
            );
        }
    }
    // npm and its kin are needed for pages of a service in another language, too.
    Node::map(FEATURES.iter().filter_map(|(name, feature, usual)| {
        let version = (*versions.get(name)?).unwrap_or(usual);
        let mut options = node!({ "version": version });
        if *name == "java" {
            let uses = |manager: &str| {
                let managers =
                    deployment.images().filter_map(|instance| instance.service.package_manager.get());
                managers.into_iter().any(|known| known == manager)
            };
            options.set("installMaven", uses("maven"));
            options.set("installGradle", uses("gradle"));
        }
        Some((*feature, Some(options)))
    }))
}

fn without(instance: &Instance<'_>, why: &str, output: &mut Output) {
    if instance.service.language.get().is_some_and(|language| language == "html") {
        return;
    }
    output.lose(
        ID,
        format!("services.{}.runtime", instance.name),
        why,
        "add a feature to .devcontainer/devcontainer.json, or `runtime` to seaworthy.toml",
    );
}

fn numbers(version: Option<&str>) -> Vec<u32> {
    version.into_iter().flat_map(|version| version.split('.')).map(|part| part.parse().unwrap_or(0)).collect()
}

/// What installs the dependencies of each service, all at once.
fn commands(deployment: &Deployment<'_>) -> Node {
    let mut seen = Vec::new();
    Node::map(deployment.images().filter_map(|instance| {
        let install = instance.service.install.get()?;
        let command = match instance.path() {
            "." => install.clone(),
            folder => format!("cd {folder} && {install}"),
        };
        // Services of one folder have one installation.
        if seen.contains(&command) {
            return None;
        }
        seen.push(command.clone());
        Some((instance.name.to_string(), Some(Node::from(command))))
    }))
}

/// The ports of services, each with those who listen on it when they are started by hand.
fn ports<'d>(deployment: &'d Deployment<'_>) -> BTreeMap<u16, Vec<&'d str>> {
    let mut ports: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for instance in deployment.instances.iter().filter(|instance| instance.kind == Kind::Web) {
        if let Some(port) = instance.port {
            ports.entry(port).or_default().push(instance.name.as_str());
        }
    }
    ports
}

fn attributes(ports: &BTreeMap<u16, Vec<&str>>) -> Node {
    Node::map(ports.iter().map(|(port, names)| {
        let attributes = node!({ "label": (names.join(", ")), "onAutoForward": "silent" });
        (port.to_string(), Some(attributes))
    }))
}
