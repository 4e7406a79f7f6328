//! A release as it is on this host: its record, its files, the model that they describe.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use seaworthy_detect::Overrides;
use seaworthy_model::{App, Kind, Name, PortSetting, Service};
use seaworthy_rollout::ReleaseId;
use seaworthy_rollout::schema::Migration;
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
    /// How many migrations it brings, which is the schema it was written for.
    pub schema: u64,
    /// What its migrations do to the release before it: `none`, `expand`, `contract`, `breaking`.
    pub migration: Migration,
    /// The commits that lead to it, the newest first: as many as were sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<CommitFact>,
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
