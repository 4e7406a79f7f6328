//! The services of a Compose file, as far as the model can hold them.

use seaworthy_model::quantity::{Bytes, Cpu, Duration};
use seaworthy_model::{Condition, Probe, WatchRule};

use super::values::{self, interpolated};
use crate::document::{Node, Value};
use crate::repository::{Repository, parent, resolve};

/// A service as Compose describes it. Every value keeps its line.
pub(crate) struct ComposeService {
    pub(crate) name: String,
    pub(crate) line: u32,
    pub(crate) source: Source,
    pub(crate) image: Option<(String, u32)>,
    pub(crate) command: Option<(String, u32)>,
    pub(crate) environment: Vec<(String, Option<String>, u32)>,
    pub(crate) depends_on: Vec<(String, Condition, u32)>,
    pub(crate) port: Option<(u16, u32)>,
    pub(crate) probe: Option<(Probe, u32)>,
    pub(crate) replicas: Option<(u32, u32)>,
    pub(crate) memory: Option<(Bytes, u32)>,
    pub(crate) cpu: Option<(Cpu, u32)>,
    pub(crate) stop_grace_period: Option<(Duration, u32)>,
    pub(crate) watch: Vec<WatchRule>,
    /// Paths inside the container that keep data, with their lines.
    pub(crate) volumes: Vec<(String, u32)>,
    /// Files of the repository that a database runs when it is first started.
    pub(crate) init_files: Vec<(String, u32)>,
}

/// What a Compose service is made of.
pub(crate) enum Source {
    /// Source of this repository, built or mounted.
    Own { dir: String, line: u32 },
    /// An image that others made.
    Image { image: String, line: u32 },
    /// Nothing that could be read: an `extends`, a provider.
    Unknown,
}

/// Keys of a service that the model holds.
const HELD: [&str; 19] = [
    "build",
    "command",
    "cpus",
    "depends_on",
    "deploy",
    "develop",
    "entrypoint",
    "env_file",
    "environment",
    "expose",
    "extends",
    "healthcheck",
    "image",
    "links",
    "mem_limit",
    "ports",
    "scale",
    "stop_grace_period",
    "volumes",
];

/// The parts of those keys that it holds, where it does not hold all of them.
const HELD_PARTS: [(&str, &[&str]); 5] = [
    ("build", &["context", "dockerfile"]),
    ("deploy", &["replicas", "resources"]),
    ("develop", &["watch"]),
    ("extends", &["service", "file"]),
    ("healthcheck", &["disable", "interval", "retries", "start_period", "test", "timeout"]),
];

/// `extends` may lead from file to file; further than this it leads in a circle.
const MOST_EXTENDS: u8 = 8;

/// Every service of a Compose file, and the keys that the model cannot hold, with their lines.
pub(super) fn read(repo: &Repository, path: &str) -> (Vec<ComposeService>, Vec<(String, u32)>) {
    let Some(document) = repo.document(path) else { return (Vec::new(), Vec::new()) };
    let mut unheld = Vec::new();
    for entry in document.entries() {
        let known = ["services", "version", "name", "volumes", "networks", "secrets"].contains(&&*entry.key);
        if !known && !entry.key.starts_with("x-") {
            unheld.push((entry.key.to_string(), entry.line));
        }
    }
    let mut services = Vec::new();
    for entry in document.get("services").map(Node::entries).unwrap_or_default() {
        if !entry.node.is_map() {
            repo.warn(
                "malformed-file",
                format!("service {} is not a table", entry.key),
                path,
                Some(entry.line),
            );
            continue;
        }
        for key in entry.node.entries() {
            if !HELD.contains(&&*key.key) && !key.key.starts_with("x-") {
                unheld.push((key.key.to_string(), key.line));
            }
        }
        for (name, held) in HELD_PARTS {
            for part in entry.node.get(name).map(Node::entries).unwrap_or_default() {
                if !held.contains(&&*part.key) && !part.key.starts_with("x-") {
                    unheld.push((format!("{name}.{}", part.key), part.line));
                }
            }
        }
        for part in entry.node.at(&["deploy", "resources"]).map(Node::entries).unwrap_or_default() {
            if &*part.key != "limits" {
                unheld.push((format!("deploy.resources.{}", part.key), part.line));
            }
        }
        for needed in entry.node.get("depends_on").map(Node::entries).unwrap_or_default() {
            for part in needed.node.entries().iter().filter(|part| &*part.key != "condition") {
                unheld.push((format!("depends_on.{}", part.key), part.line));
            }
        }
        let node = extended(repo, path, &entry.node, MOST_EXTENDS);
        services.push(service(repo, path, &entry.key, entry.line, &node));
    }
    (services, unheld)
}

