//! What a project says it depends on, for those who look at more than how it runs.

use std::collections::BTreeMap;

use seaworthy_model::Place;

use crate::project::Project;

/// One manifest in one folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The folder, `.` for the root.
    pub dir: String,
    /// The language family: `javascript`, `python`, `go`, ...
    pub family: &'static str,
    /// The file.
    pub path: String,
    /// What it declares, by name.
    pub dependencies: BTreeMap<String, Declared>,
    /// Its scripts, by name.
    pub scripts: BTreeMap<String, String>,
}

/// A declared dependency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Where it is declared.
    pub place: Option<Place>,
    /// Only for development.
    pub dev: bool,
}

impl Manifest {
    pub(crate) fn of(project: &Project) -> Self {
        let declared = |(name, dependency): (&String, &crate::project::Dependency)| {
            (name.clone(), Declared { place: dependency.place.clone(), dev: dependency.dev })
        };
        let script = |(name, script): (&String, &crate::project::Script)| (name.clone(), script.text.clone());
        Self {
            dir: project.dir.clone(),
            family: project.family,
            path: project.manifest.clone(),
            dependencies: project.dependencies.iter().map(declared).collect(),
            scripts: project.scripts.iter().map(script).collect(),
        }
    }
}
