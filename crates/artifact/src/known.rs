//! What files held when they were last read, known by size, times and inode.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// The shape of the file. Another one counts as absent.
const VERSION: u32 = 1;

/// A file that changed this shortly before it was read may change again without its times showing it: clocks of file
/// systems tick at up to two seconds.
const TICK: i128 = 2_000_000_000;

/// Size, times and inode. The change time is among them: no program can set it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp(u64, i128, i128, u64, u64);

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let time = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Self(
            metadata.size(),
            time(metadata.mtime(), metadata.mtime_nsec()),
            time(metadata.ctime(), metadata.ctime_nsec()),
            metadata.ino(),
            metadata.dev(),
        )
    }

    /// It was read long enough after it changed.
    fn is_settled(self, read: SystemTime) -> bool {
        let read = read.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        self.1.max(self.2) + TICK < i128::try_from(read).unwrap_or_default()
    }
}

/// What was stored of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stored {
    #[serde(rename = "d")]
    pub(crate) digest: Digest,
    #[serde(rename = "s")]
    pub(crate) size: u64,
    #[serde(rename = "r")]
    pub(crate) relocated: bool,
    #[serde(rename = "f")]
    pub(crate) fixed: bool,
}

/// What is known of the files of one folder.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Known {
    version: u32,
    /// The folder: what is stored of a file depends on where it is.
    root: String,
    files: HashMap<String, (Stamp, Stored)>,
}

impl Known {
    /// What a file remembers of `root`; nothing where it is absent, damaged or about another folder.
    pub(crate) fn open(file: Option<&Path>, root: &Path) -> Self {
        let root = root.to_string_lossy().into_owned();
        let read = file.and_then(|file| fs::read(file).ok());
        let known: Option<Self> = read.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let known = known.filter(|known| known.version == VERSION && known.root == root);
        known.unwrap_or_else(|| Self { version: VERSION, root, files: HashMap::new() })
    }

    /// What was stored of a file that has not changed since.
    pub(crate) fn get(&self, path: &str, stamp: Stamp) -> Option<Stored> {
        self.files.get(path).filter(|(known, _)| *known == stamp).map(|(_, stored)| *stored)
    }

    /// Remembers what was found out now, and forgets files that are gone. A cache: where it cannot be written, it is not.
    pub(crate) fn save(
        mut self,
        file: Option<&Path>,
        read: SystemTime,
        now: impl Iterator<Item = (String, Stamp, Stored)>,
    ) {
        let Some(file) = file else { return };
        let settled = now.filter(|(_, stamp, _)| stamp.is_settled(read));
        let files: HashMap<_, _> = settled.map(|(path, stamp, stored)| (path, (stamp, stored))).collect();
        if files == self.files {
            return;
        }
        self.files = files;
        let draft = file.with_extension(crate::durable::unique());
        let written = serde_json::to_vec(&self).is_ok_and(|bytes| fs::write(&draft, bytes).is_ok());
        if !written || fs::rename(&draft, file).is_err() {
            let _ = fs::remove_file(&draft);
        }
    }
}
