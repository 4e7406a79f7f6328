//! Makefiles, justfiles and Taskfiles: targets that people call to install, run, build and test. What they do
//! is not looked into, so that they only say what nothing else does.

use std::sync::LazyLock;

use seaworthy_model::{JobTrigger, Kind, Name, Service};

use super::reader::{self, Reader};
use crate::document::Node;
use crate::draft::Draft;
use crate::pattern::Pattern;
use crate::repository::{Repository, parent};

/// The files of each runner, with how it is called; of several in one folder the first counts.
const RUNNERS: [(&str, &str); 9] = [
    ("justfile", "just"),
    ("Justfile", "just"),
    (".justfile", "just"),
    ("Taskfile.yml", "task"),
    ("Taskfile.yaml", "task"),
    ("taskfile.yml", "task"),
    ("GNUmakefile", "make"),
    ("Makefile", "make"),
    ("makefile", "make"),
];

pub(super) fn import(repo: &Repository, draft: &mut Draft) {
    for (name, runner) in RUNNERS {
        for path in reader::files(repo, &[name]) {
            let targets = if runner == "task" { taskfile(repo, &path) } else { rules(repo, &path) };
            propose(draft, &Reader::new(title(name), &path), runner, &targets);
        }
    }
}

fn title(name: &str) -> &'static str {
    match name.trim_start_matches('.').to_ascii_lowercase().as_str() {
        "justfile" => "justfile",
        "taskfile.yml" | "taskfile.yaml" => "Taskfile",
        _ => "Makefile",
    }
}

/// Targets of a Makefile or recipes of a justfile, with their lines.
fn rules(repo: &Repository, path: &str) -> Vec<(String, u32)> {
    static TARGET: LazyLock<Pattern> =
        LazyLock::new(|| Pattern::new(r"^@?([A-Za-z][\w./:-]*?)(?:\s+[^:=\s][^:]*)?\s*::?(?:[^=:]|$)"));
    let Some(text) = repo.text(path) else { return Vec::new() };
    (1_u32..)
        .zip(text.lines())
        .filter_map(|(line, text)| Some((TARGET.find(text)?.text(1).to_owned(), line)))
        .collect()
}

fn taskfile(repo: &Repository, path: &str) -> Vec<(String, u32)> {
    let Some(document) = repo.document(path) else { return Vec::new() };
    let tasks = document.get("tasks").map(Node::entries).unwrap_or_default();
    tasks.iter().map(|entry| (entry.key.to_string(), entry.line)).collect()
}

/// A field of a service, and the targets that mean it, the likeliest first.
type Wanted = (fn(&mut Service) -> &mut seaworthy_model::Field<String>, &'static [&'static str]);

const WANTED: [Wanted; 6] = [
    (|service| &mut service.install, &["install", "deps", "setup", "bootstrap"]),
    (|service| &mut service.dev, &["dev", "develop", "watch", "serve", "run-dev"]),
    (|service| &mut service.build, &["build", "compile"]),
    (|service| &mut service.start, &["start", "run", "serve", "up"]),
    (|service| &mut service.test, &["test", "tests", "check"]),
    (|service| &mut service.lint, &["lint"]),
];

fn propose(draft: &mut Draft, reader: &Reader<'_>, runner: &str, targets: &[(String, u32)]) {
    let dir = parent(reader.file);
    let find = |names: &[&str]| {
        names.iter().find_map(|name| targets.iter().find(|(known, _)| known == name)).cloned()
    };
    // One file for several services of a folder says nothing about each of them.
    let mut here = draft.services.iter_mut().filter(|known| known.service.path() == dir);
    let (Some(own), None) = (here.next(), here.next()) else { return };
    let is_static = own.service.kind.get() == Some(&Kind::Static);
    for (index, (field, names)) in WANTED.iter().enumerate() {
        if is_static && index == 3 {
            continue;
        }
        if let Some((target, line)) = find(names)
            && field(&mut own.service).is_empty()
        {
            let origin = reader.hint(&format!("target {target}"), line);
            field(&mut own.service).propose(format!("{runner} {target}"), origin);
        }
    }
    let Some(index) = draft.services.iter().position(|known| known.service.path() == dir) else { return };
    let jobs: [(&str, &[&str], JobTrigger); 2] = [
        (
            "migrate",
            &["migrate", "db-migrate", "migrate-up", "db.migrate", "db:migrate"],
            JobTrigger::Release,
        ),
        ("seed", &["seed", "db-seed", "db.seed", "db:seed"], JobTrigger::Manual),
    ];
    for (name, names, trigger) in jobs {
        if let Some((target, line)) = find(names)
            && !draft.jobs.contains_key(&Name::from_text(name))
        {
            let origin = reader.hint(&format!("target {target}"), line);
            let run = format!("{runner} {target}");
            Reader::job(draft, name, Some(index), run, origin.clone()).on.propose(trigger, origin);
        }
    }
}
