//! `devcontainer.json` (Development Containers): the machine that the app is developed on, which is weak
//! evidence of how it runs.

use seaworthy_model::{Confidence, Kind, PortSetting};

use super::reader::{self, Reader, split_install};
use super::{process, versions};
use crate::document::{Node, parse_yaml_stream};
use crate::draft::Draft;
use crate::repository::{Repository, parent, resolve};
use crate::resource;

pub(super) fn import(repo: &Repository, draft: &mut Draft) {
    let mut paths: Vec<String> = repo
        .named("devcontainer.json")
        .filter(|path| parent(path).split('/').any(|part| part == ".devcontainer"))
        .map(str::to_owned)
        .collect();
    paths.extend(reader::files(repo, &[".devcontainer.json"]));
    for path in paths {
        let Some(document) = repo.document(&path) else { continue };
        let mut reader = Reader::new("devcontainer.json", &path);
        reader.check(
            &document,
            "",
            &[
                "image",
                "build",
                "features",
                "forwardPorts",
                "portsAttributes",
                "otherPortsAttributes",
                "postCreateCommand",
                "updateContentCommand",
                "onCreateCommand",
                "dockerComposeFile",
                "service",
                "workspaceFolder",
                "workspaceMount",
                "remoteUser",
                "containerUser",
                "shutdownAction",
                "hostRequirements",
                "overrideCommand",
                "waitFor",
                "updateRemoteUserUID",
                "secrets",
                "overrideFeatureInstallOrder",
                "runServices",
            ],
        );
        read(repo, draft, &reader, &document);
        reader.finish(draft);
    }
}

fn read(repo: &Repository, draft: &mut Draft, reader: &Reader<'_>, document: &Node) {
    let folder = parent(reader.file);
    // `.devcontainer/devcontainer.json` and `.devcontainer/NAME/devcontainer.json` are about the folder above.
    let dir = folder.split("/.devcontainer").next().unwrap_or(folder);
    let dir = if dir.starts_with(".devcontainer") { "." } else { dir };
    if let Some(node) = document.get("image")
        && let Some((tool, version)) = node.text().and_then(versions::of_image)
    {
        let origin = reader.hint("image", node.line).with_confidence(Confidence::Medium);
        versions::propose_to_all(draft, dir, tool, &version, &origin);
    }
    for entry in document.get("features").map(Node::entries).unwrap_or_default() {
        let name = entry.key.rsplit('/').next().unwrap_or(&entry.key).split(':').next().unwrap_or_default();
        let version = entry.node.get("version").or(Some(&entry.node)).and_then(Node::scalar);
        if let (Some(tool), Some(version)) = (versions::runtime_of(name), version) {
            let origin =
                reader.hint(&format!("feature {name}"), entry.line).with_confidence(Confidence::Medium);
            versions::propose_to_all(draft, dir, tool, &version, &origin);
        }
    }
    ports(draft, reader, document, dir);
    for key in ["onCreateCommand", "updateContentCommand", "postCreateCommand"] {
        if let Some(node) = document.get(key)
            && let Some(text) = reader::command(node)
        {
            let (install, _) = split_install(&text);
            let own = draft.services.iter_mut().find(|known| known.service.path() == dir);
            if let Some(own) = own.filter(|own| !install.is_empty() && own.service.install.is_empty()) {
                own.service.install.propose(install, reader.hint(key, node.line));
            }
        }
    }
    for node in document.get("dockerComposeFile").into_iter().flat_map(|node| {
        let single = node.text().is_some().then_some(node);
        single.into_iter().chain(node.items())
    }) {
        if let Some(path) = node.text().and_then(|path| resolve(folder, path)) {
            // One outside of the folder is the app's own Compose file, which is read as such.
            if path.contains(".devcontainer") {
                resources(repo, draft, &path);
            }
        }
    }
}

/// Ports of databases, mail catchers and debuggers that are forwarded beside the app's own.
const FOREIGN: [u16; 14] =
    [5432, 3306, 6379, 27017, 1433, 5672, 15672, 9200, 1025, 8025, 9229, 5678, 11211, 9000];

/// The forwarded port of the one service that has none.
fn ports(draft: &mut Draft, reader: &Reader<'_>, document: &Node, dir: &str) {
    let ports = document.get("forwardPorts").map(Node::items).unwrap_or_default();
    let mut own = ports.iter().filter_map(|node| {
        let port = u16::try_from(node.integer()?).ok()?;
        (!FOREIGN.contains(&port)).then_some((port, node.line))
    });
    let (Some((port, line)), None) = (own.next(), own.next()) else { return };
    let mut web = draft.services.iter_mut().filter(|known| {
        crate::repository::is_within(dir, known.service.path())
            && known.service.kind.get() == Some(&Kind::Web)
    });
    if let (Some(service), None) = (web.next(), web.next())
        && !matches!(service.service.port_setting.get(), Some(PortSetting::Fixed))
    {
        service.service.port.propose(port, reader.hint("forwardPorts", line));
    }
}

/// Databases that the development containers are accompanied by.
fn resources(repo: &Repository, draft: &mut Draft, path: &str) {
    let Some(text) = repo.text(path) else { return };
    let Some(document) = parse_yaml_stream(&text).ok().and_then(|all| all.into_iter().next()) else { return };
    let reader = Reader::new("devcontainer", path);
    for entry in document.get("services").map(Node::entries).unwrap_or_default() {
        let Some(image) = entry.node.get("image") else { continue };
        if let (Some(kind), version) = resource::of_image(image.text().unwrap_or_default()) {
            process::need(draft, kind, version.as_deref(), &reader.hint("service image", image.line));
        }
    }
}
