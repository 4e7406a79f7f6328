//! What the journal keeps for who carries rollouts out.

use rusqlite::{Connection, params};
use seaworthy_model::Name;
use serde_json::Value;

use super::state::State;
use crate::body::{Body, Kind, Phase, Transition};
use crate::error::LedgerError;
use crate::event::{Event, Seq};
use crate::key::ReleaseId;
use crate::store::{Failure, Ledger, readable, row};

/// What was noted when a transition began: enough to take the rollout up after a crash, in a shape that is its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolloutRecord {
    /// The event that began the transition.
    pub seq: Seq,
    /// Where the release goes with it.
    pub to: State,
    /// How far the transition is: [`Phase::Begun`] while it is open.
    pub phase: Phase,
    /// What was noted.
    pub record: Value,
}

impl Ledger {
    /// The newest event of the journal about a release, whatever its phase.
    pub fn last_transition(
        &self,
        app: &Name,
        environment: &Name,
        release: &ReleaseId,
    ) -> Result<Option<Event>, LedgerError> {
        self.read(|sql| Ok(self.transitions(sql, app, environment, release, "DESC LIMIT 1")?.pop()))
    }

    /// The records of all transitions of a release that had one when they began, oldest first. After a retry those of
    /// the attempt before are still there: an attempt begins with the last one whose `to` is [`State::Built`].
    pub fn rollout_records(
        &self,
        app: &Name,
        environment: &Name,
        release: &ReleaseId,
    ) -> Result<Vec<RolloutRecord>, LedgerError> {
        let events = self.read(|sql| self.transitions(sql, app, environment, release, "ASC"))?;
        let mut records: Vec<RolloutRecord> = Vec::new();
        for Event { seq, body, .. } in events {
            let Body::Transition(Transition { phase, to, begun, record, .. }) = body else { continue };
            if let (Phase::Begun, Some(record)) = (phase, record) {
                records.push(RolloutRecord { seq, to, phase, record });
            } else if let Some(known) = records.iter_mut().rfind(|known| Some(known.seq) == begun) {
                known.phase = phase;
            }
        }
        Ok(records)
    }

    fn transitions(
        &self,
        sql: &Connection,
        app: &Name,
        environment: &Name,
        release: &ReleaseId,
        order: &str,
    ) -> Result<Vec<Event>, Failure> {
        let values = params![release.as_str(), app.as_str(), environment.as_str(), Kind::Transition.as_str()];
        let (columns, filter) =
            (row::COLUMNS, "release = ?1 AND app = ?2 AND environment = ?3 AND kind = ?4");
        sql.prepare_cached(&format!("SELECT {columns} FROM event WHERE {filter} ORDER BY seq {order}"))?
            .query_map(values, row::link)?
            .map(|link| readable(self.path(), link?))
            .collect()
    }
}
