//! Which release, and which side of a comparison.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Bytes of a release's id: enough for one in a million to be taken twice among twenty thousand releases.
const BYTES: usize = 6;

/// The name of a release; a digest, as the caller writes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReleaseId(String);

impl ReleaseId {
    /// A release by its name.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// What a release is called: the first digits of the SHA-256 of the digests of its artifact and its configuration. The
    /// same commit with the same configuration is the same release, wherever it is built.
    pub fn of(artifact: &[u8; 32], configuration: &[u8; 32]) -> Self {
        let mut hash = Sha256::new();
        hash.update(artifact);
        hash.update(configuration);
        let bytes: [u8; 32] = hash.finalize().into();
        let digits = bytes[..BYTES].iter().flat_map(|byte| [byte >> 4, byte & 15]);
        Self(digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReleaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One side of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// The release that served before.
    Stable,
    /// The new release.
    Canary,
}

impl Arm {
    /// The word in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Canary => "canary",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_digests_decide() {
        let (one, other) = ([1; 32], [2; 32]);
        let id = ReleaseId::of(&one, &other);
        assert_eq!(id.as_str().len(), 12);
        assert_eq!(id, ReleaseId::of(&one, &other));
        assert!(id != ReleaseId::of(&other, &one) && id != ReleaseId::of(&one, &one));
    }
}
