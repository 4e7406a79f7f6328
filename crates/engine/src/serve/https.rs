//! HTTPS: a certificate for every public name of every environment, and what the proxy is told of it.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};

use jiff::Timestamp;
use seaworthy_certificate::{
    Answer, Authority, Challenges, Keeper, Notice, Options, Pair, Source, Status, Wanted, covers,
};
use seaworthy_proxy::table::{
    Certificate, CertificatePair, Challenges as Answers, HTTPS_PORT, HostPattern, Hsts, Route, Tls,
};

use super::host::Shared;
use super::place::lock;

/// What the proxy calls the listener that speaks TLS.
pub(super) const LISTENER: &str = "https";

/// How a host speaks HTTPS.
#[derive(Clone, Debug)]
pub struct Https {
    /// The port; 0 is any.
    pub port: u16,
    /// The port by which others reach it, where something before this machine changes it.
    pub public_port: Option<u16>,
    /// Who issues certificates.
    pub authority: Authority,
    /// Certificates that someone else keeps.
    pub given: Vec<Given>,
}

/// A certificate that comes as files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The host that it is shown for; `*.shop.com` for all one label below.
    pub host: String,
    /// The certificate and its chain, PEM.
    pub chain: PathBuf,
    /// The key, PEM; it may be the same file.
    pub key: PathBuf,
}

/// What the proxy is told of TLS, where the host speaks it.
#[derive(Debug, Default)]
pub(super) struct Secured(Mutex<Option<Tls>>);

impl Secured {
    /// What the proxy is told.
    pub(super) fn tls(&self) -> Option<Tls> {
        lock(&self.0).clone()
    }

    /// The host speaks TLS on a port.
    pub(super) fn begin(&self, port: u16) {
        let listeners = vec![LISTENER.to_owned()];
        *lock(&self.0) = Some(Tls { listeners, port: Some(port), ..Tls::default() });
    }

    /// Where a host is reached, if that is by HTTPS.
    pub(super) fn url(&self, host: &str) -> Option<String> {
        let port = lock(&self.0).as_ref()?.port.filter(|port| *port != HTTPS_PORT);
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        self.covers(host).then(|| format!("https://{host}{port}/"))
    }

    /// Whether a host is only ever reached by HTTPS.
    pub(super) fn covers(&self, host: &str) -> bool {
        let pattern =
            |pattern: &HostPattern| matches!(pattern, HostPattern::Exact(name) if covers(name, host));
        let secured = lock(&self.0);
        let mut certificates = secured.iter().flat_map(|tls| &tls.certificates);
        certificates.any(|certificate| certificate.hosts.iter().any(pattern))
    }

    /// Goes on with what clients were shown before this process began.
    pub(super) fn restore(&self, certificates: Vec<Certificate>) {
        self.change(|tls| tls.certificates = certificates);
    }

    fn change(&self, change: impl FnOnce(&mut Tls)) -> bool {
        let mut secured = lock(&self.0);
        let Some(tls) = secured.as_mut() else { return false };
        let before = tls.clone();
        change(tls);
        before != *tls
    }
}

/// Has the proxy answer the authority.
struct ByProxy(Weak<Shared>);

impl Challenges for ByProxy {
    fn put(&self, answers: Vec<Answer>) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(async move {
            let Some(shared) = self.0.upgrade() else { return Ok(()) };
            let mut told = Answers::default();
            for answer in answers {
                match answer {
                    Answer::Http { token, body } => _ = told.http.insert(token, body),
                    Answer::Tls { host, pair } => _ = told.alpn.insert(host, shown(&pair)),
                }
            }
            shared.secured.change(|tls| tls.challenges = told);
            shared.router.sync(&shared).await
        })
    }
}

fn shown(pair: &Pair) -> CertificatePair {
    CertificatePair { chain_pem: pair.chain_pem().to_owned(), key_pem: pair.key_pem().to_owned().into() }
}

/// Starts keeping certificates.
pub(super) fn keeper(shared: &Arc<Shared>, https: &Https) -> seaworthy_certificate::Result<Keeper> {
    let options = Options {
        folder: shared.layout.certificates(),
        authority: Some(https.authority.clone()),
        clock: Arc::new(Timestamp::now),
    };
    Keeper::start(options, Arc::new(ByProxy(Arc::downgrade(shared))))
}

