//! Beginning, confirming and abandoning a transition.

use serde_json::Value;

use super::standing::{Open, Standing, apply};
use super::state::State;
use crate::body::{Body, Phase, Transition};
use crate::error::LedgerError;
use crate::event::{Draft, Event, Seq};
use crate::key::{Key, ReleaseId};
use crate::lock::Lease;
use crate::store::{Appended, Durability, Failure, Ledger, Tx, row};

/// A transition to begin.
#[derive(Clone, Debug)]
pub struct Begin {
    /// The release.
    pub release: ReleaseId,
    /// Where it goes.
    pub to: State,
    /// What makes it the same transition when it is begun twice.
    pub key: Key,
    /// Whether an aborted release may begin anew (`--retry`).
    pub retry: bool,
    /// Why, where that is not plain.
    pub reason: Option<String>,
    /// What [`Ledger::rollout_records`] gives back. When the transition was begun before, the record of then stays.
    pub record: Option<Value>,
}

/// How far a transition is that was just begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It is open: make its effect, then confirm it. That may be the second time, so effects are idempotent.
    Open(Open),
    /// It was confirmed before: there is nothing to do.
    Confirmed(Seq),
}

impl Ledger {
    /// Writes down that a transition begins; it is on the disk when this returns. Refused when it is illegal or the
    /// release is in the middle of another, except that [an abort or a freeze](State::ends_any_other) ends any other.
    pub fn begin(&self, lease: &Lease, begin: &Begin) -> Result<Progress, LedgerError> {
        self.write(Durability::Synced, |tx| {
            lease.check(tx)?;
            if let Some(confirmed) = row::by_key(tx.sql, &closing(&begin.key, Phase::Confirmed))?
                && same_transition(&confirmed, lease, begin)
            {
                return Ok(Progress::Confirmed(Seq::from_sql(confirmed.row.seq)));
            }
            let standing = self.standing_in(tx.sql, &lease.app, &lease.environment, &begin.release)?;
            let (from, open) = standing.map_or((None, None), |Standing { state, open, .. }| (state, open));
            if let Some(open) = open {
                if open.key == begin.key && open.to == begin.to {
                    return Ok(Progress::Open(open));
                }
                if !begin.to.ends_any_other() {
                    let Open { release, to, seq, .. } = open;
                    return Err(LedgerError::Unconfirmed { release, to: to.to_string(), seq }.into());
                }
                close(tx, lease, &open, Phase::Abandoned, Some(begin.to.to_string()))?;
            }
            State::check(from.as_ref(), &begin.to, begin.retry)
                .map_err(|illegal| LedgerError::Illegal { release: begin.release.clone(), illegal })?;
            let body = Transition {
                phase: Phase::Begun,
                from: from.clone(),
                to: begin.to.clone(),
                begun: None,
                reason: begin.reason.clone(),
                record: begin.record.clone(),
            };
            let seq = write(tx, lease, &begin.release, begin.key.clone(), body, &begin.key)?;
            Ok(Progress::Open(Open {
                app: lease.app.clone(),
                environment: lease.environment.clone(),
                release: begin.release.clone(),
                from,
                to: begin.to.clone(),
                key: begin.key.clone(),
                seq,
            }))
        })
    }

    /// Writes down that the effect is there. Doing so twice is once.
    pub fn confirm(&self, lease: &Lease, open: &Open) -> Result<Seq, LedgerError> {
        self.close(lease, open, Phase::Confirmed, None)
    }

    /// Writes down that the transition was given up: the release stays in the state it was in.
    pub fn abandon(&self, lease: &Lease, open: &Open, reason: &str) -> Result<Seq, LedgerError> {
        self.close(lease, open, Phase::Abandoned, Some(reason.to_owned()))
    }

    fn close(
        &self,
        lease: &Lease,
        open: &Open,
        phase: Phase,
        reason: Option<String>,
    ) -> Result<Seq, LedgerError> {
        self.write(Durability::Synced, |tx| {
            lease.check(tx)?;
            if let Some(closed) = row::by_key(tx.sql, &closing(&open.key, phase))? {
                return Ok(Seq::from_sql(closed.row.seq));
            }
            let standing = self.standing_in(tx.sql, &lease.app, &lease.environment, &open.release)?;
            if standing.and_then(|standing| standing.open).as_ref() != Some(open) {
                let (release, key) = (open.release.clone(), open.key.to_string());
                return Err(LedgerError::NotOpen { release, key }.into());
            }
            close(tx, lease, open, phase, reason)
        })
    }
}

/// The key of the event that closes a transition.
fn closing(key: &Key, phase: Phase) -> String {
    let suffix = match phase {
        Phase::Begun => "begun",
        Phase::Confirmed => "confirmed",
        Phase::Abandoned => "abandoned",
    };
    key.with(suffix).as_str().to_owned()
}

fn close(
    tx: &Tx<'_>,
    lease: &Lease,
    open: &Open,
    phase: Phase,
    reason: Option<String>,
) -> Result<Seq, Failure> {
    let (from, to, begun) = (open.from.clone(), open.to.clone(), Some(open.seq));
    let body = Transition { phase, from, to, begun, reason, record: None };
    let suffix = if phase == Phase::Confirmed { "confirmed" } else { "abandoned" };
    write(tx, lease, &open.release, open.key.with(suffix), body, &open.key)
}

fn same_transition(confirmed: &crate::chain::Link, lease: &Lease, begin: &Begin) -> bool {
    let row = &confirmed.row;
    let to_same = matches!(
        Body::read(&row.kind, row.version, &row.body),
        Some(Body::Transition(Transition { to, .. })) if to == begin.to
    );
    to_same
        && row.app == lease.app.as_str()
        && row.environment.as_deref() == Some(lease.environment.as_str())
        && row.release.as_deref() == Some(begin.release.as_str())
}

fn write(
    tx: &Tx<'_>,
    lease: &Lease,
    release: &ReleaseId,
    key: Key,
    body: Transition,
    pending: &Key,
) -> Result<Seq, Failure> {
    let draft = Draft::new(lease.app.clone(), key, body.into())
        .environment(lease.environment.clone())
        .release(release.clone());
    let head = match tx.append(&draft)? {
        Appended::New(head) => head,
        Appended::Already(head) => {
            return Err(LedgerError::KeyReused { key: draft.key.to_string(), seq: head.seq }.into());
        }
    };
    let event = Event {
        seq: head.seq,
        time: tx.now,
        app: draft.app,
        environment: draft.environment,
        release: draft.release,
        actor: tx.options.actor.clone(),
        key: draft.key.to_string(),
        body: draft.body,
        hash: head.hash,
    };
    apply(tx.sql, &event, pending.as_str())?;
    Ok(head.seq)
}
