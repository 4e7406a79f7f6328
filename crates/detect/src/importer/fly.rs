//! `fly.toml` (Fly.io): one app whose process groups are services.

use std::collections::BTreeSet;

use seaworthy_model::quantity::Cpu;
use seaworthy_model::{Kind, Name, Origin, Probe, ProbeAction, Volume};

use super::process::{Process, Said, find_or_add, set};
use super::reader::{self, Reader, binary_size, seconds};
use crate::document::Node;
use crate::draft::Draft;
use crate::repository::{Repository, parent};

pub(super) fn add_started(repo: &Repository, dirs: &mut BTreeSet<String>) {
    for path in reader::files(repo, &["fly.toml"]) {
        if let Some(document) = repo.document(&path) {
            dirs.insert(folder(repo, &document, parent(&path)));
        }
    }
}

pub(super) fn import(repo: &Repository, draft: &mut Draft) {
    for path in reader::files(repo, &["fly.toml"]) {
        let Some(document) = repo.document(&path) else { continue };
        let mut reader = Reader::new("fly.toml", &path);
        read(repo, draft, &mut reader, &document);
        reader.finish(draft);
    }
}

fn read(repo: &Repository, draft: &mut Draft, reader: &mut Reader<'_>, document: &Node) {
    reader.check(
        document,
        "",
        &[
            "app",
            "build",
            "deploy",
            "env",
            "http_service",
            "services",
            "checks",
            "processes",
            "mounts",
            "vm",
            "kill_timeout",
        ],
    );
    let dir = folder(repo, document, parent(reader.file));
    if let Some(node) = document.get("app")
        && let Some(text) = node.text()
        && parent(reader.file) == "."
    {
        let origin = Origin::detected("fly.toml app").at(reader.place(node.line)).likely();
        draft.name.propose(Name::from_text(text), origin);
    }
    let groups = groups(document);
    let serving = serving_group(document);
    let mut taken = Vec::new();
    let mut indexes: Vec<(String, usize)> = Vec::new();
    // The group that serves is found first, so that no worker takes the web service's place.
    let (web, workers): (Vec<_>, Vec<_>) =
        groups.iter().partition(|(name, _, _)| serving.is_none() || serving.as_deref() == Some(name));
    for (name, command, line) in web.iter().chain(&workers) {
        let serves = serves(document, name, groups.len());
        let process = Process {
            name,
            dir: &dir,
            kind: Some(if serves { Kind::Web } else { Kind::Worker }),
            is_one_of_many: groups.len() > 1 && name != "app",
        };
        let origin = reader.origin(&format!("processes.{name}"), *line);
        let index = find_or_add(draft, &process, &mut taken, &origin);
        if let Some(command) = command
            && draft.services[index].service.kind.get() != Some(&Kind::Static)
        {
            draft.services[index].service.start.propose(command.clone(), origin);
        }
        indexes.push((name.clone(), index));
    }
    for (name, index) in &indexes {
        fill(draft, reader, document, name, *index, indexes.len());
    }
    leave_the_rest(reader, document);
    let first = indexes.iter().find(|(name, _)| serves(document, name, indexes.len())).or(indexes.first());
    if let Some(node) = document.at(&["deploy", "release_command"])
        && let Some(run) = reader::command(node)
        && let Some((_, index)) = first
    {
        reader.release(draft, *index, run, "deploy.release_command", node.line);
    }
}

/// Where the app is: beside its Dockerfile, where that is named.
fn folder(repo: &Repository, document: &Node, dir: &str) -> String {
    let dockerfile = document.at(&["build", "dockerfile"]).and_then(Node::text);
    dockerfile.and_then(|file| reader::built_folder(repo, dir, file)).unwrap_or_else(|| dir.to_owned())
}

/// The process groups: name, command and line; one called `app` where the file names none.
fn groups(document: &Node) -> Vec<(String, Option<String>, u32)> {
    let entries = document.get("processes").map(Node::entries).unwrap_or_default();
    let found: Vec<_> = entries
        .iter()
        .map(|entry| (entry.key.to_string(), reader::command(&entry.node), entry.line))
        .collect();
    if found.is_empty() { vec![("app".to_owned(), None, 1)] } else { found }
}

/// `[http_service]` and every `[[services]]`.
fn listeners(document: &Node) -> impl Iterator<Item = &Node> {
    let services = document.get("services").map(Node::items).unwrap_or_default();
    document.get("http_service").into_iter().chain(services)
}

fn serving_group(document: &Node) -> Option<String> {
    listeners(document).find_map(|node| node.get("processes")?.texts().first().map(|name| (*name).to_owned()))
}

fn serves(document: &Node, group: &str, groups: usize) -> bool {
    listeners(document).any(|node| is_for(node, group, groups))
}

