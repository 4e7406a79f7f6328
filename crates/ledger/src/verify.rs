//! Proving that the ledger is what was written.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::body::{Body, Checkpoint, Kind};
use crate::chain::{Gap, Head};
use crate::error::{Damage, Fault, LedgerError};
use crate::event::Seq;
use crate::store::{Failure, Ledger, row};

/// What a whole ledger holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Events that are there, each with the right hash.
    pub events: u64,
    /// The newest event.
    pub head: Head,
    /// Events that are not there, with the checkpoint event that says so: look at who wrote it, and why.
    pub gaps: Vec<(Gap, Seq)>,
}

impl Ledger {
    /// Checks every event, every link between two, and the file itself. The error names the first bad event.
    ///
    /// Whoever can write the file can also write a whole new chain. `noted` is a head that was kept where they could
    /// not: with it, any change up to there shows.
    pub fn verify(&self, noted: Option<Head>) -> Result<Verified, LedgerError> {
        self.read(|sql| {
            // One transaction: writers may go on meanwhile.
            let snapshot = sql.unchecked_transaction()?;
            let found =
                walk(&snapshot, noted)?.map_err(|damage| LedgerError::damaged(self.path(), damage))?;
            let page: String = snapshot.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
            if page != "ok" {
                return Err(LedgerError::damaged(self.path(), Damage::Unreadable(page)).into());
            }
            Ok(found)
        })
    }
}

/// Gaps that checkpoint events document, by their first event.
pub(crate) fn documented(sql: &Connection) -> rusqlite::Result<BTreeMap<Seq, (Gap, Seq)>> {
    let mut gaps = BTreeMap::new();
    let mut statement =
        sql.prepare(&format!("SELECT {} FROM event WHERE kind = ?1 ORDER BY seq", row::COLUMNS))?;
    for link in statement.query_map([Kind::Checkpoint.as_str()], row::link)? {
        let row = link?.row;
        if let Some(Body::Checkpoint(Checkpoint { gaps: found, .. })) =
            Body::read(&row.kind, row.version, &row.body)
        {
            gaps.extend(found.into_iter().map(|gap| (gap.from, (gap, Seq::from_sql(row.seq)))));
        }
    }
    Ok(gaps)
}

/// From `at` to the event before `next`, across what is documented to be missing.
pub(crate) fn bridge(
    gaps: &BTreeMap<Seq, (Gap, Seq)>,
    mut at: Head,
    next: Seq,
) -> Result<(Head, Vec<(Gap, Seq)>), Damage> {
    let mut bridged = Vec::new();
    while at.seq.next() < next {
        let missing = at.seq.next();
        let fault = match gaps.get(&missing) {
            Some((gap, by)) if gap.before == at.hash && gap.to < next => {
                bridged.push((*gap, *by));
                at = Head { seq: gap.to, hash: gap.after };
                continue;
            }
            Some(_) => Fault::Unlinked,
            None => Fault::Missing,
        };
        return Err(Damage::Event { seq: missing, fault });
    }
    Ok((at, bridged))
}

fn walk(sql: &Connection, noted: Option<Head>) -> Result<Result<Verified, Damage>, Failure> {
    let gaps = documented(sql)?;
    let head = row::head(sql)?;
    let mut verified = Verified { events: 0, head: Head::EMPTY, gaps: Vec::new() };
    let mut statement = sql.prepare(&format!("SELECT {} FROM event ORDER BY seq", row::COLUMNS))?;
    let mut links = statement.query_map([], row::link)?;
    let bad = |seq, fault| Ok(Err(Damage::Event { seq, fault }));
    loop {
        let link = links.next().transpose()?;
        let next = link.as_ref().map_or(head.seq.next(), |link| Seq::from_sql(link.row.seq));
        let at = match bridge(&gaps, verified.head, next) {
            Ok((at, bridged)) => {
                verified.gaps.extend(bridged);
                at
            }
            Err(damage) => return Ok(Err(damage)),
        };
        let Some(link) = link else { break };
        if !link.is_whole() {
            return bad(next, Fault::Altered);
        }
        if link.prev != at.hash || next <= verified.head.seq {
            return bad(next, Fault::Unlinked);
        }
        verified.events += 1;
        verified.head = Head { seq: next, hash: link.hash };
        if noted.is_some_and(|noted| noted.seq == next && noted.hash != link.hash) {
            return bad(next, Fault::Replaced);
        }
    }
    if verified.head != head {
        let fault = if verified.head.seq == head.seq { Fault::Unlinked } else { Fault::Missing };
        return bad(head.seq, fault);
    }
    if let Some(noted) = noted
        && noted.seq > head.seq
    {
        return Ok(Err(Damage::TailLost { whole_to: head.seq, until: noted.seq }));
    }
    Ok(Ok(verified))
}
