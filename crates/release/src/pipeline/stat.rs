//! What files hold, without reading those that did not change.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A file that changed this shortly before it was read may change again without its times showing it: clocks of file
/// systems tick at up to two seconds.
const TICK: i128 = 2_000_000_000;

/// Content hashes of files, known by size, times and inode.
#[derive(Debug, Default)]
pub(super) struct StatCache {
    root: PathBuf,
    known: HashMap<String, Entry>,
    changed: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry(Stamp, String);

/// The change time is among them: no program can set it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    s: u64,
    m: i128,
    c: i128,
    i: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Self {
            s: metadata.size(),
            m: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            c: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            i: metadata.ino(),
        }
    }
}

impl StatCache {
    /// What is remembered in a file about paths below `root`; a damaged file counts as empty.
    pub(super) fn open(root: &Path, file: &Path) -> Self {
        let known = std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self { root: root.to_owned(), known: known.unwrap_or_default(), changed: false }
    }

    /// The SHA-256 of a file below the root, in hexadecimal digits; nothing where it cannot be read.
    pub(super) fn digest(&mut self, path: &str) -> Option<String> {
        let place = self.root.join(path);
        let metadata = place.metadata().ok().filter(Metadata::is_file)?;
        let stamp = Stamp::of(&metadata);
        if let Some(Entry(known, digest)) = self.known.get(path)
            && *known == stamp
        {
            return Some(digest.clone());
        }
        let now = SystemTime::now();
        let digest = read(&place)?;
        let now = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        let is_settled = stamp.m.max(stamp.c) + TICK < i128::try_from(now).unwrap_or_default();
        if is_settled {
            self.known.insert(path.to_owned(), Entry(stamp, digest.clone()));
            self.changed = true;
        }
        Some(digest)
    }

    /// Remembers all that was found out.
    pub(super) fn save(&mut self, file: &Path) {
        if self.changed && super::store::save(file, &self.known).is_ok() {
            self.changed = false;
        }
    }
}

fn read(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let mut hash = Sha256::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match file.read(&mut chunk).ok()? {
            0 => return Some(hex(&hash.finalize())),
            read => hash.update(&chunk[..read]),
        }
    }
}

/// The SHA-256 of some texts, each told from the next, in hexadecimal digits.
pub(super) fn digest_of<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_hides_its_time_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, "one").unwrap();
        let old = std::fs::metadata(&path).unwrap().modified().unwrap();
        let mut cache = StatCache::open(dir.path(), &dir.path().join("none"));
        let before = cache.digest("a").unwrap();
        std::fs::write(&path, "two").unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
        assert_ne!(cache.digest("a").unwrap(), before, "same size, same time, other content");
        assert_eq!(cache.digest("absent"), None);
    }
}
