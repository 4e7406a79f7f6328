//! Every whole event of a damaged store, into a new one.

use std::cell::Cell;
use std::path::Path;

use rusqlite::Connection;

use super::place;
use crate::body::{CheckpointReason, Kind};
use crate::chain::{Gap, Hash, Head, Link};
use crate::error::LedgerError;
use crate::event::{Event, Seq};
use crate::history::{Order, Query};
use crate::journal::standing;
use crate::retention::checkpoints;
use crate::store::{Anchor, Durability, Failure, Files, Options, connect, row, transact};
use crate::verify::{bridge, documented};

/// A head row that claims more events than this beyond the last whole one is damaged itself.
const LARGEST_LOSS: i64 = 100_000;

/// Builds the repaired store from the scratch copy.
pub(super) fn salvage(files: &Files, options: &Options, set_aside: &Path) -> Result<(), LedgerError> {
    let anchor = Anchor::read(&files.anchor);
    let mut new = place::fresh(files)?;
    let failed = |failure: Failure| failure.at(&files.new);
    // What cannot even be opened holds nothing that could be read.
    let from = files.scratch.exists().then(|| open(&files.scratch).ok()).flatten();
    let until = copy(from.as_ref(), &new, anchor).map_err(|error| failed(error.into()))?;
    let gaps = gaps(&new, until).map_err(failed)?;
    if let Some(gap) = gaps.last()
        && gap.to > row::head(&new).map_err(|error| failed(error.into()))?.seq
    {
        // Numbers of lost events are not used again: who noted one would find another event there.
        let beyond = Head { seq: gap.to, hash: gap.after };
        row::set_head(&new, beyond).map_err(|error| failed(error.into()))?;
    }
    let lost = gaps.iter().map(|gap| gap.to.get() - gap.from.get() + 1).sum();
    transact(&mut new, options, Durability::Synced, |tx| {
        let beside = set_aside.to_string_lossy();
        checkpoints(tx, CheckpointReason::Damage, &gaps, lost, Some(&beside))?;
        rebuild(tx.sql)
    })
    .map_err(failed)?;
    new.close().map_err(|(_, error)| failed(error.into()))?;
    place::finish(files)
}

fn open(scratch: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(scratch)?;
    // Without this SQLite refuses a file that is shorter than its header says.
    connection.pragma_update(None, "writable_schema", true)?;
    Ok(connection)
}

/// Copies whole events; gives the newest event that there ever was, as far as can be told.
fn copy(from: Option<&Connection>, new: &Connection, anchor: Option<Head>) -> rusqlite::Result<Option<Head>> {
    let transaction = new.unchecked_transaction()?;
    let mut head = None;
    let whole = Cell::new(0);
    if let Some(from) = from {
        let keep = |link: &Link| -> rusqlite::Result<()> {
            // A broken tree can show the same row twice.
            if link.is_whole() && row::by_seq(&transaction, Seq::from_sql(link.row.seq))?.is_none() {
                row::insert(&transaction, link)?;
                whole.set(whole.get().max(link.row.seq));
            }
            Ok(())
        };
        // In one sweep up to the first page that cannot be read, one by one from there.
        if let Ok(mut statement) = from.prepare(&format!("SELECT {} FROM event ORDER BY seq", row::COLUMNS)) {
            for link in statement.query_map([], row::link)? {
                let Ok(link) = link else { break };
                keep(&link)?;
            }
        }
        for seq in whole.get() + 1..=highest(from, anchor) {
            if let Ok(Some(link)) = row::by_seq(from, Seq::from_sql(seq)) {
                keep(&link)?;
            }
        }
        let whole = whole.get();
        head = row::head(from).ok().filter(|head| (whole..whole + LARGEST_LOSS).contains(&head.seq.sql()));
    }
    transaction.commit()?;
    Ok([head, anchor].into_iter().flatten().max_by_key(|head| head.seq))
}

/// The highest number that an event can have, as far as it can be believed: a rotten number could be any.
fn highest(from: &Connection, anchor: Option<Head>) -> i64 {
    let stored = from
        .query_row("SELECT max(seq) FROM event", [], |row| row.get(0).map(Seq::from_sql))
        .and_then(|seq| row::by_seq(from, seq));
    let stored = stored.ok().flatten().filter(Link::is_whole).map(|link| link.row.seq);
    stored.max(anchor.map(|anchor| anchor.seq.sql())).unwrap_or(0)
}

/// What is missing between the whole events and after them, apart from what older checkpoints document. An event whose
/// successor does not follow it was put in place of another: it is taken out as well.
fn gaps(new: &Connection, until: Option<Head>) -> Result<Vec<Gap>, Failure> {
    let known = documented(new)?;
    let mut links = new
        .prepare("SELECT seq, prev, hash FROM event ORDER BY seq")?
        .query_map([], |row| {
            let hash = |column| row.get(column).map(Hash::new);
            Ok((Seq::from_sql(row.get(0)?), hash(1)?, hash(2)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let strangers: Vec<Seq> = links
        .windows(2)
        .filter(|two| two[0].0.next() == two[1].0 && two[0].2 != two[1].1)
        .map(|two| two[0].0)
        .collect();
    new.execute("INSERT INTO pruning VALUES (1)", [])?;
    for stranger in &strangers {
        new.execute("DELETE FROM event WHERE seq = ?1", [stranger.sql()])?;
    }
    new.execute("DELETE FROM pruning", [])?;
    links.retain(|link| strangers.binary_search(&link.0).is_err());

    let mut gaps = Vec::new();
    let mut at = Head::EMPTY;
    for (seq, prev, hash) in links {
        if !matches!(bridge(&known, at, seq), Ok((before, _)) if before.hash == prev) {
            let to = Seq::from_sql(seq.sql() - 1);
            gaps.push(Gap { from: at.seq.next(), to, before: at.hash, after: prev });
        }
        at = Head { seq, hash };
    }
    row::set_head(new, at)?;
    if let Some(until) = until
        && until.seq > at.seq
    {
        gaps.push(Gap { from: at.seq.next(), to: until.seq, before: at.hash, after: until.hash });
    }
    Ok(gaps)
}

/// Fills the tables that follow from the events.
fn rebuild(sql: &Connection) -> Result<(), Failure> {
    let query = Query { kinds: vec![Kind::Transition], order: Order::OldestFirst, ..Query::default() };
    let (text, values) = query.sql(None);
    let mut statement = sql.prepare(&text)?;
    for link in statement.query_map(rusqlite::params_from_iter(values), row::link)? {
        if let Some(event) = Event::from_link(link?) {
            let key = event.key.clone();
            standing::apply(sql, &event, &key)?;
        }
    }
    Ok(())
}
