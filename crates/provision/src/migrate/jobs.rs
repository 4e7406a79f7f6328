//! Migrations and seeds that a tool of the app carries out: which of its jobs have to run, and because of what.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use seaworthy_model::{App, Job, JobTrigger, Name};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::install::digest;
use crate::record::{self, Access};
use crate::resource;
use crate::state::State;

/// A job that has to run once resources are ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobStep {
    /// The job.
    pub name: Name,
    /// Its command, for a shell.
    pub run: String,
    /// The service whose folder, runtime and environment it runs with.
    pub service: Option<Name>,
    /// The folder that it runs in, relative to the repository's root.
    pub path: String,
    /// It fills the database: after all that makes its tables.
    pub is_seed: bool,
    /// Why it has to run.
    pub reason: &'static str,
    record: Record,
}

/// What a job ran with when it last went well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// Which data it ran against, by resource.
    data: BTreeMap<String, String>,
    /// Its command and the files that it runs.
    inputs: String,
}

/// Names of folders and files that migration tools keep what they run in.
const SOURCES: [&str; 9] = [
    "migrations",
    "migrate",
    "migration",
    "drizzle",
    "schema.prisma",
    "schema.rb",
    "structure.sql",
    "versions",
    "changelog",
];
/// Folders that hold nothing that people wrote.
const SKIPPED: [&str; 7] = ["node_modules", "vendor", "target", "dist", "build", "venv", "deps"];
/// Most files whose content counts, and how deep they are looked for.
const FILES: usize = 5000;
const DEPTH: usize = 6;

fn records(state: &State) -> std::path::PathBuf {
    state.cache().join("jobs.json")
}

/// The jobs that have to run, migrations before seeds. A migration whose files cannot be told runs every time: its
/// tool knows what ran.
pub fn plan(app: &App, state: &State) -> Result<Vec<JobStep>, Error> {
    let known: BTreeMap<String, Record> = record::load(&records(state));
    let mut steps = Vec::new();
    for (name, job) in &app.jobs {
        let Some(run) = job.run.get() else { continue };
        let is_seed = is_seed(name, job);
        if !is_seed && job.on.get() != Some(&JobTrigger::Release) {
            continue;
        }
        let (record, is_known) = record_of(app, job, run, is_seed, state)?;
        let reason = match known.get(name.as_str()) {
            None => "it never ran here",
            Some(last) if last.data != record.data => "the data is new",
            Some(last) if last.inputs != record.inputs => "it changed",
            Some(_) if !is_known && !is_seed => "what it runs is not known",
            Some(_) => continue,
        };
        let service = job.service.get().cloned();
        let path =
            job.path.get().cloned().or_else(|| Some(app.services.get(service.as_ref()?)?.path().to_owned()));
        steps.push(JobStep {
            name: name.clone(),
            run: run.clone(),
            service,
            path: path.unwrap_or_else(|| ".".to_owned()),
            is_seed,
            reason,
            record,
        });
    }
    steps.sort_by_key(|step| step.is_seed);
    Ok(steps)
}

/// Writes down that a job went well.
pub fn done(step: &JobStep, state: &State) -> Result<(), Error> {
    let path = records(state);
    let mut known: BTreeMap<String, Record> = record::load(&path);
    known.insert(step.name.to_string(), step.record.clone());
    record::save(&path, &known, Access::Everyone)
}

/// Detected seeds run by hand as far as the model is concerned; a new database of `sea up` is what they are for.
fn is_seed(name: &Name, job: &Job) -> bool {
    let name = name.as_str();
    (name == "seed" || name.ends_with("-seed")) && job.on.get() != Some(&JobTrigger::Schedule)
}

/// What a job would run with now, and whether all of it is known.
fn record_of(app: &App, job: &Job, run: &str, is_seed: bool, state: &State) -> Result<(Record, bool), Error> {
    let service = job.service.get().and_then(|name| app.services.get(name));
    let needed = |name: &&Name| service.is_none_or(|service| service.depends_on.contains_key(*name));
    let resources: Vec<&Name> = app.resources.keys().filter(needed).collect();
    let data = resources
        .iter()
        .map(|name| Ok((name.to_string(), resource::generation(name, state)?)))
        .collect::<Result<_, Error>>()?;
    let mut inputs = format!("{run}\0");
    let mut count = 0;
    if let Some(path) = job.run.origin().and_then(|origin| origin.place.as_ref()) {
        inputs += &digest(&fs::read(state.worktree().join(&path.file)).unwrap_or_default());
    }
    if !is_seed {
        let dir =
            job.path.get().map(String::as_str).or(service.map(seaworthy_model::Service::path)).unwrap_or(".");
        visit(&state.folder(dir), 0, false, &mut inputs, &mut count);
        for name in &resources {
            if let Some(path) = app.resources.get(*name).and_then(|resource| resource.migrations.get()) {
                visit(&state.folder(path), 0, true, &mut inputs, &mut count);
            }
        }
    }
    Ok((Record { data, inputs: digest(inputs.as_bytes()) }, count > 0))
}

/// Adds every file below a folder that a migration tool runs.
fn visit(dir: &Path, depth: usize, is_source: bool, inputs: &mut String, count: &mut usize) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(kind) = entry.file_type() else { continue };
        let is_source = is_source || SOURCES.contains(&name.as_str());
        if *count >= FILES
            || name.starts_with('.')
            || name == "__pycache__"
            || SKIPPED.contains(&name.as_str())
        {
            continue;
        }
        if kind.is_dir() {
            if depth < DEPTH {
                visit(&entry.path(), depth + 1, is_source, inputs, count);
            }
        } else if is_source && let Ok(content) = fs::read(entry.path()) {
            *count += 1;
            inputs.push_str(&name);
            inputs.push_str(&digest(&content));
        }
    }
}
