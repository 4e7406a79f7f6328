//! A release as it is on this host: its record, its files, the model that they describe.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use seaworthy_detect::Overrides;
use seaworthy_ledger::body::{CommitLine, MigrationClass};
use seaworthy_model::{App, Kind, Name, PortSetting, Service};
use seaworthy_rollout::ReleaseId;
use serde::{Deserialize, Serialize};

use super::Error;
use super::commits::CommitFact;
use super::layout::{self, EnvironmentFolder};

/// What a release is. Written once, when it arrives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRecord {
    /// Its id.
    pub release: String,
    /// The digest of its artifact.
    pub artifact: String,
    /// The digest of its configuration.
    pub configuration: String,
    /// The commit it was built from.
    pub commit: String,
    /// The first line of the commit's message.
    pub subject: String,
    /// Who wrote the commit.
    pub author: String,
    /// When the commit was made.
    pub committed_at: Timestamp,
    /// The tree had changes that are in no commit.
    pub dirty: bool,
    /// All of its migrations, in the order in which they run.
    #[serde(default)]
    pub migrations: Vec<MigrationRecord>,
    /// Jobs of it run before every release, and know themselves what there is to do.
    #[serde(default)]
    pub runs_jobs: bool,
    /// Commits since the one that served when it was packaged, newest first.
    #[serde(default)]
    pub commits: Vec<CommitLine>,
    /// The history that leads to it, as far as it was sent: what lead times are computed from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<CommitFact>,
    /// What `sea check` found, by what tells a finding from others: rule and place. Nothing where it was not asked.
    #[serde(default)]
    pub findings: Option<BTreeMap<String, String>>,
    /// Fingerprints of the values of its variables and secrets, by their names. The host that serves it makes them.
    #[serde(default)]
    pub keys: BTreeMap<String, String>,
}

/// A migration of a release, and what it was judged to be where the release was packaged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigrationRecord {
    /// Its file, relative to the repository's root.
    pub file: String,
    /// The SHA-256 of its content.
    pub digest: String,
    /// What it does to a release that serves meanwhile.
    pub class: MigrationClass,
    /// The 1-based line of the statement that decided.
    pub line: u32,
    /// What that statement does: `drops a column`.
    pub why: String,
}

impl MigrationRecord {
    /// Where the statement is: `db/migrations/003.sql:2`.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

impl ReleaseRecord {
    /// The id as the journal's machines take it.
    pub(super) fn id(&self) -> ReleaseId {
        ReleaseId::new(&self.release)
    }
}

/// A release that can run.
#[derive(Clone, Debug)]
pub(super) struct Release {
    pub(super) record: ReleaseRecord,
    pub(super) id: ReleaseId,
    pub(super) tree: PathBuf,
    pub(super) app: Arc<App>,
}

impl Release {
    /// Reads a release whose files are here.
    pub(super) fn load(
        folder: &EnvironmentFolder,
        environment: &Name,
        id: &ReleaseId,
    ) -> Result<Option<Self>, Error> {
        let Some(record) = layout::read::<ReleaseRecord>(&folder.record(id))? else { return Ok(None) };
        let tree = folder.tree(id);
        if !tree.is_dir() {
            return Ok(None);
        }
        let app = model(&tree, environment)?;
        Ok(Some(Self { id: id.clone(), record, tree, app: Arc::new(app) }))
    }

    /// Services that answer requests with processes.
    pub(super) fn web(&self) -> impl Iterator<Item = (&Name, &Service)> {
        self.app.services.iter().filter(|(_, service)| is_web(service))
    }

    /// Services that work without being asked.
    pub(super) fn workers(&self) -> impl Iterator<Item = (&Name, &Service)> {
        self.app
            .services
            .iter()
            .filter(|(_, service)| service.start.get().is_some() && service.kind.get() == Some(&Kind::Worker))
    }

    /// Two releases of it cannot run at once: a service keeps data in a folder, or has a port that cannot be moved.
    pub(super) fn is_exclusive(&self) -> bool {
        self.web().any(|(_, service)| {
            !service.volumes.is_empty()
                || (service.port.get().is_some() && service.port_setting.get() == Some(&PortSetting::Fixed))
        })
    }
}

/// It runs as processes that listen.
pub(super) fn is_web(service: &Service) -> bool {
    service.start.get().is_some() && matches!(service.kind.get(), Some(Kind::Web) | None)
}

/// A site of files.
pub(super) fn is_site(service: &Service) -> bool {
    service.start.get().is_none() && service.kind.get() == Some(&Kind::Static)
}

/// The model of a tree in an environment.
pub(super) fn model(tree: &Path, environment: &Name) -> Result<App, Error> {
    let overrides = Overrides { environment: Some(environment.to_string()), set: Vec::new() };
    let loaded = seaworthy_detect::load(tree, &overrides).map_err(|error| Error::Model(error.to_string()))?;
    // An environment that nobody wrote down is one with all the defaults.
    let wrong = loaded.diagnostics.iter().map(|diagnostic| diagnostic.message.clone());
    let wrong = wrong.chain(loaded.problems.iter().map(|problem| problem.message.clone()));
    let wrong: Vec<String> = wrong.collect();
    if loaded.diagnostics.iter().any(|found| found.severity == seaworthy_model::config::Severity::Error)
        || !loaded.problems.is_empty()
    {
        return Err(Error::Model(wrong.join("; ")));
    }
    Ok(loaded.app)
}
