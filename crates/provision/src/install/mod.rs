//! Installs of dependencies: what is needed, and because of what.
//!
//! An install is needed when something that it depends on differs from what it was when the install last went well:
//! its command, the version of its runtime, a manifest or lockfile, or what it put on the disk. Services that share a
//! workspace share its install.

mod fingerprint;
mod inputs;
mod lockfile;
mod root;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use seaworthy_model::Name;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::record::{self, Access};
use crate::state::State;
use crate::task::{Line, Program, Task, Tasks};
use crate::toolchain::{MARK, PythonEnvironment, Toolchain, python_environment};

use fingerprint::Fingerprint;
pub use fingerprint::Reason;
pub(crate) use fingerprint::digest;
pub use lockfile::Misfit;
pub use root::root;

/// What a service's install is made of.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The service.
    pub service: &'a Name,
    /// Its folder, absolute.
    pub dir: PathBuf,
    /// Its package manager, as the model names it.
    pub manager: &'a str,
    /// Its install command.
    pub command: &'a str,
    /// What it runs with.
    pub toolchain: Option<&'a Toolchain>,
    /// The folder of a tool that is kept in the state directory ([`crate::toolchain::tool`]).
    pub tool_dir: Option<PathBuf>,
}

/// One install, for every service that shares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallStep {
    /// What it is, as a person reads it: `npm ci in services/artists`.
    pub name: String,
    /// Whom it is for.
    pub services: Vec<Name>,
    /// What is run.
    pub task: Task,
    /// The virtual environment that it fills, for Python.
    pub python: Option<PythonEnvironment>,
    /// Why it is needed; absent: it is not.
    pub reason: Option<Reason>,
    before: Fingerprint,
    record: PathBuf,
    version: String,
}

impl InstallStep {
    /// Folders that go before `PATH` for whatever runs in `dir`: the environment's, those of `node_modules` from the
    /// service's folder up to the workspace's, the toolchain's.
    pub fn bin_dirs(&self, dir: &Path) -> Vec<PathBuf> {
        let python = self.python.iter().map(|python| python.bin_dir.clone());
        python.chain(node_bins(dir, &self.task.dir)).chain(self.task.bin_dirs.iter().cloned()).collect()
    }
}

/// `node_modules/.bin` of every folder from `dir` up to `top`; what is not there yet may be after an install.
pub fn node_bins(dir: &Path, top: &Path) -> Vec<PathBuf> {
    let below = dir.ancestors().take_while(|folder| folder.starts_with(top));
    below
        .filter(|folder| folder.join("package.json").is_file())
        .map(|folder| folder.join("node_modules/.bin"))
        .collect()
}

/// What was there after an install that went well.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Record {
    fingerprint: Fingerprint,
}

