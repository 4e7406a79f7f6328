//! Handshakes: which certificate is shown to whom.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::crypto::CryptoProvider;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{Acceptor, ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{InconsistentKeys, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection::Client;
use crate::error::{Error, Result};
use crate::table::{Certificate, CertificatePair, HostPattern, Tls};

/// What those speak who test whether a name leads here (RFC 8737, 3).
const ACME: &[u8] = b"acme-tls/1";
const HTTP: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The TLS of the table in force.
pub(crate) struct LiveTls {
    /// As it came.
    pub(crate) table: Tls,
    /// One for each certificate of the table.
    configs: Vec<Arc<ServerConfig>>,
    exact: HashMap<String, usize>,
    below: HashMap<String, usize>,
    any: Option<usize>,
    challenges: HashMap<String, Arc<ServerConfig>>,
    refusal: Arc<ServerConfig>,
}

impl LiveTls {
    /// Whether a listener speaks TLS.
    pub(crate) fn speaks_on(&self, listener: &str) -> bool {
        self.table.listeners.iter().any(|name| name == listener)
    }

    /// The certificate that names or covers a host, in lower case.
    pub(crate) fn certificate(&self, host: &str) -> Option<&Certificate> {
        self.named(host).map(|number| &self.table.certificates[number])
    }

    fn named(&self, host: &str) -> Option<usize> {
        let covered = || self.below.get(host.split_once('.')?.1);
        self.exact.get(host).or_else(covered).copied()
    }

    /// What is shown to a client.
    fn choose(&self, hello: &ClientHello<'_>) -> Choice {
        let host = hello.server_name().map(|name| name.trim_end_matches('.').to_ascii_lowercase());
        let host = host.unwrap_or_default();
        let tests = hello.alpn().is_some_and(|mut offered| offered.any(|protocol| protocol == ACME));
        if tests {
            let config = self.challenges.get(&host).unwrap_or(&self.refusal);
            return Choice { config: Arc::clone(config), serves: false };
        }
        let config = self.named(&host).or(self.any).map_or(&self.refusal, |number| &self.configs[number]);
        Choice { config: Arc::clone(config), serves: true }
    }
}

struct Choice {
    config: Arc<ServerConfig>,
    /// Whether requests follow.
    serves: bool,
}

/// What certificates are made live with. One that was in the table before is not read again, and all share what sessions
/// are resumed with, so that a new table costs nobody a full handshake.
#[derive(Default)]
pub(crate) struct Configs {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    template: Option<ServerConfig>,
    pairs: HashMap<CertificatePair, Arc<ServerConfig>>,
}

impl Configs {
    /// Makes the TLS of a table live; `None` forgets what was known.
    pub(crate) fn make_live(&self, table: Option<Tls>) -> Result<Option<LiveTls>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(table) = table else {
            known.pairs.clear();
            return Ok(None);
        };
        let template = match known.template.take() {
            Some(template) => template,
            None => template()?,
        };
        let live = make_live(table, &template, &known.pairs);
        known.template = Some(template);
        let (live, pairs) = live?;
        known.pairs = pairs;
        Ok(Some(live))
    }
}

type Pairs = HashMap<CertificatePair, Arc<ServerConfig>>;

fn make_live(table: Tls, template: &ServerConfig, known: &Pairs) -> Result<(LiveTls, Pairs)> {
    let mut pairs = Pairs::new();
    let mut configs = Vec::new();
    let (mut exact, mut below, mut any) = (HashMap::new(), HashMap::new(), None);
    for (number, certificate) in table.certificates.iter().enumerate() {
        let pair = &certificate.pair;
        let config = if let Some(config) = pairs.get(pair).or_else(|| known.get(pair)) {
            Arc::clone(config)
        } else {
            let host = certificate.hosts.first().map(ToString::to_string).unwrap_or_default();
            config(template, certified(pair), &HTTP)
                .map_err(|problem| Error::Certificate { host, problem })?
        };
        pairs.insert(pair.clone(), Arc::clone(&config));
        configs.push(config);
        for host in &certificate.hosts {
            // Of two for the same host, the first wins.
            match host {
                HostPattern::Exact(name) => _ = exact.entry(name.clone()).or_insert(number),
                HostPattern::Below(name) => _ = below.entry(name.clone()).or_insert(number),
                HostPattern::Any => _ = any.get_or_insert(number),
            }
        }
    }
    let challenge = |(host, pair): (&String, &CertificatePair)| {
        let config = config(template, unchecked(pair), &[ACME]);
        let config = config.map_err(|problem| Error::Certificate { host: host.clone(), problem })?;
        Ok((host.clone(), config))
    };
    let challenges = table.challenges.alpn.iter().map(challenge).collect::<Result<_>>()?;
    let refusal = Arc::new(template.clone());
    Ok((LiveTls { table, configs, exact, below, any, challenges, refusal }, pairs))
}