/// A section is for a group when it names it, or names none and there is one group (or it is the group `app`).
fn is_for(node: &Node, group: &str, groups: usize) -> bool {
    match node.get("processes") {
        Some(names) => names.texts().contains(&group),
        None => groups == 1 || matches!(group, "app" | "web"),
    }
}

fn fill(
    draft: &mut Draft,
    reader: &mut Reader<'_>,
    document: &Node,
    group: &str,
    index: usize,
    groups: usize,
) {
    let is_static = draft.services[index].service.kind.get() == Some(&Kind::Static);
    let service = &mut draft.services[index].service;
    for node in listeners(document).filter(|node| is_for(node, group, groups)) {
        if let Some(port) = node.get("internal_port")
            && let Some(number) = port.integer().and_then(|port| u16::try_from(port).ok())
            && !is_static
        {
            service.port.propose(number, reader.origin("internal_port", port.line));
        }
        for key in ["checks", "http_checks"] {
            for check in node.get(key).map(Node::items).unwrap_or_default() {
                propose_check(&mut service.readiness, reader, check, true);
            }
        }
    }
    for entry in document.get("checks").map(Node::entries).unwrap_or_default() {
        if is_for(&entry.node, group, groups) {
            let is_http = entry.node.get("type").and_then(Node::text) != Some("tcp");
            propose_check(&mut service.readiness, reader, &entry.node, is_http);
        }
    }
    if let Some(node) = document.get("kill_timeout")
        && let Some(time) = seconds(node)
    {
        service.stop_grace_period.propose(time, reader.origin("kill_timeout", node.line));
    }
    for mount in several(document.get("mounts")).filter(|mount| is_for(mount, group, groups)) {
        if let Some(path) = mount.get("destination").and_then(Node::text) {
            let origin = reader.origin("mounts", mount.line);
            service.volumes.push(Volume { path: path.to_owned(), origin });
        }
    }
    for machine in several(document.get("vm")) {
        if machine.get("processes").is_some_and(|names| !names.texts().contains(&group)) {
            continue;
        }
        if let Some(node) = machine.get("memory").or_else(|| machine.get("memory_mb"))
            && let Some(size) = node.scalar().and_then(|text| binary_size(&text))
        {
            service.memory.propose(size, reader.origin("vm.memory", node.line));
        }
        if let Some(node) = machine.get("cpus")
            && let Some(cpu) = node.scalar().and_then(|text| Cpu::parse(&text).ok())
        {
            service.cpu.propose(cpu, reader.origin("vm.cpus", node.line));
        }
    }
    for entry in document.get("env").map(Node::entries).unwrap_or_default() {
        if let Some(value) = entry.node.scalar() {
            let origin = reader.origin("env", entry.line);
            set(&mut draft.services[index], &entry.key, &Said::Value(value), &origin);
        }
    }
}

/// `[[mounts]]` and `[mounts]` are both accepted.
fn several(node: Option<&Node>) -> impl Iterator<Item = &Node> {
    let single = node.filter(|node| node.is_map());
    single.into_iter().chain(node.map(Node::items).unwrap_or_default())
}

fn propose_check(
    field: &mut seaworthy_model::Field<Probe>,
    reader: &Reader<'_>,
    check: &Node,
    is_http: bool,
) {
    let port = check.get("port").and_then(Node::integer).and_then(|port| u16::try_from(port).ok());
    let path = check.get("path");
    let mut probe = match path.and_then(Node::text) {
        Some(path) if is_http => Probe::http(path),
        _ if !is_http => Probe::new(ProbeAction::Tcp(port.unwrap_or(0))),
        _ => return,
    };
    probe.period = check.get("interval").and_then(seconds);
    probe.timeout = check.get("timeout").and_then(seconds);
    probe.initial_delay = check.get("grace_period").and_then(seconds);
    field.propose(probe, reader.origin("checks", path.map_or(check.line, |path| path.line)));
}

/// What a section says that the model has no word for.
fn leave_the_rest(reader: &mut Reader<'_>, document: &Node) {
    let listener = ["internal_port", "processes", "checks", "http_checks", "tcp_checks", "ports", "protocol"];
    if let Some(node) = document.get("http_service") {
        reader.check(node, "http_service", &listener);
    }
    for node in document.get("services").map(Node::items).unwrap_or_default() {
        reader.check(node, "services", &listener);
    }
    for (key, held) in [("build", &["dockerfile"][..]), ("deploy", &["release_command"])] {
        if let Some(node) = document.get(key) {
            reader.check(node, key, held);
        }
    }
    for node in several(document.get("mounts")) {
        reader.check(node, "mounts", &["source", "destination", "processes"]);
    }
    for node in several(document.get("vm")) {
        reader.check(node, "vm", &["memory", "memory_mb", "cpus", "processes"]);
    }
}
