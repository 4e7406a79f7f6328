//! Opening a ledger that is not ours to write.

use std::path::Path;
use std::{fs, io};

use rusqlite::ErrorCode;

use super::anchor::Anchor;
use super::files::{Files, suffixed};
use super::guard::Guard;
use super::open::check;
use super::pool::{Access, Pool};
use crate::error::{Damage, LedgerError};

/// A writer can begin between two looks at the files; no one begins that often.
const LOOKS: u32 = 5;

/// Opens a store for reading and checks its end; none when there is none.
pub(super) fn open(files: &Files) -> Result<Option<(Option<Guard>, Pool)>, LedgerError> {
    let guard = Guard::if_possible(&files.lock);
    if there(&files.repaired)? {
        return Err(LedgerError::damaged(&files.store, Damage::RepairUnfinished));
    }
    if !there(&files.store)? {
        return match Anchor::read(&files.anchor) {
            Some(anchor) => Err(LedgerError::damaged(&files.store, Damage::Missing(anchor.seq))),
            None => Ok(None),
        };
    }
    let mut looks = 0;
    loop {
        looks += 1;
        let access = match checked(files, Access::Usual) {
            Ok(access) => access,
            Err(LedgerError::Store { source, .. }) if needs_writing(&source) => {
                if log(files) {
                    let log = suffixed(&files.store, "-wal");
                    let why =
                        "it has no index, and the folder is not ours to make one in; run as who owns it";
                    let source = io::Error::new(io::ErrorKind::PermissionDenied, why);
                    return Err(LedgerError::File { action: "read the log", path: log, source });
                }
                match checked(files, Access::Still) {
                    // What looks like damage is a writer that began, and wrote to a log that is not looked at here.
                    Err(LedgerError::Damaged { .. }) if log(files) && looks < LOOKS => continue,
                    other => other?,
                }
            }
            Err(error) => return Err(error),
        };
        return Ok(Some((guard, Pool::new(files.store.clone(), access))));
    }
}

fn checked(files: &Files, access: Access) -> Result<Access, LedgerError> {
    // Before the store is read: it may only grow meanwhile.
    let anchor = Anchor::read(&files.anchor);
    let reader = access.reader(&files.store).map_err(|error| LedgerError::store(&files.store, error))?;
    check(&reader, &files.store, anchor)?;
    Ok(access)
}

/// Whether there is a log with something in it.
fn log(files: &Files) -> bool {
    fs::metadata(suffixed(&files.store, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// SQLite wanted to make the index of the log, and could not.
fn needs_writing(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

fn there(path: &Path) -> Result<bool, LedgerError> {
    path.try_exists().map_err(LedgerError::file("look for", path))
}
