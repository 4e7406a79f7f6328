//! What a target is given.

use std::collections::BTreeMap;
use std::sync::Arc;

use seaworthy_detect::Repository;
use seaworthy_model::{App, Name};

use crate::{Deployment, Templates};

/// Everything that a derived file depends on.
pub struct Input<'a> {
    /// The model, apart from any environment.
    pub app: &'a App,
    /// The model as each environment sees it.
    pub environments: &'a BTreeMap<Name, App>,
    /// The repository's files: which lockfiles and manifests there are decides what an image copies.
    pub sources: &'a dyn Sources,
    /// Templates of the binary, and those of the project that take their place.
    pub templates: &'a Templates,
    /// What a project wants of derived files.
    pub options: &'a Options,
}

impl Input<'_> {
    /// What has to run, with every default filled in, the same for all targets.
    pub fn deployment(&self) -> Deployment<'_> {
        Deployment::of(self.app)
    }

    /// The same as an environment sees it.
    pub fn deployment_in(&self, environment: &Name) -> Option<Deployment<'_>> {
        self.environments.get(environment).map(Deployment::of)
    }

    /// The app's name.
    pub fn name(&self) -> &str {
        self.app.name.get().map_or("app", Name::as_str)
    }
}

/// What a project wants of derived files, from `[generate]` in `seaworthy.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Where images are pushed to, before their name: `ghcr.io/acme`.
    pub registry: Option<String>,
    /// Kubernetes: a plain Ingress instead of the Gateway API's `HTTPRoute`.
    pub ingress: bool,
    /// Kubernetes: secrets come from the External Secrets operator, through the store of this name.
    pub secret_store: Option<String>,
}

impl Options {
    /// What the model says of them.
    pub fn of(app: &App) -> Self {
        let known = &app.generation;
        Self {
            registry: known.registry.get().cloned(),
            ingress: known.ingress.get().copied().unwrap_or_default(),
            secret_store: known.secret_store.get().cloned(),
        }
    }
}

/// The files of a repository, read on demand.
pub trait Sources {
    /// Paths of all files, relative to the root with `/`, in byte order.
    fn paths(&self) -> Box<dyn Iterator<Item = &str> + '_>;

    /// The text of a file; `None` when it is absent, too large or no text.
    fn text(&self, path: &str) -> Option<Arc<str>>;

    /// There is such a file.
    fn has(&self, path: &str) -> bool {
        self.paths().any(|known| known == path)
    }
}

impl Sources for Repository {
    fn paths(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(Self::paths(self).iter().map(AsRef::as_ref))
    }

    fn text(&self, path: &str) -> Option<Arc<str>> {
        Self::source(self, path)
    }

    fn has(&self, path: &str) -> bool {
        Self::has(self, path)
    }
}

/// Files in memory, for tests.
impl Sources for BTreeMap<String, String> {
    fn paths(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.keys().map(String::as_str))
    }

    fn text(&self, path: &str) -> Option<Arc<str>> {
        self.get(path).map(|text| Arc::from(text.as_str()))
    }

    fn has(&self, path: &str) -> bool {
        self.contains_key(path)
    }
}
