//! Who shipped what, when, with which gates.

use schemars::JsonSchema;
use seaworthy_model::Name;
use serde::Serialize;

use crate::body::{Abort, Body, Config, Flag, Gate, Kind, Outcome, Promotion, Rollback};
use crate::chain::Hash;
use crate::csv;
use crate::error::LedgerError;
use crate::event::{Event, Seq};
use crate::history::{Order, Query};
use crate::key::ReleaseId;
use crate::store::Ledger;

/// Kinds that change what users meet.
const KINDS: [Kind; 5] = [Kind::Promotion, Kind::Rollback, Kind::Abort, Kind::Flag, Kind::Config];

/// One change of what users meet.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct AuditRow {
    /// The event.
    pub seq: Seq,
    /// When, as RFC 3339 in UTC.
    pub time: String,
    /// Who.
    pub actor: String,
    /// `promotion`, `rollback`, `abort`, `flag`, `config`.
    pub action: &'static str,
    /// The app.
    #[schemars(with = "String")]
    pub app: Name,
    /// The environment.
    #[schemars(with = "Option<String>")]
    pub environment: Option<Name>,
    /// The release that serves now, or was given up.
    pub release: Option<ReleaseId>,
    /// The release that served before.
    pub previous: Option<ReleaseId>,
    /// The commit of `release`.
    pub commit: Option<String>,
    /// Gates, in their order.
    pub gates: Vec<Gate>,
    /// Why, or what.
    pub detail: String,
    /// The hash of the event, by which it is found again.
    #[schemars(with = "String")]
    pub hash: Hash,
}

/// The audit trail. Its JSON is the documented shape `sea.audit/1`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Audit {
    schema: &'static str,
    /// Rows, oldest first.
    pub rows: Vec<AuditRow>,
}

impl Ledger {
    /// The audit trail of a query; its kinds and order are not used.
    pub fn audit(&self, query: &Query) -> Result<Audit, LedgerError> {
        let query = Query { kinds: KINDS.to_vec(), order: Order::OldestFirst, ..query.clone() };
        let rows = self.history(&query)?.events.iter().filter_map(row).collect();
        Ok(Audit { schema: "sea.audit/1", rows })
    }
}

impl Audit {
    /// Of no ledger.
    pub const fn empty() -> Self {
        Self { schema: "sea.audit/1", rows: Vec::new() }
    }

    /// The JSON Schema of `sea.audit/1`.
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }

    /// As CSV with a line of headings (RFC 4180); texts that a spreadsheet would run are quoted with `'`.
    pub fn to_csv(&self) -> String {
        let mut text = csv::record([
            "seq",
            "time",
            "actor",
            "action",
            "app",
            "environment",
            "release",
            "previous",
            "commit",
            "gates",
            "detail",
            "hash",
        ]);
        for row in &self.rows {
            let id = |id: &Option<ReleaseId>| id.as_ref().map_or_else(String::new, ReleaseId::to_string);
            text.push_str(&csv::record([
                row.seq.to_string().as_str(),
                &row.time,
                &row.actor,
                row.action,
                row.app.as_str(),
                row.environment.as_ref().map_or("", Name::as_str),
                &id(&row.release),
                &id(&row.previous),
                row.commit.as_deref().unwrap_or_default(),
                &gates(&row.gates),
                &row.detail,
                &row.hash.to_string(),
            ]));
        }
        text
    }
}

/// `test=passed; judge=failed (5xx)`.
fn gates(gates: &[Gate]) -> String {
    let one = |gate: &Gate| {
        let outcome = match gate.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::Skipped => "skipped",
            Outcome::Cancelled => "cancelled",
        };
        let detail = gate.detail.as_ref().map_or_else(String::new, |detail| format!(" ({detail})"));
        format!("{}={outcome}{detail}", gate.gate)
    };
    gates.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn row(event: &Event) -> Option<AuditRow> {
    let kind = event.body.kind()?;
    let mut row = AuditRow {
        seq: event.seq,
        time: event.time.to_string(),
        actor: event.actor.to_string(),
        action: kind.as_str(),
        app: event.app.clone(),
        environment: event.environment.clone(),
        release: event.release.clone(),
        previous: None,
        commit: None,
        gates: Vec::new(),
        detail: String::new(),
        hash: event.hash,
    };
    match &event.body {
        Body::Promotion(Promotion { commit, previous, strategy, gates, incident, .. }) => {
            row.previous.clone_from(previous);
            row.commit = Some(commit.clone());
            row.gates.clone_from(gates);
            row.detail = match incident {
                Some(incident) => format!("{strategy}, for incident {incident}"),
                None => strategy.clone(),
            };
        }
        Body::Rollback(Rollback { from, to, commit, reason, .. }) => {
            row.release = Some(to.clone());
            row.previous = Some(from.clone());
            row.commit.clone_from(commit);
            row.detail.clone_from(reason);
        }
        Body::Abort(Abort { commit, reason, gates, .. }) => {
            row.commit = Some(commit.clone());
            row.gates.clone_from(gates);
            row.detail.clone_from(reason);
        }
        Body::Flag(Flag { flag, from, to, reason }) => {
            let reason = reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
            row.detail = format!("{flag} from {from} to {to}{reason}");
        }
        Body::Config(Config { keys, secrets, reason, .. }) => {
            let keys = keys.iter().chain(secrets).map(String::as_str).collect::<Vec<_>>().join(", ");
            let reason = reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
            row.detail = format!("{keys}{reason}");
        }
        _ => return None,
    }
    Some(row)
}
