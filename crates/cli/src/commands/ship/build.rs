//! A commit -> a release in the host's store.

use std::collections::BTreeSet;

use seaworthy_artifact::{Digest, Store};
use seaworthy_check::Catalogue;
use seaworthy_detect::{Overrides, Repository, load_from};
use seaworthy_engine::serve::ReleaseRecord;
use seaworthy_engine::serve::view::EnvironmentView;
use seaworthy_provision::state::State;
use seaworthy_release::pipeline::{Event, Pipeline, Workshop, derive};
use seaworthy_release::ship::{Checkout, Parts, Provenance, Wanted, package, release_id};
use seaworthy_rollout::Weight;
use seaworthy_rollout::hold::Relation;
use seaworthy_rollout::machine::Strategy;
use seaworthy_rollout::schema::Migration;

use super::Place;
use crate::args::{Global, ShipArgs, StrategyName};
use crate::commands::ci;
use crate::commands::commits;
use crate::commands::git::git;
use crate::commands::remote::deliver;
use crate::exit::{Mistake, Outside};
use crate::output::{self, steps};

/// A release that is in the host's store.
pub(super) struct Built {
    pub(super) record: ReleaseRecord,
    /// How its commit stands to the one that was rolled back.
    pub(super) relation: Option<Relation>,
}

/// Checks the commit out, runs the pipeline on it and packages it; `None` when a step failed, which is told, or when only
/// a plan was asked for.
pub(super) fn build(global: &Global, args: &ShipArgs, place: &Place) -> anyhow::Result<Option<Built>> {
    let wanted = if args.dirty { Wanted::WorkingTree } else { Wanted::Revision(&args.commit) };
    let busy = || anstream::eprintln!("another ship builds in this repository; waiting for it");
    let checkout = Checkout::open(&place.root, wanted, busy).map_err(|error| advise(&error))?;
    let repository = Repository::open(checkout.root())?;
    let overrides = Overrides { environment: Some(place.environment.to_string()), set: global.set.clone() };
    let mut loaded = load_from(&repository, &overrides);
    if loaded.app.environments.is_empty() {
        loaded.unknown_environment = None;
    }
    if loaded.has_errors() {
        output::problems(&loaded);
        return Err(Mistake {
            message: "the model of this commit is wrong".to_owned(),
            help: Some("sea plan".to_owned()),
        }
        .into());
    }
    let state = State::open(checkout.root())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let workshop = runtime.block_on(Workshop::open(&loaded.app, &state));
    let all = derive(&loaded.app, &workshop.workspaces, &|path| repository.has(path));
    let pipeline = Pipeline::open(&repository, &state, &all, ci::options(None, true, true)?);
    let mut pipeline = pipeline.map_err(|error| ci::advise(&error))?;
    if let Some(name) = &args.explain {
        let chosen = seaworthy_release::pipeline::select(&all, std::slice::from_ref(name), None)
            .map_err(|error| ci::advise(&error))?;
        ci::explain(&mut pipeline, &chosen, &workshop, name)?;
        return Ok(None);
    }
    if args.plan {
        let verdicts = pipeline.plan(&all, &workshop).map_err(|error| ci::advise(&error))?;
        steps::plan(&all, &verdicts, args.json)?;
        return Ok(None);
    }
    let cancel = seaworthy_release::pipeline::Cancel::default();
    runtime.spawn(ci::stop_when_told(cancel.clone()));
    let outputs: BTreeSet<String> =
        all.iter().flat_map(|step| step.outputs.iter().map(|output| output.path.clone())).collect();
    checkout.clean(&outputs).map_err(|error| advise(&error))?;
    let mut lines = steps::Lines::new(&all, false, args.json);
    let mut on = |event: &Event<'_>| lines.show(event);
    let report = pipeline.run(&all, &workshop, &cancel, &mut on).map_err(|error| ci::advise(&error))?;
    runtime.shutdown_background();
    if !report.ok {
        steps::report(&report, args.json)?;
        return Ok(None);
    }
    let leaks = seaworthy_release::ship::secrets(&loaded.app, &all, &repository, &Catalogue::embedded());
    if !leaks.is_empty() {
        for leak in &leaks {
            anstream::eprintln!("error[{}]: {}:{}: {}", leak.rule, leak.file, leak.line, leak.message);
        }
        anstream::eprintln!("what was built holds secrets, and everyone who gets it can read them");
        return Ok(None);
    }
    let products = report.products(&all);
    let store = Store::open(&place.store)?;
    let provenance = Provenance {
        commit: checkout.commit().clone(),
        dirty: checkout.is_dirty(),
        steps: Provenance::steps(&all, &report),
        tests: None,
        findings: None,
        builder: format!("sea {}", env!("CARGO_PKG_VERSION")),
        times: None,
    };
    let parts = Parts {
        app: place.app.as_str(),
        checkout: &checkout,
        repository: &repository,
        projects: &loaded.manifests,
        provenance: &provenance,
        products: &products,
    };
    let packaged = package(&store, &parts).map_err(|error| advise(&error))?;
    if let Some(remote) = &place.remote {
        deliver(remote, &place.client, &store, &packaged.digest.to_string())?;
    }
    for warning in &packaged.warnings {
        anstream::eprintln!("warning: {warning}");
    }
    // Nothing outside of the tree decides about a release so far; the name of its environment keeps them apart.
    let configuration = Digest::of(place.environment.as_str().as_bytes());
    let commit = checkout.commit();
    let Past { schema, migration, relation, serving } =
        history(place, &repository, &loaded.app, &commit.id, args.breaking)?;
    let record = ReleaseRecord {
        release: release_id(&packaged.digest, &configuration),
        artifact: packaged.digest.to_string(),
        configuration: configuration.to_string(),
        commit: commit.id.clone(),
        subject: commit.subject.clone(),
        author: commit.author.clone(),
        committed_at: commit.committed.parse()?,
        dirty: checkout.is_dirty(),
        schema,
        migration,
        commits: commits::leading_to(&place.root, &commit.id, serving.as_deref()),
    };
    Ok(Some(Built { record, relation }))
}

