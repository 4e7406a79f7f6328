//! Compose services as services and resources of the app.

use seaworthy_model::{Condition, Field, JobTrigger, Kind, Name, Origin, Place, Variable, Volume};

use super::{ComposeService, Source};
use crate::command::is_development;
use crate::draft::{Draft, DraftService};
use crate::project::companion_of;
use crate::repository::{Repository, file_name};
use crate::{resource, secret};

pub(super) fn apply(repo: &Repository, draft: &mut Draft, file: &str, services: &[ComposeService]) {
    for service in services {
        if let Source::Image { image, line } = &service.source {
            add_resource(repo, draft, file, service, image, *line);
        }
    }
    let built: Vec<&ComposeService> =
        services.iter().filter(|service| matches!(service.source, Source::Own { .. })).collect();
    for service in &built {
        let Source::Own { dir, line } = &service.source else { continue };
        if runs_to_its_end(service, services) {
            add_job(draft, file, service, dir);
            continue;
        }
        let rivals = built
            .iter()
            .filter(|other| matches!(&other.source, Source::Own { dir: known, .. } if known == dir))
            .count();
        let index = own_service(draft, service, dir, rivals > 1, file, *line);
        fill(draft, index, file, service, services);
    }
}

/// Another service waits for this one to complete.
fn runs_to_its_end(service: &ComposeService, all: &[ComposeService]) -> bool {
    all.iter().flat_map(|other| &other.depends_on).any(|(name, condition, _)| {
        *name == service.name && *condition == Condition::ServiceCompletedSuccessfully
    })
}

/// A service that others wait for is a job that runs before they start.
fn add_job(draft: &mut Draft, file: &str, service: &ComposeService, dir: &str) {
    let origin = |line: u32| {
        Origin::imported(format!("Compose service {}, which others wait for", service.name))
            .at(Place::line(file, line))
    };
    let job = draft.jobs.entry(Name::from_text(&service.name)).or_default();
    if let Some((command, line)) = &service.command {
        job.run.propose(command.clone(), origin(*line));
    }
    job.path.propose(dir.to_owned(), origin(service.line));
    job.on.propose(JobTrigger::Release, origin(service.line));
    let owner =
        draft.services.iter().find(|known| known.service.path() == dir).and_then(|known| known.names.get());
    if let Some(owner) = owner {
        job.service.propose(owner.clone(), origin(service.line));
    }
}

/// Words in commands that run a queue or a schedule rather than a server.
fn is_worker(service: &ComposeService) -> bool {
    let has = |text: &str| {
        ["worker", "celery", "sidekiq", "queue", "scheduler", "beat", "consumer", "cron"]
            .iter()
            .any(|word| text.contains(word))
    };
    has(&service.name.to_lowercase()) || service.command.as_ref().is_some_and(|(command, _)| has(command))
}

/// The draft service that a built Compose service is: one of its folder, or a new one there.
fn own_service(
    draft: &mut Draft,
    service: &ComposeService,
    dir: &str,
    has_rivals: bool,
    file: &str,
    line: u32,
) -> usize {
    let origin =
        Origin::imported(format!("Compose service {}", service.name)).at(Place::line(file, service.line));
    let name = Name::from_text(&service.name);
    let in_dir = |known: &DraftService| known.service.path() == dir;
    let wants_worker = is_worker(service);
    let fits = |known: &DraftService| {
        in_dir(known) && (!has_rivals || (known.service.kind.get() == Some(&Kind::Worker)) == wants_worker)
    };
    let untaken = |known: &DraftService| {
        !known.names.all().iter().any(|evidence| evidence.origin.rule.starts_with("Compose service"))
    };
    let found = draft
        .services
        .iter()
        .position(|known| in_dir(known) && known.is_called(&name))
        .or_else(|| draft.services.iter().position(|known| fits(known) && untaken(known)));
    let index = found.unwrap_or_else(|| {
        let twin = draft.services.iter().find(|known| in_dir(known)).cloned();
        let mut made = DraftService::default();
        if let Some(twin) = twin {
            made.service = companion_of(&twin.service);
            made.service.env = twin.service.env;
            // What Compose sets for the twin is the twin's alone.
            made.service.env.retain(|_, variable| !variable.used_at.is_empty());
            made.service.env.values_mut().for_each(|variable| variable.value = Field::default());
            made.project = twin.project;
            made.needs = twin.needs;
        } else {
            if let Some(index) = draft.projects.iter().position(|project| project.dir == dir) {
                made.service = draft.projects[index].service.clone();
                made.project = Some(index);
            }
            made.service.path.propose(dir.to_owned(), origin.clone().at(Place::line(file, line)));
        }
        if made.service.kind.get().is_none() {
            let kind = if wants_worker || service.port.is_none() { Kind::Worker } else { Kind::Web };
            made.service
                .kind
                .propose(kind, origin.clone().with_confidence(seaworthy_model::Confidence::Medium));
        }
        draft.services.push(made);
        draft.services.len() - 1
    });
    draft.services[index].names.propose(name, origin);
    index
}

