//! Whether a value is another one than before, without saying which.
//!
//! HMAC-SHA-256 with a key that the host keeps. The name is part of what is signed: two secrets of the same value have
//! different fingerprints, and so has the same secret on two hosts.

use std::fmt;
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::zeroize::Zeroizing;
use sha2::Sha256;

use crate::Error;
use crate::private::{self, Access, Lock};

/// The key of a host's fingerprints.
#[derive(Clone)]
pub struct FingerprintKey(Zeroizing<[u8; 32]>);

/// The first 16 bytes of a tag: 2^64 values would have to be tried for two that agree by chance.
const BYTES: usize = 16;

impl FingerprintKey {
    /// The key in a file of 32 bytes; made up, for its owner alone, where there is none. One of another length is made up
    /// again: all that is lost is whether values have changed since.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let folder = path.parent().unwrap_or(Path::new("."));
        private::create_folder(folder)?;
        // Two that open it at the same time get the same key.
        let _lock = Lock::of(folder)?;
        if let Some(known) = private::read(path)?
            && let Ok(key) = <[u8; 32]>::try_from(known.as_slice())
        {
            return Ok(Self::new(key));
        }
        let key = Self::new(private::random()?);
        private::replace(&[(path.to_owned(), key.0.as_slice())], Access::Owner)?;
        Ok(key)
    }

    /// A key of 32 random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(Zeroizing::new(random))
    }

    /// The fingerprint of a value under a name: 32 hexadecimal digits.
    pub fn of(&self, name: &str, value: &str) -> String {
        let mut block = Zeroizing::new([0; 64]);
        block[..32].copy_from_slice(&*self.0);
        // HMAC fills a key up to the block with zeros, so this is the key itself.
        let mut mac = Hmac::<Sha256>::new((&*block).into());
        // Lengths keep the parts apart: no two pairs make the same message.
        for part in [b"sea secret 1".as_slice(), name.as_bytes(), value.as_bytes()] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let tag: [u8; 32] = mac.finalize().into_bytes().into();
        tag[..BYTES].iter().fold(String::with_capacity(2 * BYTES), |mut text, byte| {
            let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
            text.extend([digit(byte >> 4), digit(byte & 15)]);
            text
        })
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn fingerprints_tell_values_names_and_hosts_apart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state/fingerprint.key");
        let here = FingerprintKey::open(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = FingerprintKey::open(&path).unwrap();
        let first = here.of("A", "value");
        assert_eq!(first, again.of("A", "value"));
        assert_eq!(first.len(), 32);
        let there = FingerprintKey::open(&dir.path().join("other/fingerprint.key")).unwrap();
        for other in
            [here.of("A", "Value"), here.of("B", "value"), here.of("AV", "alue"), there.of("A", "value")]
        {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn the_construction_is_hmac_sha_256() {
        // Python: hmac.new(bytes(32), b''.join(len(p).to_bytes(8) + p for p in parts), 'sha256').hexdigest()[:32]
        assert_eq!(FingerprintKey::new([0; 32]).of("A", "b"), "37581cb4784bce7a922428615aeb881b");
    }
}