/// Wants what environments need, shows what there is, and tells what happened, for as long as the host serves.
pub(super) async fn run(shared: Arc<Shared>, keeper: Arc<Keeper>, given: Vec<Given>) {
    let (mut statuses, mut notices) = (keeper.statuses(), keeper.notices());
    let mut changes = shared.changes();
    let mut wanted = Vec::new();
    loop {
        let routes = super::router::table(&shared, 0).routes;
        let next = wants(&routes, &given);
        if next != wanted {
            keeper.want(next.clone());
            wanted = next;
        }
        let looked = Arc::clone(&statuses.borrow_and_update());
        // Until all of them were looked at, what is shown stays.
        let is_whole = looked.iter().map(|status| &status.name).eq(wanted.iter().map(|wanted| &wanted.name));
        if is_whole && shared.secured.change(|tls| tls.certificates = certificates(&looked)) {
            shared.note();
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            changed = statuses.changed() => if changed.is_err() { return },
            // Of those that were missed, the statuses say the last.
            notice = notices.recv() => if let Ok(notice) = notice { tell(&shared, &notice) },
        }
    }
}

/// A certificate for each public name, so that one whose DNS is wrong keeps no other from its own.
fn wants(routes: &[Route], given: &[Given]) -> Vec<Wanted> {
    let hosts = routes.iter().filter_map(|route| match &route.host {
        HostPattern::Exact(name) => Some(name.as_str()),
        _ => None,
    });
    let hosts: BTreeSet<&str> = hosts.collect();
    hosts.into_iter().filter_map(|host| want(host, given)).collect()
}

fn want(host: &str, given: &[Given]) -> Option<Wanted> {
    let own = given.iter().find(|given| covers(&given.host, host));
    let source = match own {
        Some(given) => Source::Files { chain: given.chain.clone(), key: given.key.clone() },
        None if is_public(host) => Source::Authority,
        None => return None,
    };
    Some(Wanted { name: host.to_owned(), hosts: vec![host.to_owned()], source })
}

/// Whether a name can lead here from everywhere (RFC 6761, 6762).
fn is_public(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    name.contains('.')
        && name.parse::<IpAddr>().is_err()
        && !["localhost", "local", "internal", "invalid", "example", "onion"].contains(&last)
}

fn certificates(statuses: &[Status]) -> Vec<Certificate> {
    let held = statuses.iter().filter_map(|status| status.held.as_ref());
    let hosts = |hosts: &[String]| hosts.iter().map(|host| HostPattern::Exact(host.clone())).collect();
    held.map(|held| Certificate {
        hosts: hosts(&held.hosts),
        pair: shown(&held.pair),
        redirect: true,
        hsts: Some(Hsts::default()),
    })
    .collect()
}

/// Tells the environments that a name belongs to.
fn tell(shared: &Shared, notice: &Notice) {
    let (name, text) = match notice {
        Notice::Issued { name, facts } => {
            (name, format!("https://{name} has a certificate until {}", facts.validity.until))
        }
        Notice::Failed { name, problem, next } => {
            let next = next.map(|next| format!(" (next order: {next})")).unwrap_or_default();
            (name, format!("https://{name} has no new certificate: {}{next}", problem.reason))
        }
        Notice::Ending { name, until } => (name, format!("the certificate of {name} ends at {until}")),
    };
    for entry in shared.environments().into_values() {
        if entry.place.traffic().is_at(name) {
            entry.place.tell(None, text.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_to_this_machine_only_get_no_certificate() {
        for name in ["production.shop.localhost", "127.0.0.1", "nas.local", "shop", "shop.example"] {
            assert!(!is_public(name), "{name}");
        }
        assert!(is_public("shop.test") && is_public("app.shop.com"));
    }

    #[test]
    fn a_certificate_that_is_given_goes_before_one_that_is_ordered() {
        let file = |host: &str| Given {
            host: host.to_owned(),
            chain: PathBuf::from(format!("{host}.pem")),
            key: PathBuf::from("key.pem"),
        };
        let given = [file("*.shop.test"), file("nas.local")];
        let source = |host: &str| want(host, &given).map(|wanted| wanted.source);
        assert_eq!(source("shop.test"), Some(Source::Authority));
        let files = |name: &str| Source::Files { chain: name.into(), key: "key.pem".into() };
        assert_eq!(source("www.shop.test"), Some(files("*.shop.test.pem")));
        assert_eq!(
            source("nas.local"),
            Some(files("nas.local.pem")),
            "also where no authority could test it"
        );
        assert_eq!(source("production.shop.localhost"), None);
    }

    #[test]
    fn without_https_nothing_is_told_and_nothing_is_secure() {
        let secured = Secured::default();
        assert!(!secured.change(|_| {}) && secured.tls().is_none() && !secured.covers("shop.test"));
        secured.begin(8443);
        assert_eq!(secured.tls().unwrap().port, Some(8443));
        assert!(!secured.covers("shop.test"), "there is no certificate yet");
    }
}
