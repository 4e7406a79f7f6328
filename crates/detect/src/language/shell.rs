//! Shell: a repository whose entry is a script, and nothing else that is known.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use seaworthy_model::{Kind, Origin, Place, Variable};

use super::Language;
use crate::pattern::Pattern;
use crate::project::{Project, Role, at_file};
use crate::repository::{Repository, file_name};
use crate::rules::CommentStyle;
use crate::secret;
use crate::source::{Facts, blank};

pub(crate) struct Shell;

const ENTRIES: [&str; 6] = ["start.sh", "run.sh", "server.sh", "main.sh", "entrypoint.sh", "bin/start.sh"];

impl Language for Shell {
    fn family(&self) -> &'static str {
        "shell"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        let Some(path) = repo.first_of(".", ENTRIES) else { return Vec::new() };
        // Anywhere else a script only calls what its own manifest says better.
        let is_known = |path: &str| super::is_manifest(file_name(path));
        if repo.with_extension("py").next().is_some() || repo.paths().iter().any(|path| is_known(path)) {
            return Vec::new();
        }
        read(repo, &path).into_iter().collect()
    }

    fn refine(
        &self,
        repo: &Repository,
        project: &mut Project,
        facts: &Facts,
        _chosen: Option<&crate::framework::Chosen>,
    ) {
        let origin = |what: &'static str, place: &Place| Origin::detected(what).at(place.clone()).likely();
        if let Some(listen) = facts.listens.first() {
            project.service.kind.propose(Kind::Web, origin("the script listens", &listen.place));
        } else if let Some(entry) = facts.entry("server") {
            project.service.kind.propose(Kind::Web, origin("the script starts a server", &entry.place));
        } else if let Some(entry) = facts.entry("loop") {
            project.service.kind.propose(Kind::Worker, origin("loops without listening", &entry.place));
        }
        declare(repo, project);
    }
}

fn read(repo: &Repository, path: &str) -> Option<Project> {
    let text = repo.text(path)?;
    let mut project = Project::new(".", "shell", path);
    project.role = Role::Application;
    let shell = if text.lines().next().is_some_and(|line| line.contains("bash")) { "bash" } else { "sh" };
    let origin = || at_file("the usual entry point", path);
    project.service.language.propose("shell".to_owned(), origin());
    project.service.start.propose(format!("{shell} {path}"), origin().likely());
    for (names, field) in [
        (&["install.sh", "setup.sh"][..], &mut project.service.install),
        (&["build.sh"], &mut project.service.build),
        (&["test.sh"], &mut project.service.test),
    ] {
        if let Some(script) = repo.first_of(".", names.iter().copied()) {
            field.propose(format!("{shell} {script}"), at_file("a script of that name", &script).likely());
        }
    }
    Some(project)
}

/// Variables that the entry uses and never sets: they come from outside.
fn declare(repo: &Repository, project: &mut Project) {
    static USED: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"\$\{?([A-Z][A-Z0-9_]+)\b"));
    static SET: LazyLock<Pattern> = LazyLock::new(|| {
        Pattern::new(
            r"(?m)(?:^|[;\s(])([A-Z][A-Z0-9_]+)=|\b(?:read|for|local|getopts\s+\S+)\s+(?:-\w+\s+)*([A-Z][A-Z0-9_]+)\b",
        )
    });
    let path = project.manifest.clone();
    let Some(text) = repo.text(&path) else { return };
    let text = blank(&text, CommentStyle::Hash);
    let own: BTreeSet<&str> = SET
        .find_all(&text)
        .filter_map(|found| found.get(1).or_else(|| found.get(2)))
        .map(|name| name.text)
        .collect();
    for (line, text) in (1_u32..).zip(text.lines()) {
        for found in USED.find_all(text) {
            let (Some(whole), Some(name)) = (found.get(0), found.get(1)) else { continue };
            let has_fallback = text.get(whole.end..).unwrap_or_default().starts_with([':', '-', '=', '?']);
            let name = name.text;
            if has_fallback && whole.text.starts_with("${") || own.contains(name) || secret::is_platform(name)
            {
                continue;
            }
            let variable = project.service.env.entry(name.to_owned()).or_insert_with(|| Variable {
                required: true,
                secret: secret::is_secret(name),
                ..Variable::default()
            });
            let place = Place::line(&path, line);
            if !variable.used_at.contains(&place) {
                variable.used_at.push(place);
            }
        }
    }
}
