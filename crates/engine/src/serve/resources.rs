//! The resources of an environment: they belong to it, not to a release, and outlive every one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use seaworthy_model::placeholder::{Placeholder, Template};
use seaworthy_model::{App, Name};
use seaworthy_provision::resource::{self, Context, Runs};
use seaworthy_provision::task::Line;
use seaworthy_supervise::machine::Phase;
use seaworthy_supervise::survivor::Survivor;

use super::Error;
use super::place::Place;
use super::release::Release;
use super::running::go_on;
use crate::host::definition::log_file;
use crate::host::resources::{ServerOf, definition};

/// How long a resource may take until it answers.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// The name of a resource's process on this host.
pub(super) fn process_name(place: &Place, resource: &Name) -> String {
    format!("{}resource.{resource}", place.prefix())
}

/// The resources that have to run here: those that a value of this environment names, and those that a service needs and is
/// told of in no other way. One whose address comes from elsewhere (a managed database, a value of this environment in the place of
/// the detected one) is nobody's here.
fn needed(app: &App) -> BTreeSet<Name> {
    let mut needed = BTreeSet::new();
    for service in app.services.values() {
        let mut has_secrets = false;
        let mut elsewhere = BTreeSet::new();
        for variable in service.env.values() {
            let Some(said) = variable.value.winner() else { continue };
            let named = resources_in(&said.value);
            has_secrets |= placeholders_in(&said.value).iter().any(|it| matches!(it, Placeholder::Secret(_)));
            let others = variable.value.all().iter().flat_map(|other| resources_in(&other.value));
            elsewhere.extend(others.filter(|name| !named.contains(name)));
            needed.extend(named);
        }
        if !has_secrets {
            needed.extend(service.depends_on.keys().filter(|name| !elsewhere.contains(*name)).cloned());
        }
    }
    needed.into_iter().filter(|name| app.resources.contains_key(name)).collect()
}

fn placeholders_in(value: &str) -> Vec<Placeholder> {
    let template = Template::parse(value).ok();
    template.iter().flat_map(|template| template.placeholders().map(|(it, _)| it.clone())).collect()
}

fn resources_in(value: &str) -> BTreeSet<Name> {
    let names = placeholders_in(value).into_iter().filter_map(|placeholder| match placeholder {
        Placeholder::Resource { name, .. } => Some(name),
        _ => None,
    });
    names.collect()
}

/// Types whose servers are for laptops: what they take in is lost, or seen by anyone who may look.
const FOR_LAPTOPS: [&str; 2] = ["smtp", "s3"];

