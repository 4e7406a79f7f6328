//! Zig: `build.zig` and `build.zig.zon`.

use seaworthy_model::Runtime;

use super::code_manifest::CodeManifest;
use super::{Language, manifests, runtime_files};
use crate::project::{Project, Role, at, at_file};
use crate::repository::{Repository, parent};
use crate::rules::CommentStyle;

pub(crate) struct Zig;

impl Language for Zig {
    fn family(&self) -> &'static str {
        "zig"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        manifests(repo, "build.zig").filter_map(|path| read(repo, path)).collect()
    }
}

fn read(repo: &Repository, path: &str) -> Option<Project> {
    let build = CodeManifest::read(repo, path, CommentStyle::C)?;
    let dir = parent(path);
    let mut project = Project::new(dir, "zig", path);
    let zon = repo.first_of(dir, ["build.zig.zon"]);
    let mut lowest = None;
    if let Some((zon, manifest)) =
        zon.as_ref().and_then(|zon| Some((zon, CodeManifest::read(repo, zon, CommentStyle::C)?)))
    {
        // Dependencies are lines of this file: it is the manifest that evidence points at.
        project.manifest.clone_from(zon);
        project.name = manifest.first(r#"\.name\s*=\s*[".](\w+)"#).map(|found| found.first);
        for found in manifest.all(r#"\.@?"?(\w+)"?\s*=\s*\.\{\s*\.(?:url|path|hash|lazy)\b"#) {
            project.depend(&found.first, found.line, false);
        }
        lowest = manifest.first(r#"\.minimum_zig_version\s*=\s*"([^"]+)""#).map(|found| {
            let origin = at("build.zig.zon minimum_zig_version", zon, found.line);
            (found.first, origin)
        });
    }
    let origin = || at_file("build.zig is there", path);
    let service = &mut project.service;
    service.language.propose("zig".to_owned(), origin());
    service.package_manager.propose("zig".to_owned(), origin());
    if !project.dependencies.is_empty() {
        service.install.propose("zig build --fetch".to_owned(), origin().likely());
    }
    runtime_files::propose(repo, dir, "zig", &[], &[".zigversion"], service);
    if let Some((version, origin)) = lowest {
        runtime_files::say(service, "zig", &format!(">={version}"), origin);
    }
    service.runtime.propose(Runtime::new("zig", None), origin().guess());
    if build.has("addTest") {
        service.test.propose("zig build test".to_owned(), origin().likely());
    }
    match build.first(r#"addExecutable\(\s*\.\{(?:[^{}]|\{[^{}]*\})*?\.name\s*=\s*"([^"]+)""#) {
        Some(program) => {
            project.role = Role::Application;
            let origin = || at("build.zig addExecutable", path, program.line);
            service.build.propose("zig build -Doptimize=ReleaseSafe".to_owned(), origin());
            service.start.propose(format!("zig-out/bin/{}", program.first), origin());
            if let Some(run) = build.first(r#"\.step\(\s*"(run)""#) {
                let origin = at("build.zig step run", path, run.line);
                service.dev.propose("zig build run".to_owned(), origin);
            }
        }
        None => project.role = Role::Library,
    }
    Some(project)
}
