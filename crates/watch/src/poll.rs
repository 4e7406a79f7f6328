//! Looking at folders now and then, where the system does not watch them.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use crate::batch::Limit;
use crate::signal::{Signal, What};

/// More folders than this are not looked at: it would cost more than it is worth.
const MOST_FOLDERS: usize = 2000;

/// Size, and time of the last change.
type Stamp = (u64, Option<SystemTime>);

/// Folders and what was in them.
#[derive(Debug, Default)]
pub(crate) struct Poller {
    folders: BTreeMap<PathBuf, HashMap<OsString, Stamp>>,
    next: Option<Instant>,
}

impl Poller {
    /// Looks at a folder from now on, unless there are too many.
    pub(crate) fn add(&mut self, folder: &Path) -> bool {
        if self.folders.len() >= MOST_FOLDERS && !self.folders.contains_key(folder) {
            return false;
        }
        self.folders.insert(folder.to_owned(), list(folder).unwrap_or_default());
        self.next.get_or_insert_with(|| Instant::now() + Limit::PERIOD);
        true
    }

    pub(crate) fn remove(&mut self, folder: &Path) {
        self.folders.remove(folder);
    }

    pub(crate) fn len(&self) -> usize {
        self.folders.len()
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.next.filter(|_| !self.folders.is_empty())
    }

    /// What changed since the last look, if it is time for another.
    pub(crate) fn poll(&mut self, now: Instant) -> Vec<Signal> {
        let mut signals = Vec::new();
        if self.next_deadline().is_none_or(|next| next > now) {
            return signals;
        }
        for (folder, before) in &mut self.folders {
            let mut tell = |path: PathBuf, what| signals.push(Signal { path, what, heard: now });
            let Some(after) = list(folder) else {
                tell(folder.clone(), What::Removed);
                continue;
            };
            for name in before.keys().filter(|name| !after.contains_key(*name)) {
                tell(folder.join(name), What::Removed);
            }
            for (name, _) in after.iter().filter(|(name, stamp)| before.get(*name) != Some(stamp)) {
                tell(folder.join(name), What::Arrived);
            }
            *before = after;
        }
        self.next = Some(Instant::now() + Limit::PERIOD);
        signals
    }
}

/// The names in a folder, with the stamps of files. Those of folders change whenever something in them does, and
/// count for nothing.
fn list(folder: &Path) -> Option<HashMap<OsString, Stamp>> {
    let stamp = |entry: fs::DirEntry| {
        let metadata = entry.metadata().ok()?;
        let stamp = if metadata.is_dir() { (0, None) } else { (metadata.len(), metadata.modified().ok()) };
        Some((entry.file_name(), stamp))
    };
    Some(fs::read_dir(folder).ok()?.flatten().filter_map(stamp).collect())
}
