//! A step of a pipeline, as data.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use seaworthy_model::{Name, StepName};
use serde::{Deserialize, Serialize};

pub use seaworthy_model::Stage;

use super::select::Shard;
use super::testing::Runner;

/// What a step is called: `api:test`, or `check` for what is about the whole app.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(String);

impl StepId {
    /// A step of a service.
    pub fn of(service: &Name, stage: Stage) -> Self {
        Self(format!("{service}:{}", stage.as_str()))
    }

    /// A step of the whole app.
    pub fn whole(stage: Stage) -> Self {
        Self(stage.as_str().to_owned())
    }

    /// A step that the project names.
    pub fn named(name: &StepName) -> Self {
        Self(name.to_string())
    }

    /// One of the shares that this step is split into.
    pub(super) fn share(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.base()))
    }

    /// The step that a share is of; itself where it is none.
    pub fn base(&self) -> &str {
        self.0.split('/').next().unwrap_or(&self.0)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A line for the shell, as repositories write their commands.
    Shell(String),
    /// This program itself, with these arguments.
    Sea(Vec<&'static str>),
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shell(line) => f.write_str(line),
            Self::Sea(arguments) => write!(f, "sea {}", arguments.join(" ")),
        }
    }
}

/// Which files of the repository a step is declared to read. Paths are relative to its root, with `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Inputs {
    /// All files below a folder, and manifests and lockfiles of the workspace that it belongs to.
    Folder {
        /// The folder.
        folder: String,
        /// The folder that dependencies are installed in.
        workspace: String,
    },
    /// Manifests, lockfiles and settings of package managers below a folder.
    Manifests(String),
    /// These files and folders.
    Paths(Vec<String>),
    /// All files, which of them git tracks, and the day: rules look at all of that.
    Everything,
}

/// What is remembered of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// Every file of it, to be compared and brought back.
    Content,
    /// That it is there with these names in it: too large for more, and quickly made anew.
    Presence,
}

/// A folder that a step makes, relative to the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The folder.
    pub path: String,
    /// What is remembered of it.
    pub keep: Keep,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub id: StepId,
    /// Where it stands.
    pub stage: Stage,
    /// The services that it is for; none: the whole app.
    pub services: Vec<Name>,
    /// What is run.
    pub action: Action,
    /// Where, relative to the root, `.` for the root itself.
    pub folder: String,
    /// Steps that must have gone well before.
    pub needs: Vec<StepId>,
    /// What it is declared to read.
    pub inputs: Inputs,
    /// What it makes.
    pub outputs: Vec<Output>,
    /// Variables that it is given where they are set, besides those that say where things are on this machine.
    pub env: BTreeSet<String>,
    /// Those of them whose values must not be seen.
    pub secrets: BTreeSet<String>,
    /// Values that the model says; a variable that is set goes before it.
    pub values: BTreeMap<String, String>,
    /// The tool that it runs tests with, where that is known.
    pub tests: Option<Runner>,
    /// How many shares its tests are split into on this machine.
    pub shares: usize,
    /// The share of its tests that it runs; all of them when absent.
    pub shard: Option<Shard>,
    /// How often it is tried again when it fails.
    pub retries: u32,
}

impl Step {
    /// A step of the whole app, run once and at its root, that needs and makes nothing.
    pub(super) fn new(id: StepId, stage: Stage, action: Action, inputs: Inputs) -> Self {
        Self {
            id,
            stage,
            services: Vec::new(),
            action,
            folder: ".".to_owned(),
            needs: Vec::new(),
            inputs,
            outputs: Vec::new(),
            env: BTreeSet::new(),
            secrets: BTreeSet::new(),
            values: BTreeMap::new(),
            tests: None,
            shares: 1,
            shard: None,
            retries: 0,
        }
    }
}
