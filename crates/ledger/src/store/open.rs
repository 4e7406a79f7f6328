//! Opening: made when it is not there, looked at before it is trusted.

use std::fs::{self, File};
use std::path::Path;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::anchor::Anchor;
use super::files::Files;
use super::guard::Guard;
use super::{BUSY, row, schema};
use crate::chain::Head;
use crate::error::{Damage, Fault, LedgerError};
use crate::event::Seq;

/// As many of the newest events are checked at each open; a crash harms the end, `verify` checks the rest.
const TAIL: u64 = 64;

/// A connection with our settings.
pub(crate) fn connect(store: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(store)?;
    settings(&connection)?;
    Ok(connection)
}

pub(super) fn settings(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Opens, or makes, the store of `files`, and checks its end.
pub(crate) fn open(files: &Files) -> Result<(Guard, Connection), LedgerError> {
    let guard = exists(files)?;
    // Before the store is read: it may only grow meanwhile.
    let anchor = Anchor::read(&files.anchor);
    let connection = probe(&files.store, anchor)?;
    Ok((guard, connection))
}

/// Makes sure that there is a file, and holds it open.
fn exists(files: &Files) -> Result<Guard, LedgerError> {
    if let Some(folder) = files.store.parent() {
        fs::create_dir_all(folder).map_err(LedgerError::file("make the folder", folder))?;
    }
    loop {
        let guard = Guard::shared(&files.lock)?;
        if files.repaired.exists() {
            return Err(LedgerError::damaged(&files.store, Damage::RepairUnfinished));
        }
        if files.store.exists() {
            return Ok(guard);
        }
        if let Some(anchor) = Anchor::read(&files.anchor) {
            return Err(LedgerError::damaged(&files.store, Damage::Missing(anchor.seq)));
        }
        drop(guard);
        // Whoever is first creates it; the others find it in the next round.
        if let Some(_alone) = Guard::exclusive(&files.lock)?
            && !files.store.exists()
        {
            create(&files.new).map_err(|error| LedgerError::store(&files.store, error))?;
            replace(&files.new, &files.store)?;
        }
    }
}

/// Makes an empty store, whole and closed when this returns.
pub(crate) fn create(path: &Path) -> rusqlite::Result<()> {
    for leftover in Files::set(path) {
        // What is not there need not go; what cannot go fails below.
        let _ = fs::remove_file(leftover);
    }
    let connection = connect(path)?;
    connection.pragma_update(None, "application_id", schema::APPLICATION)?;
    connection.pragma_update(None, "user_version", schema::FORMAT)?;
    connection.execute_batch(schema::TABLES)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.close().map_err(|(_, error)| error)
}

/// Puts a closed store in place of another, durably.
pub(crate) fn replace(from: &Path, to: &Path) -> Result<(), LedgerError> {
    let sync = |path: &Path| File::open(path).and_then(|file| file.sync_all());
    sync(from).map_err(LedgerError::file("sync", from))?;
    fs::rename(from, to).map_err(LedgerError::file("rename to", to))?;
    match to.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            sync(folder).map_err(LedgerError::file("sync", folder))
        }
        _ => Ok(()),
    }
}

/// Opens a store and checks its end against itself and the anchor, without changing a byte.
pub(crate) fn probe(store: &Path, anchor: Option<Head>) -> Result<Connection, LedgerError> {
    let connection = connect(store).map_err(|error| LedgerError::store(store, error))?;
    check(&connection, store, anchor)?;
    Ok(connection)
}

/// Checks that a store is ours and its end whole.
pub(super) fn check(connection: &Connection, store: &Path, anchor: Option<Head>) -> Result<(), LedgerError> {
    let failed = |error| LedgerError::store(store, error);
    // Closing the last connection would write the log back and delete it, and with it what is damaged in it.
    let keep_log = |keep| connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep);
    keep_log(true).map_err(failed)?;
    match identify(connection) {
        Ok(Identity::Ours) => {}
        Ok(Identity::Newer(found)) => {
            return Err(LedgerError::NewerFormat { path: store.to_owned(), found, known: schema::FORMAT });
        }
        Ok(Identity::Foreign) if anchor.is_none() => {
            return Err(LedgerError::NotALedger { path: store.to_owned() });
        }
        Ok(Identity::Foreign) => {
            let damage = Damage::Unreadable("its header is not that of a ledger".to_owned());
            return Err(LedgerError::damaged(store, damage));
        }
        Err(error)
            if anchor.is_none() && error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) =>
        {
            return Err(LedgerError::NotALedger { path: store.to_owned() });
        }
        Err(error) => return Err(failed(error)),
    }
    match tail(connection, anchor).map_err(failed)? {
        None => keep_log(false).map(|_| ()).map_err(failed),
        Some(damage) => Err(LedgerError::damaged(store, damage)),
    }
}

enum Identity {
    Ours,
    Newer(i64),
    Foreign,
}

fn identify(connection: &Connection) -> rusqlite::Result<Identity> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    if number("application_id")? != schema::APPLICATION {
        return Ok(Identity::Foreign);
    }
    let format = number("user_version")?;
    Ok(if format > schema::FORMAT { Identity::Newer(format) } else { Identity::Ours })
}

/// What is wrong with the newest events.
fn tail(connection: &Connection, anchor: Option<Head>) -> rusqlite::Result<Option<Damage>> {
    // One transaction, so that head and events are of one moment.
    let snapshot = connection.unchecked_transaction()?;
    let head = row::head(&snapshot)?;
    if let Some(anchor) = anchor {
        if anchor.seq > head.seq {
            return Ok(Some(Damage::TailLost { whole_to: head.seq, until: anchor.seq }));
        }
        // An anchor that retention removed the event of says nothing.
        if let Some(link) = row::by_seq(&snapshot, anchor.seq)?
            && link.hash != anchor.hash
        {
            return Ok(Some(Damage::Event { seq: anchor.seq, fault: Fault::Replaced }));
        }
    }
    let mut newest = snapshot
        .prepare(&format!("SELECT {} FROM event ORDER BY seq DESC LIMIT ?1", row::COLUMNS))?
        .query_map([TAIL.cast_signed()], row::link)?
        .collect::<rusqlite::Result<Vec<_>>>()?
        .into_iter();
    let Some(mut newer) = newest.next() else {
        let lost = (head != Head::EMPTY).then_some(Damage::TailLost { whole_to: Seq::ZERO, until: head.seq });
        return Ok(lost);
    };
    let last = Seq::from_sql(newer.row.seq);
    if last < head.seq {
        return Ok(Some(Damage::TailLost { whole_to: last, until: head.seq }));
    }
    if last > head.seq || newer.hash != head.hash {
        return Ok(Some(Damage::Event { seq: last, fault: Fault::Unlinked }));
    }
    loop {
        let seq = Seq::from_sql(newer.row.seq);
        if !newer.is_whole() {
            return Ok(Some(Damage::Event { seq, fault: Fault::Altered }));
        }
        let Some(older) = newest.next() else { return Ok(None) };
        // Gaps may be documented; whether they are is for `verify` to say.
        if older.row.seq + 1 == newer.row.seq && older.hash != newer.prev {
            return Ok(Some(Damage::Event { seq, fault: Fault::Unlinked }));
        }
        newer = older;
    }
}