/// What a commit is against what the host has.
struct Past {
    schema: u64,
    migration: Migration,
    relation: Option<Relation>,
    /// The commit that serves.
    serving: Option<String>,
}

/// How many migrations the commit has, what they do to the release that serves, and how the commit stands to the one that
/// was rolled back. Refuses what has not passed the environment before.
fn history(
    place: &Place,
    repository: &Repository,
    app: &seaworthy_model::App,
    commit: &str,
    breaking: bool,
) -> anyhow::Result<Past> {
    let host = place.talk(async { Ok(place.client.view().await?) })?;
    let of_app = |environment: &str| {
        let mut all = host.environments.iter();
        all.find(|view| view.app == place.app.as_str() && view.environment == environment)
    };
    if let Some(after) = &place.after {
        let passed = of_app(after.as_str()).and_then(|view| view.serves.as_ref());
        if passed.is_none_or(|passed| passed.commit != commit || passed.dirty) {
            return Err(Mistake {
                message: format!(
                    "{} comes after {after}, and this commit does not serve there",
                    place.environment
                ),
                help: Some(format!("sea ship --env {after}")),
            }
            .into());
        }
    }
    let migrations: Vec<String> = migrations(repository, app);
    let view = of_app(place.environment.as_str());
    let serving = view.and_then(|view: &EnvironmentView| view.serves.as_ref());
    let is_new = match serving {
        Some(serving) => {
            let mut arguments = vec!["diff", "--name-only", &serving.commit, commit, "--"];
            arguments.extend(migrations.iter().map(String::as_str));
            !migrations.is_empty() && !git(&place.root, &arguments).unwrap_or_default().is_empty()
        }
        None => !migrations.is_empty(),
    };
    // Whether a job has to run is known where it ran last: the host looks at what it would run.
    let has_jobs = app.jobs.values().any(|job| job.on.get() == Some(&seaworthy_model::JobTrigger::Release));
    let migration = match (is_new || has_jobs, breaking) {
        (false, _) => Migration::None,
        (true, false) => Migration::Expand,
        (true, true) => Migration::Breaking,
    };
    let relation = view.and_then(|view| view.held.as_ref()).map(|held| relation(place, commit, held));
    Ok(Past {
        schema: u64::try_from(migrations.len()).unwrap_or(u64::MAX),
        migration,
        relation,
        serving: serving.map(|serving| serving.commit.clone()),
    })
}

/// The files that change the schema.
fn migrations(repository: &Repository, app: &seaworthy_model::App) -> Vec<String> {
    let folders: Vec<&String> = app
        .resources
        .values()
        .flat_map(|resource| [resource.migrations.get(), resource.schema.get()])
        .flatten()
        .collect();
    let is_below = |path: &str| {
        folders.iter().any(|folder| {
            path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    repository.paths().iter().filter(|path| is_below(path)).map(ToString::to_string).collect()
}

fn relation(place: &Place, commit: &str, held: &str) -> Relation {
    let is_ancestor =
        |older: &str, newer: &str| git(&place.root, &["merge-base", "--is-ancestor", older, newer]).is_ok();
    if commit == held {
        Relation::Same
    } else if is_ancestor(held, commit) {
        Relation::Newer
    } else if is_ancestor(commit, held) {
        Relation::Older
    } else {
        Relation::Unrelated
    }
}

/// A strategy by its name, with the defaults for the rest.
pub(super) fn strategy(name: StrategyName) -> Strategy {
    let watch = std::time::Duration::from_mins(10);
    match name {
        StrategyName::Canary => Strategy::Canary { steps: [10, 50, 100].map(Weight::percent).into(), watch },
        StrategyName::BlueGreen => Strategy::BlueGreen { watch },
        StrategyName::Rolling => Strategy::Rolling,
    }
}

fn advise(error: &seaworthy_release::ship::ShipError) -> anyhow::Error {
    Outside { message: error.to_string(), help: error.help() }.into()
}
