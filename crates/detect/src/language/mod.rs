//! Languages: each finds its projects and says what their manifests say. One file or folder a language,
//! registered in [`LANGUAGES`].

mod clojure;
mod code_manifest;
mod cpp;
mod crystal;
mod dart;
mod dotnet;
mod elixir;
mod gleam;
mod go;
mod haskell;
mod java;
mod javascript;
mod php;
mod python;
mod ruby;
mod rust;
pub(crate) use python::settings_reads;
pub(crate) mod runtime_files;
mod scala;
mod shell;
mod static_site;
mod swift;
mod zig;

use crate::framework::Chosen;
use crate::project::Project;
use crate::repository::{Repository, file_name, parent};
use crate::source::Facts;

/// A language family: languages that share manifests, package managers and source rules.
pub(crate) trait Language: Sync {
    /// The name of the family, as in `rules/`.
    fn family(&self) -> &'static str;

    /// The projects of a repository, in the order of their folders.
    fn projects(&self, repo: &Repository) -> Vec<Project>;

    /// Adds what the project's configuration files say to what its source says: variables, resources.
    fn read_config(&self, _repo: &Repository, _project: &Project, _facts: &mut Facts) {}

    /// Completes a project once its source was read: finds its entry point (and with it makes it an
    /// [`Application`](crate::project::Role::Application)). Called before a framework is chosen.
    fn find_entry(&self, _repo: &Repository, _project: &mut Project, _facts: &Facts) {}

    /// Completes a project once its framework is known: commands, port, site folder, companions.
    fn refine(&self, _repo: &Repository, _project: &mut Project, _facts: &Facts, _chosen: Option<&Chosen>) {}
}

/// Every language, in the order in which one folder's projects are considered.
pub(crate) const LANGUAGES: &[&dyn Language] = &[
    &python::Python,
    &ruby::Ruby,
    &php::Php,
    &java::Java,
    &dotnet::DotNet,
    &go::Go,
    &rust::Rust,
    &javascript::JavaScript,
    &elixir::Elixir,
    &gleam::Gleam,
    &scala::Scala,
    &clojure::Clojure,
    &crystal::Crystal,
    &dart::Dart,
    &haskell::Haskell,
    &swift::Swift,
    &zig::Zig,
    &cpp::Cpp,
    &shell::Shell,
    &static_site::StaticSite,
];

/// Files whose presence says that a language's own tool builds what is in their folder.
const MANIFESTS: [&str; 36] = [
    "Cargo.toml",
    "Gemfile",
    "Package.swift",
    "Pipfile",
    "build.gradle",
    "build.gradle.kts",
    "build.sbt",
    "build.zig",
    "composer.json",
    "conanfile.py",
    "config.ru",
    "deno.json",
    "deno.jsonc",
    "deps.edn",
    "gleam.toml",
    "go.mod",
    "manage.py",
    "meson.build",
    "mix.exs",
    "package.json",
    "package.yaml",
    "pom.xml",
    "project.clj",
    "pubspec.yaml",
    "pyproject.toml",
    "requirements.txt",
    "rebar.config",
    "setup.cfg",
    "setup.py",
    "shard.yml",
    "stack.yaml",
    "artisan",
    "global.json",
    "CMakeLists.txt",
    "environment.yml",
    "dune-project",
];

/// A file of that name is some language's manifest.
pub(crate) fn is_manifest(name: &str) -> bool {
    MANIFESTS.contains(&name)
        || [".csproj", ".fsproj", ".sln", ".cabal", ".gemspec", ".php"].iter().any(|end| name.ends_with(end))
}

/// The manifest of another language in `dir` itself, build files of C aside.
pub(crate) fn own_manifest(repo: &Repository, dir: &str) -> Option<String> {
    let is_build_file = |name: &str| matches!(name, "CMakeLists.txt" | "meson.build" | "conanfile.py");
    repo.files_in(dir)
        .find(|path| is_manifest(file_name(path)) && !is_build_file(file_name(path)))
        .map(str::to_owned)
}

/// The language of a family.
pub(crate) fn of_family(family: &str) -> Option<&'static dyn Language> {
    LANGUAGES.iter().find(|language| language.family() == family).copied()
}

/// Folders whose manifests are material for tests, documentation or output, not the app.
pub(crate) fn is_aside(path: &str) -> bool {
    parent(path).split('/').any(|dir| {
        matches!(
            dir,
            "fixtures"
                | "__fixtures__"
                | "testdata"
                | "test-fixtures"
                | "__tests__"
                | "e2e"
                | "dist"
                | "build"
                | "templates"
                | "template"
                | ".github"
                | "storybook-static"
                | "cypress"
                | ".devcontainer"
                | "test"
                | "tests"
                | ".output"
                | ".vercel"
                | "third_party"
                | "out"
        )
    })
}

/// Manifests of that name which belong to the app.
pub(crate) fn manifests<'a>(repo: &'a Repository, name: &'a str) -> impl Iterator<Item = &'a str> {
    repo.named(name).filter(|path| !is_aside(path))
}

/// Manifests with that ending which belong to the app.
pub(crate) fn manifests_ending<'a>(repo: &'a Repository, ending: &'a str) -> impl Iterator<Item = &'a str> {
    repo.paths()
        .iter()
        .map(|path| &**path)
        .filter(move |path| file_name(path).ends_with(ending) && !is_aside(path))
}
