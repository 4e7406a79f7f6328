//! Who has the files open: a lock file, held shared by every open ledger and alone by a repair.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::error::LedgerError;

/// Released when dropped, and by the system when the process ends.
#[derive(Debug)]
pub(crate) struct Guard {
    _file: File,
}

fn file(path: &Path) -> Result<File, LedgerError> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
        .map_err(LedgerError::file("open the lock file", path))
}

impl Guard {
    /// Beside others; waits while someone creates or repairs, which takes moments.
    pub(crate) fn shared(path: &Path) -> Result<Self, LedgerError> {
        let file = file(path)?;
        file.lock_shared().map_err(LedgerError::file("lock", path))?;
        Ok(Self { _file: file })
    }

    /// Beside others where the lock file is there and may be read: who only reads makes no file. None elsewhere.
    pub(crate) fn if_possible(path: &Path) -> Option<Self> {
        let file = File::open(path).ok()?;
        file.lock_shared().ok()?;
        Some(Self { _file: file })
    }

    /// Alone; none when someone else has it.
    pub(crate) fn exclusive(path: &Path) -> Result<Option<Self>, LedgerError> {
        let file = file(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(LedgerError::file("lock", path)(error)),
        }
    }
}
