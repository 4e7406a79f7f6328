//! TLS: who is shown which certificate, what a new table changes, and who is sent from plain HTTP to HTTPS.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use seaworthy_proxy::control::{Listener, Proxy, Scope};
use seaworthy_proxy::table::{Certificate, CertificatePair, Challenges, Hsts, RoutingTable, Tls};
use seaworthy_proxy::wire::Settings;

use crate::harness::{Answer, Client, Gate, PATIENCE, Upstream, options, read_head, table, until};

/// A certificate that is its own root.
fn pair(names: &[&str]) -> CertificatePair {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    CertificatePair { chain_pem: made.cert.pem(), key_pem: made.signing_key.serialize_pem().into() }
}

fn certificate(hosts: &[&str], pair: &CertificatePair) -> Certificate {
    let hosts = hosts.iter().map(|host| host.parse().unwrap()).collect();
    Certificate { hosts, pair: pair.clone(), redirect: true, hsts: Some(Hsts::default()) }
}

fn tls(certificates: Vec<Certificate>) -> Tls {
    Tls { listeners: vec!["https".into()], certificates, ..Tls::default() }
}

/// A proxy with a listener for plain HTTP and one for TLS, before an upstream that says what it was asked.
struct Host {
    proxy: Proxy,
    http: u16,
    https: u16,
    table: RoutingTable,
    _upstream: Upstream,
}

impl Host {
    async fn start(tls: Tls) -> Self {
        Self::with(tls, Settings { workers: 2, ..Settings::default() }).await
    }

    async fn with(tls: Tls, settings: Settings) -> Self {
        let upstream = Upstream::release("r1", &Gate::default());
        let listeners: Vec<Listener> =
            ["http", "https"].map(|name| Listener::bind(name, 0, Scope::Loopback).unwrap()).into();
        let (http, https) = (listeners[0].port(), listeners[1].port());
        let table = RoutingTable { tls: Some(tls), ..table(upstream.address, None) };
        let proxy = Proxy::start(options(settings), listeners, table.clone()).await.unwrap();
        Self { proxy, http, https, table, _upstream: upstream }
    }

    async fn set(&mut self, tls: Tls) -> seaworthy_proxy::Result<()> {
        self.table.generation += 1;
        self.proxy.set_table(RoutingTable { tls: Some(tls), ..self.table.clone() }).await
    }
}

/// A connection of a client that trusts one root.
pub(crate) struct Secure(BufReader<StreamOwned<ClientConnection, TcpStream>>);

impl Secure {
    pub(crate) fn connect(port: u16, name: &str, root: &str, protocols: &[&str]) -> std::io::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(root.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = builder.unwrap().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut socket = TcpStream::connect(("127.0.0.1", port))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        while client.is_handshaking() {
            client.complete_io(&mut socket)?;
        }
        Ok(Self(BufReader::new(StreamOwned::new(client, socket))))
    }

    /// The certificate that was shown.
    pub(crate) fn shown(&self) -> Vec<u8> {
        self.0.get_ref().conn.peer_certificates().unwrap()[0].to_vec()
    }

    fn protocol(&self) -> Option<&[u8]> {
        self.0.get_ref().conn.alpn_protocol()
    }

