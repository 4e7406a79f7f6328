//! Which release answers: sticky, signed, and never one without weight.

use std::path::Path;
use std::time::Duration;

use seaworthy_proxy::Error;
use seaworthy_proxy::control::{Proxy, Survivor};
use seaworthy_proxy::table::{
    Hold, Holding, HoldingState, RoutingTable, SplitTable, SplitTarget, StaticSite, Target,
};
use seaworthy_proxy::wire::{DrainPlan, Linger, OnControlLoss, Settings};
use seaworthy_rollout::split::{Split, SplitKey};
use seaworthy_rollout::{Arm, ReleaseId, Weight};
use tempfile::TempDir;

use crate::harness::{
    Client, Control, Gate, Host, PATIENCE, Upstream, get, options, route, until, upstreams,
};
use crate::load::{Load, Outcome};

const KEY: [u8; 32] = [7; 32];
const LONG: Duration = Duration::from_hours(1);

/// The split of all tables here, from `r1` to `r2`.
pub(crate) fn split(weight: u8) -> SplitTable {
    SplitTable {
        name: "shop".into(),
        key: KEY.into(),
        stable: ReleaseId::new("r1"),
        canary: ReleaseId::new("r2"),
        weight: Weight::percent(weight),
        lease: Some(LONG),
        expired: vec![],
        secure: false,
    }
}

pub(crate) fn arms(stable: Target, canary: Target) -> Target {
    Target::Split(Box::new(SplitTarget { split: "shop".into(), stable, canary }))
}

/// The value of the header that leads to an arm.
pub(crate) fn header(arm: Arm) -> String {
    let (stable, canary) = (ReleaseId::new("r1"), ReleaseId::new("r2"));
    let value = Split::new(SplitKey::new(KEY), stable, canary, Weight::ALL).header(arm);
    format!("X-Sea-Release: {value}\r\n")
}

/// An instance of each release.
pub(crate) struct Pair {
    pub(crate) stable: Upstream,
    pub(crate) canary: Upstream,
    pub(crate) gate: Gate,
}

impl Pair {
    pub(crate) fn start() -> Self {
        let gate = Gate::default();
        Self { stable: Upstream::release("r1", &gate), canary: Upstream::release("r2", &gate), gate }
    }

    /// A table that splits everything between the two.
    pub(crate) fn table(&self, weight: u8) -> RoutingTable {
        let target = arms(upstreams("r1", &[self.stable.address]), upstreams("r2", &[self.canary.address]));
        let routes = vec![route("app", "/", target)];
        RoutingTable { generation: 1, routes, splits: vec![split(weight)], ..RoutingTable::default() }
    }
}

