//! Whether the versions that run are the ones that were tried: lockfiles, and what holds versions where there is none.

use std::collections::BTreeMap;

use seaworthy_detect::Manifest;

use super::node_manifest::wanted;
use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::file::name;
use crate::finding::Draft;
use crate::lockfile::Ecosystem;

const MISSING: &str = "lockfile-missing";
const DUPLICATE: &str = "lockfile-duplicate";
const STALE: &str = "lockfile-stale";
const UNPINNED: &str = "dependency-unpinned";
const ANY: &str = "dependency-any-version";
const ADDRESS: &str = "dependency-from-address";
const MANAGER: &str = "package-manager-mismatch";

pub(super) static FACT: Fact =
    Fact { rules: &[MISSING, DUPLICATE, STALE, UNPINNED, ANY, ADDRESS, MANAGER], whole: false, check };

/// Lockfiles of npm and its kin, with who writes them.
const NODE_LOCKS: [(&str, &str); 6] = [
    ("package-lock.json", "npm"),
    ("npm-shrinkwrap.json", "npm"),
    ("yarn.lock", "yarn"),
    ("pnpm-lock.yaml", "pnpm"),
    ("bun.lock", "bun"),
    ("bun.lockb", "bun"),
];

const PYTHON_LOCKS: [&str; 6] =
    ["poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock", "conda-lock.yml", "pylock.toml"];

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    for manifest in context.manifests.iter().filter(|manifest| !is_aside(&manifest.path)) {
        match manifest.family {
            "javascript" => node(context, manifest, sink),
            "python" => python(context, manifest, sink),
            _ => other(context, manifest, sink),
        }
    }
    stale(context, sink);
}

/// Samples and fixtures are not what runs.
pub(in crate::facts) fn is_aside(path: &str) -> bool {
    let aside = [
        "examples",
        "example",
        "fixtures",
        "__fixtures__",
        "testdata",
        "test",
        "tests",
        "docs",
        "templates",
        "samples",
        "demo",
    ];
    path.split('/').rev().skip(1).any(|folder| aside.contains(&folder))
}

/// `dir` and all folders above it.
pub(super) fn upwards(dir: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(dir), |dir| {
        (*dir != ".").then(|| dir.rsplit_once('/').map_or(".", |(dir, _)| dir))
    })
}

pub(super) fn join(dir: &str, name: &str) -> String {
    if dir == "." { name.to_owned() } else { format!("{dir}/{name}") }
}

/// The nearest of these files at or above a folder.
fn nearest(context: &Context<'_>, dir: &str, names: &[&str]) -> Option<String> {
    upwards(dir)
        .flat_map(|dir| names.iter().map(move |name| join(dir, name)))
        .find(|path| context.repository.has(path))
}

fn node(context: &Context<'_>, manifest: &Manifest, sink: &Sink<'_>) {
    let wanted = wanted(context, manifest);
    if wanted.is_empty() {
        return;
    }
    let here: BTreeMap<&str, String> = NODE_LOCKS
        .iter()
        .map(|(name, manager)| (*manager, join(&manifest.dir, name)))
        .filter(|(_, path)| context.repository.has(path))
        .collect();
    let names: Vec<&str> = NODE_LOCKS.iter().map(|(name, _)| *name).collect();
    let lock = nearest(context, &manifest.dir, &names);
    let Some(document) = context.repository.document(&manifest.path) else { return };
    let is_library =
        ["peerDependencies", "publishConfig", "files"].iter().any(|key| document.get(key).is_some());
    if lock.is_none() && !is_library {
        let says = format!("none of the {} dependencies has a version that is written down", wanted.len());
        sink.report(Draft::file(MISSING, &manifest.path).says(says));
    }
    if here.len() > 1 {
        let managers: Vec<&str> = here.keys().copied().collect();
        let paths: Vec<&str> = here.values().map(|path| name(path)).collect();
        let says = format!(
            "{} beside each other: {} install different versions",
            paths.join(" and "),
            managers.join(" and ")
        );
        sink.report(
            Draft::file(DUPLICATE, here.values().next_back().map_or(manifest.path.as_str(), String::as_str))
                .says(says),
        );
    }
    if let Some(node) = document.get("packageManager")
        && let Some(named) = node.text().and_then(|text| text.split('@').next())
        && here.len() == 1
        && let Some((manager, path)) = here.iter().next()
        && *manager != named
    {
        let says = format!("`packageManager` says {named}, but {} is of {manager}", name(path));
        sink.report(Draft::line(MANAGER, &manifest.path, node.line).says(says));
    }
    for package in &wanted {
        let range = package.range.trim();
        let is_address =
            ["git+", "git://", "git@", "http://", "https://", "github:", "gitlab:", "bitbucket:"]
                .iter()
                .any(|prefix| range.starts_with(prefix))
                || is_short_github(range);
        if is_address {
            let is_commit = range.rsplit_once('#').is_some_and(|(_, rev)| is_commit(rev));
            if !is_commit {
                let says = format!("`{}` comes from {range}, whatever is there on the day", package.name);
                sink.report(Draft::line(ADDRESS, &manifest.path, package.line).says(says));
            }
        } else if matches!(range, "*" | "" | "latest" | "x" | "next" | "canary" | "beta")
            || range.starts_with(">=") && !range.contains('<')
        {
            let says = format!("`{}` may be any version (`{range}`)", package.name);
            sink.report(Draft::line(ANY, &manifest.path, package.line).says(says));
        }
    }
}

