//! The service of the app that a process of a platform's file is.

use seaworthy_model::{Condition, Confidence, Kind, Name, Origin, Variable};

use crate::draft::{Draft, DraftService};
use crate::project::companion_of;
use crate::repository::is_within;
use crate::{resource, secret};

/// A process as a platform's file describes it.
pub(super) struct Process<'a> {
    /// Its name there.
    pub(super) name: &'a str,
    /// The folder it runs in.
    pub(super) dir: &'a str,
    /// What it is, as far as the file says.
    pub(super) kind: Option<Kind>,
    /// The file has several of them: its names tell them apart.
    pub(super) is_one_of_many: bool,
}

/// The draft service that a process is: one of its folder that fits, or a new one there. `taken` are those
/// that other processes of the same file are.
pub(super) fn find_or_add(
    draft: &mut Draft,
    process: &Process<'_>,
    taken: &mut Vec<usize>,
    origin: &Origin,
) -> usize {
    let name = Name::from_text(process.name);
    let index = find(draft, process, &name, taken).unwrap_or_else(|| {
        draft.services.push(made(draft, process, origin));
        draft.services.len() - 1
    });
    taken.push(index);
    let service = &mut draft.services[index];
    if process.is_one_of_many {
        service.names.propose(name, origin.clone());
    } else {
        // A platform's name for the only service is rather the app's: it can be referred to, no more.
        let origin = Origin { layer: seaworthy_model::Layer::Detected, ..origin.clone() };
        service.names.propose(name, origin.guess());
    }
    if known_kind(service).is_none() {
        service.service.kind.propose(process.kind.unwrap_or(Kind::Web), origin.clone());
    }
    index
}

fn find(draft: &Draft, process: &Process<'_>, name: &Name, taken: &[usize]) -> Option<usize> {
    let free = |index: usize| !taken.contains(&index);
    let fits = |known: &DraftService| match (known_kind(known), process.kind) {
        (None, _) | (_, None) => true,
        (Some(Kind::Web), Some(Kind::Static)) => false,
        (Some(Kind::Web | Kind::Static), Some(kind)) => matches!(kind, Kind::Web | Kind::Static),
        (Some(Kind::Worker | Kind::Job), Some(kind)) => !matches!(kind, Kind::Web | Kind::Static),
    };
    let found = |accept: &dyn Fn(&DraftService) -> bool| {
        let mut known = draft.services.iter().enumerate();
        known.find(|(index, known)| free(*index) && accept(known)).map(|(index, _)| index)
    };
    let here = |known: &DraftService| known.service.path() == process.dir;
    found(&|known| here(known) && known.is_called(name) && fits(known))
        .or_else(|| found(&|known| here(known) && fits(known)))
        .or_else(|| {
            let mut below =
                (0..draft.services.len()).filter(|index| is_below(&draft.services[*index], process));
            let only = below.next().filter(|_| below.next().is_none())?;
            (free(only) && fits(&draft.services[only])).then_some(only)
        })
}

/// What a service is, unless that is only guessed from what it does not do.
fn known_kind(service: &DraftService) -> Option<Kind> {
    let kind = service.service.kind.winner()?;
    (kind.origin.confidence > Confidence::Low).then_some(kind.value)
}

/// The service of a folder that a site's file is about: what serves it or what is served, else a new site.
pub(super) fn find_or_add_site(draft: &mut Draft, dir: &str, origin: &Origin) -> usize {
    let is_site = |known: &DraftService| {
        known.service.path() == dir && matches!(known_kind(known), Some(Kind::Web | Kind::Static))
    };
    draft.services.iter().position(is_site).unwrap_or_else(|| {
        let process = Process { name: "web", dir, kind: Some(Kind::Static), is_one_of_many: false };
        find_or_add(draft, &process, &mut Vec::new(), origin)
    })
}

/// The file lies above the service, and nothing of its own folder runs.
fn is_below(known: &DraftService, process: &Process<'_>) -> bool {
    is_within(process.dir, known.service.path())
}

fn made(draft: &Draft, process: &Process<'_>, origin: &Origin) -> DraftService {
    let mut made = DraftService::default();
    if let Some(twin) = draft.services.iter().find(|known| known.service.path() == process.dir) {
        made.service = companion_of(&twin.service);
        made.service.env.clone_from(&twin.service.env);
        made.project = twin.project;
        made.needs.clone_from(&twin.needs);
    } else {
        if let Some(index) = draft.projects.iter().position(|project| project.dir == process.dir) {
            made.service = draft.projects[index].service.clone();
            made.project = Some(index);
        }
        made.service.path.propose(process.dir.to_owned(), origin.clone());
    }
    made.service.kind.propose(process.kind.unwrap_or(Kind::Web), origin.clone());
    made
}

