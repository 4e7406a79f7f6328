//! The files of one ledger.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Paths that belong together.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    /// The SQLite file.
    pub(crate) store: PathBuf,
    /// How far the store reached.
    pub(crate) anchor: PathBuf,
    /// Shared by who has the store open, exclusive to who replaces it.
    pub(crate) lock: PathBuf,
    /// A store in the making.
    pub(crate) new: PathBuf,
    /// A finished repair that was not put in place yet.
    pub(crate) repaired: PathBuf,
    /// What a repair reads from.
    pub(crate) scratch: PathBuf,
}

/// A path with something appended to its last part.
pub(crate) fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut text = OsString::from(path);
    text.push(suffix);
    PathBuf::from(text)
}

impl Files {
    pub(crate) fn new(store: PathBuf) -> Self {
        Self {
            anchor: suffixed(&store, ".anchor"),
            lock: suffixed(&store, ".lock"),
            new: suffixed(&store, ".new"),
            repaired: suffixed(&store, ".repaired"),
            scratch: suffixed(&store, ".scratch"),
            store,
        }
    }

    /// A store and what SQLite keeps beside it.
    pub(crate) fn set(store: &Path) -> [PathBuf; 3] {
        [store.to_owned(), suffixed(store, "-wal"), suffixed(store, "-shm")]
    }
}
