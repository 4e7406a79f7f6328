//! Forgetting what is old, with the chain still verifiable.
//!
//! Events are removed whole. A checkpoint event says which ones and holds the hashes on both sides, so that
//! `verify` walks across the gap. Checkpoints themselves stay for ever.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use seaworthy_model::Name;

use crate::body::{Body, Checkpoint, CheckpointReason, Kind};
use crate::chain::{Gap, Hash, Head};
use crate::error::LedgerError;
use crate::event::{Draft, Seq};
use crate::key::Key;
use crate::store::{Durability, Failure, Ledger, Tx};

/// A checkpoint event holds at most as many gaps, so that its body stays short.
const GAPS: usize = 1000;

/// How long events are kept, by kind; kinds that are not named are kept for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Spans of 24-hour days, from the time of the event.
    pub days: BTreeMap<Kind, u32>,
}

impl Default for Retention {
    /// What the pipeline said: 90 days. What audits and metrics read (releases, promotions, rollbacks, aborts,
    /// incidents, flags, configuration): for ever. The rest: 400 days, more than a year.
    fn default() -> Self {
        let short = [Kind::Build, Kind::TestRun, Kind::Step, Kind::Alert].map(|kind| (kind, 90));
        let long = [Kind::Transition, Kind::Backup, Kind::Drill].map(|kind| (kind, 400));
        Self { days: short.into_iter().chain(long).collect() }
    }
}

/// What is removed, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// How many events of each kind.
    pub events: BTreeMap<Kind, u64>,
    /// The oldest and the newest of them.
    pub span: Option<(Timestamp, Timestamp)>,
}

impl Pruned {
    /// How many events in all.
    pub fn total(&self) -> u64 {
        self.events.values().sum()
    }
}

struct Old {
    seq: i64,
    prev: Hash,
    hash: Hash,
}

impl Ledger {
    /// What [`Ledger::prune`] would remove now.
    pub fn prunable(&self, retention: &Retention) -> Result<Pruned, LedgerError> {
        let now = self.now();
        self.read(|sql| Ok(old(sql, retention, now)?.1))
    }

    /// Removes what is older than the policy keeps, and writes down what was removed. Transitions of releases that
    /// may still change stay, whatever their age.
    pub fn prune(&self, retention: &Retention) -> Result<Pruned, LedgerError> {
        self.write(Durability::Synced, |tx| {
            let (old, pruned) = old(tx.sql, retention, tx.now)?;
            if old.is_empty() {
                return Ok(pruned);
            }
            tx.sql.execute("INSERT INTO pruning VALUES (1)", [])?;
            let mut delete = tx.sql.prepare_cached("DELETE FROM event WHERE seq = ?1")?;
            for event in &old {
                delete.execute([event.seq])?;
            }
            tx.sql.execute("DELETE FROM pruning", [])?;
            checkpoints(tx, CheckpointReason::Retention, &gaps(&old), pruned.total(), None)?;
            Ok(pruned)
        })
    }
}

/// Writes down gaps, in as many checkpoint events as are needed.
pub(crate) fn checkpoints(
    tx: &Tx<'_>,
    reason: CheckpointReason,
    gaps: &[Gap],
    events: u64,
    set_aside: Option<&str>,
) -> Result<Vec<Head>, Failure> {
    let whole = [gaps];
    let parts: Vec<&[Gap]> = if gaps.is_empty() { whole.to_vec() } else { gaps.chunks(GAPS).collect() };
    let last = parts.len() - 1;
    let mut heads = Vec::new();
    for (i, part) in parts.into_iter().enumerate() {
        let body = Checkpoint {
            reason,
            gaps: part.to_vec(),
            // The count is of all parts, so only the last one gives it.
            events: if i == last { events } else { 0 },
            set_aside: set_aside.map(str::to_owned),
        };
        let key = format!("checkpoint/{}", tx.head.get().seq.next());
        let Ok(key) = Key::parse(&key) else { continue };
        heads.push(tx.append(&Draft::new(Name::from_text("seaworthy"), key, Body::Checkpoint(body)))?.head());
    }
    Ok(heads)
}

fn old(
    sql: &rusqlite::Connection,
    retention: &Retention,
    now: Timestamp,
) -> rusqlite::Result<(Vec<Old>, Pruned)> {
    let mut old = Vec::new();
    let mut pruned = Pruned::default();
    let mut statement = sql.prepare_cached(
        "SELECT seq, time, prev, hash FROM event WHERE kind = ?1 AND time < ?2 AND NOT (kind = ?3 AND EXISTS (
             SELECT 1 FROM standing s WHERE s.app = event.app AND s.environment = event.environment
             AND s.release = event.release AND (s.pending IS NOT NULL OR s.state NOT IN ('retired', 'aborted'))))",
    )?;
    for (kind, days) in &retention.days {
        if *kind == Kind::Checkpoint {
            continue;
        }
        let keep = SignedDuration::from_hours(i64::from(*days) * 24);
        let before = now.saturating_sub(keep).unwrap_or(Timestamp::MIN).as_microsecond();
        let mut rows = statement.query(params![kind.as_str(), before, Kind::Transition.as_str()])?;
        while let Some(row) = rows.next()? {
            let hash = |column| -> rusqlite::Result<Hash> {
                Ok(Hash::from_bytes(row.get_ref(column)?.as_blob()?).unwrap_or(Hash::ZERO))
            };
            old.push(Old { seq: row.get(0)?, prev: hash(2)?, hash: hash(3)? });
            *pruned.events.entry(*kind).or_default() += 1;
            if let Ok(time) = Timestamp::from_microsecond(row.get(1)?) {
                let (first, last) = pruned.span.unwrap_or((time, time));
                pruned.span = Some((first.min(time), last.max(time)));
            }
        }
    }
    old.sort_by_key(|event| event.seq);
    Ok((old, pruned))
}

/// Runs of neighbours.
fn gaps(old: &[Old]) -> Vec<Gap> {
    old.chunk_by(|a, b| a.seq + 1 == b.seq)
        .filter_map(|run| {
            let (first, last) = (run.first()?, run.last()?);
            Some(Gap {
                from: Seq::from_sql(first.seq),
                to: Seq::from_sql(last.seq),
                before: first.prev,
                after: last.hash,
            })
        })
        .collect()
}
