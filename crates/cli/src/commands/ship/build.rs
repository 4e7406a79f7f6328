//! A commit -> a release in the host's store.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use seaworthy_artifact::{Digest, Store};
use seaworthy_check::migration::Class;
use seaworthy_check::{Catalogue, Finding};
use seaworthy_detect::{Loaded, Repository};
use seaworthy_engine::serve::view::EnvironmentView;
use seaworthy_engine::serve::{CommitFact, MigrationRecord, ReleaseRecord};
use seaworthy_ledger::body::{CommitLine, MigrationClass};
use seaworthy_model::{JobTrigger, Stage};
use seaworthy_release::pipeline::{Event, Report};
use seaworthy_release::ship::{Checkout, Commit, Migration, Parts, Provenance, Wanted, migrations, package};
use seaworthy_rollout::hold::Relation;
use seaworthy_rollout::machine::Strategy;
use seaworthy_rollout::{ReleaseId, Weight};
use serde::{Deserialize, Serialize};

use super::prepare::{self, Prepared, prepare};
use super::{Place, known};
use crate::args::{Global, ShipArgs, StrategyName};
use crate::commands::git::git;
use crate::commands::remote::deliver;
use crate::commands::{check, ci, commits as history};
use crate::exit::{Mistake, Outside};
use crate::output::steps;

/// What was sent to another host is kept here for so long.
const KEPT_HERE: Duration = Duration::from_hours(7 * 24);

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
    let Prepared { repository, loaded, runtime, workshop, steps: all, mut pipeline } =
        prepare(global, place, checkout.root())?;
    if let Some(name) = &args.explain {
        let chosen = seaworthy_release::pipeline::select(&all, std::slice::from_ref(name), None)
            .map_err(|error| ci::advise(&error))?;
        ci::explain(&mut pipeline, &chosen, &workshop, name)?;
        return Ok(None);
    }
    let all = prepare::all(&all)?;
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
        let under = checkout.root().strip_prefix(&place.root).unwrap_or(checkout.root());
        steps::report(&report, under, args.json)?;
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
        tests: Provenance::tests(&report),
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
        // The host has it; here it only makes the next one quick. What cannot be swept now is swept the next time.
        let _ = store.prune(&[packaged.digest].into(), KEPT_HERE);
    }
    for warning in &packaged.warnings {
        anstream::eprintln!("warning: {warning}");
    }
    // The host completes it: it knows the values of secrets, and no one else needs to.
    let configuration = Digest::of(place.environment.as_str().as_bytes());
    let commit = checkout.commit();
    let Past { commits, history, relation } = past(place, commit)?;
    let record = ReleaseRecord {
        release: ReleaseId::of(packaged.digest.as_bytes(), configuration.as_bytes()).to_string(),
        artifact: packaged.digest.to_string(),
        configuration: configuration.to_string(),
        commit: commit.id.clone(),
        subject: commit.subject.clone(),
        author: commit.author.clone(),
        committed_at: commit.committed.parse()?,
        dirty: checkout.is_dirty(),
        migrations: migrations(&repository, &loaded.app).into_iter().map(migration).collect(),
        runs_jobs: loaded.app.jobs.values().any(|job| job.on.get() == Some(&JobTrigger::Release)),
        commits,
        history,
        findings: findings(&report, &repository, &loaded),
        keys: BTreeMap::new(),
    };
    known::note(global, place, checkout.root(), &record);
    Ok(Some(Built { record, relation }))
}

/// What it is known by on the host.
fn migration(found: Migration) -> MigrationRecord {
    let Migration { file, digest, judgement } = found;
    let class = match judgement.class {
        Class::Expand => MigrationClass::Expand,
        Class::Unknown => MigrationClass::Unknown,
        Class::Breaking => MigrationClass::Breaking,
    };
    MigrationRecord { file, digest, class, line: judgement.line, why: judgement.why }
}