/// What a file says about the value of a variable.
pub(super) enum Said {
    /// This.
    Value(String),
    /// It is there; what it is, is kept elsewhere.
    Nothing,
    /// It is made up once and kept.
    Generated,
    /// An address, host or port of this resource.
    Resource(Name, &'static str),
    /// An address, host or port of this service.
    Service(Name, &'static str),
}

/// Variables that say which environment this is: true where the platform runs it, wrong on a laptop.
fn is_mode(name: &str) -> bool {
    matches!(
        name,
        "NODE_ENV"
            | "RAILS_ENV"
            | "RACK_ENV"
            | "MIX_ENV"
            | "APP_ENV"
            | "FLASK_ENV"
            | "ENVIRONMENT"
            | "ENV"
            | "GO_ENV"
            | "DJANGO_ENV"
            | "ASPNETCORE_ENVIRONMENT"
            | "DENO_ENV"
    )
}

/// Notes that a file sets a variable of a service.
pub(super) fn set(draft: &mut DraftService, name: &str, said: &Said, origin: &Origin) {
    let service = &mut draft.service;
    let variable = service.env.entry(name.to_owned()).or_insert_with(|| Variable {
        secret: secret::is_secret(name),
        public: secret::is_public(name),
        ..Variable::default()
    });
    variable.declared_at.extend(origin.place.clone());
    if matches!(said, Said::Value(_)) {
        variable.written_at.extend(origin.place.clone());
    }
    match said {
        Said::Generated => variable.secret = true,
        Said::Value(value) if !is_mode(name) => {
            // What may not be shown in full is no value that could be handed on.
            let is_open = secret::shown_default(name, value).is_some_and(|shown| shown == *value);
            if is_open && !variable.secret && !value.is_empty() {
                variable.value.propose(value.clone(), origin.clone());
            }
            if name == "PORT"
                && service.kind.get() == Some(&Kind::Web)
                && let Ok(port) = value.parse()
            {
                service.port.propose(port, origin.clone());
            }
        }
        Said::Value(_) | Said::Nothing => {}
        Said::Resource(target, attribute) => {
            variable.value.propose(format!("${{resources.{target}.{attribute}}}"), origin.clone());
            service.depend_on(target.clone(), Condition::ServiceHealthy, origin.clone());
        }
        Said::Service(target, "hostport") => {
            let value = format!("${{services.{target}.host}}:${{services.{target}.port}}");
            variable.value.propose(value, origin.clone());
            service.depend_on(target.clone(), Condition::ServiceStarted, origin.clone());
        }
        Said::Service(target, attribute) => {
            variable.value.propose(format!("${{services.{target}.{attribute}}}"), origin.clone());
            service.depend_on(target.clone(), Condition::ServiceStarted, origin.clone());
        }
    }
    if let Said::Value(value) = said
        && let Some(place) = &origin.place
    {
        resource::note_declared(draft, name, value, place);
    }
}

/// A resource that a file provides, by its name there.
pub(super) fn provide(draft: &mut Draft, name: &str, kind: &str, version: Option<String>, origin: &Origin) {
    let resource = draft.resources.entry(Name::from_text(name)).or_default();
    resource.r#type.propose(kind.to_owned(), origin.clone());
    if let Some(version) = version {
        resource.version.propose(version, origin.clone());
    }
}

/// A resource of that type which a file provides: the app's own one where it has one, else one of this name.
pub(super) fn provide_type(
    draft: &mut Draft,
    name: &str,
    kind: &str,
    version: Option<String>,
    origin: &Origin,
) -> Name {
    let known =
        draft.resources.iter().find(|(_, known)| known.r#type.get().is_some_and(|known| known == kind));
    let name = known.map_or_else(|| Name::from_text(name), |(name, _)| name.clone());
    provide(draft, name.as_str(), kind, version, origin);
    name
}

/// Notes that every service that needs this type of resource needs this version of it; where none is known
/// to, the only service does.
pub(super) fn need(draft: &mut Draft, kind: &str, version: Option<&str>, origin: &Origin) {
    let mut users: Vec<usize> = (0..draft.services.len())
        .filter(|index| draft.services[*index].needs.iter().any(|need| need.r#type == kind))
        .collect();
    if let Some(resource) =
        draft.resources.values_mut().find(|known| known.r#type.get().is_some_and(|known| known == kind))
    {
        if let Some(version) = version {
            resource.version.propose(version.to_owned(), origin.clone());
        }
        return;
    }
    if users.is_empty() {
        let runs = |index: &usize| draft.services[*index].service.kind.get() != Some(&Kind::Static);
        users.extend((0..draft.services.len()).filter(runs));
        if users.len() != 1 {
            return;
        }
    }
    for index in users {
        draft.services[index].needs.push(crate::draft::Need {
            r#type: kind.to_owned(),
            version: version.map(str::to_owned),
            origin: origin.clone(),
        });
    }
}
