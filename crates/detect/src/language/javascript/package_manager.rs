//! Which package manager a project uses, and how it is called.

use seaworthy_model::{Origin, Place, Service};

use super::workspace::Workspace;
use crate::document::Node;
use crate::project::{at, at_file};
use crate::repository::{Repository, file_name, upwards};

/// A package manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manager {
    Npm,
    Pnpm,
    Yarn,
    Berry,
    Bun,
    Deno,
}

const LOCKFILES: [(&str, Manager); 7] = [
    ("pnpm-lock.yaml", Manager::Pnpm),
    ("yarn.lock", Manager::Yarn),
    ("bun.lock", Manager::Bun),
    ("package-lock.json", Manager::Npm),
    ("npm-shrinkwrap.json", Manager::Npm),
    // The old binary lockfile beside another one is what generators leave behind.
    ("bun.lockb", Manager::Bun),
    ("deno.lock", Manager::Deno),
];

impl Manager {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Pnpm => "pnpm",
            Self::Yarn | Self::Berry => "yarn",
            Self::Bun => "bun",
            Self::Deno => "deno",
        }
    }

    /// Runs a script of `package.json`.
    pub(crate) fn run(self, script: &str) -> String {
        match (self, script) {
            (Self::Npm, "start" | "test") => format!("npm {script}"),
            (Self::Npm, _) => format!("npm run {script}"),
            (Self::Pnpm | Self::Yarn | Self::Berry, "start" | "test") => format!("{} {script}", self.name()),
            (Self::Deno, _) => format!("deno task {script}"),
            _ => format!("{} run {script}", self.name()),
        }
    }

    /// Runs a program of the dependencies.
    pub(crate) fn exec(self) -> &'static str {
        match self {
            Self::Npm => "npx",
            Self::Pnpm => "pnpm exec",
            Self::Yarn | Self::Berry => "yarn",
            Self::Bun => "bunx",
            Self::Deno => "deno run -A npm:",
        }
    }

    /// Installs dependencies, exactly as locked where there is a lockfile.
    fn install(self, locked: bool) -> &'static str {
        match (self, locked) {
            (Self::Npm, true) => "npm ci",
            (Self::Npm, false) => "npm install",
            (Self::Pnpm, true) => "pnpm install --frozen-lockfile",
            (Self::Pnpm, false) => "pnpm install",
            (Self::Yarn, true) => "yarn install --frozen-lockfile",
            (Self::Berry, true) => "yarn install --immutable",
            (Self::Yarn | Self::Berry, false) => "yarn install",
            (Self::Bun, true) => "bun install --frozen-lockfile",
            (Self::Bun, false) => "bun install",
            (Self::Deno, true) => "deno install --frozen",
            (Self::Deno, false) => "deno install",
        }
    }
}

/// Finds the package manager and proposes it and the install command.
pub(super) fn find(
    repo: &Repository,
    dir: &str,
    document: &Node,
    workspace: Option<&Workspace>,
    service: &mut Service,
) -> Manager {
    let root = workspace.map_or(dir, |workspace| workspace.root.as_str());
    let mut found: Vec<(Manager, Origin)> = Vec::new();
    let root_manifest = repo.first_of(root, ["package.json"]);
    let declared = declared(document, &crate::repository::join(dir, "package.json")).or_else(|| {
        let path = root_manifest.filter(|_| root != dir)?;
        declared(repo.document(&path)?.as_ref(), &path)
    });
    found.extend(declared);
    let mut lockfile = None;
    for place in [dir, root] {
        for (name, manager) in LOCKFILES {
            if let Some(path) = repo.first_of(place, [name]) {
                let manager =
                    if manager == Manager::Yarn { yarn_generation(repo, &path, root) } else { manager };
                if !found.iter().any(|(known, _)| known.name() == manager.name()) {
                    found.push((manager, at_file(format!("{name} is there"), &path)));
                } else if manager == Manager::Berry
                    && let Some(known) = found.iter_mut().find(|(known, _)| known.name() == "yarn")
                {
                    known.0 = Manager::Berry;
                }
                lockfile.get_or_insert((manager, path));
            }
        }
    }
    if let Some(path) = repo.first_of(root, ["pnpm-workspace.yaml"]) {
        found.push((Manager::Pnpm, at_file("pnpm-workspace.yaml is there", &path)));
    }
    if let Some(path) = upwards(dir).find_map(|dir| repo.first_of(dir, [".npmrc"]))
        && repo
            .text(&path)
            .is_some_and(|text| text.contains("shamefully-hoist") || text.contains("node-linker"))
    {
        found.push((Manager::Pnpm, at_file(".npmrc has options of pnpm", &path).likely()));
    }
    let manifest = crate::repository::join(dir, "package.json");
    found.push((Manager::Npm, at_file("no lockfile: npm comes with Node", &manifest).guess()));
    for (manager, origin) in &found {
        service.package_manager.propose(manager.name().to_owned(), origin.clone());
    }
    let (manager, origin) = found.swap_remove(0);
    let locked = lockfile.as_ref().filter(|(known, _)| known.name() == manager.name());
    let origin = match locked {
        Some((_, path)) => {
            Origin::detected(format!("installs what {} locks", file_name(path))).at(Place::file(path.clone()))
        }
        None => origin,
    };
    service.install.propose(manager.install(locked.is_some()).to_owned(), origin);
    manager
}

/// `"packageManager": "pnpm@9.1.0"` or `devEngines.packageManager`.
fn declared(document: &Node, path: &str) -> Option<(Manager, Origin)> {
    let (node, text) = if let Some(node) = document.get("packageManager") {
        (node, node.text()?)
    } else {
        let node = document.at(&["devEngines", "packageManager", "name"])?;
        (node, node.text()?)
    };
    let (name, version) = text.split_once('@').unwrap_or((text, ""));
    let manager = match name {
        "npm" => Manager::Npm,
        "pnpm" => Manager::Pnpm,
        "yarn" if version.starts_with("1.") || version == "1" => Manager::Yarn,
        "yarn" => Manager::Berry,
        "bun" => Manager::Bun,
        _ => return None,
    };
    Some((manager, at("package.json packageManager", path, node.line)))
}

/// Yarn 2 and later write `__metadata` into their lockfile and read `.yarnrc.yml`.
fn yarn_generation(repo: &Repository, lockfile: &str, root: &str) -> Manager {
    let is_berry = repo.first_of(root, [".yarnrc.yml"]).is_some()
        || repo.text(lockfile).is_some_and(|text| text.contains("__metadata:"));
    if is_berry { Manager::Berry } else { Manager::Yarn }
}
