//! Bodies of releases: what they are, how they come, serve and go.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::pipeline::Outcome;
use crate::event::Seq;
use crate::journal::State;
use crate::key::ReleaseId;

/// Which database schemas a release works with, by the last migration of each. It works with later ones too, as long as
/// no breaking migration follows that it does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SchemaRange {
    /// The oldest: with all breaking migrations that it knows.
    pub min: String,
    /// The newest that it knows.
    pub max: String,
}

/// What a migration does to the release that serves while it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MigrationClass {
    /// It adds what that release does not mind.
    Expand,
    /// Nothing tells.
    #[default]
    Unknown,
    /// It takes away or changes what that release may read or write.
    Breaking,
}

/// A migration that a release brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MigrationChange {
    /// Its file, relative to the repository's root.
    pub migration: String,
    /// What it does to the release before.
    pub class: MigrationClass,
    /// The statement that decided, and where: `line 3 drops a column`.
    pub because: String,
}

/// How a key changed, or a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another value.
    Changed,
}

/// A variable or secret that came, went or has another value. Values are never written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyChange {
    /// Its name: `api.LOG_LEVEL`, `secrets.SMTP_PASSWORD`.
    pub key: String,
    /// How it changed.
    pub change: ChangeKind,
}

/// A finding of `sea check` that came or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingChange {
    /// Rule and place: `query-in-loop at api/orders.ts:12`.
    pub finding: String,
    /// How it changed.
    pub change: ChangeKind,
}

/// A commit, as people recognise it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommitLine {
    /// Its id.
    pub id: String,
    /// Who wrote it.
    pub author: String,
    /// Its first line.
    pub subject: String,
}

/// A dependency that came, went or moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DependencyChange {
    /// Its name.
    pub name: String,
    /// The version before; none when it is new.
    pub from: Option<String>,
    /// The version now; none when it is gone.
    pub to: Option<String>,
}

/// What a release changes against the one before it: what `sea show` prints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Changes {
    /// The release it is compared with.
    pub since: Option<ReleaseId>,
    /// Commits, newest first.
    pub commits: Vec<CommitLine>,
    /// Dependencies.
    pub dependencies: Vec<DependencyChange>,
    /// Migrations that it brings.
    pub migrations: Vec<MigrationChange>,
    /// Configuration keys that differ, without the values.
    pub configuration: Vec<KeyChange>,
    /// Findings of `sea check` that came and went.
    pub findings: Vec<FindingChange>,
}

/// A release was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// The commit it was built from.
    pub commit: String,
    /// Whether the tree had changes that are in no commit.
    pub dirty: bool,
    /// The digest of its artifact.
    pub artifact: String,
    /// The digest of its configuration.
    pub configuration: String,
    /// The schemas it works with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<SchemaRange>,
    /// Who wrote the commit.
    pub author: String,
    /// What it changes.
    #[serde(default)]
    pub changes: Changes,
}

/// How far a transition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Written before its effect.
    Begun,
    /// Its effect is there.
    Confirmed,
    /// It was given up: the release stays in the state that it was in.
    Abandoned,
}

/// A release changes its state. Written by the journal alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// How far it is.
    pub phase: Phase,
    /// The state before; none for a release that is new here.
    pub from: Option<State>,
    /// The state after.
    pub to: State,
    /// The event that began it; absent in that event itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<Seq>,
    /// Why it was begun or given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the rollout needs to be taken up after a crash, in the event that began it. Its shape is not the ledger's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Value>,
}

/// A gate that a release passed, or did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gate {
    /// Its name: `test`, `scan`, `health`, `smoke`, `judge`, `approval`, ...
    pub gate: String,
    /// How it ended; skipped when someone waived it.
    pub outcome: Outcome,
    /// Figures, or who waived it and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Why a release is shipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// As work goes on.
    #[default]
    Planned,
    /// To mend what users suffer from (a hotfix).
    Unplanned,
}

/// A release serves all traffic of an environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Promotion {
    /// The commit it was built from.
    pub commit: String,
    /// The release that served before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<ReleaseId>,
    /// `rolling`, `blue-green`, `canary`.
    pub strategy: String,
    /// Gates, in the order they were passed.
    pub gates: Vec<Gate>,
    /// Why it was shipped.
    #[serde(default)]
    pub purpose: Purpose,
    /// The incident that it mends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
    /// When users first met it, as a canary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposed: Option<Timestamp>,
}

/// Who wanted a rollback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// A person.
    Manual,
    /// The watch after the promotion.
    Automatic,
}

/// An earlier release serves again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rollback {
    /// The release that was taken back.
    pub from: ReleaseId,
    /// The release that serves again.
    pub to: ReleaseId,
    /// The commit of `to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Who wanted it.
    pub trigger: Trigger,
    /// Why.
    pub reason: String,
    /// The incident that it mends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
}

/// The two numbers that a judge compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judgement {
    /// Which stream fired: `5xx`, `slow`, `restarts`, ...
    pub stream: String,
    /// The rate of the canary.
    pub canary: f64,
    /// The rate of the stable release.
    pub stable: f64,
}

/// A release was given up before its promotion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Abort {
    /// The commit it was built from.
    pub commit: String,
    /// The state it was in.
    pub state: State,
    /// When users first met it; absent when none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposed: Option<Timestamp>,
    /// Why it was shipped.
    #[serde(default)]
    pub purpose: Purpose,
    /// Why it was given up.
    pub reason: String,
    /// The judge's figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judgement: Option<Judgement>,
    /// Gates up to the one that failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Gate>,
}

/// A deployment from before the ledger, imported (from a git tag).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentImport {
    /// The commit.
    pub commit: String,
    /// The tag it was found by.
    pub tag: String,
    /// When it happened, as far as the tag tells.
    pub at: Timestamp,
}
