//! What an environment comes to, in one number: another one means that what it configures has to start anew.

use sha2::{Digest as _, Sha256};

use super::{Environment, Source};

/// The digest of an environment: 64 hexadecimal digits over names, plain values and what `fingerprint` makes of secret
/// ones (name and value in), so that it tells of a rotation and nothing about the secret.
///
/// Ports and addresses of other services are left out: each instance has its own.
pub fn digest(environment: &Environment, fingerprint: impl Fn(&str, &str) -> String) -> String {
    let mut hasher = Sha256::new();
    let mut part = |part: &str| {
        // Lengths keep the parts apart: no two environments make the same bytes.
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    };
    for (name, value) in environment.values.iter().filter(|(_, value)| value.is_handed) {
        part(name);
        match (&value.source, value.secret) {
            (Source::Port | Source::Service(_), _) => part("of the instance"),
            (_, true) => {
                part("secret");
                part(&fingerprint(name, &value.value));
            }
            (_, false) => {
                part("plain");
                part(&value.value);
            }
        }
    }
    crate::secret::hex(&hasher.finalize())
}