    pub(crate) fn get(&mut self, host: &str, path: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
        let head = read_head(&mut self.0).unwrap();
        let mut answer = Answer { head, body: String::new() };
        let length = answer.field("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        answer.body = String::from_utf8(body).unwrap();
        answer
    }
}

fn plain(port: u16, host: &str, path: &str) -> Answer {
    let mut client = Client::connect(port).unwrap();
    client.write(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).unwrap();
    client.answer().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_over_tls_reach_the_upstream_which_is_told_so() {
    let shop = pair(&["shop.test"]);
    let host = Host::start(tls(vec![certificate(&["shop.test"], &shop)])).await;
    let mut client = Secure::connect(host.https, "shop.test", &shop.chain_pem, &["http/1.1"]).unwrap();
    assert_eq!(client.protocol(), Some(&b"http/1.1"[..]));
    let answer = client.get("shop.test", "/a?b");
    assert_eq!(answer.status(), 200, "{answer:?}");
    assert!(answer.body.contains("x-forwarded-proto: https\r\n"), "{}", answer.body);
    assert!(answer.body.contains("proto=https;host=\"shop.test\""), "{}", answer.body);
    assert_eq!(answer.field("strict-transport-security"), Some("max-age=31536000"));
    assert_eq!(client.get("shop.test", "/again").status(), 200, "connections are kept");
    let h2 = Secure::connect(host.https, "shop.test", &shop.chain_pem, &["h2", "http/1.1"]).unwrap();
    assert_eq!(h2.protocol(), Some(&b"h2"[..]));
    drop((client, h2));
    host.proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_name_gets_its_certificate_and_strangers_get_none() {
    let (exact, wild) = (pair(&["api.shop.test"]), pair(&["*.shop.test"]));
    let certificates = vec![certificate(&["*.shop.test"], &wild), certificate(&["api.shop.test"], &exact)];
    let mut host = Host::start(tls(certificates.clone())).await;
    let reaches =
        |name: &str, root: &CertificatePair, port| Secure::connect(port, name, &root.chain_pem, &[]).is_ok();
    let port = host.https;
    assert!(reaches("api.shop.test", &exact, port) && !reaches("api.shop.test", &wild, port));
    assert!(reaches("www.shop.test", &wild, port) && !reaches("a.b.shop.test", &wild, port));
    assert!(!reaches("other.test", &wild, port));
    // What speaks no TLS at all gets no answer, and no hang.
    let mut stranger = Client::connect(port).unwrap();
    stranger.write(b"GET / HTTP/1.1\r\nHost: api.shop.test\r\n\r\n").unwrap();
    assert!(!stranger.read_to_end().unwrap_or_default().starts_with(b"HTTP"));
    until("ends are counted", || async { host.proxy.stats().await.unwrap().handshakes_ended == 4 }).await;
    // One for every name is for those that no other one is for.
    let fallback = pair(&["other.test"]);
    let all = certificates.into_iter().chain([certificate(&["*"], &fallback)]).collect();
    host.set(tls(all)).await.unwrap();
    assert!(reaches("other.test", &fallback, port) && reaches("api.shop.test", &exact, port));
    host.proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_for_new_connections_and_a_bad_one_changes_nothing() {
    let (old, new) = (pair(&["shop.test"]), pair(&["shop.test"]));
    let mut host = Host::start(tls(vec![certificate(&["shop.test"], &old)])).await;
    let mut before = Secure::connect(host.https, "shop.test", &old.chain_pem, &[]).unwrap();
    assert_eq!(before.get("shop.test", "/").status(), 200);
    host.set(tls(vec![certificate(&["shop.test"], &new)])).await.unwrap();
    assert_eq!(before.get("shop.test", "/").status(), 200, "it lives on");
    assert!(Secure::connect(host.https, "shop.test", &old.chain_pem, &[]).is_err());
    Secure::connect(host.https, "shop.test", &new.chain_pem, &[]).unwrap();
    let mixed = CertificatePair { key_pem: new.key_pem.clone(), ..old };
    let refused = host.set(tls(vec![certificate(&["shop.test"], &mixed)])).await.unwrap_err().to_string();
    assert!(refused.contains("not that of the certificate"), "{refused}");
    let mut after = Secure::connect(host.https, "shop.test", &new.chain_pem, &[]).unwrap();
    assert_eq!(after.get("shop.test", "/").status(), 200);
    drop((before, after));
    host.proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_of_a_host_with_a_certificate_is_sent_to_https() {
    let shop = pair(&["shop.test"]);
    let mut tls = tls(vec![certificate(&["shop.test", "production.shop.localhost"], &shop)]);
    tls.port = Some(8443);
    tls.challenges.http.insert("token".into(), "token.thumb".into());
    let mut host = Host::start(tls.clone()).await;
    let sent = plain(host.http, "shop.test:8080", "/a/b?c=d&e");
    assert_eq!((sent.status(), sent.field("location")), (308, Some("https://shop.test:8443/a/b?c=d&e")));
    assert_eq!(sent.field("strict-transport-security"), None, "over plain HTTP it would mean nothing");
    let served = |name| plain(host.http, name, "/").status();
    assert_eq!(
        (served("other.test"), served("production.shop.localhost"), served("127.0.0.1")),
        (200, 200, 200)
    );
    // Tests of the name are answered on the spot, and those of another program by it.
    let test = plain(host.http, "shop.test", "/.well-known/acme-challenge/token");
    assert_eq!((test.status(), test.body.as_str()), (200, "token.thumb"));
    let theirs = plain(host.http, "shop.test", "/.well-known/acme-challenge/theirs");
    assert!(theirs.status() == 200 && theirs.body.starts_with("r1\n"), "{theirs:?}");
    // A proxy before this one that speaks TLS itself.
    host.table.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    tls.port = None;
    tls.certificates[0].hsts = Some(Hsts { include_subdomains: true, ..Hsts::default() });
    host.set(tls).await.unwrap();
    let mut client = Client::connect(host.http).unwrap();
    client.write(b"GET / HTTP/1.1\r\nHost: shop.test\r\nX-Forwarded-Proto: https\r\n\r\n").unwrap();
    let answer = client.answer().unwrap();
    assert_eq!(answer.status(), 200);
    let told = answer.field("strict-transport-security");
    assert_eq!(told, Some("max-age=31536000; includeSubDomains"));
    assert_eq!(plain(host.http, "shop.test", "/").field("location"), Some("https://shop.test/"));
    drop(client);
    host.proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_of_a_name_by_tls_see_their_own_certificate_and_nobody_else_does() {
    let (shop, test) = (pair(&["shop.test"]), pair(&["shop.test"]));
    let challenges =
        Challenges { alpn: [("shop.test".to_owned(), test.clone())].into(), ..Challenges::default() };
    let tls = Tls { challenges, ..tls(vec![certificate(&["shop.test"], &shop)]) };
    let host = Host::start(tls).await;
    let tester = Secure::connect(host.https, "shop.test", &test.chain_pem, &["acme-tls/1"]).unwrap();
    assert_eq!(tester.protocol(), Some(&b"acme-tls/1"[..]));
    assert!(Secure::connect(host.https, "other.test", &test.chain_pem, &["acme-tls/1"]).is_err());
    assert!(Secure::connect(host.https, "shop.test", &test.chain_pem, &["h2"]).is_err());
    Secure::connect(host.https, "shop.test", &shop.chain_pem, &["h2"]).unwrap();
    host.proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_ends_a_handshake_is_cut_off() {
    let shop = pair(&["shop.test"]);
    let settings = Settings { header_timeout: Duration::from_millis(200), ..Settings::default() };
    let host = Host::with(tls(vec![certificate(&["shop.test"], &shop)]), settings).await;
    // The first bytes of a handshake, and nothing more.
    let mut slow = Client::connect(host.https).unwrap();
    slow.write(&[0x16, 3, 1]).unwrap();
    assert_eq!(slow.read_to_end().unwrap(), b"");
    until("it is counted", || async { host.proxy.stats().await.unwrap().handshakes_ended == 1 }).await;
    until("it is gone", || async { host.proxy.stats().await.unwrap().connections == 0 }).await;
    host.proxy.stop().await;
}
