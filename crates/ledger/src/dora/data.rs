//! What the metrics are computed from.

use std::collections::BTreeSet;

use jiff::Timestamp;
use seaworthy_model::Name;

use crate::body::Purpose;
use crate::key::ReleaseId;

/// All that is known, of any number of apps and environments, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Releases that users met.
    pub deployments: Vec<Deployment>,
    /// Deployments taken back.
    pub takebacks: Vec<Takeback>,
    /// What users suffered.
    pub incidents: Vec<Incident>,
    /// The history of the repository.
    pub commits: Vec<Commit>,
}

/// How a deployment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The release got all traffic.
    Promoted,
    /// The release was a canary and got none any more at this time.
    Aborted(Timestamp),
}

/// Where a deployment is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The ledger, which also knows what became of it.
    Ledger,
    /// A tag, which does not: such deployments count for frequency and lead time alone.
    Imported,
}

/// A release that users met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The app.
    pub app: Name,
    /// The environment.
    pub environment: Name,
    /// The release.
    pub release: ReleaseId,
    /// The commit it was built from.
    pub commit: String,
    /// When it was promoted; for one that was aborted, when users first met it.
    pub at: Timestamp,
    /// How it ended.
    pub ended: Ended,
    /// Whether it was planned.
    pub purpose: Purpose,
    /// The incident that it was made for.
    pub incident: Option<String>,
    /// Where it is known from.
    pub source: Source,
}

/// A rollback: an earlier release serves again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Takeback {
    /// The app.
    pub app: Name,
    /// The environment.
    pub environment: Name,
    /// The release that was taken back.
    pub from: ReleaseId,
    /// The release that serves again.
    pub to: ReleaseId,
    /// When.
    pub at: Timestamp,
}

/// What users suffered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its id.
    pub id: String,
    /// The app.
    pub app: Name,
    /// The environment; any when it is not known.
    pub environment: Option<Name>,
    /// When users began to suffer.
    pub opened: Timestamp,
    /// When they no longer did.
    pub resolved: Option<Timestamp>,
    /// The release whose deployment caused it; none for one that no deployment caused.
    pub caused_by: Option<ReleaseId>,
    /// The release that mended it.
    pub resolved_by: Option<ReleaseId>,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: String,
    /// The commits before it; two or more for a merge.
    pub parents: Vec<String>,
    /// When it was committed (git's committer date: of a squash, when it was squashed).
    pub at: Timestamp,
    /// The apps that it touches; all when it is not known.
    pub apps: Option<BTreeSet<Name>>,
}
