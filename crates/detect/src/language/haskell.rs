//! Haskell: Stack and Cabal, with `package.yaml` or `*.cabal`.

use seaworthy_model::Runtime;

use super::code_manifest::CodeManifest;
use super::{Language, manifests, manifests_ending, runtime_files};
use crate::document::Node;
use crate::framework::Chosen;
use crate::project::{Project, Role, at, at_file};
use crate::repository::{Repository, parent};
use crate::rules::CommentStyle;
use crate::source::Facts;

pub(crate) struct Haskell;

impl Language for Haskell {
    fn family(&self) -> &'static str {
        "haskell"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        let mut projects: Vec<Project> = Vec::new();
        // With both of them the `.cabal` file is made from `package.yaml`.
        for path in manifests(repo, "package.yaml") {
            projects.extend(hpack(repo, path));
        }
        for path in manifests_ending(repo, ".cabal") {
            if !projects.iter().any(|known| known.dir == parent(path)) {
                projects.extend(cabal(repo, path));
            }
        }
        projects
    }

    fn refine(&self, _repo: &Repository, project: &mut Project, _facts: &Facts, chosen: Option<&Chosen>) {
        let is_stack = project.service.package_manager.get().is_some_and(|known| known == "stack");
        if is_stack && chosen.is_some_and(|chosen| chosen.rule.name == "yesod") {
            let origin = at_file("Yesod reloads what changes", &project.manifest).likely();
            project.service.dev.propose("stack exec -- yesod devel".to_owned(), origin);
        }
    }
}

/// The compiler of each long-term snapshot of packages (source: stackage.org).
const SNAPSHOTS: [(&str, &str); 6] =
    [("19", "9.0"), ("20", "9.2"), ("21", "9.4"), ("22", "9.6"), ("23", "9.8"), ("24", "9.10")];

/// What both sorts of manifest share: the tool that builds, and the compiler.
fn common(repo: &Repository, path: &str, project: &mut Project, program: Option<(String, u32)>) {
    let dir = parent(path);
    let stack = repo.first_of(dir, ["stack.yaml"]);
    let tool = if stack.is_some() { "stack" } else { "cabal" };
    let origin = || at_file(format!("{tool} builds it"), stack.as_deref().unwrap_or(path));
    let service = &mut project.service;
    service.language.propose("haskell".to_owned(), origin());
    service.package_manager.propose(tool.to_owned(), origin());
    let install = match tool {
        "stack" => "stack build --only-dependencies",
        _ => "cabal update && cabal build --only-dependencies all",
    };
    service.install.propose(install.to_owned(), origin());
    service.build.propose(if tool == "stack" { "stack build" } else { "cabal build" }.to_owned(), origin());
    service.test.propose(format!("{tool} test"), origin().likely());
    runtime_files::propose(repo, dir, "ghc", &["haskell"], &[], service);
    if let Some(path) = &stack
        && let Some(document) = repo.document(path)
        && let Some(node) = document.get("resolver").or_else(|| document.get("snapshot"))
        && let Some(lts) = node.text().and_then(|text| text.strip_prefix("lts-"))
        && let Some((_, ghc)) = SNAPSHOTS.iter().find(|(known, _)| lts.split('.').next() == Some(*known))
    {
        runtime_files::say(service, "ghc", ghc, at("stack.yaml resolver", path, node.line));
    }
    if let Some(path) = repo.first_of(dir, ["cabal.project"])
        && let Some((version, place)) =
            runtime_files::find_in(repo, &path, r"(?m)^with-compiler:\s*ghc-([\d.]+)")
    {
        runtime_files::say(
            service,
            "ghc",
            &version,
            at("cabal.project with-compiler", &path, place.line.unwrap_or(1)),
        );
    }
    service.runtime.propose(Runtime::new("ghc", None), origin().guess());
    match program {
        Some((name, line)) => {
            project.role = Role::Application;
            let origin = || at("the package's executable", path, line);
            let start =
                if tool == "stack" { format!("stack exec {name}") } else { format!("cabal run {name}") };
            service.start.propose(start, origin());
            service.dev.propose(format!("{tool} run {name}"), origin().likely());
        }
        None => project.role = Role::Library,
    }
}

fn hpack(repo: &Repository, path: &str) -> Option<Project> {
    // Other tools call their manifests so too.
    repo.under(parent(path)).iter().find(|path| path.ends_with(".hs"))?;
    let document = repo.document(path)?;
    let mut project = Project::new(parent(path), "haskell", path);
    project.name = document.get("name").and_then(Node::text).map(str::to_owned);
    let executables = document.get("executables").map(Node::entries).unwrap_or_default();
    let programs = executables.iter().map(|entry| &entry.node).chain(document.get("library"));
    for node in std::iter::once(&*document).chain(programs) {
        for item in node.get("dependencies").map(Node::items).unwrap_or_default() {
            let text = item.text().or_else(|| item.get("name")?.text()).unwrap_or_default();
            if let Some(name) = text.split([' ', '<', '>', '=', '^']).next() {
                project.depend(name, item.line, false);
            }
        }
    }
    let program = executables.first().map(|entry| (entry.key.to_string(), entry.line));
    common(repo, path, &mut project, program);
    Some(project)
}

fn cabal(repo: &Repository, path: &str) -> Option<Project> {
    let manifest = CodeManifest::read(repo, path, CommentStyle::Dash)?;
    let mut project = Project::new(parent(path), "haskell", path);
    project.name = manifest.first(r"(?mi)^name:\s*([\w-]+)").map(|found| found.first);
    // A field goes on as long as its lines are indented further, or begin with a comma.
    let lines: Vec<String> = repo.text(path)?.lines().map(str::to_owned).collect();
    let mut depth = None;
    for (number, line) in (1_u32..).zip(&lines) {
        let indentation = line.len() - line.trim_start().len();
        let lower = line.trim_start().to_ascii_lowercase();
        let listed = if lower.starts_with("build-depends:") {
            depth = Some(indentation);
            line.split_once(':').map_or("", |(_, rest)| rest)
        } else if depth.is_some_and(|depth| indentation > depth || line.trim_start().starts_with(',')) {
            line.trim()
        } else {
            depth = None;
            continue;
        };
        for item in listed.split(',') {
            let name = item.trim().split([' ', '<', '>', '=', '^', '{', ':']).next().unwrap_or_default();
            if !name.is_empty() && !name.starts_with("--") {
                project.depend(name, number, false);
            }
        }
    }
    let program = manifest.first(r"(?mi)^executable\s+([\w.-]+)").map(|found| (found.first, found.line));
    common(repo, path, &mut project, program);
    Some(project)
}
