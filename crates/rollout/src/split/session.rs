//! A client during one canary.

use super::key::{Purpose, SplitKey, from_hex, to_hex};
use crate::{Arm, ReleaseId, Weight};

/// The cookie's name.
pub const COOKIE: &str = "sea_release";

/// A client, as its cookie names it, during the canary of one release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    id: [u8; 16],
    place: u64,
}

impl Session {
    /// A session that begins now, from 16 random bytes.
    pub fn new(key: &SplitKey, canary: &ReleaseId, random: [u8; 16]) -> Self {
        // Of another purpose than the tag in the cookie: who reads a cookie does not learn the place.
        let tag = key.tag(Purpose::Place, canary, &random);
        let place = tag[..8].iter().fold(0, |place, byte| place << 8 | u64::from(*byte));
        Self { id: random, place }
    }

    /// Reads the value of the cookie; `None` when we did not write it during this canary.
    pub fn read(key: &SplitKey, canary: &ReleaseId, value: &str) -> Option<Self> {
        let (id, tag) = value.split_once('.')?;
        let (id, tag) = (from_hex(id)?, from_hex(tag)?);
        key.signed(Purpose::Cookie, canary, &id, &tag).then(|| Self::new(key, canary, id))
    }

    /// The value of the cookie: the id and its tag.
    pub fn value(&self, key: &SplitKey, canary: &ReleaseId) -> String {
        format!("{}.{}", to_hex(&self.id), to_hex(&key.tag(Purpose::Cookie, canary, &self.id)))
    }

    /// The arm of the session at a weight. Raising the weight moves sessions to the canary and none away from it.
    pub fn arm(&self, weight: Weight) -> Arm {
        // The place is spread evenly over 64 bits: its top part is one of 10,000 shares, within 2^-50.
        let share = (u128::from(self.place) * 10_000) >> 64;
        if share < u128::from(weight.as_basis_points()) { Arm::Canary } else { Arm::Stable }
    }

    /// The number that stands for the session in counts.
    pub fn hash(&self) -> u64 {
        self.place
    }
}

/// The `Set-Cookie` header that makes a client sticky: for this browser session, as the canary is to be over sooner.
pub fn set_cookie(value: &str, secure: bool) -> String {
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax{}", if secure { "; Secure" } else { "" })
}

/// The `Set-Cookie` header that takes it back.
pub fn expire_cookie(secure: bool) -> String {
    format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{}", if secure { "; Secure" } else { "" })
}

/// The cookie's value in a `Cookie` header.
pub fn find_cookie(header: &str) -> Option<&str> {
    header.split(';').find_map(|pair| pair.trim_ascii().strip_prefix(COOKIE)?.strip_prefix('='))
}
