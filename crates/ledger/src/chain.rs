//! How events hang together: each is hashed with the hash of the one before it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::event::Seq;

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash([u8; 32]);

impl Hash {
    /// What the first event follows.
    pub const ZERO: Self = Self([0; 32]);

    pub(crate) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// From raw bytes; none when they are not 32.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The raw bytes.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let high = char::from(pair[0]).to_digit(16)?;
            let low = char::from(pair[1]).to_digit(16)?;
            *byte = u8::try_from(high * 16 + low).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for Hash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is not a SHA-256"))
    }
}

/// The newest event: its number and hash. Kept elsewhere (in a release's provenance, in a mail), it proves later that
/// nothing up to it was changed or cut off, whoever could write the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its number.
    pub seq: Seq,
    /// Its hash.
    pub hash: Hash,
}

impl Head {
    /// Before the first event.
    pub const EMPTY: Self = Self { seq: Seq::ZERO, hash: Hash::ZERO };
}

/// Events that are gone and whose absence is documented by a checkpoint event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The first event that is gone.
    pub from: Seq,
    /// The last event that is gone.
    pub to: Seq,
    /// The hash of the event before `from`.
    pub before: Hash,
    /// The hash of `to`, which the next event follows; equal to `before` when it is not known.
    pub after: Hash,
}

/// The bytes of an event as they are stored, and hashed: no interpretation lies between the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) seq: i64,
    /// Microseconds since 1970.
    pub(crate) time: i64,
    pub(crate) kind: String,
    pub(crate) version: u32,
    pub(crate) app: String,
    pub(crate) environment: Option<String>,
    pub(crate) release: Option<String>,
    pub(crate) actor: String,
    pub(crate) key: String,
    pub(crate) body: String,
}

impl Row {
    /// The hash of this event after the one with the hash `prev`. Every field has its length before it, so that no
    /// byte can move from one field to the next unseen.
    pub(crate) fn hash_after(&self, prev: &Hash) -> Hash {
        let mut sha = Sha256::new();
        sha.update(b"seaworthy.event/1\0");
        sha.update(prev.0);
        sha.update(self.seq.to_le_bytes());
        sha.update(self.time.to_le_bytes());
        sha.update(self.version.to_le_bytes());
        let texts = [Some(&self.kind), Some(&self.app), self.environment.as_ref(), self.release.as_ref()];
        let more = [Some(&self.actor), Some(&self.key), Some(&self.body)];
        for text in texts.into_iter().chain(more) {
            // No text is this long, so an absent one differs from every present one.
            let length = text.map_or(u64::MAX, |text| text.len() as u64);
            sha.update(length.to_le_bytes());
            sha.update(text.map_or("", String::as_str));
        }
        Hash(sha.finalize().into())
    }
}

/// A stored event with the two hashes beside it.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) row: Row,
    pub(crate) prev: Hash,
    pub(crate) hash: Hash,
}

impl Link {
    /// Whether the hash is that of the bytes.
    pub(crate) fn is_whole(&self) -> bool {
        self.row.hash_after(&self.prev) == self.hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row {
            seq: 1,
            time: 2,
            kind: "step".to_owned(),
            version: 1,
            app: "shop".to_owned(),
            environment: None,
            release: None,
            actor: "ana@laptop".to_owned(),
            key: "k".to_owned(),
            body: "{}".to_owned(),
        }
    }

    #[test]
    fn every_field_changes_the_hash() {
        let base = row().hash_after(&Hash::ZERO);
        let changes: [fn(&mut Row); 10] = [
            |r| r.seq += 1,
            |r| r.time += 1,
            |r| r.kind.push('x'),
            |r| r.version += 1,
            |r| r.app.push('x'),
            |r| r.environment = Some(String::new()),
            |r| r.release = Some(String::new()),
            |r| r.actor.push('x'),
            |r| r.key.push('x'),
            |r| r.body.push('x'),
        ];
        for change in changes {
            let mut other = row();
            change(&mut other);
            assert_ne!(other.hash_after(&Hash::ZERO), base, "{other:?}");
        }
        assert_ne!(row().hash_after(&base), base);
    }

    #[test]
    fn a_byte_that_moves_to_the_next_field_changes_the_hash() {
        let mut one = row();
        let mut other = row();
        (one.actor, one.key) = ("ab".to_owned(), "c".to_owned());
        (other.actor, other.key) = ("a".to_owned(), "bc".to_owned());
        assert_ne!(one.hash_after(&Hash::ZERO), other.hash_after(&Hash::ZERO));
    }

    /// The encoding is for ever: this value was computed apart, with Python's hashlib.
    #[test]
    fn the_hash_is_the_documented_one() {
        let hash = "2fc93921674c64029440ebbd0b050122c2e801b95e794f3d02c8da6b7df3aec7";
        assert_eq!(row().hash_after(&Hash::ZERO).to_string(), hash);
        assert_eq!(Hash::parse(hash).map(|hash| hash.to_string()).as_deref(), Some(hash));
    }
}
