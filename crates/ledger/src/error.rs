//! What can go wrong, where, and what to do.

use std::io;
use std::path::{Path, PathBuf};

use crate::event::Seq;
use crate::journal::IllegalTransition;
use crate::key::ReleaseId;

/// Why the ledger could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file system refused something.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried, as in "cannot ...".
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Part of the ledger is damaged or gone. Nothing was changed; what is whole can still be had.
    #[error(
        "the ledger {} is damaged: {damage}; `sea history --repair` keeps every whole event and sets the damaged file aside unchanged",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        damage: Damage,
    },
    /// The file is something else.
    #[error("{} is not a ledger of Seaworthy; name another file, or move it away", path.display())]
    NotALedger {
        /// The file.
        path: PathBuf,
    },
    /// A newer version wrote the file.
    #[error("{} was written by a newer version (format {found}, this one knows {known}); update `sea`", path.display())]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that this version knows.
        known: i64,
    },
    /// Other processes have the ledger open, and what was asked needs it alone.
    #[error("{} is in use by another process; end `sea serve` and other `sea` commands of this ledger first", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// Another process kept writing for longer than is waited for.
    #[error("the ledger {} is busy for more than {seconds} s; try again, or look for a stopped `sea` process", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
    /// It was opened for reading.
    #[error("the ledger {} is open for reading only; run the command as the user who ships", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// No space is left. What was written before is whole.
    #[error("no space is left for the ledger {}; free some, nothing was written", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The store refused something else.
    #[error("the ledger {} refused: {source}", path.display())]
    Store {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The key belongs to another event.
    #[error(
        "the idempotency key `{key}` belongs to event {seq}, which says something else; use a key of its own"
    )]
    KeyReused {
        /// The key.
        key: String,
        /// The event that has it.
        seq: Seq,
    },
    /// The body is too long.
    #[error(
        "the body of `{key}` has {bytes} bytes, more than {most}; store it elsewhere and write down its digest"
    )]
    TooLong {
        /// The key.
        key: String,
        /// Its length.
        bytes: usize,
        /// The longest.
        most: usize,
    },
    /// The body is not readable once secrets are masked, or holds a number that JSON has not.
    #[error(
        "the body of `{0}` is no valid event once masked: a secret stands where an id or a word of ours is expected"
    )]
    Unreadable(String),
    /// Only the journal and the ledger itself write this kind.
    #[error("events of the kind `{0}` are written by the ledger alone")]
    ReservedKind(&'static str),
    /// The transition is none that a release may make.
    #[error("release {release}: {illegal}")]
    Illegal {
        /// The release.
        release: ReleaseId,
        /// Which transition.
        illegal: IllegalTransition,
    },
    /// The release is in the middle of another transition.
    #[error(
        "release {release}: the transition to {to}, begun by event {seq}, is neither confirmed nor abandoned"
    )]
    Unconfirmed {
        /// The release.
        release: ReleaseId,
        /// Where to.
        to: String,
        /// The event that began it.
        seq: Seq,
    },
    /// The transition that should be closed is not the one that is open.
    #[error("release {release}: the transition `{key}` is not open; read the release's state again")]
    NotOpen {
        /// The release.
        release: ReleaseId,
        /// The key it was begun with.
        key: String,
    },
    /// The lock is not ours any more.
    #[error(
        "the lock of {app} in {environment} was lost ({now}); nothing was written, stop and look at `sea status`"
    )]
    LockLost {
        /// The app.
        app: String,
        /// The environment.
        environment: String,
        /// `it expired`, `ana@laptop has it`.
        now: String,
    },
}

/// What is wrong with a ledger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The file is gone.
    #[error("the file is gone, and it held {0} events")]
    Missing(Seq),
    /// Its newest events are gone.
    #[error("events {} to {until} are gone", whole_to.next())]
    TailLost {
        /// The last event that is there.
        whole_to: Seq,
        /// The last event that was there.
        until: Seq,
    },
    /// An event is not what was written.
    #[error("event {seq} {fault}")]
    Event {
        /// Its number.
        seq: Seq,
        /// What is wrong with it.
        fault: Fault,
    },
    /// SQLite cannot read the file.
    #[error("the file cannot be read ({0})")]
    Unreadable(String),
    /// A repair was interrupted.
    #[error("a repair was interrupted")]
    RepairUnfinished,
}

/// What is wrong with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Its bytes have another hash than the one beside them.
    #[error("was changed after it was written")]
    Altered,
    /// It does not follow the event before it.
    #[error("does not follow the event before it: one was changed, or they were put in another order")]
    Unlinked,
    /// It is not there.
    #[error("is missing")]
    Missing,
    /// It is not the hash that is kept elsewhere.
    #[error("is not the event that was there when its hash was noted")]
    Replaced,
}

impl LedgerError {
    /// A stable name for the error, kebab-case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "file-access",
            Self::Damaged { .. } => "ledger-damaged",
            Self::NotALedger { .. } => "ledger-foreign",
            Self::NewerFormat { .. } => "ledger-newer",
            Self::InUse { .. } => "ledger-in-use",
            Self::Busy { .. } => "ledger-busy",
            Self::ReadOnly { .. } => "ledger-read-only",
            Self::DiskFull { .. } => "disk-full",
            Self::Store { .. } => "ledger-refused",
            Self::KeyReused { .. } => "ledger-key-reused",
            Self::TooLong { .. } => "ledger-too-long",
            Self::Unreadable(_) => "ledger-body",
            Self::ReservedKind(_) => "ledger-reserved-kind",
            Self::Illegal { .. } => "transition-illegal",
            Self::Unconfirmed { .. } => "transition-unconfirmed",
            Self::NotOpen { .. } => "transition-not-open",
            Self::LockLost { .. } => "lock-lost",
        }
    }

    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }

    pub(crate) fn damaged(path: &Path, damage: Damage) -> Self {
        Self::Damaged { path: path.to_owned(), damage }
    }

    /// What SQLite said, in our words.
    pub(crate) fn store(path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged { path, damage: Damage::Unreadable(source.to_string()) }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy { path, seconds: crate::store::BUSY.as_secs() }
            }
            Some(ErrorCode::DiskFull) => Self::DiskFull { path },
            // A value of another type, or no UTF-8: no version of ours wrote that.
            None if matches!(
                source,
                rusqlite::Error::FromSqlConversionFailure(..)
                    | rusqlite::Error::InvalidColumnType(..)
                    | rusqlite::Error::IntegralValueOutOfRange(..)
                    | rusqlite::Error::Utf8Error(..)
            ) =>
            {
                Self::Damaged { path, damage: Damage::Unreadable(source.to_string()) }
            }
            _ => Self::Store { path, source },
        }
    }
}
