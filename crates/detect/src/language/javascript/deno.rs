//! Deno: `deno.json` with tasks and imports.

use seaworthy_model::{Place, Runtime};

use super::{Manager, scripts};
use crate::document::Node;
use crate::project::{Project, Role, Script, at_file};
use crate::repository::{Repository, parent};

/// A project that has only a `deno.json`.
pub(super) fn read(repo: &Repository, path: &str) -> Option<Project> {
    let document = repo.document(path)?;
    let mut project = Project::new(parent(path), "javascript", path);
    project.name = document.get("name").and_then(Node::text).map(str::to_owned);
    for entry in document.get("imports").map(Node::entries).unwrap_or_default() {
        let target = entry.node.text().unwrap_or_default();
        let Some((registry, package)) = target.split_once(':') else { continue };
        if !matches!(registry, "npm" | "jsr") {
            // Imports by address: the name in the map is the best there is.
            project.depend(entry.key.trim_end_matches('/'), entry.line, false);
            continue;
        }
        let name = package.rfind('@').filter(|index| *index > 0).map_or(package, |index| &package[..index]);
        // `jsr:@hono/hono` is the same library as `npm:hono`.
        let name = name.strip_prefix("@hono/").unwrap_or(name);
        project.depend(name, entry.line, false);
    }
    let origin = || at_file("deno.json is there", path);
    let service = &mut project.service;
    service.language.propose("typescript".to_owned(), origin());
    service.runtime.propose(Runtime::new("deno", None), origin());
    service.package_manager.propose("deno".to_owned(), origin());
    service.install.propose("deno install".to_owned(), origin());
    add_tasks(repo, path, &mut project);
    if let Some(entry) =
        repo.first_of(&project.dir, ["main.ts", "server.ts", "mod.ts", "src/main.ts", "index.ts", "main.tsx"])
    {
        let entry_name = crate::repository::relative(&project.dir, &entry).to_owned();
        project.service.start.propose(
            format!("deno run --allow-net --allow-env --allow-read {entry_name}"),
            at_file("the usual entry point", &entry).guess(),
        );
    }
    if document.get("exports").is_some() && project.scripts.is_empty() {
        project.role = Role::Library;
    }
    Some(project)
}

/// Adds the tasks of a `deno.json` to a project.
pub(super) fn add_tasks(repo: &Repository, path: &str, project: &mut Project) {
    let Some(document) = repo.document(path) else { return };
    for entry in document.get("tasks").map(Node::entries).unwrap_or_default() {
        let Some(text) = entry.node.text().or_else(|| entry.node.get("command")?.text()) else { continue };
        let script = Script {
            text: text.to_owned(),
            call: Manager::Deno.run(&entry.key),
            place: Place::line(path, entry.line),
        };
        project.scripts.entry(entry.key.to_string()).or_insert(script);
    }
    scripts::propose(project);
    project.service.test.propose("deno test".to_owned(), at_file("deno.json is there", path).guess());
    project.service.lint.propose("deno lint".to_owned(), at_file("deno.json is there", path).guess());
}
