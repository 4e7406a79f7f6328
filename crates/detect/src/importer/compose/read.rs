//! The services of a Compose file, as far as the model can hold them.

use seaworthy_model::quantity::{Bytes, Cpu, Duration};
use seaworthy_model::{Condition, Probe, WatchRule};

use super::values::{self, interpolated};
use crate::document::Node;
use crate::repository::{Repository, parent, resolve};

/// A service as Compose describes it. Every value keeps its line.
pub(crate) struct ComposeService {
    pub(crate) name: String,
    pub(crate) line: u32,
    pub(crate) source: Source,
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
const HELD: [&str; 22] = [
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
    "secrets",
    "stop_grace_period",
    "volumes",
    "volumes_from",
    "working_dir",
];

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
        for key in entry.node.get("deploy").map(Node::entries).unwrap_or_default() {
            if !["replicas", "resources"].contains(&&*key.key) {
                unheld.push((format!("deploy.{}", key.key), key.line));
            }
        }
        services.push(service(repo, path, &entry.key, entry.line, &entry.node));
    }
    (services, unheld)
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
        init_files: mounts
            .iter()
            .filter(|mount| mount.target.starts_with("/docker-entrypoint-initdb.d"))
            .filter_map(|mount| Some((resolve(dir, &mount.source)?, mount.line)))
            .collect(),
    }
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
