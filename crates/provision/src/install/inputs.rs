//! The files that an install depends on, and the folders that it fills.

use std::fs;
use std::path::{Path, PathBuf};

/// What sort of file decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// People write it.
    Manifest,
    /// The install may write it.
    Lockfile,
}

const MANIFESTS: [&str; 21] = [
    "package.json",
    ".npmrc",
    ".yarnrc.yml",
    "pnpm-workspace.yaml",
    "deno.json",
    "deno.jsonc",
    "bunfig.toml",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "Pipfile",
    "environment.yml",
    "go.mod",
    "Cargo.toml",
    "Gemfile",
    "composer.json",
    "mix.exs",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "pubspec.yaml",
];

const LOCKFILES: [&str; 18] = [
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "bun.lock",
    "bun.lockb",
    "deno.lock",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "Pipfile.lock",
    "go.sum",
    "Cargo.lock",
    "Gemfile.lock",
    "composer.lock",
    "mix.lock",
    "packages.lock.json",
    "pubspec.lock",
];

/// Folders that installs fill.
const FILLED: [&str; 8] =
    ["node_modules", ".venv", "venv", "env", "vendor", "deps", ".pnp.cjs", "vendor/bundle"];

/// Folders that hold nothing that people wrote.
const SKIPPED: [&str; 10] =
    ["node_modules", "vendor", "target", "dist", "build", "venv", "env", "deps", "_build", "__pycache__"];

/// How deep a workspace is searched for the manifests of its members.
const DEPTH: usize = 6;
/// Most files that count; a workspace with more members re-installs on what is found first.
const FILES: usize = 2000;

/// The files below `dir` that decide about its install, sorted.
pub(super) fn files(dir: &Path) -> Vec<(PathBuf, Kind)> {
    let mut found = Vec::new();
    visit(dir, 0, &mut found);
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found
}

fn visit(dir: &Path, depth: usize, found: &mut Vec<(PathBuf, Kind)>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if found.len() >= FILES {
            return;
        }
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            if depth < DEPTH && !name.starts_with('.') && !SKIPPED.contains(&name) {
                visit(&entry.path(), depth + 1, found);
            }
        } else if let Some(kind) = kind_of(dir, name) {
            found.push((entry.path(), kind));
        }
    }
}

fn kind_of(dir: &Path, name: &str) -> Option<Kind> {
    let is_requirements = (name.starts_with("requirements") || dir.ends_with("requirements"))
        && (name.ends_with(".txt") || name.ends_with(".in"));
    if LOCKFILES.contains(&name) {
        Some(Kind::Lockfile)
    } else if MANIFESTS.contains(&name)
        || is_requirements
        || name.ends_with(".csproj")
        || name.ends_with(".fsproj")
    {
        Some(Kind::Manifest)
    } else {
        None
    }
}

/// The folders of `dir` that an install filled, as names.
pub(super) fn filled(dir: &Path) -> Vec<String> {
    FILLED.iter().filter(|name| dir.join(name).exists()).map(|name| (*name).to_owned()).collect()
}