/// Proposes everything that Compose says about an own service.
fn fill(draft: &mut Draft, index: usize, file: &str, compose: &ComposeService, all: &[ComposeService]) {
    let origin =
        |what: &str, line: u32| Origin::imported(format!("Compose {what}")).at(Place::line(file, line));
    let is_static = draft.services[index].service.kind.get() == Some(&Kind::Static);
    let service = &mut draft.services[index].service;
    if let Some((command, line)) = &compose.command
        && !is_static
    {
        let field = if is_development(command) { &mut service.dev } else { &mut service.start };
        field.propose(command.clone(), origin("command", *line));
    }
    if let Some((port, line)) = compose.port {
        // A static site's port here is that of the web server in its image, not one of its own.
        if !is_static {
            service.port.propose(port, origin("ports", line));
        }
    }
    if let Some((probe, line)) = &compose.probe
        && !is_static
    {
        service.readiness.propose(probe.clone(), origin("healthcheck", *line));
    }
    // An image with a variable in it is whatever its user says.
    if let Some((image, line)) = compose.image.as_ref().filter(|(image, _)| !image.contains('$')) {
        service.image.propose(image.clone(), origin("image", *line));
    }
    if let Some((value, line)) = compose.replicas {
        service.replicas.propose(value, origin("deploy.replicas", line));
    }
    if let Some((value, line)) = compose.memory {
        service.memory.propose(value, origin("memory limit", line));
    }
    if let Some((value, line)) = compose.cpu {
        service.cpu.propose(value, origin("CPU limit", line));
    }
    if let Some((value, line)) = compose.stop_grace_period {
        service.stop_grace_period.propose(value, origin("stop_grace_period", line));
    }
    if !compose.watch.is_empty() {
        service.watch.propose(compose.watch.clone(), origin("develop.watch", compose.line));
    }
    for (path, line) in &compose.volumes {
        service.volumes.push(Volume { path: path.clone(), origin: origin("volumes", *line) });
    }
    let jobs: Vec<&str> =
        all.iter().filter(|other| runs_to_its_end(other, all)).map(|other| other.name.as_str()).collect();
    for (name, condition, line) in
        compose.depends_on.iter().filter(|(name, _, _)| !jobs.contains(&name.as_str()))
    {
        service.depend_on(Name::from_text(name), *condition, origin("depends_on", *line));
    }
    for (name, value, line) in &compose.environment {
        set_variable(draft, index, name, value.as_deref(), &origin("environment", *line), all);
    }
}

/// A variable that Compose sets. An address of another Compose service becomes a placeholder, which says the
/// same wherever the app runs, and a dependency.
fn set_variable(
    draft: &mut Draft,
    index: usize,
    name: &str,
    value: Option<&str>,
    origin: &Origin,
    all: &[ComposeService],
) {
    let place = origin.place.clone();
    let draft_service = &mut draft.services[index];
    let variable = draft_service.service.env.entry(name.to_owned()).or_insert_with(|| Variable {
        secret: secret::is_secret(name),
        public: secret::is_public(name),
        ..Variable::default()
    });
    variable.declared_at.extend(place.clone());
    // What the caller's environment must fill in is no value yet.
    let Some(value) = value.filter(|value| !value.contains("${")) else { return };
    variable.written_at.extend(place);
    if let Some((target, placeholder)) =
        all.iter().find_map(|other| Some((other, placeholder(other, name, value)?)))
    {
        variable.value.propose(placeholder, origin.clone());
        let condition = match target.source {
            Source::Image { .. } => Condition::ServiceHealthy,
            _ => Condition::ServiceStarted,
        };
        draft_service.service.depend_on(Name::from_text(&target.name), condition, origin.clone());
    } else if let Some(shown) = secret::shown_default(name, value).filter(|_| !variable.secret) {
        variable.value.propose(shown, origin.clone());
    }
    if name == "PORT"
        && let Ok(port) = value.parse()
    {
        draft_service.service.port.propose(port, origin.clone());
    }
}

