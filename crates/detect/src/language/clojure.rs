//! Clojure: `deps.edn` and Leiningen's `project.clj`.

use seaworthy_model::Runtime;

use super::code_manifest::CodeManifest;
use super::{Language, manifests, runtime_files};
use crate::project::{Project, Role, at, at_file};
use crate::repository::{Repository, parent};
use crate::rules::CommentStyle;
use crate::source::Facts;

pub(crate) struct Clojure;

impl Language for Clojure {
    fn family(&self) -> &'static str {
        "clojure"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        let mut projects: Vec<Project> =
            manifests(repo, "project.clj").filter_map(|path| leiningen(repo, path)).collect();
        for path in manifests(repo, "deps.edn") {
            if !projects.iter().any(|known| known.dir == parent(path)) {
                projects.extend(deps_edn(repo, path));
            }
        }
        projects
    }

    fn find_entry(&self, _repo: &Repository, project: &mut Project, facts: &Facts) {
        let Some(main) = facts.entry("main") else { return };
        project.role = Role::Application;
        // Without an alias the namespace with the main function can be named.
        if project.manifest.ends_with("deps.edn") && project.service.start.is_empty() {
            let file = crate::repository::relative(&project.dir, &main.place.file);
            let namespace = file.trim_start_matches("src/").trim_end_matches(".clj");
            let namespace = namespace.replace('/', ".").replace('_', "-");
            let origin = at("the main function", &main.place.file, main.place.line.unwrap_or(1)).likely();
            project.service.start.propose(format!("clojure -M -m {namespace}"), origin);
        }
    }
}

fn common(repo: &Repository, path: &str, manager: &str, project: &mut Project) {
    let origin = || at_file(format!("{} is there", crate::repository::file_name(path)), path);
    let service = &mut project.service;
    service.language.propose("clojure".to_owned(), origin());
    service.package_manager.propose(manager.to_owned(), origin());
    runtime_files::propose(repo, parent(path), "java", &["openjdk"], &[".java-version"], service);
    service.runtime.propose(Runtime::new("java", None), origin().guess());
}

fn deps_edn(repo: &Repository, path: &str) -> Option<Project> {
    let manifest = CodeManifest::read(repo, path, CommentStyle::Semicolon)?;
    let mut project = Project::new(parent(path), "clojure", path);
    for found in manifest.all(r"([\w.-]+/[\w.-]+)\s+\{\s*:(?:mvn|git|local|sha)") {
        project.depend(&found.first, found.line, false);
    }
    common(repo, path, "clojure", &mut project);
    let service = &mut project.service;
    service.install.propose("clojure -P".to_owned(), at_file("deps.edn is there", path));
    // An alias is called by what it holds: a function to execute, or options for `clojure.main`.
    for found in manifest.all(r":([\w-]+)\s+\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*?:(exec-fn|main-opts)\b") {
        let flag = if found.second == "exec-fn" { "-X" } else { "-M" };
        let command = format!("clojure {flag}:{}", found.first);
        let origin = at(format!("deps.edn alias {}", found.first), path, found.line);
        let field = match found.first.as_str() {
            "run" | "start" | "server" | "run-m" | "main" => &mut service.start,
            "dev" | "watch" | "run-dev" => &mut service.dev,
            "test" => &mut service.test,
            "lint" | "kondo" => &mut service.lint,
            _ => continue,
        };
        field.propose(command, origin);
    }
    if let Some(build) = repo.first_of(parent(path), ["build.clj"])
        && let Some((task, place)) = runtime_files::find_in(repo, &build, r"(?m)^\(defn\s+(uber|uberjar)\b")
        && manifest.has(":build")
    {
        let origin = at("build.clj", &build, place.line.unwrap_or(1));
        service.build.propose(format!("clojure -T:build {task}"), origin);
    }
    if !service.start.is_empty() {
        project.role = Role::Application;
    }
    Some(project)
}

fn leiningen(repo: &Repository, path: &str) -> Option<Project> {
    let manifest = CodeManifest::read(repo, path, CommentStyle::Semicolon)?;
    let mut project = Project::new(parent(path), "clojure", path);
    let defined = manifest.first(r#"\(defproject\s+([\w./-]+)\s+"([^"]+)""#);
    project.name = defined.as_ref().map(|found| found.first.clone());
    for found in manifest.all(r#"\[([\w.-]+(?:/[\w.-]+)?)\s+"[^"]+""#) {
        project.depend(&found.first, found.line, false);
    }
    common(repo, path, "leiningen", &mut project);
    let service = &mut project.service;
    let origin = || at_file("project.clj is there", path);
    service.install.propose("lein deps".to_owned(), origin());
    service.test.propose("lein test".to_owned(), origin().likely());
    if let Some(main) = manifest.first(r":main\s+(?:\^:skip-aot\s+)?([\w.-]+)") {
        project.role = Role::Application;
        let origin = || at("project.clj :main", path, main.line);
        service.dev.propose("lein run".to_owned(), origin().likely());
        let named = manifest.first(r#":uberjar-name\s+"([^"]+)""#).map(|found| found.first);
        let usual = defined.map(|found| {
            let name = found.first.rsplit('/').next().unwrap_or(&found.first).to_owned();
            format!("{name}-{}-standalone.jar", found.second)
        });
        // Leiningen's own template keeps what a profile makes in a folder of its own.
        let profiled = manifest.first(r#":target-path\s+"([^"]+)""#);
        let folder = if profiled.is_some_and(|found| found.first.contains("%s")) {
            "target/uberjar"
        } else {
            "target"
        };
        if let Some(jar) = named.or(usual) {
            service.build.propose("lein uberjar".to_owned(), origin());
            service.start.propose(format!("java -jar {folder}/{jar}"), origin().likely());
        }
    }
    if let Some(handler) = manifest.first(r":ring\s+\{\s*:handler\s+([\w./-]+)") {
        project.role = Role::Application;
        let origin = || at("project.clj :ring", path, handler.line);
        service.dev.propose("lein ring server-headless ${PORT:-3000}".to_owned(), origin());
        service.build.propose("lein ring uberjar".to_owned(), origin().likely());
        service.start.propose("lein ring server-headless ${PORT:-3000}".to_owned(), origin().guess());
    }
    Some(project)
}
