//! From a name to HTTPS: a real authority tests names at a real proxy, issues, and is asked again in time.

use std::os::unix::fs::PermissionsExt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::thread::JoinHandle;

use jiff::{SignedDuration, Timestamp};
use seaworthy_certificate::{
    Answer, Authority, Challenges, Keeper, Method, Notice, Options, Source, Status, Wanted,
};
use seaworthy_proxy::control::{Listener, Proxy, Scope};
use seaworthy_proxy::table::{
    Certificate, CertificatePair, Challenges as Challenged, Hsts, RoutingTable, Tls,
};
use seaworthy_proxy::wire::Settings;
use tokio::sync::{Mutex, watch};

use crate::harness::{PATIENCE, Upstream, options, table};
use crate::pebble::Pebble;
use crate::tls::Secure;

const HOSTS: [&str; 2] = ["shop.test", "www.shop.test"];

/// A proxy, and the table that it was given.
struct Front {
    proxy: Proxy,
    table: RoutingTable,
}

impl Front {
    async fn set(&mut self, change: impl FnOnce(&mut Tls)) -> Result<(), String> {
        self.table.generation += 1;
        change(self.table.tls.get_or_insert_default());
        self.proxy.set_table(self.table.clone()).await.map_err(|error| error.to_string())
    }
}

/// Has the proxy answer the authority, or pretends to.
struct Answers {
    front: Arc<Mutex<Front>>,
    pretends: bool,
}

fn pair(pair: &seaworthy_certificate::Pair) -> CertificatePair {
    CertificatePair { chain_pem: pair.chain_pem().to_owned(), key_pem: pair.key_pem().to_owned().into() }
}

impl Challenges for Answers {
    fn put(&self, answers: Vec<Answer>) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(async move {
            if self.pretends {
                return Ok(());
            }
            let change = |tls: &mut Tls| {
                tls.challenges = Challenged::default();
                for answer in answers {
                    match answer {
                        Answer::Http { token, body } => _ = tls.challenges.http.insert(token, body),
                        Answer::Tls { host, pair: proof } => {
                            _ = tls.challenges.alpn.insert(host, pair(&proof));
                        }
                    }
                }
            };
            self.front.lock().await.set(change).await
        })
    }
}

/// A host with everything that takes part.
struct Host {
    front: Arc<Mutex<Front>>,
    https: u16,
    pebble: Pebble,
    /// How many seconds its clock is ahead.
    ahead: Arc<AtomicI64>,
    keeper: Keeper,
    _upstream: Upstream,
}

impl Host {
    async fn start(method: Method, reuse: u8, pretends: bool) -> Option<Self> {
        let upstream = Upstream::polite();
        let listeners: Vec<Listener> =
            ["http", "https"].map(|name| Listener::bind(name, 0, Scope::Loopback).unwrap()).into();
        let (http, https) = (listeners[0].port(), listeners[1].port());
        let pebble = Pebble::start(http, https, reuse)?;
        let tls = Some(Tls { listeners: vec!["https".into()], ..Tls::default() });
        let table = RoutingTable { tls, ..table(upstream.address, None) };
        let settings = Settings { workers: 2, ..Settings::default() };
        let proxy = Proxy::start(options(settings), listeners, table.clone()).await.unwrap();
        let front = Arc::new(Mutex::new(Front { proxy, table }));
        let authority = Authority {
            directory: pebble.directory(),
            contacts: vec!["ops@shop.test".into()],
            terms_agreed: true,
            roots: Some(pebble.roots()),
            methods: vec![method],
        };
        let ahead = Arc::new(AtomicI64::new(0));
        let clock = Arc::clone(&ahead);
        let now = move || {
            Timestamp::now().checked_add(SignedDuration::from_secs(clock.load(Ordering::Acquire))).unwrap()
        };
        let folder = pebble.folder().join("certificates");
        let options = Options { folder, authority: Some(authority), clock: Arc::new(now) };
        let answers = Answers { front: Arc::clone(&front), pretends };
        let keeper = Keeper::start(options, Arc::new(answers)).unwrap();
        Some(Self { front, https, pebble, ahead, keeper, _upstream: upstream })
    }

    fn want(&self) {
        let hosts = HOSTS.map(str::to_owned).into();
        self.keeper.want(vec![Wanted { name: "shop.production".into(), hosts, source: Source::Authority }]);
    }

    /// Shows clients what there is.
    async fn show(&self, status: &Status) {
        let held = status.held.as_ref().unwrap();
        let hosts = held.hosts.iter().map(|host| host.parse().unwrap()).collect();
        let shown =
            Certificate { hosts, pair: pair(&held.pair), redirect: true, hsts: Some(Hsts::default()) };
        self.front.lock().await.set(|tls| tls.certificates = vec![shown]).await.unwrap();
    }

    async fn stop(self) {
        self.keeper.stop().await;
        drop(self.keeper);
        let front = Arc::into_inner(self.front).unwrap().into_inner();
        front.proxy.stop().await;
    }
}

/// The only certificate, once it is as it should be.
async fn once(statuses: &mut watch::Receiver<Arc<Vec<Status>>>, what: impl Fn(&Status) -> bool) -> Status {
    let so = |statuses: &Arc<Vec<Status>>| statuses.first().is_some_and(&what);
    let seen = tokio::time::timeout(PATIENCE, statuses.wait_for(so)).await;
    seen.expect("not in time").unwrap()[0].clone()
}

