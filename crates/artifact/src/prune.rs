//! Removing what no artifact that stays needs.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::Error;
use crate::digest::Digest;
use crate::store::Store;

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Artifacts.
    pub artifacts: usize,
    /// Blobs.
    pub blobs: usize,
    /// Their bytes on the disk.
    pub bytes: u64,
}

impl Store {
    /// Removes all artifacts but `keep`, and all blobs that none of those needs. What is younger than `grace` stays: an artifact
    /// that nobody speaks for yet, blobs that arrived of one whose transfer broke off. Nothing happens, and the answer is
    /// `None`, while anyone writes to the store or reads an artifact from it.
    ///
    /// # Errors
    /// When the file system refuses; also when the manifest of an artifact that is to stay was altered, since what it needs
    /// is not known then.
    pub fn prune(&self, keep: &BTreeSet<Digest>, grace: Duration) -> Result<Option<Pruned>, Error> {
        let lock = self.lock_file()?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Ok(None),
            Err(fs::TryLockError::Error(cause)) => return Err(Error::file("lock", self.root())(cause)),
        }
        self.sweep_drafts();
        let now = SystemTime::now();
        let mut needed: BTreeSet<Digest> = BTreeSet::new();
        let mut gone = Vec::new();
        for digest in self.artifact_digests()? {
            if keep.contains(&digest) || is_young(&self.artifact(&digest), now, grace) {
                needed.extend(self.manifest(&digest)?.blobs().into_keys());
            } else {
                gone.push(digest);
            }
        }
        let mut pruned = Pruned { artifacts: gone.len(), ..Pruned::default() };
        // Manifests first: one without its blobs must not be there when this is killed.
        for digest in &gone {
            remove(&self.artifact(digest))?;
        }
        let blobs = self.blobs();
        for folder in fs::read_dir(&blobs).map_err(Error::file("list", &blobs))?.flatten() {
            for entry in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
                let names = [folder.file_name(), entry.file_name()];
                let name: String = names.iter().map(|part| part.to_string_lossy()).collect();
                let is_needed = Digest::from_hex(&name).is_some_and(|digest| needed.contains(&digest));
                let Ok(metadata) = entry.metadata() else { continue };
                if is_needed || is_young(&entry.path(), now, grace) {
                    continue;
                }
                remove(&entry.path())?;
                pruned.blobs += 1;
                pruned.bytes += metadata.len();
            }
        }
        Ok(Some(pruned))
    }
}

/// It was written, or wanted again, within `grace`. A time to come is that of a clock that was put back: such a file is not
/// young for ever.
fn is_young(path: &Path, now: SystemTime, grace: Duration) -> bool {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    modified.and_then(|modified| now.duration_since(modified).ok()).is_some_and(|age| age < grace)
}

fn remove(path: &Path) -> Result<(), Error> {
    fs::remove_file(path).map_err(Error::file("remove", path))
}
