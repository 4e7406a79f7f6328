//! How far the store reached, in a file of its own.
//!
//! SQLite drops damaged frames at the end of its write-ahead log without a word: they look like a commit that never
//! ended. A truncated or deleted log would so lose events silently. The anchor is written after each synced commit and
//! may lag behind the store; a store that lags behind its anchor has lost something.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::chain::{Hash, Head};
use crate::event::Seq;

pub(crate) struct Anchor;

/// One write of fixed length: it replaces the previous one whole, or its checksum tells that it did not.
fn text(head: Head) -> String {
    let line = format!("seaworthy-anchor/1 {:020} {}", head.seq.get(), head.hash);
    let sum = checksum(&line);
    format!("{line} {sum}\n")
}

fn checksum(line: &str) -> String {
    let sum = Sha256::digest(line.as_bytes());
    sum.iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

impl Anchor {
    /// The noted head. None when there is none or it was torn: it only ever adds to what the store itself tells.
    pub(crate) fn read(path: &Path) -> Option<Head> {
        let text = fs::read_to_string(path).ok()?;
        let (line, sum) = text.trim_end().rsplit_once(' ')?;
        if checksum(line) != sum {
            return None;
        }
        let mut words = line.split(' ').skip(1);
        let seq = Seq::new(words.next()?.parse().ok()?);
        Some(Head { seq, hash: Hash::parse(words.next()?)? })
    }

    /// Notes a head. Not synced: a note that a crash of the machine takes back is an older note.
    pub(crate) fn write(path: &Path, head: Head) -> io::Result<()> {
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?
            .write_all(text(head).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_note_is_no_note() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("anchor");
        let head = Head { seq: Seq::new(7), hash: Hash::ZERO };
        assert_eq!(Anchor::read(&path), None);
        Anchor::write(&path, head).unwrap();
        assert_eq!(Anchor::read(&path), Some(head));
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() - 1 {
            fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(Anchor::read(&path), None, "{length} bytes");
        }
        Anchor::write(&path, Head { seq: Seq::new(8), ..head }).unwrap();
        assert_eq!(Anchor::read(&path).map(|head| head.seq), Some(Seq::new(8)));
    }
}