/// What `sea check` finds in the checkout. The step of the pipeline says whether that is known: it ran in a process of its
/// own, and what it looked at has a digest.
fn findings(report: &Report, repository: &Repository, loaded: &Loaded) -> Option<BTreeMap<String, String>> {
    let step = report.steps.iter().find(|step| step.stage == Stage::Check)?;
    let known = repository.root().join(".seaworthy/cache/findings.json");
    let kept = std::fs::read(&known).ok().and_then(|json| serde_json::from_slice::<Kept>(&json).ok());
    if let Some(kept) = kept.filter(|kept| kept.inputs.is_some() && kept.inputs == step.inputs) {
        return Some(kept.findings);
    }
    let found = check::findings(repository, loaded).ok()?;
    let told = |finding: Finding| {
        (finding.fingerprint, format!("{} at {}:{}", finding.rule, finding.file, finding.line))
    };
    let findings: BTreeMap<String, String> = found.into_iter().map(told).collect();
    let kept = Kept { inputs: step.inputs.clone(), findings };
    // Where it cannot be kept it is looked for again.
    let _ = std::fs::write(&known, serde_json::to_vec(&kept).unwrap_or_default());
    Some(kept.findings)
}

/// Findings of the last check, and what was checked.
#[derive(Serialize, Deserialize)]
struct Kept {
    inputs: Option<String>,
    findings: BTreeMap<String, String>,
}

/// What a commit is against what the host has.
struct Past {
    /// Commits since the release that serves, newest first.
    commits: Vec<CommitLine>,
    /// The history that leads to it.
    history: Vec<CommitFact>,
    /// How it stands to the one that was rolled back.
    relation: Option<Relation>,
}

/// Asks the host what serves there. Refuses what has not passed the environment before.
fn past(place: &Place, commit: &Commit) -> anyhow::Result<Past> {
    let host = place.talk(async { Ok(place.client.view().await?) })?;
    let of_app = |environment: &str| {
        let mut all = host.environments.iter();
        all.find(|view| view.app == place.app.as_str() && view.environment == environment)
    };
    if let Some(after) = &place.after {
        let passed = of_app(after.as_str()).and_then(|view| view.serves.as_ref());
        if passed.is_none_or(|passed| passed.commit != commit.id || passed.dirty) {
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
    let view = of_app(place.environment.as_str());
    let serving = view.and_then(serving);
    Ok(Past {
        commits: serving.map(|serving| commits(place, serving, &commit.id)).unwrap_or_default(),
        history: history::leading_to(&place.root, &commit.id, serving),
        relation: view.and_then(|view| view.held.as_ref()).map(|held| relation(place, &commit.id, held)),
    })
}

/// The commit that serves, the one of a release that is still watched included.
pub(super) fn serving(view: &EnvironmentView) -> Option<&str> {
    let rollout = view.rollout.as_ref();
    let promoted =
        rollout.filter(|rollout| matches!(rollout.state.as_str(), "promoted" | "draining" | "retained"));
    let commit = promoted.map(|rollout| &rollout.ships.commit);
    commit.or(view.serves.as_ref().map(|serves| &serves.commit)).map(String::as_str)
}

/// Commits that are told at most; who has more looks at git.
const COMMITS: &str = "--max-count=500";

/// The commits that one has and an earlier one has not; none where git does not know that one.
fn commits(place: &Place, since: &str, commit: &str) -> Vec<CommitLine> {
    let range = format!("{since}..{commit}");
    let arguments = ["log", "-z", COMMITS, "--no-show-signature", "--format=%H%n%an <%ae>%n%s", &range, "--"];
    let listed = git(&place.root, &arguments).unwrap_or_default();
    let listed = String::from_utf8_lossy(&listed);
    let line = |text: &str| {
        let mut parts = text.splitn(3, '\n').map(str::to_owned);
        Some(CommitLine { id: parts.next()?, author: parts.next()?, subject: parts.next()? })
    };
    listed.split('\0').filter_map(line).collect()
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
    let watch = Duration::from_mins(10);
    match name {
        StrategyName::Canary => Strategy::Canary { steps: [10, 50, 100].map(Weight::percent).into(), watch },
        StrategyName::BlueGreen => Strategy::BlueGreen { watch },
        StrategyName::Rolling => Strategy::Rolling,
    }
}

fn advise(error: &seaworthy_release::ship::ShipError) -> anyhow::Error {
    Outside { message: error.to_string(), help: error.help() }.into()
}
