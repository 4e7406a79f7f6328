//! The store: one SQLite file in WAL mode, a lock file beside it, and an anchor that knows how far it reached.
//!
//! Writers of all processes take turns (`BEGIN IMMEDIATE`); readers see the last commit and wait for no one.

mod anchor;
mod append;
mod files;
mod guard;
mod open;
mod pool;
mod read_only;
pub(crate) mod row;
mod schema;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::actor::Actor;
use crate::chain::Head;
use crate::clock::Clock;
use crate::error::LedgerError;
use crate::mask::Mask;

pub(crate) use anchor::Anchor;
pub use append::Appended;
pub(crate) use append::readable;
pub(crate) use files::{Files, suffixed};
pub(crate) use guard::Guard;
pub(crate) use open::{connect, create, probe, replace};
use pool::{Access, Pool};

/// How long a writer waits for its turn.
pub(crate) const BUSY: Duration = Duration::from_secs(10);

/// What a ledger is opened with.
#[derive(Clone)]
pub struct Options {
    /// Tells the time of events.
    pub clock: Arc<dyn Clock>,
    /// Takes secrets out of bodies.
    pub mask: Mask,
    /// Who events are ascribed to that name no one else.
    pub actor: Actor,
}

/// Whether an append returns before or after the disk has it. A killed process loses nothing either way; only a machine
/// that loses power does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// After the disk has it.
    #[default]
    Synced,
    /// Before; the next synced append or checkpoint brings it to the disk. For many small events that can be had again.
    Relaxed,
}

/// An open ledger. Usable from several threads, and by several processes at once.
pub struct Ledger {
    files: Files,
    options: Options,
    /// None in a ledger that was opened for reading.
    writer: Option<Mutex<Connection>>,
    readers: Pool,
    /// Keeps a repair in another process from moving the files while they are open here; none where its file is not
    /// ours to open.
    _guard: Option<Guard>,
}

/// What ends a transaction early.
pub(crate) enum Failure {
    Sql(rusqlite::Error),
    Ledger(LedgerError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl Failure {
    pub(crate) fn at(self, path: &Path) -> LedgerError {
        match self {
            Self::Sql(error) => LedgerError::store(path, error),
            Self::Ledger(error) => error,
        }
    }
}

/// A write transaction: the head it found and moves, and one time for all that it writes.
pub(crate) struct Tx<'a> {
    pub(crate) sql: &'a Transaction<'a>,
    pub(crate) options: &'a Options,
    pub(crate) now: Timestamp,
    pub(crate) head: Cell<Head>,
}

impl Ledger {
    /// Opens the ledger in a file, which is made when it is not there.
    ///
    /// The newest events are checked, and so is that none were lost since the last synced append. When something is
    /// wrong, the error is [`LedgerError::Damaged`], and nothing was changed: [`Ledger::repair`](crate::repair) keeps
    /// what is whole. [`Ledger::verify`] checks everything.
    pub fn open(path: impl Into<PathBuf>, options: Options) -> Result<Self, LedgerError> {
        let files = Files::new(path.into());
        let (guard, writer) = open::open(&files)?;
        Ok(Self {
            readers: Pool::new(files.store.clone(), Access::Usual),
            files,
            options,
            writer: Some(Mutex::new(writer)),
            _guard: Some(guard),
        })
    }

    /// Opens the ledger in a file to read it, with the same checks; none when there is no ledger. Nothing that is written
    /// succeeds, no file is left behind, and no permission to write is needed, but in one case: when whoever wrote was killed,
    /// and the newest events stand in SQLite's log alone, without its index (`-wal`, `-shm`), the index has to be
    /// made. That the file system lets no one write is no hindrance, nor that someone else is writing.
    pub fn open_read_only(path: impl Into<PathBuf>, options: Options) -> Result<Option<Self>, LedgerError> {
        let files = Files::new(path.into());
        let Some((guard, readers)) = read_only::open(&files)? else { return Ok(None) };
        Ok(Some(Self { files, options, writer: None, readers, _guard: guard }))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.files.store
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.options.clock.now()
    }

    /// The newest event: keep it elsewhere to prove later that nothing up to it was changed.
    pub fn head(&self) -> Result<Head, LedgerError> {
        self.read(|connection| Ok(row::head(connection)?))
    }

    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, LedgerError> {
        let reader = self.readers.take()?;
        work(&reader).map_err(|failure| failure.at(self.path()))
    }

    /// Runs `work` in a transaction that is committed when it succeeds.
    pub(crate) fn write<T>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Tx<'_>) -> Result<T, Failure>,
    ) -> Result<T, LedgerError> {
        // A thread that panicked in here left a transaction that was rolled back: the connection is as good as before.
        let Some(writer) = &self.writer else {
            return Err(LedgerError::ReadOnly { path: self.path().to_owned() });
        };
        let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
        let (result, head) =
            transact(&mut writer, &self.options, durability, work).map_err(|f| f.at(self.path()))?;
        if durability == Durability::Synced
            && let Some(head) = head
        {
            // The event is written; an anchor that lags behind only notices less.
            let _ = Anchor::write(&self.files.anchor, head);
        }
        Ok(result)
    }
}

/// One write transaction; gives the new head when it moved.
pub(crate) fn transact<T>(
    writer: &mut Connection,
    options: &Options,
    durability: Durability,
    work: impl FnOnce(&Tx<'_>) -> Result<T, Failure>,
) -> Result<(T, Option<Head>), Failure> {
    writer.pragma_update(
        None,
        "synchronous",
        match durability {
            Durability::Synced => "FULL",
            Durability::Relaxed => "NORMAL",
        },
    )?;
    let sql = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let before = row::head(&sql)?;
    let tx = Tx { sql: &sql, options, now: options.clock.now(), head: Cell::new(before) };
    let result = work(&tx)?;
    let after = tx.head.get();
    if after != before {
        row::set_head(&sql, after)?;
    }
    sql.commit()?;
    Ok((result, (after != before).then_some(after)))
}
