//! What cannot be made up: names of sessions and the header that chooses a release.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::ReleaseId;

/// Bytes of a tag that go into cookies and headers: 2^128 guesses are enough.
const TAG: usize = 16;

/// The secret with which an environment signs sessions and headers.
///
/// HMAC-SHA-256. Purpose and release are part of what is signed, so a cookie is worth nothing as a header, and nothing
/// in the next canary.
#[derive(Clone)]
pub struct SplitKey([u8; 32]);

impl SplitKey {
    /// A key of 32 random bytes; the caller keeps them secret and for as long as the environment.
    pub fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    pub(super) fn tag(&self, purpose: Purpose, release: &ReleaseId, message: &[u8]) -> [u8; TAG] {
        let whole: [u8; 32] = self.mac(purpose, release, message).finalize().into_bytes().into();
        let mut tag = [0; TAG];
        tag.copy_from_slice(&whole[..TAG]);
        tag
    }

    /// Compares in constant time.
    pub(super) fn signed(
        &self,
        purpose: Purpose,
        release: &ReleaseId,
        message: &[u8],
        tag: &[u8; TAG],
    ) -> bool {
        self.mac(purpose, release, message).verify_truncated_left(tag).is_ok()
    }

    fn mac(&self, purpose: Purpose, release: &ReleaseId, message: &[u8]) -> Hmac<Sha256> {
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0);
        // HMAC fills a key up to the block with zeros, so this is the key itself.
        let mut mac = Hmac::<Sha256>::new(&block.into());
        // Lengths keep the parts apart: no two triples make the same message.
        for part in [purpose.as_bytes(), release.as_str().as_bytes(), message] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for SplitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SplitKey(..)")
    }
}

/// What a tag is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A session in a cookie.
    Cookie,
    /// The release that a header asks for.
    Header,
    /// Where a session falls.
    Place,
}

impl Purpose {
    fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::Cookie => b"sea cookie 1",
            Self::Header => b"sea header 1",
            Self::Place => b"sea place 1",
        }
    }
}

/// Writes bytes as lower-case hexadecimal digits.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(if value < 10 { b'0' + value } else { b'a' + value - 10 });
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Reads exactly 16 bytes of lower-case hexadecimal digits.
pub(super) fn from_hex(text: &str) -> Option<[u8; 16]> {
    let digits: &[u8; 32] = text.as_bytes().try_into().ok()?;
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}
