//! Compose files (Compose Specification): services that are built are services of the app, images that others
//! made are its resources.

mod apply;
mod read;
mod values;

use std::collections::BTreeSet;

use seaworthy_model::{Place, Warning};

use crate::draft::Draft;
use crate::repository::{Repository, parent};

pub(super) use values::{action, quoted, unwrapped};

use read::{ComposeService, Source};

const BASES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
const OVERRIDES: [&str; 4] = [
    "compose.override.yaml",
    "compose.override.yml",
    "docker-compose.override.yaml",
    "docker-compose.override.yml",
];
const VARIANTS: [&str; 8] = [
    "docker-compose.dev.yml",
    "docker-compose.dev.yaml",
    "compose.dev.yaml",
    "compose.dev.yml",
    "docker-compose.local.yml",
    "docker-compose.development.yml",
    "docker-compose.prod.yml",
    "docker-compose.production.yml",
];

pub(super) fn add_started(repo: &Repository, dirs: &mut BTreeSet<String>) {
    for path in files(repo) {
        for service in read::read(repo, &path).0 {
            if let Source::Own { dir, .. } = service.source {
                dirs.insert(dir);
            }
        }
    }
}

pub(super) fn import(repo: &Repository, draft: &mut Draft) {
    for path in files(repo) {
        let (services, unheld) = read::read(repo, &path);
        apply::apply(repo, draft, &path, &services);
        if !unheld.is_empty() {
            let mut keys: Vec<&str> = unheld.iter().map(|(key, _)| key.as_str()).collect();
            keys.sort_unstable();
            keys.dedup();
            draft.warnings.push(Warning::new(
                "not-imported",
                format!("{path} says more than the model holds: {}", keys.join(", ")),
                unheld.iter().map(|(_, line)| Place::line(&path, *line)),
            ));
        }
    }
}

/// The Compose files that count, folder by folder: the base with its override, a variant only where there is
/// no base.
fn files(repo: &Repository) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let base = |dir: &str| BASES.iter().find_map(|name| repo.first_of(dir, [*name]));
    for name in BASES.iter().chain(&OVERRIDES).chain(&VARIANTS) {
        for path in repo.named(name) {
            let dir = parent(path);
            if crate::language::is_aside(path) {
                continue;
            }
            let counts = if BASES.contains(name) {
                base(dir).is_some_and(|base| base == path)
            } else if OVERRIDES.contains(name) {
                base(dir).is_some()
            } else {
                base(dir).is_none() && !found.iter().any(|known| parent(known) == dir)
            };
            if counts {
                found.push(path.to_owned());
            }
        }
    }
    found
}