/// The installs of an app, in order of their names; those that are not needed have no reason.
pub fn plan(wanted: &[Wanted<'_>], state: &State) -> Vec<InstallStep> {
    let mut steps: BTreeMap<(PathBuf, String, String), InstallStep> = BTreeMap::new();
    for want in wanted {
        let dir = root(&want.dir, want.manager, state.worktree());
        let version = want.toolchain.and_then(|toolchain| Some(toolchain.version.as_ref()?.to_string()));
        let version = version.unwrap_or_default();
        let key = (dir.clone(), want.command.to_owned(), version.clone());
        let step = steps.entry(key).or_insert_with(|| step(want, dir, version, state));
        step.services.push(want.service.clone());
    }
    steps.into_values().collect()
}

fn step(want: &Wanted<'_>, dir: PathBuf, version: String, state: &State) -> InstallStep {
    let python = want
        .toolchain
        .filter(|toolchain| toolchain.runtime.name == "python")
        .and_then(|toolchain| python_environment(&dir, want.manager, toolchain));
    let mut env = quiet();
    env.extend(python.iter().flat_map(|python| python.env.clone()));
    let bin_dirs: Vec<PathBuf> = python
        .iter()
        .map(|python| python.bin_dir.clone())
        .chain(want.tool_dir.clone())
        .chain(want.toolchain.into_iter().flat_map(|toolchain| toolchain.bin_dirs.iter().cloned()))
        .collect();
    let folder = dir.strip_prefix(state.worktree()).unwrap_or(&dir).to_string_lossy().into_owned();
    let place = if folder.is_empty() { String::new() } else { format!(" in {folder}") };
    let name = format!("{}{place}", want.command);
    let record = record_path(state, &folder, want.manager);
    let before = Fingerprint::take(&dir, want.manager, want.command, &version);
    let known: Record = record::load(&record);
    let reason = known.fingerprint.first_difference(&before);
    InstallStep {
        services: Vec::new(),
        task: Task {
            name: name.clone(),
            program: Program::Shell(want.command.to_owned()),
            dir,
            env,
            bin_dirs,
            user: None,
        },
        name,
        python,
        reason,
        before,
        record,
        version,
    }
}

/// One record for what fills a folder: an install that writes a lockfile is followed by one that only reads it.
fn record_path(state: &State, folder: &str, manager: &str) -> PathBuf {
    let id = digest(format!("{folder}\0{manager}").as_bytes());
    state.cache().join("install").join(format!("{}.json", &id[..16]))
}

/// Carries a step out and remembers that it went well. A lockfile that does not fit its manifest is not insisted on;
/// that is what the answer says then.
pub async fn run(
    step: &InstallStep,
    manager: &str,
    tasks: &dyn Tasks,
    lines: &(dyn Fn(Line) + Send + Sync),
) -> Result<Option<Misfit>, Error> {
    if let Some(create) = step.python.as_ref().and_then(|python| python.create.as_ref()) {
        tasks.run(create, lines).await?;
        mark(&create_dir(step))?;
    }
    let mut misfit = None;
    if let Err(error) = tasks.run(&step.task, lines).await {
        misfit = lockfile::misfit(&step.task, &error);
        let Some(misfit) = &misfit else { return Err(error) };
        let task = Task { program: Program::Shell(misfit.command.clone()), ..step.task.clone() };
        tasks.run(&task, lines).await?;
    }
    let command = step.task.program.to_string();
    let after = Fingerprint::take(&step.task.dir, manager, &command, &step.version);
    // A manifest that was edited meanwhile is not what was installed.
    let fingerprint = after.with_manifests_of(&step.before);
    record::save(&step.record, &Record { fingerprint }, Access::Everyone)?;
    Ok(misfit)
}

fn create_dir(step: &InstallStep) -> PathBuf {
    step.python.as_ref().map(|python| python.dir.clone()).unwrap_or_default()
}

/// Says that an environment is ours, and keeps it out of Git, as Python 3.13 does by itself.
fn mark(dir: &Path) -> Result<(), Error> {
    record::write(&dir.join(MARK), b"", Access::Everyone)?;
    let file = dir.join(".gitignore");
    if file.exists() { Ok(()) } else { record::write(&file, b"*\n", Access::Everyone) }
}

/// No questions, no advertisements, no telemetry: nobody is there to answer.
pub fn quiet() -> BTreeMap<String, String> {
    [
        ("npm_config_fund", "false"),
        ("npm_config_audit", "false"),
        ("npm_config_update_notifier", "false"),
        ("npm_config_yes", "true"),
        ("COREPACK_ENABLE_DOWNLOAD_PROMPT", "0"),
        ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
        ("PIP_NO_INPUT", "1"),
        ("POETRY_NO_INTERACTION", "1"),
        ("COMPOSER_NO_INTERACTION", "1"),
        ("DOTNET_CLI_TELEMETRY_OPTOUT", "1"),
        ("DOTNET_NOLOGO", "1"),
        ("HUSKY", "0"),
        ("DEBIAN_FRONTEND", "noninteractive"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}
