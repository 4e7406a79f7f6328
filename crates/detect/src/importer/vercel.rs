//! `vercel.json`: build settings and cron jobs. What it routes and where its functions run is the platform's.

use std::collections::BTreeSet;

use seaworthy_model::{JobTrigger, Kind};

use super::process::{Said, find_or_add_site, set};
use super::reader::{self, Reader};
use crate::document::Node;
use crate::draft::Draft;
use crate::repository::{Repository, file_name, parent};

pub(super) fn add_started(repo: &Repository, dirs: &mut BTreeSet<String>) {
    for path in reader::files(repo, &["vercel.json"]) {
        dirs.insert(parent(&path).to_owned());
    }
}

pub(super) fn import(repo: &Repository, draft: &mut Draft) {
    for path in reader::files(repo, &["vercel.json"]) {
        let Some(document) = repo.document(&path) else { continue };
        let mut reader = Reader::new("vercel.json", &path);
        reader.check(
            &document,
            "",
            &[
                "buildCommand",
                "installCommand",
                "devCommand",
                "outputDirectory",
                "framework",
                "crons",
                "env",
                "build",
            ],
        );
        read(repo, draft, &mut reader, &document);
        reader.finish(draft);
    }
}

fn read(repo: &Repository, draft: &mut Draft, reader: &mut Reader<'_>, document: &Node) {
    let dir = parent(reader.file);
    let is_here = |draft: &Draft| draft.services.iter().any(|known| known.service.path() == dir);
    let says_how = ["buildCommand", "outputDirectory", "framework", "crons", "devCommand"]
        .iter()
        .any(|key| document.get(key).is_some_and(|node| !node.is_null()));
    if !says_how && !is_here(draft) {
        return;
    }
    let origin = reader.origin("", 1);
    let index = find_or_add_site(draft, dir, &origin);
    let service = &mut draft.services[index].service;
    reader.text(&mut service.install, document, "installCommand");
    reader.build(service, document, "buildCommand");
    reader.text(&mut service.dev, document, "devCommand");
    if let Some(node) = document.get("framework")
        && let Some(text) = node.text()
        && service.framework.is_empty()
    {
        service.framework.propose(framework(text).to_owned(), reader.origin("framework", node.line));
    }
    // What a server writes there is no site: `.next`, `.output`.
    if service.kind.get() == Some(&Kind::Static) {
        reader.text(&mut service.static_dir, document, "outputDirectory");
        leave_functions(repo, reader, dir);
    }
    for (node, line) in [document.get("env"), document.at(&["build", "env"])]
        .into_iter()
        .flatten()
        .flat_map(Node::entries)
        .map(|entry| (entry, entry.line))
    {
        // `@name` names a secret of the platform.
        let said = match node.node.scalar() {
            Some(value) if !value.starts_with('@') => Said::Value(value),
            _ => Said::Nothing,
        };
        let origin = reader.origin("env", line);
        set(&mut draft.services[index], &node.key, &said, &origin);
    }
    for node in document.get("crons").map(Node::items).unwrap_or_default() {
        cron(draft, reader, node, index);
    }
}

/// The platform asks for a path; the service says in `CRON_SECRET` who may.
fn cron(draft: &mut Draft, reader: &Reader<'_>, node: &Node, index: usize) {
    let (Some(path), Some(_)) = (node.get("path").and_then(Node::text), node.get("schedule")) else { return };
    let Some(service) = draft.services[index].names.get().cloned() else { return };
    let route = path.split('?').next().unwrap_or(path);
    let name = file_name(route.trim_end_matches('/'));
    let guarded = draft.services[index].service.env.contains_key("CRON_SECRET");
    let header = if guarded { "-H \"Authorization: Bearer $CRON_SECRET\" " } else { "" };
    let run = format!("curl -fsS {header}\"${{services.{service}.url}}{path}\"");
    let origin = reader.origin("crons", node.line);
    let job = Reader::job(draft, name, Some(index), run, origin.clone());
    job.on.propose(JobTrigger::Schedule, origin);
    reader.text(&mut job.schedule, node, "schedule");
}

/// Files in `api/` beside a static site are functions that only the platform runs.
fn leave_functions(repo: &Repository, reader: &mut Reader<'_>, dir: &str) {
    let api = crate::repository::join(dir, "api");
    let is_function = |path: &str| {
        path.rsplit_once('.').is_some_and(|(_, end)| matches!(end, "js" | "ts" | "mjs" | "py" | "go" | "rb"))
    };
    if repo.under(&api).iter().any(|path| is_function(path)) {
        reader.leave("functions in api/", 1);
    }
}

/// The platform's names of frameworks, where ours differ.
fn framework(name: &str) -> &str {
    match name {
        "nextjs" => "next",
        "nuxtjs" => "nuxt",
        "sveltekit" | "sveltekit-1" => "sveltekit",
        "solidstart" | "solidstart-1" => "solid-start",
        "docusaurus-2" | "docusaurus" => "docusaurus",
        "vue" => "vue-cli",
        "tanstack-start" => "tanstack-start",
        other => other,
    }
}
