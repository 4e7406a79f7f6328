//! The app while it is being put together: services and resources before they have their final names.

use std::collections::BTreeMap;

use seaworthy_model::{App, Condition, Field, Job, Name, Origin, Place, Resource, Service, Warning};

use crate::connect;
use crate::project::Project;
use crate::repository::{is_within, parent};

/// An app in the making.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) name: Field<Name>,
    pub(crate) projects: Vec<Project>,
    pub(crate) services: Vec<DraftService>,
    pub(crate) resources: BTreeMap<Name, Resource>,
    pub(crate) jobs: BTreeMap<Name, Job>,
    pub(crate) warnings: Vec<Warning>,
}

/// A service that may still be renamed.
#[derive(Clone, Default)]
pub(crate) struct DraftService {
    /// Proposed names; every one of them can be used to refer to it.
    pub(crate) names: Field<Name>,
    pub(crate) service: Service,
    /// The project it is made of, as an index.
    pub(crate) project: Option<usize>,
    /// Types of resources it needs.
    pub(crate) needs: Vec<Need>,
    /// Types of resources that a variable alone does not show (see `Project::stock`).
    pub(crate) stock: &'static [&'static str],
}

/// A type of resource that a service needs.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    /// `postgres`, `redis`, ...
    pub(crate) r#type: String,
    /// The version that something asks for.
    pub(crate) version: Option<String>,
    /// Who says so.
    pub(crate) origin: Origin,
}

impl DraftService {
    /// It can be referred to by this name.
    pub(crate) fn is_called(&self, name: &Name) -> bool {
        self.names.all().iter().any(|evidence| evidence.value == *name)
    }

    /// Notes that it needs a type of resource.
    pub(crate) fn need(&mut self, r#type: &str, origin: Origin) {
        self.needs.push(Need { r#type: r#type.to_owned(), version: None, origin });
    }
}

impl Draft {
    /// Notes that something is odd.
    pub(crate) fn warn(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        places: impl IntoIterator<Item = Place>,
    ) {
        self.warnings.push(Warning::new(code, message, places));
    }

    /// Gives everything its final name and connects it.
    pub(crate) fn finish(mut self) -> App {
        self.provide_needs();
        for draft in &mut self.services {
            connect::connect(&mut draft.service, &self.resources);
        }
        let names = self.final_names();
        let renamed: BTreeMap<Name, Name> = self
            .services
            .iter()
            .zip(&names)
            .flat_map(|(draft, name)| {
                draft.names.all().iter().map(|evidence| (evidence.value.clone(), name.clone()))
            })
            .rev()
            .collect();
        let mut app = App { name: self.name, warnings: self.warnings, ..App::default() };
        for (draft, name) in self.services.into_iter().zip(names) {
            let mut service = draft.service;
            let depends_on = std::mem::take(&mut service.depends_on);
            for (need, dependency) in depends_on {
                let need = match renamed.get(&need) {
                    Some(known) if !self.resources.contains_key(&need) => known.clone(),
                    _ => need,
                };
                if need != name {
                    service.depends_on.insert(need, dependency);
                }
            }
            app.services.insert(name, service);
        }
        for job in self.jobs.values_mut() {
            let service = std::mem::take(&mut job.service);
            for evidence in service.all() {
                let name = renamed.get(&evidence.value).unwrap_or(&evidence.value).clone();
                job.service.propose(name, evidence.origin.clone());
            }
        }
        app.resources = self.resources;
        app.jobs = self.jobs;
        app
    }

    /// Connects every need to a resource of its type, made where there is none.
    fn provide_needs(&mut self) {
        for draft in &mut self.services {
            for need in draft.needs.drain(..) {
                let known = nearest(&self.resources, &need.r#type, draft.service.path());
                let name = match known {
                    Some(name) => name.clone(),
                    None => Name::from_text(&need.r#type),
                };
                let resource = self.resources.entry(name.clone()).or_default();
                resource.r#type.propose(need.r#type.clone(), need.origin.clone());
                if let Some(version) = need.version {
                    resource.version.propose(version, need.origin.clone());
                }
                draft.service.depend_on(name, Condition::ServiceHealthy, need.origin);
            }
        }
    }

    /// One unique name a service, in the order of services: the best proposed one, with the folders above it,
    /// then a number, as far as needed to tell it from the others.
    fn final_names(&self) -> Vec<Name> {
        let mut taken: Vec<Name> = self.resources.keys().cloned().collect();
        let mut names = Vec::with_capacity(self.services.len());
        for draft in &self.services {
            let wanted = draft.names.get().cloned().unwrap_or_else(|| Name::from_text("app"));
            let dashed = draft.service.path().replace('/', "-");
            let candidates = std::iter::once(wanted.clone())
                .chain((dashed != ".").then(|| Name::from_text(&dashed)))
                .chain((2..).map(|number| Name::from_text(&format!("{wanted}-{number}"))));
            for candidate in candidates {
                if !taken.contains(&candidate) {
                    taken.push(candidate.clone());
                    names.push(candidate);
                    break;
                }
            }
        }
        names
    }
}

/// The resource of a type that is meant by a service in `path`: of several the one whose file lies nearest above
/// it, as a repository may hold several apps, each with its own Compose file.
fn nearest<'a>(resources: &'a BTreeMap<Name, Resource>, r#type: &str, path: &str) -> Option<&'a Name> {
    let of_type =
        resources.iter().filter(|(_, resource)| resource.r#type.get().is_some_and(|known| known == r#type));
    let depth = |resource: &Resource| {
        let place = resource.r#type.origin().and_then(|origin| origin.place.as_ref());
        let dir = parent(place.map_or("", |place| place.file.as_str()));
        if is_within(dir, path) { dir.len() + 1 } else { 0 }
    };
    // Of equals the first by name, so that the plan is the same every time.
    of_type.rev().max_by_key(|(_, resource)| depth(resource)).map(|(name, _)| name)
}