/// Refuses a release that needs what a host does not run, before anything is begun.
pub(super) fn check(place: &Place, release: &Release) -> Result<(), Error> {
    let app = &release.app;
    for name in needed(app) {
        let kind = app.resources.get(&name).and_then(|resource| resource.r#type.get());
        if let Some(kind) = kind.filter(|kind| FOR_LAPTOPS.contains(&kind.as_str())) {
            return Err(not_here(place, app, &name, kind));
        }
    }
    Ok(())
}

fn not_here(place: &Place, app: &App, resource: &Name, kind: &str) -> Error {
    let names = |text: &String| resources_in(text).contains(resource);
    let readers = app.services.iter().flat_map(|(service, known)| {
        let told = known.env.iter().filter(|(_, variable)| variable.value.get().is_some_and(names));
        told.map(|(variable, _)| (service.clone(), variable.clone()))
    });
    Error::Resource {
        resource: resource.clone(),
        kind: kind.to_owned(),
        environment: place.name.clone(),
        readers: readers.collect(),
    }
}

/// Brings up what a release needs and what does not run yet. Data is kept from release to release.
pub(super) async fn bring_up(place: &Arc<Place>, release: &Release) -> Result<(), Error> {
    bring_up_with(place, release, &mut BTreeMap::new()).await
}

async fn bring_up_with(
    place: &Arc<Place>,
    release: &Release,
    survivors: &mut BTreeMap<String, Survivor>,
) -> Result<(), Error> {
    let needed = needed(&release.app);
    let running = place.prepared();
    let missing: BTreeSet<Name> = needed.into_iter().filter(|name| !running.contains_key(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut app = App { resources: release.app.resources.clone(), ..(*release.app).clone() };
    app.resources.retain(|name, _| missing.contains(name));
    let requests = resource::requests(&app, &mut place.ports(), &mut place.secrets())?;
    let state = place.state(&release.tree);
    let tasks = place.tasks([]);
    let lines = |_: Line| {};
    for request in requests {
        let name = request.name.clone();
        let context = Context {
            state: &state,
            machine: &place.host.machine,
            tasks: &tasks,
            lines: &lines,
            engine: None,
        };
        let mut prepared = resource::prepare(request, context).await?;
        let runs = std::mem::replace(&mut prepared.runs, Runs::Nothing);
        let port = prepared.port.take().map(seaworthy_provision::port::Reservation::hand_over);
        match runs {
            Runs::Nothing => {}
            Runs::Process(daemon) => {
                place.tell(Some(&release.id), format!("starting {name} ({})", prepared.kind));
                let process = process_name(place, &name);
                let log = log_file(&place.folder.logs(), name.as_str());
                let of = ServerOf {
                    name: &process,
                    run: &place.host.run,
                    log: &log,
                    secrets: place.made_up_secrets(),
                };
                let mut definition = definition(of, &daemon, port);
                definition.spec.on_control_loss = place.host.linger();
                let supervisor = &place.host.supervisor;
                let survivor = survivors.remove(&process);
                supervisor
                    .adopt(vec![definition], survivor.into_iter().collect())
                    .and_then(|()| supervisor.start(&process))
                    .map_err(|error| Error::Instance {
                        instance: process.clone(),
                        reason: error.to_string(),
                    })?;
                wait_until_ready(place, &process).await?;
            }
            Runs::Smtp(_) | Runs::S3(_) | Runs::Container(_) => {
                return Err(not_here(place, &release.app, &name, &prepared.kind));
            }
        }
        prepared.settle().await?;
        place.set_prepared(&name, Arc::new(prepared));
    }
    Ok(())
}

async fn wait_until_ready(place: &Place, process: &str) -> Result<(), Error> {
    let board = place.host.supervisor.board();
    let ready = async {
        let mut changes = board.changes();
        loop {
            changes.mark_unchanged();
            if board.get(process).is_some_and(|status| status.phase == Phase::Ready) {
                return;
            }
            if changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::time::timeout(READY_WITHIN, ready).await.map_err(|_| {
        let status = board.get(process).unwrap_or_default();
        let reason = status.cause.unwrap_or(status.detail);
        Error::Instance {
            instance: process.to_owned(),
            reason: format!("not ready after {} s: {reason}", READY_WITHIN.as_secs()),
        }
    })
}

/// Goes on with the servers of resources that an earlier control process started, and starts those that are missing.
pub(super) async fn adopt(
    place: &Arc<Place>,
    release: &Release,
    survivors: &mut BTreeMap<String, Survivor>,
) -> Result<(), Error> {
    let running: Vec<Name> = needed(&release.app)
        .into_iter()
        .filter(|name| survivors.contains_key(&process_name(place, name)))
        .collect();
    for name in &running {
        place.ports().runs_already(&format!("resources/{name}"));
    }
    let brought_up = bring_up_with(place, release, survivors).await;
    if brought_up.is_err() {
        // Whoever uses a server still has it, whatever cannot be said of it just now.
        for name in running {
            if let Some(survivor) = survivors.remove(&process_name(place, &name)) {
                go_on(place, survivor);
            }
        }
    }
    brought_up
}

#[cfg(test)]
mod tests {
    use seaworthy_model::Origin;

    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    /// The resources that a service with these variables needs, each with what was detected and what this environment says.
    fn needed_of(variables: &[(&str, Option<&str>)]) -> Vec<String> {
        let mut app = App::default();
        for resource in ["db", "mail"] {
            app.resources.insert(name(resource), seaworthy_model::Resource::default());
        }
        let service = app.services.entry(name("api")).or_default();
        for (number, (detected, said)) in variables.iter().enumerate() {
            let variable = service.env.entry(format!("V{number}")).or_default();
            variable.value.propose((*detected).to_owned(), Origin::detected("env"));
            if let Some(said) = said {
                variable
                    .value
                    .propose((*said).to_owned(), Origin::new(seaworthy_model::Layer::Config, "env"));
            }
        }
        for resource in ["db", "mail"] {
            service.depends_on.entry(name(resource)).or_default();
        }
        needed(&app).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_comes_from_elsewhere_is_not_run() {
        assert_eq!(needed_of(&[]), ["db", "mail"], "needed, and told of in no other way");
        let (db, mail) = ("${resources.db.url}", "${resources.mail.url}");
        assert_eq!(needed_of(&[(db, None), (mail, None)]), ["db", "mail"]);
        assert_eq!(needed_of(&[(db, None), (mail, Some("smtp://mail.example:587"))]), ["db"]);
        assert_eq!(needed_of(&[(db, None), (mail, Some(""))]), ["db"]);
        assert_eq!(needed_of(&[(db, None), (mail, Some("${secrets.SMTP_URL}"))]), ["db"]);
        assert_eq!(needed_of(&[(db, Some("${secrets.DATABASE_URL}")), (mail, None)]), ["mail"]);
    }
}
