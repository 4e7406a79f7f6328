//! Gleam: `gleam.toml`.

use seaworthy_model::Runtime;

use super::{Language, manifests, runtime_files};
use crate::document::Node;
use crate::project::{Project, Role, at, at_file};
use crate::repository::{Repository, parent};
use crate::source::Facts;

pub(crate) struct Gleam;

impl Language for Gleam {
    fn family(&self) -> &'static str {
        "gleam"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        manifests(repo, "gleam.toml").filter_map(|path| read(repo, path)).collect()
    }

    fn find_entry(&self, _repo: &Repository, project: &mut Project, facts: &Facts) {
        // `gleam run` calls the main function of the module that is called as the package is.
        let module = format!("src/{}.gleam", project.name.as_deref().unwrap_or_default());
        let entry =
            facts.entries.iter().find(|entry| entry.of == "main" && entry.place.file.ends_with(&module));
        let Some(entry) = entry else { return };
        let origin = || at("the package's main function", &entry.place.file, entry.place.line.unwrap_or(1));
        project.role = Role::Application;
        project.service.start.propose("gleam run".to_owned(), origin());
        project.service.dev.propose("gleam run".to_owned(), origin().guess());
    }
}

fn read(repo: &Repository, path: &str) -> Option<Project> {
    let document = repo.document(path)?;
    let mut project = Project::new(parent(path), "gleam", path);
    project.name = document.get("name").and_then(Node::text).map(str::to_owned);
    for (table, dev) in [("dependencies", false), ("dev-dependencies", true), ("dev_dependencies", true)] {
        for entry in document.get(table).map(Node::entries).unwrap_or_default() {
            project.depend(&entry.key, entry.line, dev);
        }
    }
    let origin = || at_file("gleam.toml is there", path);
    let service = &mut project.service;
    service.language.propose("gleam".to_owned(), origin());
    service.package_manager.propose("gleam".to_owned(), origin());
    service.install.propose("gleam deps download".to_owned(), origin());
    service.build.propose("gleam build".to_owned(), origin());
    service.test.propose("gleam test".to_owned(), origin().likely());
    service.lint.propose("gleam format --check src test".to_owned(), origin().guess());
    runtime_files::propose(repo, parent(path), "gleam", &[], &[], service);
    if let Some(node) = document.get("gleam")
        && let Some(text) = node.text()
    {
        runtime_files::say(service, "gleam", text, at("gleam.toml gleam", path, node.line));
    }
    service.runtime.propose(Runtime::new("gleam", None), origin().guess());
    Some(project)
}
