//! Dart and Flutter: `pubspec.yaml`.

use seaworthy_model::{Kind, Runtime};

use super::{Language, manifests, runtime_files};
use crate::document::Node;
use crate::framework::Chosen;
use crate::health;
use crate::project::{Project, Role, at, at_file};
use crate::repository::{Repository, join, parent, relative};
use crate::source::Facts;

pub(crate) struct Dart;

impl Language for Dart {
    fn family(&self) -> &'static str {
        "dart"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        manifests(repo, "pubspec.yaml").filter_map(|path| read(repo, path)).collect()
    }

    fn refine(&self, repo: &Repository, project: &mut Project, facts: &Facts, chosen: Option<&Chosen>) {
        let framework = chosen.map(|chosen| chosen.rule.name.as_str()).unwrap_or_default();
        if framework == "dart_frog" {
            dart_frog(repo, project);
        }
        if matches!(framework, "dart_frog" | "flutter" | "serverpod" | "jaspr") {
            return;
        }
        let Some(main) = entry(repo, project) else { return };
        let origin = || at_file("the usual entry point", &main).likely();
        let file = relative(&project.dir, &main).to_owned();
        let name = file.rsplit('/').next().unwrap_or(&file).trim_end_matches(".dart").to_owned();
        let service = &mut project.service;
        service.build.propose(format!("dart compile exe {file} -o build/{name}"), origin());
        service.start.propose(format!("build/{name}"), origin());
        service.dev.propose(format!("dart run {file}"), origin());
        if framework.is_empty() && !facts.listens.is_empty() {
            service.kind.propose(Kind::Web, origin());
        }
    }

    fn find_entry(&self, repo: &Repository, project: &mut Project, _facts: &Facts) {
        if entry(repo, project).is_some() {
            project.role = Role::Application;
        }
    }
}

/// Dart Frog's routes are files; its command line is a package of its own.
fn dart_frog(repo: &Repository, project: &mut Project) {
    let routes = join(&project.dir, "routes");
    for file in repo.under(&routes).iter().filter(|file| file.ends_with(".dart")) {
        let path = relative(&routes, file).trim_end_matches(".dart").trim_end_matches("/index");
        if let Some(sort) = health::sort(path) {
            let origin = at_file("a route's file", file);
            health::propose(&mut project.service, path, sort, &origin);
        }
    }
    let origin = at_file("Dart Frog is built by its own command line", &project.manifest);
    let install = "dart pub get && dart pub global activate dart_frog_cli".to_owned();
    project.service.install.retain(|_| false);
    project.service.install.propose(install, origin);
}

/// The program: `bin/server.dart`, or one that is called as the package is.
fn entry(repo: &Repository, project: &Project) -> Option<String> {
    let named = format!("bin/{}.dart", project.name.as_deref().unwrap_or("main"));
    repo.first_of(&project.dir, ["bin/server.dart", named.as_str(), "bin/main.dart"])
}

fn read(repo: &Repository, path: &str) -> Option<Project> {
    let document = repo.document(path)?;
    let dir = parent(path);
    let mut project = Project::new(dir, "dart", path);
    project.name = document.get("name").and_then(Node::text).map(str::to_owned);
    for (table, dev) in [("dependencies", false), ("dev_dependencies", true)] {
        for entry in document.get(table).map(Node::entries).unwrap_or_default() {
            project.depend(&entry.key, entry.line, dev);
        }
    }
    let tool = if project.has("flutter") { "flutter" } else { "dart" };
    let tests = if tool == "flutter" { project.has("flutter_test") } else { project.has("test") };
    let origin = || at_file("pubspec.yaml is there", path);
    let service = &mut project.service;
    service.language.propose("dart".to_owned(), origin());
    service.package_manager.propose("pub".to_owned(), origin());
    service.install.propose(format!("{tool} pub get"), origin());
    service.lint.propose(format!("{tool} analyze"), origin().guess());
    if tests {
        service.test.propose(format!("{tool} test"), origin().likely());
    }
    runtime_files::propose(repo, dir, tool, &[], &[], service);
    let key =
        if tool == "flutter" && document.at(&["environment", "flutter"]).is_some() { tool } else { "sdk" };
    // The SDK that Flutter brings along is not Flutter's own version.
    if let Some(node) = document.at(&["environment", key])
        && let Some(text) = node.scalar()
        && (tool == "dart" || key == "flutter")
    {
        runtime_files::say(
            service,
            tool,
            &text,
            at(format!("pubspec.yaml environment.{key}"), path, node.line),
        );
    }
    service.runtime.propose(Runtime::new(tool, None), origin().guess());
    Some(project)
}
