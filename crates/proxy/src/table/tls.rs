//! TLS: which listeners speak it, with which certificates, and how hosts that have one are kept to it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::HostPattern;

/// The port of HTTPS where none is named.
pub const HTTPS_PORT: u16 = 443;

/// What the proxy needs to speak TLS. A change takes effect for new handshakes; connections live on with what they began
/// with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tls {
    /// Names of the listeners that speak TLS, and nothing else.
    pub listeners: Vec<String>,
    /// The port by which clients reach them, for redirects; `None` is [`HTTPS_PORT`].
    pub port: Option<u16>,
    /// What is shown to clients, by the name that they ask for (SNI): the one that names it, else one whose wildcard covers
    /// it (one label, RFC 6125, 6.4.3), else one for `*`. Where there is none, the handshake is refused: a made-up certificate
    /// would teach people to click warnings away, and tell scanners whose host this is.
    pub certificates: Vec<Certificate>,
    /// Answers to those who test whether a name leads here.
    pub challenges: Challenges,
}

/// A certificate and the hosts that it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The hosts. What follows is done for those that it names or covers, never for `*`, names below `localhost` and
    /// addresses.
    pub hosts: Vec<HostPattern>,
    /// What is shown, and the key to it.
    pub pair: CertificatePair,
    /// Whether plain HTTP is answered with a redirect to HTTPS (308, path and query kept).
    #[serde(default)]
    pub redirect: bool,
    /// Whether clients are told to keep to HTTPS.
    #[serde(default)]
    pub hsts: Option<Hsts>,
}

/// `Strict-Transport-Security` (RFC 6797).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hsts {
    /// How long clients remember it.
    pub max_age: Duration,
    /// Whether it holds for every host below too.
    #[serde(default)]
    pub include_subdomains: bool,
}

impl Default for Hsts {
    /// One year, this host alone.
    fn default() -> Self {
        Self { max_age: Duration::from_hours(365 * 24), include_subdomains: false }
    }
}

/// A certificate with the chain that leads to its root, and its key, both as PEM.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CertificatePair {
    /// The certificate first, then each one's issuer.
    pub chain_pem: String,
    /// PKCS#8, SEC1 or PKCS#1.
    pub key_pem: KeyPem,
}

/// A private key. It travels to the proxy and is shown nowhere.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyPem(String);

impl KeyPem {
    /// The key as PEM.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for KeyPem {
    fn from(pem: String) -> Self {
        Self(pem)
    }
}

impl fmt::Debug for KeyPem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("KeyPem(..)")
    }
}

/// Answers to those who test whether a name leads here (ACME).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Challenges {
    /// `http-01` (RFC 8555, 8.3): what is answered at `/.well-known/acme-challenge/TOKEN`, on every host and before
    /// anything else, by token. Other tokens are the app's.
    pub http: BTreeMap<String, String>,
    /// `tls-alpn-01` (RFC 8737): what is shown to those who speak `acme-tls/1`, by host in lower case.
    pub alpn: BTreeMap<String, CertificatePair>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::RoutingTable;

    #[test]
    fn keys_survive_json_and_are_not_shown() {
        let pair = CertificatePair { chain_pem: "CHAIN".into(), key_pem: String::from("SECRET").into() };
        let hosts = vec!["shop.example".parse().unwrap()];
        let certificate = Certificate { hosts, pair, redirect: true, hsts: Some(Hsts::default()) };
        let tls = Tls { listeners: vec!["https".into()], certificates: vec![certificate], ..Tls::default() };
        let table = RoutingTable { tls: Some(tls), ..RoutingTable::default() };
        let json = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<RoutingTable>(&json).unwrap(), table);
        let shown = format!("{table:?}");
        assert!(shown.contains("CHAIN") && !shown.contains("SECRET"), "{shown}");
    }

    #[test]
    fn a_table_without_tls_says_nothing_of_it() {
        let json = serde_json::to_string(&RoutingTable::default()).unwrap();
        assert!(!json.contains("tls"), "{json}");
    }
}
