//! What files held when they were last looked at, so that a save that changes nothing is nothing.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Files up to this size, in bytes, are compared by content, larger ones by size and time of their last change.
/// Reading this much takes a fraction of a millisecond.
const LARGEST: u64 = 256 << 10;
/// More files than this are not remembered. An entry takes 17 bytes.
const MOST_FILES: usize = 100_000;
/// A file that has not changed for this long cannot have an event on its way.
const AT_REST: Duration = Duration::from_secs(10);

/// A digest of what a file holds, within one process. Never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Digest(u64);

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Nothing.
    Gone,
    /// A folder.
    Folder,
    /// A socket, a pipe, a device.
    Other,
    /// A file, or a link to one.
    File {
        /// It holds something else than before, or it is not known what it held.
        changed: bool,
        /// It holds nothing.
        empty: bool,
    },
}

/// Which files there are, and digests of those that were looked at.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// By hashes of paths. Zero stands for a file that has not been looked at.
    files: HashMap<u64, u64>,
    state: RandomState,
    buffer: Vec<u8>,
}

impl Contents {
    /// Whether there was a file at `path`; if in doubt, yes.
    pub(crate) fn knows(&self, path: &Path) -> bool {
        self.files.len() >= MOST_FILES || self.files.contains_key(&self.state.hash_one(path))
    }

    /// There is a file at `path`.
    pub(crate) fn learn(&mut self, path: &Path) {
        if self.files.len() < MOST_FILES {
            self.files.entry(self.state.hash_one(path)).or_default();
        }
    }

    /// There is none any more.
    pub(crate) fn forget(&mut self, path: &Path) {
        self.files.remove(&self.state.hash_one(path));
    }

    /// Forgets what files held, not that there are files.
    pub(crate) fn forget_digests(&mut self) {
        self.files.values_mut().for_each(|digest| *digest = 0);
    }

    /// Looks at a file, and compares it with the last time. [`remember`](Self::remember) makes this the last time.
    pub(crate) fn look(&mut self, path: &Path) -> (Look, Remembered) {
        let metadata = match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => return (Look::Folder, Remembered(None)),
            Ok(metadata) if metadata.is_file() => metadata,
            Ok(_) => return (Look::Other, Remembered(None)),
            // A link that leads nowhere is as good as no file.
            Err(_) => return (Look::Gone, Remembered(None)),
        };
        let Digest(digest) = match self.digest(path, &metadata) {
            Ok(digest) => digest,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return (Look::Gone, Remembered(None)),
            Err(_) => self.stamp(&metadata),
        };
        let key = self.state.hash_one(path);
        let changed = self.files.get(&key).is_none_or(|before| *before != digest);
        (Look::File { changed, empty: metadata.len() == 0 }, Remembered(Some((key, digest))))
    }

    /// Keeps what a look has seen.
    pub(crate) fn remember(&mut self, seen: Remembered) {
        if let Some((key, digest)) = seen.0
            && (self.files.len() < MOST_FILES || self.files.contains_key(&key))
        {
            self.files.insert(key, digest);
        }
    }

    /// Looks ahead of time at a file that is known but was never looked at, unless it changed just now: then
    /// its event may still be on its way, and must not find its content known. Yields the bytes that were read.
    pub(crate) fn look_ahead(&mut self, path: &Path) -> u64 {
        if self.files.get(&self.state.hash_one(path)) != Some(&0) {
            return 0;
        }
        let Ok(metadata) = fs::symlink_metadata(path) else { return 0 };
        if !metadata.is_file() || metadata.len() > LARGEST || !is_at_rest(&metadata) {
            return 0;
        }
        let (_, seen) = self.look(path);
        self.remember(seen);
        metadata.len()
    }

    fn digest(&mut self, path: &Path, metadata: &Metadata) -> io::Result<Digest> {
        if metadata.len() > LARGEST {
            return Ok(self.stamp(metadata));
        }
        self.buffer.clear();
        // It may grow while it is read.
        File::open(path)?.take(LARGEST + 1).read_to_end(&mut self.buffer)?;
        Ok(Digest(self.state.hash_one(&self.buffer).max(1)))
    }

    /// A digest of what the system says of a file.
    fn stamp(&self, metadata: &Metadata) -> Digest {
        let mut hasher = self.state.build_hasher();
        metadata.len().hash(&mut hasher);
        metadata.modified().ok().hash(&mut hasher);
        Digest(hasher.finish().max(1))
    }
}

/// What a look has seen, to be kept or not.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(crate) struct Remembered(Option<(u64, u64)>);

/// Whether a file's last change, to its content or its place, was long ago. The time of the status change is what
/// counts: it cannot be set by programs, and moving a file updates it.
#[cfg(unix)]
fn is_at_rest(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Ok(seconds) = u64::try_from(metadata.ctime()) else { return true };
    is_past(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

/// Without a time of the status change no file is at rest for sure.
#[cfg(not(unix))]
fn is_at_rest(_metadata: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn is_past(time: SystemTime) -> bool {
    SystemTime::now().duration_since(time).is_ok_and(|age| age > AT_REST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_content_is_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.py");
        let mut contents = Contents::default();
        let look = |contents: &mut Contents| {
            let (look, seen) = contents.look(&file);
            contents.remember(seen);
            look
        };
        assert_eq!(look(&mut contents), Look::Gone);
        fs::write(&file, "a").unwrap();
        assert_eq!(look(&mut contents), Look::File { changed: true, empty: false });
        fs::write(&file, "a").unwrap();
        assert_eq!(look(&mut contents), Look::File { changed: false, empty: false });
        fs::write(&file, "").unwrap();
        assert_eq!(look(&mut contents), Look::File { changed: true, empty: true });
        contents.forget_digests();
        assert_eq!(look(&mut contents), Look::File { changed: true, empty: true });
    }

    #[test]
    fn a_file_that_changed_just_now_is_not_looked_at_ahead() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.py");
        fs::write(&file, "a").unwrap();
        let mut contents = Contents::default();
        contents.learn(&file);
        assert_eq!(contents.look_ahead(&file), 0);
        assert!(matches!(contents.look(&file).0, Look::File { changed: true, .. }));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_looked_at_ahead_is_compared_with_that() {
        // A system's file: the time of the status change of one of our own cannot be set back.
        let file = Path::new("/etc/passwd");
        let mut contents = Contents::default();
        assert_eq!(contents.look_ahead(file), 0, "it is not known");
        contents.learn(file);
        assert!(contents.look_ahead(file) > 0);
        assert_eq!(contents.look_ahead(file), 0, "once is enough");
        assert!(matches!(contents.look(file).0, Look::File { changed: false, .. }));
    }

    #[test]
    fn memory_is_bounded() {
        let mut contents = Contents::default();
        for number in 0..=MOST_FILES {
            contents.learn(Path::new(&number.to_string()));
        }
        assert_eq!(contents.files.len(), MOST_FILES);
        assert!(contents.knows(Path::new("never seen")));
    }
}
