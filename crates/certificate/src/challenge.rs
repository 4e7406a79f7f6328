//! Tests of a name: the authority asks at it, and finds there what only this host can know.

use std::pin::Pin;

use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};

use crate::pair::Pair;

/// How the authority tests a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A handshake at port 443 (RFC 8737).
    TlsAlpn01,
    /// A request for a file at port 80 (RFC 8555, 8.3).
    Http01,
}

impl Method {
    /// The port that the authority asks at.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::TlsAlpn01 => 443,
            Self::Http01 => 80,
        }
    }
}

/// What the authority shall find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The answer to a request for `/.well-known/acme-challenge/TOKEN` on port 80.
    Http {
        /// The token.
        token: String,
        /// The body of the answer.
        body: String,
    },
    /// The certificate that those are shown who ask for a host with the protocol `acme-tls/1` alone.
    Tls {
        /// The host.
        host: String,
        /// The certificate.
        pair: Pair,
    },
}

/// Makes the authority find its answers.
pub trait Challenges: Send + Sync + 'static {
    /// Replaces all answers. Returns when they are in force, or says why they are not; none is always possible, for an
    /// order that is over.
    fn put(&self, answers: Vec<Answer>) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>>;
}

/// The certificate that proves to hold `digest` for a host (RFC 8737, 3).
pub(crate) fn proof(host: &str, digest: &[u8]) -> Result<Pair, String> {
    let make = || {
        let mut parameters = CertificateParams::new([host.to_owned()])?;
        parameters.distinguished_name = DistinguishedName::new();
        parameters.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
        let key = KeyPair::generate()?;
        Ok::<_, rcgen::Error>((parameters.self_signed(&key)?.pem(), key.serialize_pem()))
    };
    let (chain, key) = make().map_err(|error| error.to_string())?;
    Ok(Pair::made(chain, key))
}