/// What all handshakes have in common; it shows no certificate to anyone.
fn template() -> Result<ServerConfig> {
    let failed = |error: rustls::Error| Error::Runtime(std::io::Error::other(error));
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(failed)?;
    let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::new(Nothing));
    config.ticketer = ring::Ticketer::new().map_err(failed)?;
    Ok(config)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn config(
    template: &ServerConfig,
    certified: std::result::Result<CertifiedKey, String>,
    protocols: &[&[u8]],
) -> std::result::Result<Arc<ServerConfig>, String> {
    let mut config = template.clone();
    config.cert_resolver = Arc::new(SingleCertAndKey::from(certified?));
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(Arc::new(config))
}

/// Reads a pair and checks that its halves fit together.
fn certified(pair: &CertificatePair) -> std::result::Result<CertifiedKey, String> {
    let certified = unchecked(pair)?;
    match certified.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(rustls::Error::InconsistentKeys(_)) => Err("the key is not that of the certificate".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Reads a pair. That is all that can be done with the answer to a test: it is marked so that nobody takes it for a
/// certificate, and the library does not.
fn unchecked(pair: &CertificatePair) -> std::result::Result<CertifiedKey, String> {
    let chain: std::result::Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(pair.chain_pem.as_bytes()).collect();
    let chain = chain.map_err(|error| format!("the chain is no PEM ({error})"))?;
    if chain.is_empty() {
        return Err("the chain has no certificate".to_owned());
    }
    // What the reader says of a key may be part of it.
    let key = PrivateKeyDer::from_pem_slice(pair.key_pem.reveal().as_bytes());
    let key = key.map_err(|_| "the key is no PEM of a private key".to_owned())?;
    let key = ring::sign::any_supported_type(&key).map_err(|error| error.to_string())?;
    Ok(CertifiedKey::new(chain, key))
}

/// Shows no certificate.
#[derive(Debug)]
struct Nothing;

impl ResolvesServerCert for Nothing {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        None
    }
}

/// Agrees with a client on keys. `None` where there is nothing to serve: no certificate for it, no TLS, or a test of the
/// name, which ends with the handshake.
///
/// The caller bounds the time; the library bounds the bytes (64 KiB a message).
pub(crate) async fn handshake<T>(socket: T, client: &Client) -> Option<TlsStream<T>>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let start = LazyConfigAcceptor::new(Acceptor::default(), socket).await.ok()?;
    let choice = {
        let table = client.worker.shared.table.load();
        // The listener may have spoken TLS a moment ago and no more.
        table.tls.as_ref()?.choose(&start.client_hello())
    };
    let mut stream = start.into_stream(choice.config).await.ok()?;
    if !choice.serves {
        let _ = stream.shutdown().await;
        return None;
    }
    Some(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(names: &[&str]) -> CertificatePair {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        CertificatePair { chain_pem: made.cert.pem(), key_pem: made.signing_key.serialize_pem().into() }
    }

    fn certificate(hosts: &[&str]) -> Certificate {
        let pair = pair(&["a.test"]);
        let hosts = hosts.iter().map(|host| host.parse().unwrap()).collect();
        Certificate { hosts, pair, redirect: false, hsts: None }
    }

    fn live(certificates: Vec<Certificate>) -> Result<Option<LiveTls>> {
        Configs::default().make_live(Some(Tls { certificates, ..Tls::default() }))
    }

    #[test]
    fn the_most_exact_certificate_is_chosen() {
        let certificates =
            [&["*.shop.test"][..], &["api.shop.test", "shop.test"], &["*"], &["shop.test"]].map(certificate);
        let live = live(certificates.to_vec()).unwrap().unwrap();
        let named = |host| live.named(host);
        assert_eq!(named("api.shop.test"), Some(1));
        assert_eq!(named("www.shop.test"), Some(0));
        assert_eq!(named("a.b.shop.test"), None, "a wildcard covers one label");
        assert_eq!(named("shop.test"), Some(1), "the first wins");
        assert_eq!((named("other"), live.any), (None, Some(2)));
    }

    #[test]
    fn pairs_that_cannot_work_are_refused_without_showing_the_key() {
        let refused = |chain_pem: &str, key_pem: &str| {
            let pair =
                CertificatePair { chain_pem: chain_pem.to_owned(), key_pem: key_pem.to_owned().into() };
            let certificate = Certificate { pair, ..certificate(&["a.test"]) };
            live(vec![certificate]).err().unwrap().to_string()
        };
        let (one, other) = (pair(&["a.test"]), pair(&["a.test"]));
        let told = refused(&one.chain_pem, other.key_pem.reveal());
        assert!(told.contains("`a.test`") && told.contains("not that of the certificate"), "{told}");
        assert!(refused("", one.key_pem.reveal()).contains("no certificate"));
        assert!(refused(&one.chain_pem, "SECRET").contains("no PEM of a private key"));
        assert!(!refused(&one.chain_pem, "-----BEGIN PRIVATE KEY-----\nSECRET").contains("SECRET"));
    }

    #[test]
    fn a_pair_is_read_once() {
        let configs = Configs::default();
        let tls = Tls { certificates: vec![certificate(&["a.test"])], ..Tls::default() };
        let first = configs.make_live(Some(tls.clone())).unwrap().unwrap();
        let second = configs.make_live(Some(tls)).unwrap().unwrap();
        assert!(Arc::ptr_eq(&first.configs[0], &second.configs[0]));
        assert!(Arc::ptr_eq(&first.configs[0].ticketer, &first.refusal.ticketer));
    }
}
