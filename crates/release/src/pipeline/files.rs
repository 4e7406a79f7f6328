//! The declared inputs of steps: which files, and what they hold.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::stat::{StatCache, digest_of};
use super::step::Inputs;

/// Folders that tools fill for themselves. What is in them never decides a result that is worth keeping: installs are
/// known by their manifests and by what they left, caches by what they were made from.
const NOISE: [&str; 19] = [
    ".cache",
    ".gradle",
    ".mypy_cache",
    ".nyc_output",
    ".parcel-cache",
    ".pnpm-store",
    ".pytest_cache",
    ".ruff_cache",
    ".seaworthy",
    ".svelte-kit",
    ".tox",
    ".turbo",
    ".venv",
    ".vite",
    "__pycache__",
    "bower_components",
    "node_modules",
    "target",
    "venv",
];

/// What a project tells Seaworthy itself, in the folder that is noise otherwise.
const OWN: [&str; 4] =
    [".seaworthy/advisories", ".seaworthy/baseline.json", ".seaworthy/rules", ".seaworthy/templates"];

/// Manifests, lockfiles and settings of package managers and runtimes.
const MANIFESTS: [&str; 44] = [
    ".bundle",
    ".nvmrc",
    ".npmrc",
    ".node-version",
    ".pnpmfile.cjs",
    ".python-version",
    ".ruby-version",
    ".tool-versions",
    ".yarnrc",
    ".yarnrc.yml",
    "Cargo.lock",
    "Cargo.toml",
    "Gemfile",
    "Gemfile.lock",
    "Pipfile",
    "Pipfile.lock",
    "build.gradle",
    "build.gradle.kts",
    "bun.lock",
    "bun.lockb",
    "bunfig.toml",
    "composer.json",
    "composer.lock",
    "deno.json",
    "deno.lock",
    "go.mod",
    "go.sum",
    "go.work",
    "gradle.lockfile",
    "mise.toml",
    "mix.exs",
    "mix.lock",
    "npm-shrinkwrap.json",
    "package-lock.json",
    "package.json",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "poetry.lock",
    "pom.xml",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "uv.lock",
    "yarn.lock",
];

/// What the declared files of a step hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tree {
    /// Content hashes by path.
    pub(super) files: BTreeMap<String, String>,
}

impl Tree {
    /// Its own hash.
    pub(super) fn digest(&self) -> String {
        digest_of(self.files.iter().flat_map(|(path, digest)| [path.as_str(), digest.as_str()]))
    }
}

/// The files of a repository, and what is known of them.
pub(super) struct Files {
    /// The root, without links.
    pub(super) root: PathBuf,
    /// What files hold.
    pub(super) stat: StatCache,
    listing: Vec<Box<str>>,
    outputs: BTreeSet<String>,
    made: BTreeMap<String, String>,
    trees: HashMap<Inputs, (Arc<Tree>, String)>,
}

impl Files {
    /// Files as git would list them, without the outputs of steps and what steps made elsewhere (and nobody changed since).
    pub(super) fn new(
        root: PathBuf,
        listing: &[Box<str>],
        outputs: BTreeSet<String>,
        made: BTreeMap<String, String>,
        stat: StatCache,
    ) -> Self {
        let mut files = Self { root, stat, listing: Vec::new(), outputs, made, trees: HashMap::new() };
        let listing = listing.iter().filter(|path| !files.is_output(path)).cloned().collect();
        files.listing = listing;
        files
    }

    /// It is, or is in, what a step makes.
    pub(super) fn is_output(&self, path: &str) -> bool {
        upwards(path).any(|above| self.outputs.contains(above))
    }

    /// A step made it, and it is as it was made.
    pub(super) fn is_made(&mut self, path: &str) -> bool {
        let Some(digest) = self.made.get(path) else { return false };
        self.stat.digest(path).is_none_or(|now| now == *digest)
    }

    /// Remembers what a step made outside its outputs, and says what of `paths` that is. What was there before it ran is
    /// somebody else's.
    pub(super) fn add_made(&mut self, paths: impl IntoIterator<Item = String>) -> Vec<String> {
        let mut added = Vec::new();
        for path in paths {
            if self.listing.iter().any(|known| **known == *path) || self.is_output(&path) {
                continue;
            }
            if let Some(digest) = self.stat.digest(&path) {
                self.made.insert(path.clone(), digest);
                added.push(path);
            }
        }
        added
    }

