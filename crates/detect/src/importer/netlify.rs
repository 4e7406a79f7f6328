//! `netlify.toml`: how a site is built, what is published, and functions on a schedule.

use std::collections::BTreeSet;

use seaworthy_model::{JobTrigger, Kind};

use super::process::{Said, find_or_add_site, set};
use super::reader::{self, Reader};
use crate::document::Node;
use crate::draft::Draft;
use crate::repository::{Repository, parent, resolve};

pub(super) fn add_started(repo: &Repository, dirs: &mut BTreeSet<String>) {
    for path in reader::files(repo, &["netlify.toml"]) {
        if let Some(document) = repo.document(&path) {
            dirs.insert(folder(&document, parent(&path)));
        }
    }
}

pub(super) fn import(repo: &Repository, draft: &mut Draft) {
    for path in reader::files(repo, &["netlify.toml"]) {
        let Some(document) = repo.document(&path) else { continue };
        let mut reader = Reader::new("netlify.toml", &path);
        reader.check(&document, "", &["build", "dev", "functions"]);
        read(repo, draft, &mut reader, &document);
        reader.finish(draft);
    }
}

/// The folder that is built: `build.base`.
fn folder(document: &Node, dir: &str) -> String {
    let base = document.at(&["build", "base"]).and_then(Node::text);
    base.and_then(|base| resolve(dir, base.trim_start_matches('/'))).unwrap_or_else(|| dir.to_owned())
}

fn read(repo: &Repository, draft: &mut Draft, reader: &mut Reader<'_>, document: &Node) {
    let Some(build) = document.get("build") else { return };
    reader.check(build, "build", &["base", "command", "publish", "environment", "functions"]);
    let dir = folder(document, parent(reader.file));
    let origin = reader.origin("build", build.line);
    let index = find_or_add_site(draft, &dir, &origin);
    let service = &mut draft.services[index].service;
    reader.build(service, build, "command");
    if let Some(node) = build.get("publish")
        && let Some(path) = node.text()
        && service.kind.get() == Some(&Kind::Static)
    {
        // Relative to `base`; some write it from the root nevertheless.
        let path = path.trim_start_matches("./").trim_matches('/');
        let path = path.strip_prefix(&format!("{dir}/")).unwrap_or(path);
        let path = if path.is_empty() { "." } else { path };
        service.static_dir.propose(path.to_owned(), reader.origin("build.publish", node.line));
    }
    if let Some(dev) = document.get("dev") {
        reader.check(dev, "dev", &["command", "targetPort", "framework", "autoLaunch"]);
        reader.text_in("dev", &mut service.dev, dev, "command");
        if let Some(node) = dev.get("targetPort")
            && let Some(port) = node.integer().and_then(|port| u16::try_from(port).ok())
        {
            service.port.propose(port, reader.origin("dev.targetPort", node.line));
        }
    }
    for entry in build.get("environment").map(Node::entries).unwrap_or_default() {
        let Some(value) = entry.node.scalar() else { continue };
        let origin = reader.origin("build.environment", entry.line);
        match super::runtime_variable(&entry.key) {
            Some(tool) => super::propose_version(&mut draft.services[index].service, tool, &value, origin),
            None => set(&mut draft.services[index], &entry.key, &Said::Value(value), &origin),
        }
    }
    functions(repo, draft, reader, document, index);
}

/// Functions run on the platform only; one with a schedule is a job that its own tool can invoke.
fn functions(repo: &Repository, draft: &mut Draft, reader: &mut Reader<'_>, document: &Node, index: usize) {
    let folder = document
        .at(&["build", "functions"])
        .or_else(|| document.at(&["functions", "directory"]))
        .and_then(Node::text)
        .unwrap_or("netlify/functions");
    // Relative to `base`; some write it from the root nevertheless.
    let base = draft.services[index].service.path().to_owned();
    let folders = [base.as_str(), parent(reader.file)].map(|dir| resolve(dir, folder));
    if let Some(folder) = folders.into_iter().flatten().find(|folder| repo.has_dir(folder)) {
        let line = document.get("functions").or_else(|| document.at(&["build", "functions"]));
        reader.leave(format!("functions in {folder}/"), line.map_or(1, |node| node.line));
    }
    for entry in document.get("functions").map(Node::entries).unwrap_or_default() {
        let Some(schedule) = entry.node.get("schedule") else { continue };
        let run = format!("npx netlify functions:invoke {}", entry.key);
        let origin = reader.origin(&format!("functions.{}", entry.key), schedule.line);
        let job = Reader::job(draft, &entry.key, Some(index), run, origin.clone());
        job.on.propose(JobTrigger::Schedule, origin);
        reader.text(&mut job.schedule, &entry.node, "schedule");
    }
}
