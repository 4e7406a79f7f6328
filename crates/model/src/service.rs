//! A process of an app that should keep running, or a static site.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::quantity::{Bytes, Cpu, Duration};
use crate::{Field, Name, Origin, Probe, Runtime, Variable};

/// A service, with the origin of every value. Commands are shell strings to run in [`Service::path`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    /// Folder relative to the repository's root, `.` for the root itself.
    pub path: Field<String>,
    /// What sort of process it is.
    pub kind: Field<Kind>,
    /// The language most of it is written in.
    pub language: Field<String>,
    /// The runtime it needs.
    pub runtime: Field<Runtime>,
    /// What installs its dependencies.
    pub package_manager: Field<String>,
    /// The framework it is written with.
    pub framework: Field<String>,
    /// Installs the dependencies.
    pub install: Field<String>,
    /// Builds what `start` runs or what is served.
    pub build: Field<String>,
    /// Runs it for development; falls back to `start`.
    pub dev: Field<String>,
    /// Runs it for production.
    pub start: Field<String>,
    /// Runs the tests.
    pub test: Field<String>,
    /// Runs the linter.
    pub lint: Field<String>,
    /// The port it listens on.
    pub port: Field<u16>,
    /// How the port can be set.
    pub port_setting: Field<PortSetting>,
    /// Public path or host and path at the proxy; absent: private.
    pub route: Field<String>,
    /// The image that other tools run it from, tag and all.
    pub image: Field<String>,
    /// Folder with the built site, relative to `path`, for static sites.
    pub static_dir: Field<String>,
    /// Instances.
    pub replicas: Field<u32>,
    /// Memory limit of an instance.
    pub memory: Field<Bytes>,
    /// CPU limit of an instance.
    pub cpu: Field<Cpu>,
    /// Whether it has started.
    pub startup: Field<Probe>,
    /// Whether it can take requests.
    pub readiness: Field<Probe>,
    /// Whether it must be restarted.
    pub liveness: Field<Probe>,
    /// How long it may take to stop after SIGTERM.
    pub stop_grace_period: Field<Duration>,
    /// What a changed file leads to during development.
    pub watch: Field<Vec<WatchRule>>,
    /// Services and resources that must be there first.
    pub depends_on: BTreeMap<Name, Dependency>,
    /// Its environment variables.
    pub env: BTreeMap<String, Variable>,
    /// Folders and files it keeps data in.
    pub volumes: Vec<Volume>,
}

impl Service {
    /// The folder, `.` when nothing said otherwise.
    pub fn path(&self) -> &str {
        self.path.get().map_or(".", String::as_str)
    }

    /// Adds a dependency, or strengthens one that is known already.
    pub fn depend_on(&mut self, name: Name, condition: Condition, origin: Origin) {
        let dependency = self.depends_on.entry(name).or_default();
        dependency.condition.propose(condition, origin);
    }
}

/// What sort of process a service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Answers requests on a port.
    Web,
    /// Keeps running without a port: queue workers, bots, schedulers.
    Worker,
    /// Files that are built once and served by the proxy.
    Static,
    /// Runs to its end.
    Job,
}

impl Kind {
    /// The word used in files and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Worker => "worker",
            Self::Static => "static",
            Self::Job => "job",
        }
    }
}

/// How the port of a service can be set from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PortSetting {
    /// It reads this environment variable.
    Env(String),
    /// Its command takes this option.
    Flag(String),
    /// It is written in code or configuration and cannot be moved.
    Fixed,
}

impl fmt::Display for PortSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "${name}"),
            Self::Flag(flag) => write!(f, "{flag} PORT"),
            Self::Fixed => f.write_str("fixed"),
        }
    }
}

/// A service or resource that must be there first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dependency {
    /// What must hold of it.
    pub condition: Field<Condition>,
}

/// What must hold of a dependency before its dependent starts; the words are Compose's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Its process runs.
    ServiceStarted,
    /// Its readiness probe passes.
    ServiceHealthy,
    /// It ran to its end with exit code 0.
    ServiceCompletedSuccessfully,
}

impl Condition {
    /// The word used in files and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ServiceStarted => "service_started",
            Self::ServiceHealthy => "service_healthy",
            Self::ServiceCompletedSuccessfully => "service_completed_successfully",
        }
    }
}

/// A folder or file that a service keeps data in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Path as the service sees it: relative to its folder, or absolute.
    pub path: String,
    /// Who says so.
    pub origin: Origin,
}

/// What a changed file leads to during development.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WatchRule {
    /// File, folder or glob, relative to the service's folder.
    pub path: String,
    /// What is done.
    pub action: WatchAction,
    /// Where files are synchronised to.
    pub target: Option<String>,
    /// What is executed after a synchronisation.
    pub exec: Option<String>,
    /// Globs that lead to nothing.
    pub ignore: Vec<String>,
}

/// What is done about a changed file; the words are Compose's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum WatchAction {
    /// The service restarts.
    #[serde(rename = "restart")]
    Restart,
    /// It is built again, then restarts.
    #[serde(rename = "rebuild")]
    Rebuild,
    /// The file is copied to where the service runs.
    #[serde(rename = "sync")]
    Sync,
    /// Copied, then restarted.
    #[serde(rename = "sync+restart")]
    SyncRestart,
    /// Copied, then a command runs.
    #[serde(rename = "sync+exec")]
    SyncExec,
}