    /// The files below a folder that git would list, relative to it, with their sizes.
    pub(super) fn sizes(&self, folder: &str) -> BTreeMap<String, u64> {
        let below = |path: &str| match folder {
            "." => Some(path.to_owned()),
            _ => path.strip_prefix(folder)?.strip_prefix('/').map(str::to_owned),
        };
        let size = |path: &str| self.root.join(path).metadata().map_or(0, |metadata| metadata.len());
        self.listing.iter().filter_map(|path| Some((below(path)?, size(path)))).collect()
    }

    /// What steps made.
    pub(super) fn made(&self) -> &BTreeMap<String, String> {
        &self.made
    }

    /// Something ran: whatever was read has to be looked at again.
    pub(super) fn forget(&mut self) {
        self.trees.clear();
    }

    /// What these inputs hold now, and its hash.
    pub(super) fn tree(&mut self, inputs: &Inputs) -> (Arc<Tree>, String) {
        if let Some(known) = self.trees.get(inputs) {
            return known.clone();
        }
        let mut chosen: Vec<String> =
            self.listing.iter().filter(|path| is_input(path, inputs)).map(ToString::to_string).collect();
        if *inputs == Inputs::Everything {
            for path in OWN {
                self.add_all(path, &mut chosen);
            }
        }
        let mut tree = Tree::default();
        for path in chosen {
            if !self.is_made(&path)
                && let Some(digest) = self.stat.digest(&path)
            {
                tree.files.insert(path, digest);
            }
        }
        let digest = tree.digest();
        let known = (Arc::new(tree), digest);
        self.trees.insert(inputs.clone(), known.clone());
        known
    }

    /// Adds a file, or all files below a folder, that no listing holds.
    fn add_all(&self, path: &str, chosen: &mut Vec<String>) {
        let place = self.root.join(path);
        if place.is_file() {
            chosen.push(path.to_owned());
        }
        for entry in place.read_dir().into_iter().flatten().flatten() {
            if let Some(name) = entry.file_name().to_str() {
                self.add_all(&format!("{path}/{name}"), chosen);
            }
        }
    }

    /// A path relative to the root, with `/`; `.` for the root itself.
    pub(super) fn relative(&self, path: &Path) -> Option<String> {
        let relative = path.strip_prefix(&self.root).ok()?.to_str()?;
        Some(if relative.is_empty() { ".".to_owned() } else { relative.to_owned() })
    }
}

fn is_input(path: &str, inputs: &Inputs) -> bool {
    // Asked of every file for every step: what is quick to tell comes first.
    let parts = || path.rsplit_once('/').unwrap_or((".", path));
    let is_manifest = || {
        let (folder, name) = parts();
        MANIFESTS.contains(&name)
            || name.starts_with("requirements")
            || name.starts_with("constraints")
            || folder.rsplit('/').next() == Some("requirements")
    };
    match inputs {
        Inputs::Folder { folder: own, workspace } => {
            is_within(own, path) || (workspace != own && parts().0 == workspace && is_manifest())
        }
        Inputs::Manifests(workspace) => is_within(workspace, path) && is_manifest(),
        Inputs::Paths(paths) => paths.iter().any(|own| is_within(own, path)),
        Inputs::Everything => true,
    }
}

/// `path` is `folder` or below it.
pub(super) fn is_within(folder: &str, path: &str) -> bool {
    folder == "." || path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// It is in a folder that tools fill for themselves.
pub(super) fn is_noise(path: &str) -> bool {
    path.split('/').any(|part| NOISE.contains(&part)) || is_noise_of_git(path)
}

/// Of what git keeps, a result can depend on where `HEAD` is; the index and the objects change whenever git is asked
/// anything.
fn is_noise_of_git(path: &str) -> bool {
    let Some(inside) = path.strip_prefix(".git/") else { return false };
    !(matches!(inside, "HEAD" | "config" | "packed-refs") || inside.starts_with("refs/"))
}

/// A path and all folders above it, without the root.
fn upwards(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(above, _)| above))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_told_from_noise() {
        let folder = Inputs::Folder { folder: "api".to_owned(), workspace: ".".to_owned() };
        assert!(is_input("api/src/a.js", &folder) && is_input("package-lock.json", &folder));
        assert!(
            !is_input("web/a.js", &folder) && !is_input("README.md", &folder) && !is_input("apis/a", &folder)
        );
        let install = Inputs::Manifests("worker".to_owned());
        assert!(
            is_input("worker/requirements/dev.txt", &install)
                && is_input("worker/requirements.txt", &install)
        );
        assert!(!is_input("worker/worker.py", &install));
        assert!(is_noise("api/node_modules/x/y.js") && is_noise(".git/index") && is_noise(".git/objects/aa"));
        assert!(!is_noise(".git/HEAD") && !is_noise(".git/refs/heads/main") && !is_noise("api/.env"));
    }
}