fn cookie(session: &str) -> String {
    format!("Cookie: {session}\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_stay_where_they_are_and_more_weight_only_adds_some() {
    let pair = Pair::start();
    let mut host = Host::start(pair.table(30)).await;
    let mut client = Client::connect(host.port).unwrap();
    let mut sessions: Vec<(String, String)> = (0..120)
        .map(|_| {
            let answer = client.get("/", "").unwrap();
            (answer.session().unwrap().to_owned(), answer.release().to_owned())
        })
        .collect();
    for weight in [30, 60, 100, 30, 0] {
        host.set(pair.table(weight)).await;
        let mut moved = 0;
        for (session, before) in &mut sessions {
            let answer = client.get("/", &cookie(session)).unwrap();
            assert_eq!(answer.session(), None, "a client that has a cookie gets no other");
            let now = answer.release().to_owned();
            // Where the weight did not fall, nobody leaves the canary.
            assert!(weight == 30 || weight == 0 || before == "r1" || now == "r2", "{weight}");
            moved += usize::from(*before != now);
            *before = now;
        }
        let canary = sessions.iter().filter(|(_, release)| release == "r2").count();
        match weight {
            0 => assert_eq!(canary, 0),
            100 => assert_eq!(canary, 120),
            // Five standard deviations.
            30 => assert!((11..=61).contains(&canary), "{canary}"),
            _ => assert!(moved > 0 && canary > 45, "{canary}"),
        }
    }
    host.proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weight_is_in_force_when_it_is_said_to_be_and_changing_it_costs_no_request() {
    let pair = Pair::start();
    let mut host = Host::start(pair.table(50)).await;
    let load = Load::on(host.port, 4);
    load.goes_on(20);
    for _ in 0..20 {
        for (weight, release) in [(0, "r1"), (100, "r2")] {
            host.set(pair.table(weight)).await;
            assert_eq!(get(host.port, "/", "").release(), release);
        }
    }
    load.goes_on(20);
    assert_eq!(load.end(), Outcome::NONE_FAILED);
    host.proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_header_comes_first_a_forged_one_is_nothing_and_neither_leaves_the_proxy() {
    let pair = Pair::start();
    let mut table = pair.table(100);
    table.routes.push(route("plain", "/plain", upstreams("r1", &[pair.stable.address])));
    let mut host = Host::start(table).await;
    let session = get(host.port, "/", "").session().unwrap().to_owned();
    let lines = |header: &str| format!("{header}Cookie: a=1; {session}; b=2\r\n");

    let forced = get(host.port, "/", &lines(&header(Arm::Stable)));
    assert_eq!(forced.release(), "r1");
    let anonymous = get(host.port, "/", &header(Arm::Stable));
    assert_eq!((anonymous.release(), anonymous.session()), ("r1", None), "who chooses is no session");
    let forged = header(Arm::Stable).replace("r1.", "r1.0");
    for bad in [forged.as_str(), "X-Sea-Release: r1\r\n", "X-Sea-Release: stable\r\n"] {
        assert_eq!(get(host.port, "/", &lines(bad)).release(), "r2", "{bad}");
    }
    for path in ["/", "/plain"] {
        for header in [header(Arm::Stable).as_str(), forged.as_str()] {
            let seen = get(host.port, path, &lines(header)).body.to_ascii_lowercase();
            assert!(!seen.contains("sea"), "{path}: {seen}");
            assert!(seen.contains("cookie: a=1; b=2\r\n"), "{path}: {seen}");
        }
    }
    // A header is worth nothing once the canary has no weight.
    host.set(pair.table(0)).await;
    assert_eq!(get(host.port, "/", &header(Arm::Canary)).release(), "r1");
    host.proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_cookie_beside_those_of_the_app() {
    let pair = Pair::start();
    let place = TempDir::new().unwrap();
    std::fs::write(place.path().join("page.txt"), "r2\n").unwrap();
    let site = StaticSite { root: place.path().to_owned(), spa_fallback: None, older: vec![] };
    let holding = Holding {
        state: HoldingState::Down,
        message: String::new(),
        log_lines: vec![],
        retry: Duration::from_secs(1),
    };
    // A port that nobody listens on.
    let dead = Upstream::polite().address;
    let mut table = pair.table(100);
    let stable = || upstreams("r1", &[pair.stable.address]);
    table.routes.push(route("static", "/page.txt", arms(stable(), Target::Static(site))));
    table.routes.push(route("dead", "/dead", arms(stable(), upstreams("r2", &[dead]))));
    table.routes.push(route("held", "/held", arms(stable(), Target::Holding(holding))));
    table.splits[0].secure = true;
    let host = Host::start(table).await;
    for (path, status, own) in [
        ("/", 200, Some("app=r2")),
        ("/fail", 500, Some("app=r2")),
        ("/page.txt", 200, None),
        ("/missing", 200, Some("app=r2")),
        ("/dead", 502, None),
        ("/held", 503, None),
    ] {
        let answer = get(host.port, path, "");
        assert_eq!(answer.status(), status, "{path}");
        let set: Vec<_> = answer.fields("set-cookie").collect();
        assert_eq!(set.len(), 1 + usize::from(own.is_some()), "{path}: {set:?}");
        assert!(own.is_none_or(|own| set.contains(&own)), "{path}: {set:?}");
        let ours = set.iter().find(|set| set.starts_with("sea_release=")).unwrap();
        assert!(ours.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{ours}");
    }
    host.proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_of_an_aborted_canary_are_taken_back() {
    let pair = Pair::start();
    let mut host = Host::start(pair.table(100)).await;
    let session = get(host.port, "/", "").session().unwrap().to_owned();
    let mut aborted = pair.table(0);
    aborted.splits[0].expired = vec![ReleaseId::new("r2")];
    host.set(aborted).await;
    let answer = get(host.port, "/", &cookie(&session));
    let ours = answer.fields("set-cookie").find(|set| set.starts_with("sea_release=;")).unwrap();
    assert!(answer.release() == "r1" && ours.contains("Max-Age=0"), "{ours}");
    assert_eq!(get(host.port, "/", "").session(), None, "nobody gets one");
    assert_eq!(get(host.port, "/", "Cookie: sea_release=x.y\r\n").session(), None, "not ours to take back");
    host.proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_weight_nothing_new_goes_to_the_canary_and_what_is_under_way_ends_there() {
    let pair = Pair::start();
    let mut host = Host::start(pair.table(100)).await;
    let mut waits = Client::connect(host.port).unwrap();
    waits.send("GET /wait", "").unwrap();
    until("the request to be under way", async || host.proxy.flight("r2").await.unwrap().requests == 1).await;
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    let upgraded = get(host.port, "/upgrade", upgrade);
    assert_eq!((upgraded.status(), upgraded.field("x-release")), (101, Some("r2")));
    assert!(upgraded.session().is_some(), "an upgrade begins a session too: {upgraded:?}");
    host.set(pair.table(0)).await;
    for lines in [String::new(), header(Arm::Canary)] {
        assert_eq!(get(host.port, "/", &lines).release(), "r1");
        let upgraded = get(host.port, "/upgrade", &format!("{upgrade}{lines}"));
        assert_eq!((upgraded.status(), upgraded.field("x-release")), (101, Some("r1")));
    }
    assert_eq!(host.proxy.flight("r2").await.unwrap().requests, 1);
    pair.gate.open();
    assert_eq!(waits.answer().unwrap().release(), "r2");
    until("nothing to be under way", async || host.proxy.flight("r2").await.unwrap().is_empty()).await;
    host.proxy.stop().await;
}

/// A table whose canary is starting, and lets requests wait for it.
fn starting(pair: &Pair, weight: u8) -> RoutingTable {
    let holding = Holding {
        state: HoldingState::Starting,
        message: String::new(),
        log_lines: vec![],
        retry: Duration::from_secs(1),
    };
    let mut table = pair.table(weight);
    table.routes[0].target = arms(upstreams("r1", &[pair.stable.address]), Target::Holding(holding));
    table.routes[0].options.hold = Some(Hold { max_wait: PATIENCE, max_requests: 64 });
    table
}

async fn held(host: &Host) {
    until("the request to wait", async || host.proxy.stats().await.unwrap().routes["app"].held == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_canary_that_loses_its_weight_is_answered_by_the_stable_release() {
    let pair = Pair::start();
    let mut host = Host::start(starting(&pair, 100)).await;
    let mut waits = Client::connect(host.port).unwrap();
    waits.send("GET /", "").unwrap();
    held(&host).await;
    host.set(starting(&pair, 0)).await;
    assert_eq!(waits.answer().unwrap().release(), "r1");
    host.proxy.stop().await;

    let mut host = Host::start(starting(&pair, 100)).await;
    let mut seconds = host.proxy.watch_seconds().await.unwrap();
    let mut waits = Client::connect(host.port).unwrap();
    waits.send("GET /", "").unwrap();
    held(&host).await;
    host.set(crate::harness::table(pair.stable.address, None)).await;
    let answer = waits.answer().unwrap();
    assert_eq!((answer.release(), answer.session()), ("r1", None), "there is no split any more");
    // A process that ends tells all that it has counted.
    let plan = DrainPlan { announce: Duration::ZERO, finish: PATIENCE };
    drop(waits);
    host.proxy.replace(plan).await.unwrap();
    assert!(seconds.try_recv().is_err(), "it was held against an arm that it never met");
    host.proxy.stop().await;

    let mut table = starting(&pair, 100);
    table.splits[0].lease = Some(Duration::from_secs(1));
    let host = Host::start(table).await;
    let mut waits = Client::connect(host.port).unwrap();
    waits.send("GET /", "").unwrap();
    assert_eq!(waits.answer().unwrap().release(), "r1", "the lease is over");
    let over = host.proxy.renew_lease("shop", LONG).await;
    assert!(matches!(over, Err(Error::LeaseOver { .. })), "{over:?}");
    host.proxy.stop().await;
}

#[test]
fn the_canary_loses_its_weight_when_the_control_process_is_killed() {
    let (pair, folder) = (Pair::start(), TempDir::new().unwrap());
    let mut table = pair.table(100);
    table.splits[0].lease = Some(Duration::from_secs(3));
    let mut control = Control::lingering_for(&table, folder.path(), 60);
    let (port, proxy) = (control.port, control.proxy());
    let session = get(port, "/", "");
    assert_eq!(session.release(), "r2");
    let session = cookie(session.session().unwrap());
    control.kill();
    let since = std::time::Instant::now();
    while get(port, "/", &session).release() == "r2" {
        assert!(since.elapsed() < PATIENCE, "the lease does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
    for lines in [session, header(Arm::Canary), String::new()] {
        assert_eq!(get(port, "/", &lines).release(), "r1");
    }
    crate::survival::kill(proxy);
}

fn lingering(folder: &Path) -> Settings {
    let linger = Linger { folder: folder.to_owned(), at_most: Some(PATIENCE) };
    Settings { workers: 2, on_control_loss: OnControlLoss::Serve(linger), ..Settings::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_adopted_keeps_split_lease_and_counts() {
    let (pair, folder) = (Pair::start(), TempDir::new().unwrap());
    let host = Host::with(pair.table(100), lingering(folder.path())).await;
    let port = host.port;
    // What was renewed counts, not what the table said.
    host.proxy.renew_lease("shop", LONG / 4).await.unwrap();
    host.proxy.leave().await;
    for _ in 0..3 {
        assert_eq!(get(port, "/", "").release(), "r2");
    }
    let survivor = Survivor::find(folder.path()).await.unwrap().unwrap();
    let table = survivor.table().unwrap();
    let left = table.splits[0].lease.unwrap();
    assert!(left < LONG / 4 && left > LONG / 8 && table.splits[0].weight == Weight::ALL, "{table:?}");
    let proxy = Proxy::adopt(options(lingering(folder.path())), survivor, table).await.unwrap();
    assert_eq!(get(port, "/", "").release(), "r2");
    let mut seconds = proxy.watch_seconds().await.unwrap();
    let mut requests = 0;
    while requests < 4 {
        let batch = tokio::time::timeout(PATIENCE, seconds.recv()).await.unwrap().unwrap();
        requests += batch.iter().map(|second| second.second.canary.requests).sum::<u32>();
    }
    assert_eq!(requests, 4);
    proxy.renew_lease("shop", LONG).await.unwrap();
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_is_renewed_holds_and_a_proxy_that_dies_does_not_begin_it_anew() {
    let pair = Pair::start();
    let mut table = pair.table(100);
    table.splits[0].lease = Some(Duration::from_secs(3));
    let host = Host::start(table).await;
    host.proxy.renew_lease("shop", LONG).await.unwrap();
    tokio::time::sleep(Duration::from_millis(3100)).await;
    assert_eq!(get(host.port, "/", "").release(), "r2");

    // It ends, and is over in the next process too.
    host.proxy.renew_lease("shop", Duration::ZERO).await.unwrap();
    assert_eq!(get(host.port, "/", "").release(), "r1");
    let mut state = host.proxy.state();
    crate::survival::kill(state.borrow_and_update().pid.unwrap());
    let again = state.wait_for(|state| state.deaths == 1 && state.pid.is_some());
    tokio::time::timeout(PATIENCE, again).await.unwrap().unwrap();
    assert_eq!(get(host.port, "/", "").release(), "r1");
    assert!(host.proxy.renew_lease("shop", LONG).await.is_err());
    host.proxy.stop().await;
}
