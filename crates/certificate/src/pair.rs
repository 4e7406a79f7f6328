//! A certificate and its key.

use std::fmt;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::facts::Facts;

/// A certificate with the chain that leads to its root, and its key, both as PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct Pair {
    chain_pem: String,
    key_pem: String,
}

impl Pair {
    /// Takes a chain and a key, checks that they fit together, and says what the certificate says.
    ///
    /// # Errors
    ///
    /// What is wrong, in a sentence without a full stop; never a part of the key.
    pub fn new(chain_pem: &str, key_pem: &str) -> Result<(Self, Facts), String> {
        // Files that hold both, and words between them, are common.
        let chain_pem = sections(chain_pem, |label| label == "CERTIFICATE");
        let key_pem = sections(key_pem, |label| label.ends_with("PRIVATE KEY"));
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain_pem.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| format!("the chain is no PEM ({error})"))?;
        let Some(first) = chain.first() else {
            return Err("there is no certificate in the chain".to_owned());
        };
        let facts = Facts::read(first)?;
        // What the reader says of a key may be part of it.
        let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes());
        let key = key.map_err(|_| "the key is no PEM of a private key".to_owned())?;
        CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => "the key is not that of the certificate".to_owned(),
            error => format!("the key cannot be used ({error})"),
        })?;
        Ok((Self { chain_pem, key_pem }, facts))
    }

    /// One that was made here. The answer to a test is marked so that nobody takes it for a certificate (a critical
    /// extension, RFC 8737, 3), and the check would not either.
    pub(crate) fn made(chain_pem: String, key_pem: String) -> Self {
        Self { chain_pem, key_pem }
    }

    /// The certificate first, then each one's issuer.
    #[must_use]
    pub fn chain_pem(&self) -> &str {
        &self.chain_pem
    }

    /// The key. It belongs into no log, message or ledger.
    #[must_use]
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }
}

/// The sections of a PEM text with some labels, and nothing else.
fn sections(text: &str, wanted: impl Fn(&str) -> bool) -> String {
    let mut kept = String::new();
    let mut within = false;
    for line in text.lines().map(str::trim) {
        let label = |edge| line.strip_prefix(edge).and_then(|rest| rest.strip_suffix("-----"));
        within |= label("-----BEGIN ").is_some_and(&wanted);
        if within {
            kept.push_str(line);
            kept.push('\n');
        }
        within &= label("-----END ").is_none();
    }
    kept
}

impl fmt::Debug for Pair {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Pair").field("chain_pem", &self.chain_pem).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &str) -> (String, String) {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn halves_must_fit_and_the_key_is_not_shown() {
        let ((chain, key), (_, other)) = (made("shop.test"), made("shop.test"));
        let (pair, facts) = Pair::new(&chain, &key).unwrap();
        let both = format!("Subject: shop\n{chain}\n{key}");
        assert_eq!(Pair::new(&both, &both).unwrap().0, pair, "each half is found in a file of both");
        assert_eq!(facts.names, ["shop.test"]);
        assert!(!format!("{pair:?}").contains(key.lines().nth(1).unwrap()));
        assert!(Pair::new(&chain, &other).unwrap_err().contains("not that of the certificate"));
        assert!(Pair::new("", &key).unwrap_err().contains("no certificate"));
        assert!(Pair::new(&chain, "").unwrap_err().contains("no PEM"));
    }
}
