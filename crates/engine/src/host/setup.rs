//! Sets an app up: makes its members known, then brings each of them up as soon as what it needs is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use seaworthy_model::{App, JobTrigger, Kind, Name, Service, start_order};
use seaworthy_supervise::machine::Phase;
use tokio::task::JoinSet;

use crate::host::definition::{command, folder, log_file};
use crate::host::installs::Installs;
use crate::host::routes::{Served, ServedBy};
use crate::host::shared::Shared;
use crate::host::{Error, containers, jobs, resources, services};
use crate::view::Role;

/// The services that run and all that they need; with `only` those services, else all.
pub(crate) fn selection(app: &App, only: &[String]) -> Result<BTreeSet<Name>, Error> {
    if only.is_empty() {
        return Ok(app.services.keys().chain(app.resources.keys()).cloned().collect());
    }
    let mut selected = BTreeSet::new();
    let mut open = Vec::new();
    for given in only {
        let known = app.services.keys().find(|name| name.as_str() == given);
        let unknown = || Error::UnknownService {
            name: given.clone(),
            known: app.services.keys().map(ToString::to_string).collect(),
        };
        open.push(known.ok_or_else(unknown)?.clone());
    }
    while let Some(name) = open.pop() {
        if selected.insert(name.clone())
            && let Some(service) = app.services.get(&name)
        {
            open.extend(service.depends_on.keys().cloned());
        }
    }
    Ok(selected)
}

/// Sets everything up for the first time; ends when every member was started or failed.
pub(crate) async fn run(shared: Arc<Shared>) {
    let app = shared.app();
    let names: BTreeSet<Name> = shared.only();
    bring_up(&shared, &app, &names).await;
}

/// Brings members up: those of `names` that exist.
pub(crate) async fn bring_up(shared: &Arc<Shared>, app: &Arc<App>, names: &BTreeSet<Name>) {
    // Aborting this aborts all of it.
    let mut tasks = JoinSet::new();
    let of = |known: &mut dyn Iterator<Item = &Name>| -> Vec<Name> {
        known.filter(|name| names.contains(*name)).cloned().collect()
    };
    let wanted_services = of(&mut app.services.keys());
    let wanted_resources = of(&mut app.resources.keys());
    let installs = Arc::new(Installs::announce(shared, app, &wanted_services));
    tasks.spawn({
        let (shared, app, installs) = (Arc::clone(shared), Arc::clone(app), Arc::clone(&installs));
        async move { installs.run(&shared, &app).await }
    });
    if !wanted_resources.is_empty() {
        let engine = Arc::new(containers::EngineCell::default());
        for request in resources::requests(shared, app, &wanted_resources) {
            let (shared, app, engine) = (Arc::clone(shared), Arc::clone(app), Arc::clone(&engine));
            tasks.spawn(async move { resources::bring_up(&shared, &app, &engine, request).await });
        }
    }
    for step in jobs::plan(shared, app, names) {
        let (shared, app, installs) = (Arc::clone(shared), Arc::clone(app), Arc::clone(&installs));
        tasks.spawn(async move { jobs::run(&shared, &app, &installs, step).await });
    }
    for name in wanted_services {
        let (shared, app, installs) = (Arc::clone(shared), Arc::clone(app), Arc::clone(&installs));
        tasks.spawn(async move { services::bring_up(&shared, &app, &installs, &name).await });
    }
    while tasks.join_next().await.is_some() {}
}

/// Runs what changed among schemas, migrations and seeds into resources that run already.
pub(crate) async fn refresh_data(shared: &Arc<Shared>, app: &Arc<App>) {
    for (name, prepared) in shared.prepared() {
        let key = format!("data {name}");
        match jobs::run_sql(shared, app, &name, &prepared).await {
            Ok(()) => {
                shared.clear_problem(&key);
                resources::recover(shared, &name);
            }
            Err(error) => shared.add_problem(&key, jobs::problem(name.as_str(), &error)),
        }
    }
    let installs = Installs::announce(shared, app, &[]);
    for step in jobs::plan(shared, app, &shared.only()) {
        jobs::run(shared, app, &installs, step).await;
    }
    let only = shared.only();
    let fallen: BTreeSet<Name> =
        app.services.keys().filter(|name| only.contains(*name) && fell(shared, name)).cloned().collect();
    if !fallen.is_empty() {
        bring_up(shared, app, &fallen).await;
    }
}

