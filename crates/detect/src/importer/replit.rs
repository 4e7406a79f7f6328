//! `.replit` and `replit.nix` (Replit): what the run button and a deployment run, and what the machine holds.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use seaworthy_model::{Confidence, JobTrigger, Kind};

use super::process::{self, Process, Said, find_or_add, set};
use super::reader::{self, Reader};
use super::versions;
use crate::document::{Lines, Node};
use crate::draft::Draft;
use crate::pattern::Pattern;
use crate::repository::{Repository, parent};

pub(super) fn add_started(repo: &Repository, dirs: &mut BTreeSet<String>) {
    for path in reader::files(repo, &[".replit"]) {
        dirs.insert(parent(&path).to_owned());
    }
}

pub(super) fn import(repo: &Repository, draft: &mut Draft) {
    for path in reader::files(repo, &[".replit"]) {
        let Some(document) = repo.document(&path) else { continue };
        let mut reader = Reader::new(".replit", &path);
        reader.check(
            &document,
            "",
            &[
                "run",
                "entrypoint",
                "modules",
                "deployment",
                "ports",
                "nix",
                "env",
                "language",
                "packager",
                "languages",
                "interpreter",
                "debugger",
                "agent",
                "gitHubImport",
            ],
        );
        read(draft, &mut reader, &document);
        reader.finish(draft);
    }
    for path in reader::files(repo, &["replit.nix"]) {
        if let Some(text) = repo.text(&path) {
            nix(draft, &Reader::new("replit.nix", &path), &text);
        }
    }
}

fn read(draft: &mut Draft, reader: &mut Reader<'_>, document: &Node) {
    let dir = parent(reader.file).to_owned();
    let empty = Node::default();
    let deployment = document.get("deployment").unwrap_or(&empty);
    reader.check(deployment, "deployment", &["run", "build", "deploymentTarget", "publicDir", "ignorePorts"]);
    let target = deployment.get("deploymentTarget").and_then(Node::text).unwrap_or_default();
    let runs = document.get("run").is_some() || deployment.get("run").is_some();
    if runs || target == "static" {
        let kind = (target == "static").then_some(Kind::Static);
        let process = Process { name: "app", dir: &dir, kind, is_one_of_many: false };
        let origin = reader.origin("", 1);
        if target == "scheduled" {
            scheduled(draft, reader, deployment, &dir);
        } else {
            let index = find_or_add(draft, &process, &mut Vec::new(), &origin);
            fill(draft, reader, document, deployment, index);
        }
    }
    for module in document.get("modules").map(Node::items).unwrap_or_default() {
        if let Some(text) = module.text() {
            note_package(draft, reader, "modules", text, module.line, Confidence::Medium);
        }
    }
    for package in document.at(&["nix", "packages"]).map(Node::items).unwrap_or_default() {
        if let Some(text) = package.text() {
            note_package(draft, reader, "nix.packages", text, package.line, Confidence::Low);
        }
    }
}

fn fill(draft: &mut Draft, reader: &Reader<'_>, document: &Node, deployment: &Node, index: usize) {
    let service = &mut draft.services[index].service;
    let is_static = service.kind.get() == Some(&Kind::Static);
    reader.text(&mut service.dev, document, "run");
    reader.build(service, deployment, "build");
    if is_static {
        if let Some(node) = deployment.get("publicDir")
            && let Some(path) = node.text()
        {
            let path = path.trim_start_matches("./").trim_end_matches('/').to_owned();
            service.static_dir.propose(path, reader.origin("deployment.publicDir", node.line));
        }
    } else {
        reader.text_in("deployment", &mut service.start, deployment, "run");
        // Of several ports the one that the world sees as 80 is the app's.
        let ports = document.get("ports").map(Node::items).unwrap_or_default();
        let number = |node: &Node, key: &str| {
            node.get(key).and_then(Node::integer).and_then(|port| u16::try_from(port).ok())
        };
        let public = ports.iter().find(|node| number(node, "externalPort") == Some(80)).or(ports.first());
        if let Some(node) = public
            && let Some(port) = number(node, "localPort")
        {
            let line = node.get("localPort").map_or(node.line, |node| node.line);
            service.port.propose(port, reader.origin("ports", line));
        }
    }
    for entry in document.get("env").map(Node::entries).unwrap_or_default() {
        if let Some(value) = entry.node.scalar()
            && !crate::secret::is_platform(&entry.key)
        {
            let origin = reader.origin("env", entry.line);
            set(&mut draft.services[index], &entry.key, &Said::Value(value), &origin);
        }
    }
}

/// When it runs is said in the platform's dashboard only.
fn scheduled(draft: &mut Draft, reader: &mut Reader<'_>, deployment: &Node, dir: &str) {
    let Some(node) = deployment.get("run") else { return };
    let Some(run) = reader::command(node) else { return };
    let of = draft.services.iter().position(|known| known.service.path() == dir);
    let origin = reader.origin("deployment.run", node.line);
    Reader::job(draft, "scheduled", of, run, origin.clone()).on.propose(JobTrigger::Manual, origin);
    reader.leave("deployment.deploymentTarget", node.line);
}

/// A module or package of the machine: a runtime with its version, or a database.
fn note_package(
    draft: &mut Draft,
    reader: &Reader<'_>,
    key: &str,
    package: &str,
    line: u32,
    confidence: Confidence,
) {
    static PARTS: LazyLock<Pattern> =
        LazyLock::new(|| Pattern::new(r"^(?<name>[a-z]+)[-_]?(?<version>\d[\d._]*)?"));
    let Some(parts) = PARTS.find(package) else { return };
    let name = parts.name("name").map_or("", |name| name.text);
    let version = parts.name("version").map(|version| version.text.trim_end_matches(['_', '.']));
    let origin = reader.hint(key, line).with_confidence(confidence);
    if let Some(tool) = versions::runtime_of(name) {
        if let Some(version) = version {
            let version = if tool == "python" { dotted(version) } else { version.replace('_', ".") };
            versions::propose_to_all(draft, parent(reader.file), tool, &version, &origin);
        }
        return;
    }
    let kind = match name {
        "postgresql" => "postgres",
        "redis" => "redis",
        "mysql" => "mysql",
        "mariadb" => "mariadb",
        "mongodb" => "mongodb",
        _ => return,
    };
    process::need(draft, kind, version, &origin);
}

/// Nix writes Python's versions without a dot: `python310`, `python311Full`.
fn dotted(version: &str) -> String {
    match version.strip_prefix('3') {
        Some(minor) if !version.contains('.') && !minor.is_empty() => format!("3.{minor}"),
        _ => version.to_owned(),
    }
}

/// `pkgs.nodejs-18_x`, `pkgs.python310`, `pkgs.postgresql`.
fn nix(draft: &mut Draft, reader: &Reader<'_>, text: &str) {
    static PACKAGE: LazyLock<Pattern> =
        LazyLock::new(|| Pattern::new(r"\bpkgs\.(?:nodePackages\.)?([a-z][\w.-]*)"));
    let lines = Lines::new(text);
    for found in PACKAGE.find_all(text) {
        if let Some(package) = found.get(1) {
            let line = lines.line(package.start);
            note_package(draft, reader, "deps", package.text, line, Confidence::Low);
        }
    }
}
