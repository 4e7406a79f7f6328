//! Swift: packages with an executable target.

use seaworthy_model::{Place, Runtime};

use super::code_manifest::CodeManifest;
use super::{Language, manifests, runtime_files};
use crate::framework::Chosen;
use crate::project::{Project, Role, Script, at, at_file};
use crate::repository::{Repository, parent};
use crate::rules::CommentStyle;
use crate::source::Facts;

pub(crate) struct Swift;

impl Language for Swift {
    fn family(&self) -> &'static str {
        "swift"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        manifests(repo, "Package.swift").filter_map(|path| read(repo, path)).collect()
    }

    fn refine(&self, _repo: &Repository, project: &mut Project, _facts: &Facts, chosen: Option<&Chosen>) {
        let Some(target) = project.scripts.get("run").map(|script| script.text.clone()) else { return };
        let origin = || at_file("the package's executable", &project.manifest);
        if chosen.is_some_and(|chosen| chosen.rule.name == "vapor") {
            let port = "--port ${PORT:-8080}";
            let start = format!(".build/release/{target} serve --env production --hostname 0.0.0.0 {port}");
            project.service.start.propose(start, origin().likely());
            project.service.dev.propose(format!("swift run {target} serve {port}"), origin().likely());
            if project.has("fluent") {
                let call = format!("swift run {target} migrate --yes");
                let place = project.dependency("fluent").and_then(|known| known.place.clone());
                let place = place.unwrap_or_else(|| project.place());
                project.scripts.insert("migrate".to_owned(), Script { text: call.clone(), call, place });
            }
        } else {
            project.service.start.propose(format!(".build/release/{target}"), origin().likely());
            project.service.dev.propose(format!("swift run {target}"), origin().likely());
        }
    }
}

fn read(repo: &Repository, path: &str) -> Option<Project> {
    let manifest = CodeManifest::read(repo, path, CommentStyle::C)?;
    let mut project = Project::new(parent(path), "swift", path);
    project.name = manifest.first(r#"Package\(\s*name:\s*"([^"]+)""#).map(|found| found.first);
    for found in manifest.all(r#"\.package\(\s*(?:name:\s*"[^"]*",\s*)?url:\s*"([^"]+)""#) {
        let name = found.first.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        project.depend(name.trim_end_matches(".git"), found.line, false);
    }
    let origin = || at_file("Package.swift is there", path);
    let service = &mut project.service;
    service.language.propose("swift".to_owned(), origin());
    service.package_manager.propose("swiftpm".to_owned(), origin());
    service.install.propose("swift package resolve".to_owned(), origin());
    if manifest.has(".testTarget(") {
        service.test.propose("swift test".to_owned(), origin());
    }
    runtime_files::propose(repo, parent(path), "swift", &[], &[".swift-version"], service);
    // The tools version is a comment, and the lowest version that can read the manifest.
    let tools = runtime_files::find_in(repo, path, r"(?m)^//\s*swift-tools-version:\s*([\d.]+)");
    if let Some((version, place)) = tools {
        let origin = at("Package.swift swift-tools-version", path, place.line.unwrap_or(1));
        runtime_files::say(service, "swift", &format!(">={version}"), origin);
    }
    service.runtime.propose(Runtime::new("swift", None), origin().guess());
    match manifest.first(r#"\.executableTarget\(\s*name:\s*"([^"]+)""#) {
        Some(target) => {
            project.role = Role::Application;
            let origin = at("Package.swift executableTarget", path, target.line);
            service.build.propose(format!("swift build -c release --product {}", target.first), origin);
            let script = Script {
                call: format!("swift run {}", target.first),
                text: target.first,
                place: Place::line(path, target.line),
            };
            project.scripts.insert("run".to_owned(), script);
        }
        None => project.role = Role::Library,
    }
    Some(project)
}