/// The service was never started, because something before that failed: there is nothing to restart.
pub(crate) fn fell(shared: &Shared, name: &Name) -> bool {
    let phase = shared.supervisor.board().get(name.as_str()).map(|status| status.phase);
    phase == Some(Phase::Failed) && !shared.supervisor.is_process(name.as_str())
}

/// Makes members known, so that they can be seen, waited for and asked about before they run.
pub(crate) fn register(shared: &Arc<Shared>, app: &App) {
    let only = shared.only();
    let order: BTreeMap<Name, usize> = start_order(app)
        .waves
        .into_iter()
        .enumerate()
        .flat_map(|(wave, names)| names.into_iter().map(move |name| (name, wave)))
        .collect();
    let known: BTreeSet<String> = shared.supervisor.names().into_iter().collect();
    for (name, resource) in app.resources.iter().filter(|(name, _)| only.contains(*name)) {
        shared.update(name.as_str(), |facts| {
            facts.role = Some(Role::Resource);
            facts.kind = resource.r#type.get().cloned().unwrap_or_else(|| "container".to_owned());
            shared.state.worktree().clone_into(&mut facts.folder);
            facts.order = order.get(name).copied().unwrap_or_default();
        });
        announce(shared, &known, name);
    }
    for (name, service) in app.services.iter().filter(|(name, _)| only.contains(*name)) {
        shared.update(name.as_str(), |facts| {
            facts.role = Some(Role::Service);
            service.kind.get().map_or("worker", |kind| kind.as_str()).clone_into(&mut facts.kind);
            facts.command = command(service).cloned();
            facts.needs = service.depends_on.keys().map(ToString::to_string).collect();
            facts.folder = folder(shared.state.worktree(), service.path());
            facts.log = Some(log_file(&shared.logs(), name.as_str()));
            facts.order = order.get(name).copied().unwrap_or_default();
            facts.served = served(shared, name, service);
        });
        announce(shared, &known, name);
    }
    for (name, job) in &app.jobs {
        let is_wanted = job.service.get().is_none_or(|service| only.contains(service));
        if !is_wanted || job.on.get() == Some(&JobTrigger::Schedule) {
            continue;
        }
        shared.update(name.as_str(), |facts| {
            facts.role = Some(Role::Job);
            job.on.get().map_or("manual", |on| on.as_str()).clone_into(&mut facts.kind);
            facts.command = job.run.get().cloned();
            facts.folder = folder(shared.state.worktree(), job.path.get().map_or(".", String::as_str));
        });
        announce(shared, &known, name);
    }
}

fn announce(shared: &Shared, known: &BTreeSet<String>, name: &Name) {
    if !known.contains(name.as_str()) {
        shared.supervisor.add_external(name.as_str());
        shared.set_phase(name.as_str(), Phase::Waiting, "");
    }
}

/// A static site that the proxy serves from its folder.
pub(crate) fn is_site(service: &Service) -> bool {
    command(service).is_none()
        && (service.kind.get() == Some(&Kind::Static) || service.static_dir.get().is_some())
}

/// How a service is reached over HTTP: by its port, or as files.
fn served(shared: &Shared, name: &Name, service: &Service) -> Option<Served> {
    let root = folder(shared.state.worktree(), service.path());
    let by = if is_site(service) {
        let site = service.static_dir.get().map_or(".", String::as_str);
        ServedBy::Files { root: root.join(site), is_spa: service.build.get().is_some() }
    } else if service.port.get().is_some() || matches!(service.kind.get(), Some(Kind::Web | Kind::Static)) {
        ServedBy::Process
    } else {
        return None;
    };
    Some(Served { name: name.to_string(), route: service.route.get().cloned(), by })
}
