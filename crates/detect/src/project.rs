//! A project: one manifest in one folder, in one language. Services are made of projects.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use seaworthy_model::{Name, Origin, Place, Service};

/// What a language found in one folder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Project {
    /// Folder, `.` for the root.
    pub(crate) dir: String,
    /// The language family whose rules apply: `javascript`, `python`, `go`, ...
    pub(crate) family: &'static str,
    /// The manifest that made it a project.
    pub(crate) manifest: String,
    /// The name that the manifest gives.
    pub(crate) name: Option<String>,
    /// Everything that could be said about the service it may be.
    pub(crate) service: Service,
    /// Declared dependencies, by name.
    pub(crate) dependencies: BTreeMap<String, Dependency>,
    /// What the manifest says it is.
    pub(crate) role: Role,
    /// Named scripts of the manifest (`package.json` scripts, Pipfile scripts, ...), with their lines.
    pub(crate) scripts: BTreeMap<String, Script>,
    /// How a program of the project's dependencies is called: `npx`, `poetry run`; empty for directly.
    pub(crate) exec: &'static str,
    /// Public paths that its development server passes on to a port of this machine.
    pub(crate) proxied: Vec<Proxied>,
    /// Further services that live in the same folder: workers and schedulers, by name.
    pub(crate) companions: Vec<(String, Service)>,
    /// Source files that are part of other programs of the same folder only (`cmd/worker/main.go`).
    pub(crate) foreign: BTreeSet<String>,
    /// Types of resources that the framework's stock configuration names whether they are used or not: a
    /// variable alone does not show them.
    pub(crate) stock: &'static [&'static str],
    /// What the language read of the build and keeps for its later steps.
    pub(crate) build: Option<Arc<dyn Any + Send + Sync>>,
}

/// A path that a development server passes on.
#[derive(Clone, Debug)]
pub(crate) struct Proxied {
    /// `/api`.
    pub(crate) path: String,
    /// The port it is passed on to.
    pub(crate) port: u16,
    /// Where it is written.
    pub(crate) place: Place,
}

/// A declared dependency.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dependency {
    /// Line in the manifest.
    pub(crate) place: Option<Place>,
    /// Only for development.
    pub(crate) dev: bool,
}

/// A named script.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// The shell text.
    pub(crate) text: String,
    /// How it is called: `npm run dev`.
    pub(crate) call: String,
    /// Where it is written.
    pub(crate) place: Place,
}

/// What a manifest says about a project before its code is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing either way.
    #[default]
    Unknown,
    /// Something to run: it has an entry point or a start command.
    Application,
    /// Something others import.
    Library,
    /// The root of a workspace, with no program of its own.
    Workspace,
}

impl Project {
    pub(crate) fn new(dir: &str, family: &'static str, manifest: &str) -> Self {
        Self { dir: dir.to_owned(), family, manifest: manifest.to_owned(), ..Self::default() }
    }

    /// Where the manifest is.
    pub(crate) fn place(&self) -> Place {
        Place::file(&self.manifest)
    }

    /// Adds a dependency; a production one overrules a development one.
    pub(crate) fn depend(&mut self, name: &str, line: u32, dev: bool) {
        let known = self.dependencies.get(name);
        if known.is_none_or(|known| known.dev && !dev) {
            let place = Some(Place::line(&self.manifest, line));
            let dependency = Dependency { place, dev };
            self.dependencies.insert(name.to_owned(), dependency);
        }
    }

    /// A dependency, development ones included.
    pub(crate) fn dependency(&self, name: &str) -> Option<&Dependency> {
        self.dependencies.get(name)
    }

    /// It depends on this.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.dependencies.contains_key(name)
    }

    /// The first of these dependencies that it has.
    pub(crate) fn first_dependency<'a>(
        &'a self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Option<(&'a str, &'a Dependency)> {
        names.into_iter().find_map(|name| self.dependencies.get(name).map(|dependency| (name, dependency)))
    }

    /// A rule's command for this project: `{exec}` calls one of its own tools, `{python}` its Python.
    pub(crate) fn fill(&self, template: &str) -> String {
        template.replace("{exec} ", &self.exec("")).replace("{python}", &self.exec("python"))
    }

    /// A command of the project's own tools: `npx next dev`, `poetry run flask run`.
    pub(crate) fn exec(&self, command: &str) -> String {
        // Deno's `npm:` is part of the program's name.
        let space = if self.exec.is_empty() || self.exec.ends_with(':') { "" } else { " " };
        format!("{}{space}{command}", self.exec)
    }

    /// The name for a service made of it: its folder's, the manifest's for the root.
    pub(crate) fn service_name(&self, root_name: &Name) -> Name {
        match (self.dir.as_str(), &self.name) {
            (".", Some(name)) if !crate::detect::GENERIC_NAMES.contains(&name.as_str()) => {
                Name::from_text(name)
            }
            (".", _) => root_name.clone(),
            (dir, _) => Name::from_text(dir),
        }
    }
}

/// An origin at a line of a file.
pub(crate) fn at(rule: impl Into<std::borrow::Cow<'static, str>>, file: &str, line: u32) -> Origin {
    Origin::detected(rule).at(Place::line(file, line))
}

/// An origin at a file as a whole.
pub(crate) fn at_file(rule: impl Into<std::borrow::Cow<'static, str>>, file: &str) -> Origin {
    Origin::detected(rule).at(Place::file(file))
}

/// A service in the same folder, with the same runtime and preparation, and no process of its own yet.
pub(crate) fn companion_of(service: &Service) -> Service {
    Service {
        path: service.path.clone(),
        language: service.language.clone(),
        runtime: service.runtime.clone(),
        package_manager: service.package_manager.clone(),
        framework: service.framework.clone(),
        install: service.install.clone(),
        build: service.build.clone(),
        test: service.test.clone(),
        lint: service.lint.clone(),
        ..Service::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_called_as_the_package_manager_calls_them() {
        for (exec, called, filled) in [
            ("", "vite dev", "vite dev"),
            ("npx", "npx vite dev", "npx vite dev"),
            ("deno run -A npm:", "deno run -A npm:vite dev", "deno run -A npm:vite dev"),
        ] {
            let project = Project { exec, ..Project::default() };
            assert_eq!(project.exec("vite dev"), called);
            assert_eq!(project.fill("{exec} vite dev"), filled);
        }
        let project = Project { exec: "uv run", ..Project::default() };
        assert_eq!(project.fill("{python} manage.py migrate"), "uv run python manage.py migrate");
    }
}
