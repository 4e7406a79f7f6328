//! Elixir: mix projects and umbrellas.

use seaworthy_model::{Origin, Runtime};

use super::code_manifest::CodeManifest;
use super::{Language, manifests, runtime_files};
use crate::framework::Chosen;
use crate::health;
use crate::project::{Project, Role, at, at_file};
use crate::repository::{Repository, is_within, parent};
use crate::rules::CommentStyle;
use crate::source::Facts;

pub(crate) struct Elixir;

impl Language for Elixir {
    fn family(&self) -> &'static str {
        "elixir"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        let mut umbrellas: Vec<String> = Vec::new();
        let mut projects = Vec::new();
        for path in manifests(repo, "mix.exs") {
            let dir = parent(path);
            let Some(manifest) = CodeManifest::read(repo, path, CommentStyle::Hash) else { continue };
            // The apps of an umbrella are compiled, started and released together, from its root.
            if let Some(apps) = manifest.first(r#"apps_path:\s*"([\w./-]+)""#) {
                umbrellas.push(crate::repository::join(dir, &apps.first));
            }
            projects.push(read(repo, path, &manifest));
        }
        let is_child = |project: &Project| {
            umbrellas.iter().any(|apps| project.dir != *apps && is_within(apps, &project.dir))
        };
        let (children, mut projects): (Vec<Project>, Vec<Project>) = projects.into_iter().partition(is_child);
        for root in &mut projects {
            for child in children.iter().filter(|child| is_within(&root.dir, &child.dir)) {
                for (name, dependency) in &child.dependencies {
                    root.dependencies.entry(name.clone()).or_insert_with(|| dependency.clone());
                }
                if child.role == Role::Application {
                    root.role = Role::Application;
                }
            }
        }
        projects
    }

    fn refine(&self, repo: &Repository, project: &mut Project, facts: &Facts, chosen: Option<&Chosen>) {
        if chosen.is_some_and(|chosen| chosen.rule.name == "phoenix") {
            phoenix(repo, project);
        }
        // A route's path begins with those of the scopes that it stands in.
        for route in &facts.routes {
            if let Some(sort) = health::sort(&route.path)
                && let Some(line) = route.place.line
                && let Some(prefix) = scopes(repo, &route.place.file, line)
            {
                let path = format!("{prefix}{}", route.path);
                let origin = Origin::detected("a route in the code").at(route.place.clone());
                health::propose(&mut project.service, &path, sort, &origin);
            }
        }
    }
}

fn read(repo: &Repository, path: &str, manifest: &CodeManifest) -> Project {
    let mut project = Project::new(parent(path), "elixir", path);
    project.name = manifest.first(r"\bapp:\s*:(\w+)").map(|found| found.first);
    for found in manifest.all(r"\{\s*:(\w+)\s*,([^{}]*)\}") {
        let dev = found.second.contains("only:") && !found.second.contains(":prod");
        project.depend(&found.first, found.line, dev);
    }
    if manifest.has("mod:") {
        project.role = Role::Application;
    } else if !manifest.has("apps_path:") {
        project.role = Role::Library;
    }
    let origin = || at_file("mix.exs is there", path);
    let service = &mut project.service;
    service.language.propose("elixir".to_owned(), origin());
    service.package_manager.propose("mix".to_owned(), origin());
    service.install.propose("mix deps.get".to_owned(), origin());
    service.build.propose("MIX_ENV=prod mix compile".to_owned(), origin().guess());
    service.test.propose("mix test".to_owned(), origin().likely());
    let files: &[&str] = &[".elixir-version", ".exenv-version"];
    runtime_files::propose(repo, parent(path), "elixir", &[], files, service);
    if let Some(found) = manifest.first(r#"\belixir:\s*"([^"]+)""#) {
        runtime_files::say(service, "elixir", &found.first, at("mix.exs elixir", path, found.line));
    }
    service.runtime.propose(Runtime::new("elixir", None), origin().guess());
    // Phoenix has a server command of its own.
    if project.role == Role::Application && !project.dependencies.contains_key("phoenix") {
        let origin = || at_file("mix.exs starts an application", path);
        service.dev.propose("mix run --no-halt".to_owned(), origin().guess());
        service.start.propose("MIX_ENV=prod mix run --no-halt".to_owned(), origin().guess());
    }
    if let Some(credo) = project.dependency("credo").and_then(|known| known.place.clone()) {
        let origin = Origin::detected("depends on credo").at(credo);
        project.service.lint.propose("mix credo".to_owned(), origin);
    }
    if let Some(setup) = manifest.first(r#"(?m)^\s*"?(setup)"?:\s*\["#) {
        // The alias that `mix phx.new` writes fetches dependencies and makes the database.
        let place = seaworthy_model::Place::line(path, setup.line);
        let script = crate::project::Script { text: "setup".to_owned(), call: "mix setup".to_owned(), place };
        project.scripts.insert("setup".to_owned(), script);
    }
    project
}

/// Assets are built first; a release is what production runs where one is configured.
fn phoenix(repo: &Repository, project: &mut Project) {
    let manifest = project.manifest.clone();
    let Some(text) = CodeManifest::read(repo, &manifest, CommentStyle::Hash) else { return };
    let assets = text.has("assets.deploy");
    let prefix = if assets { "MIX_ENV=prod mix assets.deploy && " } else { "" };
    let name = project.name.clone().unwrap_or_else(|| "app".to_owned());
    let overlay = repo.first_of(&project.dir, ["rel/overlays/bin/server"]);
    let release =
        text.first(r"\breleases:\s*(\[|\w)").map(|found| at("mix.exs releases", &manifest, found.line));
    let release = overlay.as_ref().map(|path| at_file("a release's server script", path)).or(release);
    let service = &mut project.service;
    if let Some(origin) = release {
        let name = text.first(r"\breleases:\s*\[\s*(\w+):").map_or(name, |found| found.first);
        let start = match overlay {
            Some(_) => format!("_build/prod/rel/{name}/bin/server"),
            None => format!("PHX_SERVER=true _build/prod/rel/{name}/bin/{name} start"),
        };
        service
            .build
            .propose(format!("{prefix}MIX_ENV=prod mix release --overwrite"), origin.clone().likely());
        service.start.propose(start, origin.likely());
    } else if assets {
        let origin = at_file("mix.exs builds assets", &manifest).likely();
        service.build.propose("MIX_ENV=prod mix do compile, assets.deploy".to_owned(), origin);
    }
}

/// The paths of the `scope` blocks around a line, judged by indentation; `None` outside of any.
fn scopes(repo: &Repository, file: &str, line: u32) -> Option<String> {
    let text = repo.text(file)?;
    let lines: Vec<&str> = text.lines().collect();
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    let indentation = |text: &str| text.len() - text.trim_start().len();
    let mut depth = indentation(lines.get(index)?);
    let mut prefix = String::new();
    for text in lines[..index].iter().rev().filter(|text| !text.trim().is_empty()) {
        if indentation(text) >= depth {
            continue;
        }
        depth = indentation(text);
        let path = text.trim().strip_prefix("scope").and_then(|rest| rest.split('"').nth(1));
        if let Some(path) = path.filter(|path| path.starts_with('/')) {
            prefix = format!("{}{prefix}", path.trim_end_matches('/'));
        }
    }
    (!prefix.is_empty()).then_some(prefix)
}