/// A service with what it extends filled in where it says nothing itself.
fn extended(repo: &Repository, path: &str, node: &Node, left: u8) -> Node {
    let mut whole = node.clone();
    let Some(base) = node.get("extends").filter(|_| left > 0) else { return whole };
    let Some(service) = base.text().or_else(|| base.get("service")?.text()) else { return whole };
    let file = match base.get("file").and_then(Node::text) {
        Some(file) => resolve(parent(path), file),
        None => Some(path.to_owned()),
    };
    let found = file.and_then(|file| {
        let node = repo.document(&file)?.at(&["services", service])?.clone();
        Some(extended(repo, &file, &node, left - 1))
    });
    let Some(found) = found else {
        repo.warn("not-imported", format!("what it extends, {service}, is not there"), path, Some(base.line));
        return whole;
    };
    if let Value::Map(entries) = &mut whole.value {
        for inherited in found.entries() {
            if !entries.iter().any(|own| own.key == inherited.key) {
                entries.push(inherited.clone());
            }
        }
    }
    whole
}

fn service(repo: &Repository, path: &str, name: &str, line: u32, node: &Node) -> ComposeService {
    let dir = parent(path);
    let mounts = values::mounts(node);
    let text = |node: &Node| node.scalar().map(|text| (interpolated(&text), node.line));
    let deploy = node.get("deploy");
    let limits = deploy.and_then(|deploy| deploy.at(&["resources", "limits"]));
    let limit = |key: &str, short: &str| {
        limits.and_then(|limits| limits.get(key)).or_else(|| node.get(short)).and_then(text)
    };
    let replicas = deploy.and_then(|deploy| deploy.get("replicas")).or_else(|| node.get("scale"));
    ComposeService {
        name: name.to_owned(),
        line,
        source: source(repo, dir, node, &mounts),
        image: node.get("image").filter(|image| image.text().is_some()).and_then(text),
        command: values::command(node),
        environment: values::environment(repo, dir, node),
        depends_on: values::depends_on(node),
        port: values::port(node),
        probe: node.get("healthcheck").and_then(values::probe),
        replicas: replicas.and_then(|node| Some((u32::try_from(node.integer()?).ok()?, node.line))),
        memory: limit("memory", "mem_limit").and_then(|(text, line)| Some((Bytes::parse(&text).ok()?, line))),
        cpu: limit("cpus", "cpus").and_then(|(text, line)| Some((Cpu::parse(&text).ok()?, line))),
        stop_grace_period: node
            .get("stop_grace_period")
            .and_then(text)
            .and_then(|(text, line)| Some((Duration::parse(&text).ok()?, line))),
        watch: values::watch(node),
        volumes: mounts
            .iter()
            .filter(|mount| mount.is_named)
            .map(|mount| (mount.target.clone(), mount.line))
            .collect(),
        init_files: init_files(dir, &mounts),
    }
}

/// What the images of databases run when they are first started, in their order: by the name it has there.
fn init_files(dir: &str, mounts: &[values::Mount]) -> Vec<(String, u32)> {
    let is_first = |mount: &&values::Mount| mount.target.starts_with("/docker-entrypoint-initdb.d");
    let mut mounts: Vec<&values::Mount> = mounts.iter().filter(is_first).collect();
    mounts.sort_by(|one, other| one.target.cmp(&other.target));
    mounts.iter().filter_map(|mount| Some((resolve(dir, &mount.source)?, mount.line))).collect()
}

/// Own source by `build`, or by a language's plain image with a folder of the repository mounted into it.
fn source(repo: &Repository, dir: &str, node: &Node, mounts: &[values::Mount]) -> Source {
    if let Some(build) = node.get("build") {
        let context = build.text().or_else(|| build.get("context")?.text()).unwrap_or(".");
        let Some(context) = resolve(dir, &interpolated(context)) else { return Source::Unknown };
        // A Dockerfile in a folder of its own builds what is in that folder.
        let dockerfile =
            build.get("dockerfile").and_then(Node::text).and_then(|file| resolve(&context, file));
        let folder = dockerfile
            .as_deref()
            .map(parent)
            .filter(|folder| *folder != context && has_manifest(repo, folder));
        let dir = folder.map_or(context.clone(), str::to_owned);
        return Source::Own { dir, line: build.line };
    }
    let Some(image) = node.get("image").filter(|image| image.text().is_some()) else {
        return Source::Unknown;
    };
    let name = interpolated(image.text().unwrap_or_default());
    let plain = name.rsplit('/').next().unwrap_or(&name).split([':', '@']).next().unwrap_or_default();
    let languages = [
        "node", "python", "ruby", "golang", "php", "rust", "oven", "bun", "deno", "maven", "gradle", "elixir",
    ];
    if languages.contains(&plain)
        && let Some(mount) = mounts.iter().find(|mount| !mount.is_named && mount.source.starts_with('.'))
        && let Some(dir) = resolve(dir, &mount.source)
    {
        return Source::Own { dir, line: image.line };
    }
    Source::Image { image: name, line: image.line }
}

fn has_manifest(repo: &Repository, dir: &str) -> bool {
    let names = [
        "package.json",
        "pyproject.toml",
        "requirements.txt",
        "go.mod",
        "Cargo.toml",
        "Gemfile",
        "composer.json",
        "pom.xml",
    ];
    repo.first_of(dir, names).is_some()
}