/// Clients that ask without a pause, each time on a connection of its own, and one that keeps its connection.
struct Load {
    over: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<Result<(), String>>>,
}

impl Load {
    fn start(port: u16, root: &str) -> Self {
        let (over, asked) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let client = |keeps: bool| {
            let (over, asked, root) = (Arc::clone(&over), Arc::clone(&asked), root.to_owned());
            std::thread::spawn(move || {
                let connect = || Secure::connect(port, "shop.test", &root, &[]).map_err(|e| e.to_string());
                let mut client = connect()?;
                while !over.load(Ordering::Acquire) {
                    let answer = client.get("shop.test", "/");
                    if answer.status() != 200 {
                        return Err(answer.head);
                    }
                    asked.fetch_add(1, Ordering::AcqRel);
                    if !keeps {
                        client = connect()?;
                    }
                }
                Ok(())
            })
        };
        let clients = [true, false, false].map(client).into();
        Self { over, asked, clients }
    }

    /// Waits for so many more answers.
    async fn more(&self, answers: usize) {
        let enough = self.asked.load(Ordering::Acquire) + answers;
        let came = || async {
            self.asked.load(Ordering::Acquire) >= enough || self.clients.iter().any(JoinHandle::is_finished)
        };
        crate::harness::until("answers", came).await;
    }

    fn end(self) {
        self.over.store(true, Ordering::Release);
        for client in self.clients {
            client.join().unwrap().unwrap();
        }
    }
}

async fn from_a_name_to_https_and_a_renewal(method: Method, reuse: u8) {
    let Some(host) = Host::start(method, reuse, false).await else { return };
    let mut notices = host.keeper.notices();
    let mut statuses = host.keeper.statuses();
    host.want();
    let first = once(&mut statuses, |status| status.held.is_some() || status.problem.is_some()).await;
    assert_eq!(first.problem, None);
    let held = first.held.clone().unwrap();
    assert_eq!(held.hosts, HOSTS);
    assert!(matches!(notices.recv().await.unwrap(), Notice::Issued { facts, .. } if facts == held.facts));
    host.show(&first).await;
    let pebble = &host.pebble;
    let mut management = Secure::connect(pebble.management(), "localhost", pebble.root(), &[]).unwrap();
    let issuer = management.get("localhost", "/roots/0").body;
    for name in HOSTS {
        let mut client = Secure::connect(host.https, name, &issuer, &["http/1.1"]).unwrap();
        let answer = client.get(name, "/");
        assert_eq!((answer.status(), answer.field("strict-transport-security").is_some()), (200, true));
    }
    let kept = host.pebble.folder().join("certificates");
    for file in std::fs::read_dir(kept).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
    // Nothing is due, however often it is looked at.
    host.want();
    assert!(first.next.unwrap() > Timestamp::now());

    // A third of its life is left.
    let load = Load::start(host.https, &issuer);
    load.more(20).await;
    let shown = Secure::connect(host.https, "shop.test", &issuer, &[]).unwrap().shown();
    let renewal = first.next.unwrap().duration_since(Timestamp::now()).as_secs();
    host.ahead.store(renewal + 60, Ordering::Release);
    host.want();
    let serial = held.facts.serial;
    let is_new = |status: &Status| {
        status.problem.is_some() || status.held.as_ref().is_some_and(|held| held.facts.serial != serial)
    };
    let second = once(&mut statuses, is_new).await;
    assert_eq!(second.problem, None);
    host.show(&second).await;
    load.more(20).await;
    load.end();
    assert_ne!(Secure::connect(host.https, "shop.test", &issuer, &[]).unwrap().shown(), shown);
    // By this clock the new one is as good as over too; the authority is left in peace all the same.
    let now = Timestamp::now().checked_add(SignedDuration::from_secs(renewal + 60)).unwrap();
    assert!(second.next.unwrap().duration_since(now).as_hours() >= 23, "{second:?}");
    assert!(matches!(notices.recv().await.unwrap(), Notice::Issued { .. }));
    assert!(notices.try_recv().is_err(), "there was one renewal");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_tested_by_a_handshake() {
    from_a_name_to_https_and_a_renewal(Method::TlsAlpn01, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_tested_by_a_request_and_remembered() {
    from_a_name_to_https_and_a_renewal(Method::Http01, 100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_does_not_lead_here_is_told_and_not_asked_for_again_at_once() {
    let Some(host) = Host::start(Method::Http01, 0, true).await else { return };
    let mut statuses = host.keeper.statuses();
    host.want();
    let failed = once(&mut statuses, |status| status.problem.is_some()).await;
    let problem = failed.problem.clone().unwrap();
    assert_eq!((problem.code.as_str(), problem.failures), ("certificate-not-found", 1));
    assert!(problem.reason.contains("shop.test`") && problem.reason.contains("port 80"), "{problem:?}");
    assert!(failed.next.unwrap().duration_since(Timestamp::now()).as_mins() >= 9, "{failed:?}");
    // After the pause, once more.
    host.ahead.store(15 * 60, Ordering::Release);
    host.want();
    let again = once(&mut statuses, |status| status.problem.as_ref().unwrap().failures > 1).await;
    assert_eq!(again.problem.unwrap().failures, 2);
    host.stop().await;
}