/// The placeholder for an address, host or port that names another Compose service.
fn placeholder(other: &ComposeService, name: &str, value: &str) -> Option<String> {
    let (root, is_resource) = match other.source {
        Source::Image { .. } => ("resources", true),
        Source::Own { .. } => ("services", false),
        Source::Unknown => return None,
    };
    let target = Name::from_text(&other.name);
    let names_a_host =
        ["HOST", "HOSTNAME", "SERVER", "ADDR", "ADDRESS"].iter().any(|end| name.ends_with(end));
    if value == other.name && names_a_host {
        return Some(format!("${{{root}.{target}.host}}"));
    }
    if let Some(port) = value.strip_prefix(other.name.as_str()).and_then(|rest| rest.strip_prefix(':'))
        && port.parse::<u16>().is_ok()
    {
        return Some(format!("${{{root}.{target}.host}}:{port}"));
    }
    let (_, rest) = value.split_once("://")?;
    let (address, path) = rest.split_once('/').map_or((rest, ""), |(address, path)| (address, path));
    let host = address.rsplit('@').next()?.split(':').next()?;
    if host != other.name {
        return None;
    }
    let (scheme, _) = value.split_once("://")?;
    let has_driver = scheme
        .split_once('+')
        .is_some_and(|(base, _)| matches!(base, "postgresql" | "postgres" | "mysql" | "mariadb"));
    if is_resource && has_driver {
        // The driver in the scheme is the app's business: SQLAlchemy takes no other address for it.
        let part = |name: &str| format!("${{{root}.{target}.{name}}}");
        return Some(format!(
            "{scheme}://{}:{}@{}:{}/{}",
            part("username"),
            part("password"),
            part("host"),
            part("port"),
            part("database")
        ));
    }
    let suffix = if is_resource || path.is_empty() { String::new() } else { format!("/{path}") };
    Some(format!("${{{root}.{target}.url}}{suffix}"))
}

/// A third-party image is a resource: of its type where that is known, a container of that image elsewhere.
fn add_resource(
    repo: &Repository,
    draft: &mut Draft,
    file: &str,
    compose: &ComposeService,
    image: &str,
    line: u32,
) {
    let origin = Origin::imported("Compose image").at(Place::line(file, line));
    let (kind, version) = resource::of_image(image);
    let name = Name::from_text(&compose.name);
    let resource = draft.resources.entry(name).or_default();
    resource.r#type.propose(kind.unwrap_or("container").to_owned(), origin.clone());
    resource.image.propose(image.to_owned(), origin.clone());
    if let Some(version) = version {
        resource.version.propose(version, origin);
    }
    for (path, line) in &compose.init_files {
        let origin = Origin::imported("Compose mounts it as first data").at(Place::line(file, *line));
        if repo.has_dir(path) {
            let mut scripts = repo.files_in(path).filter(|file| file.ends_with(".sql"));
            match (scripts.next(), scripts.next()) {
                (Some(only), None) => resource.schema.propose(only.to_owned(), origin),
                // Each runs once, in the order of their names: as migrations do.
                (Some(_), Some(_)) => resource.migrations.propose(path.clone(), origin),
                (None, _) => {}
            }
        } else if repo.has(path) && path.ends_with(".sql") {
            let is_data = ["seed", "data", "fixture"].iter().any(|word| file_name(path).contains(word));
            let field = if is_data { &mut resource.seed } else { &mut resource.schema };
            field.propose(path.clone(), origin);
        }
    }
}