/// `owner/repository`, which npm takes for GitHub.
fn is_short_github(range: &str) -> bool {
    let range = range.split('#').next().unwrap_or(range);
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    range
        .split_once('/')
        .is_some_and(|(owner, name)| is_word(owner) && is_word(name) && !owner.starts_with('.'))
}

fn is_commit(rev: &str) -> bool {
    rev.len() >= 40 && rev.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn python(context: &Context<'_>, manifest: &Manifest, sink: &Sink<'_>) {
    let has_lock = nearest(context, &manifest.dir, &PYTHON_LOCKS).is_some();
    let mut by_file: BTreeMap<&str, Vec<(&str, u32)>> = BTreeMap::new();
    for (name, declared) in manifest.dependencies.iter().filter(|(_, declared)| !declared.dev) {
        if let Some(place) = &declared.place
            && let Some(line) = place.line
        {
            by_file.entry(&place.file).or_default().push((name, line));
        }
    }
    for (path, mut wanted) in by_file {
        wanted.sort_by_key(|(_, line)| *line);
        let Some(text) = context.repository.text(path) else { continue };
        let lines: Vec<&str> = text.lines().collect();
        let line_of = |line: u32| {
            usize::try_from(line)
                .ok()
                .and_then(|line| lines.get(line.checked_sub(1)?))
                .copied()
                .unwrap_or_default()
        };
        let is_requirements = path.ends_with(".txt");
        for (name, line) in &wanted {
            let text = line_of(*line);
            let address = text.find("git+").map(|at| &text[at..]);
            if let Some(address) = address
                && !address
                    .rsplit_once('@')
                    .is_some_and(|(_, rev)| is_commit(rev.split(['#', '"', '\'', ' ']).next().unwrap_or(rev)))
            {
                let says = format!("`{name}` comes from a git address, whatever is there on the day");
                sink.report(Draft::line(ADDRESS, path, *line).says(says));
            }
        }
        if has_lock
            || !(is_requirements
                || path.ends_with("pyproject.toml")
                || path.ends_with("setup.py")
                || name(path) == "Pipfile")
        {
            continue;
        }
        // Compiled from a `.in` file: every line is pinned there.
        let loose: Vec<&(&str, u32)> = wanted
            .iter()
            .filter(|(_, line)| {
                let text = line_of(*line);
                !text.contains("==")
                    && !text.contains(" @ ")
                    && !text.contains("git+")
                    && !text.contains("://")
            })
            .collect();
        if let Some((_, line)) = loose.first() {
            let names: Vec<&str> = loose.iter().take(4).map(|(name, _)| *name).collect();
            let more = if loose.len() > 4 { ", ..." } else { "" };
            let says = format!(
                "{} of {} dependencies have no exact version, and no lockfile holds one: {}{more}",
                loose.len(),
                wanted.len(),
                names.join(", ")
            );
            let rule = if path.ends_with("Pipfile") { MISSING } else { UNPINNED };
            sink.report(Draft::line(rule, path, *line).says(says));
        }
    }
}

/// Languages whose package manager always writes a lockfile.
fn other(context: &Context<'_>, manifest: &Manifest, sink: &Sink<'_>) {
    let lock: &[&str] = match name(&manifest.path) {
        "Gemfile" => &["Gemfile.lock"],
        "composer.json" => &["composer.lock"],
        "Cargo.toml" if context.repository.has(&join(&manifest.dir, "src/main.rs")) => &["Cargo.lock"],
        "go.mod" => &["go.sum", "go.work.sum"],
        "mix.exs" => &["mix.lock"],
        _ => return,
    };
    if !manifest.dependencies.is_empty() && nearest(context, &manifest.dir, lock).is_none() {
        let says = format!("{} dependencies and no {}", manifest.dependencies.len(), lock[0]);
        sink.report(Draft::file(MISSING, &manifest.path).says(says));
    }
}

/// A manifest wants what its lockfile has never heard of: `npm ci` and its kin stop there.
fn stale(context: &Context<'_>, sink: &Sink<'_>) {
    for lock in context
        .lockfiles()
        .iter()
        .filter(|lock| lock.ecosystem == Ecosystem::Npm && !lock.packages.is_empty())
    {
        let Some(manifest) = context
            .manifests
            .iter()
            .find(|manifest| manifest.family == "javascript" && manifest.dir == lock.dir())
        else {
            continue;
        };
        for package in wanted(context, manifest) {
            let is_local = ["workspace:", "file:", "link:", "portal:", "npm:", "patch:", "catalog:"]
                .iter()
                .any(|prefix| package.range.starts_with(prefix));
            let is_known = is_local
                || lock.has(&package.name)
                || lock.direct.contains(&package.name)
                    && context
                        .repository
                        .text(&lock.path)
                        .is_some_and(|text| text.contains(&format!("{}@", package.name)));
            let is_member = || {
                context.manifests.iter().any(|other| {
                    other.dir != manifest.dir
                        && other.family == "javascript"
                        && super::names::own_name(context, other).as_deref() == Some(package.name.as_str())
                })
            };
            if !is_known && !is_member() {
                let says = format!(
                    "`{}` is not in {}: a clean installation stops here",
                    package.name,
                    name(&lock.path)
                );
                sink.report(Draft::line(STALE, &manifest.path, package.line).says(says));
            }
        }
    }
    for lock in context.lockfiles().iter().filter(|lock| {
        matches!(name(&lock.path), "poetry.lock" | "uv.lock" | "Gemfile.lock" | "composer.lock")
    }) {
        let family = match lock.ecosystem {
            Ecosystem::PyPi => "python",
            Ecosystem::RubyGems => "ruby",
            _ => "php",
        };
        let Some(manifest) =
            context.manifests.iter().find(|manifest| manifest.family == family && manifest.dir == lock.dir())
        else {
            continue;
        };
        for (wanted, declared) in &manifest.dependencies {
            let is_platform = wanted == "python"
                || wanted == "php"
                || wanted.starts_with("ext-")
                || wanted.starts_with("lib-");
            let Some(place) = &declared.place else { continue };
            // Groups, local paths and platforms are not in every lockfile.
            let is_in_manifest = matches!(name(&place.file), "pyproject.toml" | "Gemfile" | "composer.json");
            let text = context.repository.text(&lock.path);
            let is_spoken_of = || {
                text.as_deref()
                    .is_some_and(|text| text.to_ascii_lowercase().contains(&wanted.to_ascii_lowercase()))
            };
            if is_in_manifest
                && !is_platform
                && !declared.dev
                && !lock.packages.is_empty()
                && !lock.has(wanted)
                && !is_spoken_of()
            {
                let says = format!(
                    "`{wanted}` is not in {}: an installation from it lacks the package",
                    name(&lock.path)
                );
                sink.report(Draft::line(STALE, &place.file, place.line.unwrap_or(1)).says(says));
            }
        }
    }
}
