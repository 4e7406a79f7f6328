//! Bodies of operation: flags, backups, drills, alerts, incidents, configuration, the ledger itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::pipeline::Outcome;
use crate::chain::Gap;
use crate::key::ReleaseId;

/// A feature flag changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flag {
    /// Its name.
    pub flag: String,
    /// What it was; null when it is new.
    pub from: Value,
    /// What it is; null when it is gone.
    pub to: Value,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A backup ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backup {
    /// The resource.
    pub resource: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Milliseconds.
    pub duration_ms: u64,
    /// Its size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Where it is, without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// A drill ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drill {
    /// What was rehearsed: `restore db`.
    pub what: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Milliseconds.
    pub duration_ms: u64,
    /// What was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Look at it today.
    Warning,
    /// Look at it now.
    Critical,
}

/// Whether an alert fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertPhase {
    /// It does.
    Firing,
    /// It no longer does.
    Resolved,
}

/// An alert fires or no longer does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Its name.
    pub alert: String,
    /// Whether it fires.
    pub phase: AlertPhase,
    /// How bad it is.
    pub severity: Severity,
    /// The service it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// One line for people.
    pub summary: String,
}

/// How far an incident is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IncidentPhase {
    /// Users suffer, or may.
    Opened,
    /// More is known.
    Updated,
    /// Users no longer suffer.
    Resolved,
}

/// An incident is opened, updated or resolved. A field that is absent in an update says nothing new.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id, the same in all its events.
    pub id: String,
    /// How far it is.
    pub phase: IncidentPhase,
    /// One line for people.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// When users began or ceased to suffer, where that is not the time of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The release whose deployment caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caused_by: Option<ReleaseId>,
    /// The release that mended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_by: Option<ReleaseId>,
}

/// Configuration or secrets changed. Values are never written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Keys whose value changed.
    pub keys: Vec<String>,
    /// Secrets that were rotated, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// The digest of the configuration now.
    pub configuration: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why events were taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckpointReason {
    /// They were older than the policy keeps.
    Retention,
    /// They were damaged and are set aside.
    Damage,
}

/// Events were taken out of the ledger. Written by the ledger alone; the chain is verified across the gaps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Why.
    pub reason: CheckpointReason,
    /// Which ones, in order.
    pub gaps: Vec<Gap>,
    /// How many.
    pub events: u64,
    /// Where the damaged file is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<String>,
}
