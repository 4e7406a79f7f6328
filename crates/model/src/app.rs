//! An app: all that one `seaworthy.toml` or one detected repository describes.

use std::collections::BTreeMap;

use crate::{
    Check, Environment, Field, Generation, Job, Name, Pipeline, Resource, Secret, Service, Slo, Warning,
};

/// An app, with the origin of every value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct App {
    /// The app's name.
    pub name: Field<Name>,
    /// Processes that should keep running, and static sites.
    pub services: BTreeMap<Name, Service>,
    /// What the app needs and does not build.
    pub resources: BTreeMap<Name, Resource>,
    /// What runs to its end.
    pub jobs: BTreeMap<Name, Job>,
    /// Where it runs.
    pub environments: BTreeMap<Name, Environment>,
    /// What is promised about a service, by the service's name.
    pub slos: BTreeMap<Name, Slo>,
    /// What is declared about secrets, by name. A secret that is only used has no entry.
    pub secrets: BTreeMap<String, Secret>,
    /// What the project wants of derived files.
    pub generation: Generation,
    /// What the project says about the steps that a commit has to pass.
    pub pipeline: Pipeline,
    /// What the project wants to be checked.
    pub check: Check,
    /// What a person should know before trusting the rest.
    pub warnings: Vec<Warning>,
}

impl App {
    /// Services that depend on the resource `name`, in order of their names.
    pub fn users_of<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a Name> {
        self.services
            .iter()
            .filter(move |(_, service)| service.depends_on.contains_key(name))
            .map(|(service, _)| service)
    }
}
