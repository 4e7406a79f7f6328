//! The tables.

/// `SEAL` in the file's header: this SQLite file is a ledger.
pub(crate) const APPLICATION: i64 = 0x5345_414c;

/// The format that this version writes.
pub(crate) const FORMAT: i64 = 1;

/// `event` is the truth. `head`, `standing` and `lock` are what writers need at hand; the first two follow from the
/// events, the third is forgotten by a repair. The triggers guard against our own mistakes; the chain against others.
pub(crate) const TABLES: &str = "
CREATE TABLE event (
    seq         INTEGER PRIMARY KEY,
    time        INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    version     INTEGER NOT NULL,
    app         TEXT NOT NULL,
    environment TEXT,
    release     TEXT,
    actor       TEXT NOT NULL,
    key         TEXT NOT NULL,
    body        TEXT NOT NULL,
    prev        BLOB NOT NULL,
    hash        BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_key ON event (key);
CREATE INDEX event_place ON event (app, environment, seq);
CREATE INDEX event_kind ON event (kind, seq);
CREATE INDEX event_release ON event (release, seq) WHERE release IS NOT NULL;
CREATE INDEX event_time ON event (time);

CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
INSERT INTO head VALUES (1, 0, zeroblob(32));

CREATE TABLE standing (
    app          TEXT NOT NULL,
    environment  TEXT NOT NULL,
    release      TEXT NOT NULL,
    state        TEXT,
    since        INTEGER NOT NULL,
    pending      TEXT,
    pending_key  TEXT,
    pending_seq  INTEGER,
    PRIMARY KEY (app, environment, release)
) STRICT, WITHOUT ROWID;

CREATE TABLE lock (
    app         TEXT NOT NULL,
    environment TEXT NOT NULL,
    ticket      INTEGER NOT NULL,
    asker       TEXT NOT NULL,
    token       INTEGER NOT NULL,
    owner       TEXT,
    host        TEXT,
    pid         INTEGER,
    started     INTEGER,
    since       INTEGER,
    expires     INTEGER,
    PRIMARY KEY (app, environment)
) STRICT, WITHOUT ROWID;

CREATE TABLE pruning (allowed INTEGER NOT NULL) STRICT;
CREATE TRIGGER event_stays BEFORE DELETE ON event WHEN NOT EXISTS (SELECT 1 FROM pruning)
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER event_is_final BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
";
