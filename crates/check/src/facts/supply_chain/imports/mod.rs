//! What code imports and what its manifest declares, held against each other.

mod node;
mod python;

use std::collections::BTreeMap;

use seaworthy_detect::Manifest;

use super::locked::{is_aside, upwards};
use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::file::name;
use crate::finding::Draft;
use crate::lockfile::Lockfile;
use crate::modules::Modules;
use crate::rule::Severity;

const UNDECLARED: &str = "dependency-undeclared";
const UNUSED: &str = "dependency-unused";
const DEV: &str = "dev-dependency-in-production";

pub(super) static FACT: Fact = Fact { rules: &[UNDECLARED, UNUSED, DEV], whole: true, check };

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    if !context.manifests.iter().any(|manifest| matches!(manifest.family, "javascript" | "python")) {
        return;
    }
    let modules = context.modules();
    let mut imported = modules.imported(context);
    for manifest in context.manifests.iter().filter(|manifest| !is_aside(&manifest.path)) {
        let imports = imported.remove(&manifest.path).unwrap_or_default();
        let project = Project { context, modules, manifest, imports, sink };
        match manifest.family {
            "javascript" if name(&manifest.path) == "package.json" => project.node(),
            "python" => project.python(),
            _ => {}
        }
    }
}

struct Project<'p> {
    context: &'p Context<'p>,
    modules: &'p Modules,
    manifest: &'p Manifest,
    /// Unit and import.
    imports: Vec<(usize, usize)>,
    sink: &'p Sink<'p>,
}

impl Project<'_> {
    fn lock(&self) -> Option<&Lockfile> {
        let syntax = if self.manifest.family == "python" {
            crate::lockfile::Ecosystem::PyPi
        } else {
            crate::lockfile::Ecosystem::Npm
        };
        upwards(&self.manifest.dir).find_map(|dir| {
            self.context.lockfiles().iter().find(|lock| {
                lock.ecosystem == syntax && lock.dir() == dir && name(&lock.path) != "requirements.txt"
            })
        })
    }

    /// The first place of each package that is not declared, by what `declared` says of it.
    fn report_undeclared(
        &self,
        what: &BTreeMap<String, (usize, usize)>,
        because: impl Fn(&str) -> (String, Severity),
    ) {
        for (package, (unit, import)) in what {
            let unit = &self.modules.units[*unit];
            let (why, severity) = because(package);
            let says =
                format!("`{package}` is imported, but {} does not declare it{why}", self.manifest.path);
            self.sink.report(
                Draft::line(UNDECLARED, &unit.path, unit.imports[*import].line).says(says).weighs(severity),
            );
        }
    }
}

/// Files that build or try the code and are not part of it.
fn is_tooling(path: &str) -> bool {
    let file = name(path);
    file.contains(".config.")
        || file.contains(".setup.")
        || file.starts_with('.')
        || file.ends_with(".d.ts")
        || path.split('/').any(|folder| {
            matches!(
                folder,
                "scripts"
                    | "tools"
                    | "bin"
                    | "seed"
                    | "seeds"
                    | "prisma"
                    | "migrations"
                    | "db"
                    | "build"
                    | "config"
                    | "mocks"
                    | "webpack"
                    | "tasks"
            )
        })
        || matches!(
            file.split('.').next().unwrap_or_default(),
            "gulpfile" | "Gruntfile" | "seed" | "knexfile" | "setupTests" | "setup" | "dev"
        )
}
