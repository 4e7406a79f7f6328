//! Events to and from SQLite.

use rusqlite::{Connection, OptionalExtension as _, Result, params};

use crate::chain::{Hash, Head, Link, Row};
use crate::event::Seq;

/// The columns that [`link`] reads, in its order.
pub(crate) const COLUMNS: &str =
    "seq, time, kind, version, app, environment, release, actor, key, body, prev, hash";

/// Reads the columns of [`COLUMNS`].
pub(crate) fn link(row: &rusqlite::Row<'_>) -> Result<Link> {
    Ok(Link {
        row: Row {
            seq: row.get(0)?,
            time: row.get(1)?,
            kind: row.get(2)?,
            version: row.get(3)?,
            app: row.get(4)?,
            environment: row.get(5)?,
            release: row.get(6)?,
            actor: row.get(7)?,
            key: row.get(8)?,
            body: row.get(9)?,
        },
        prev: hash(row, 10)?,
        hash: hash(row, 11)?,
    })
}

fn hash(row: &rusqlite::Row<'_>, column: usize) -> Result<Hash> {
    let bytes = row.get_ref(column)?.as_blob()?;
    Hash::from_bytes(bytes).ok_or(rusqlite::Error::InvalidColumnType(
        column,
        "hash".to_owned(),
        rusqlite::types::Type::Blob,
    ))
}

/// Writes an event.
pub(crate) fn insert(sql: &Connection, link: &Link) -> Result<()> {
    let row = &link.row;
    sql.prepare_cached(&format!(
        "INSERT INTO event ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
    ))?
    .execute(params![
        row.seq,
        row.time,
        row.kind,
        row.version,
        row.app,
        row.environment,
        row.release,
        row.actor,
        row.key,
        row.body,
        link.prev.as_bytes(),
        link.hash.as_bytes(),
    ])?;
    Ok(())
}

/// The event with this number.
pub(crate) fn by_seq(sql: &Connection, seq: Seq) -> Result<Option<Link>> {
    sql.prepare_cached(&format!("SELECT {COLUMNS} FROM event WHERE seq = ?1"))?
        .query_row([seq.sql()], link)
        .optional()
}

/// The event with this key.
pub(crate) fn by_key(sql: &Connection, key: &str) -> Result<Option<Link>> {
    sql.prepare_cached(&format!("SELECT {COLUMNS} FROM event WHERE key = ?1"))?
        .query_row([key], link)
        .optional()
}

/// What the store says its newest event is.
pub(crate) fn head(sql: &Connection) -> Result<Head> {
    sql.prepare_cached("SELECT seq, hash FROM head WHERE one = 1")?
        .query_row([], |row| Ok(Head { seq: Seq::from_sql(row.get(0)?), hash: hash(row, 1)? }))
}

/// Moves the head.
pub(crate) fn set_head(sql: &Connection, head: Head) -> Result<()> {
    sql.prepare_cached("UPDATE head SET seq = ?1, hash = ?2 WHERE one = 1")?
        .execute(params![head.seq.sql(), head.hash.as_bytes()])?;
    Ok(())
}
