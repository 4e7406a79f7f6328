//! Files of a repair: copies of the damaged ones, and the repaired one in their place.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::error::LedgerError;
use crate::store::{Anchor, Files, create, probe, replace, suffixed};

/// Copies the damaged files into a folder of their own, durably, and gives it.
pub(super) fn set_aside(files: &Files, now: Timestamp) -> Result<PathBuf, LedgerError> {
    let folder = (0..u16::MAX)
        .map(|number| suffixed(&files.store, &format!(".damaged-{}-{number}", now.as_second())))
        .find(|folder| !folder.exists())
        .unwrap_or_else(|| suffixed(&files.store, ".damaged"));
    fs::create_dir(&folder).map_err(LedgerError::file("make the folder", &folder))?;
    for file in Files::set(&files.store).iter().chain([&files.anchor]) {
        if let Some(name) = file.file_name()
            && file.exists()
        {
            copy(file, &folder.join(name))?;
        }
    }
    // What the salvage reads from: SQLite may change it while it does.
    clean(&files.scratch);
    for (from, to) in Files::set(&files.store).iter().zip(Files::set(&files.scratch)).take(2) {
        if from.exists() {
            copy(from, &to)?;
        }
    }
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> Result<(), LedgerError> {
    fs::copy(from, to).map_err(LedgerError::file("copy to", to))?;
    File::open(to).and_then(|file| file.sync_all()).map_err(LedgerError::file("sync", to))
}

/// Removes a store that is ours to remove.
fn clean(store: &Path) {
    for file in Files::set(store) {
        // What is not there need not go.
        let _ = fs::remove_file(file);
    }
}

/// Makes the empty store that the whole events go to.
pub(super) fn fresh(files: &Files) -> Result<rusqlite::Connection, LedgerError> {
    create(&files.new).map_err(|error| LedgerError::store(&files.new, error))?;
    probe(&files.new, None)
}

/// Gives the finished store its last name but one: from here on the repair only has to be put in place.
pub(super) fn finish(files: &Files) -> Result<(), LedgerError> {
    replace(&files.new, &files.repaired)
}

/// Puts the repaired store in place of the damaged one. Every act may be done again.
pub(super) fn put_in_place(files: &Files) -> Result<(), LedgerError> {
    let connection = probe(&files.repaired, None)?;
    let head = crate::store::row::head(&connection).map_err(|e| LedgerError::store(&files.repaired, e))?;
    connection.close().map_err(|(_, error)| LedgerError::store(&files.repaired, error))?;
    Anchor::write(&files.anchor, head).map_err(LedgerError::file("write", &files.anchor))?;
    for beside in Files::set(&files.store).iter().skip(1) {
        if beside.exists() {
            fs::remove_file(beside).map_err(LedgerError::file("remove", beside))?;
        }
    }
    replace(&files.repaired, &files.store)?;
    clean(&files.scratch);
    Ok(())
}
