//! What is counted of a split is what its clients saw.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use seaworthy_proxy::stats::SplitSecond;
use seaworthy_proxy::table::{Balance, Group, Instance, Target, UpstreamAddress};
use seaworthy_rollout::Arm;
use seaworthy_rollout::count::{ArmCounts, Failure, Stream};
use tokio::sync::broadcast;

use crate::harness::{Client, Host, Upstream, get, route, upstreams};
use crate::splits::{Pair, arms, header};

/// What was counted of the arms so far.
fn sums(seconds: &mut broadcast::Receiver<Vec<SplitSecond>>) -> (ArmCounts, ArmCounts) {
    let (mut stable, mut canary) = (ArmCounts::default(), ArmCounts::default());
    while let Ok(batch) = seconds.try_recv() {
        for second in batch {
            assert_eq!((second.split.as_str(), second.canary.as_str()), ("shop", "r2"));
            stable.add(&second.second.stable);
            canary.add(&second.second.canary);
        }
    }
    (stable, canary)
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_what_clients_saw() {
    let pair = Pair::start();
    let mut host = Host::start(pair.table(50)).await;
    let mut seconds = host.proxy.watch_seconds().await.unwrap();
    let port = host.port;
    let clients: Vec<_> = (0..6)
        .map(|number| {
            std::thread::spawn(move || {
                let mut seen: HashMap<(String, &str), u32> = HashMap::new();
                let mut client = Client::connect(port).unwrap();
                for session in 0..20 {
                    let answer = client.get("/", "").unwrap();
                    let cookie = format!("Cookie: {}\r\n", answer.session().unwrap());
                    *seen.entry((answer.release().to_owned(), "requests")).or_default() += 1;
                    // A session that fails twice is one event.
                    for _ in 0..if (session + number) % 4 == 0 { 2 } else { 0 } {
                        let failed = client.get("/fail?token=secret", &cookie).unwrap();
                        assert_eq!((failed.status(), failed.release()), (500, answer.release()));
                        *seen.entry((failed.release().to_owned(), "requests")).or_default() += 1;
                        *seen.entry((failed.release().to_owned(), "failed")).or_default() += 1;
                    }
                    // Who chooses is not counted.
                    client.get("/fail", &header(Arm::Canary)).unwrap();
                }
                seen
            })
        })
        .collect();
    let mut seen: HashMap<(String, &str), u32> = HashMap::new();
    for client in clients {
        client.join().unwrap().into_iter().for_each(|(key, count)| *seen.entry(key).or_default() += count);
    }
    let evidence = host.proxy.evidence("shop").await.unwrap();
    // With its end, all that is left of a split has been told.
    host.set(crate::harness::table(pair.stable.address, None)).await;
    let (stable, canary) = sums(&mut seconds);
    for (release, counts) in [("r1", stable), ("r2", canary)] {
        let of = |what| seen.get(&(release.to_owned(), what)).copied().unwrap_or_default();
        assert_eq!((counts.requests, counts.failed), (of("requests"), of("failed")), "{release}");
        assert_eq!(counts.events[Stream::ServerError], of("failed") / 2, "{release}");
        assert_eq!(counts.exposure[Stream::ConnectError], counts.requests, "{release}");
    }
    assert!(stable.failed > 0 && canary.failed > 0);
    assert_eq!(evidence.len(), 20);
    for failed in evidence {
        assert_eq!((failed.method.as_str(), failed.path.as_str(), failed.status), ("GET", "/fail", 500));
        assert_eq!((failed.route.as_str(), failed.failure), ("app", Failure::ServerError));
        assert!(!failed.request_id.is_empty());
    }
    host.proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_instance_cannot_answer_counts_and_what_a_client_leaves_does_not() {
    let pair = Pair::start();
    let dead = Upstream::polite().address;
    let mut table = pair.table(100);
    table.routes.push(route("dead", "/dead", arms(upstreams("r1", &[dead]), upstreams("r2", &[dead]))));
    let mut host = Host::start(table).await;
    let mut seconds = host.proxy.watch_seconds().await.unwrap();
    assert_eq!(get(host.port, "/dead", "").status(), 502);
    assert!(Client::connect(host.port).unwrap().get("/cut", "").is_err());
    let mut leaves = Client::connect(host.port).unwrap();
    leaves.send("GET /wait", "").unwrap();
    let flight = async || host.proxy.flight("r2").await.unwrap();
    crate::harness::until("the request to be under way", async || flight().await.requests == 1).await;
    drop(leaves);
    crate::harness::until("its end", async || flight().await.is_empty()).await;
    host.set(crate::harness::table(pair.stable.address, None)).await;
    let (stable, canary) = sums(&mut seconds);
    assert_eq!((stable.requests, canary.requests, canary.failed), (0, 3, 2));
    assert_eq!((canary.events[Stream::ConnectError], canary.events[Stream::AbortedByServer]), (1, 1));
    pair.gate.open();
    host.proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_instance_is_counted_and_not_judged() {
    let pair = Pair::start();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    // Fresh for longer than this test takes.
    let born = u64::try_from((now + Duration::from_mins(10)).as_millis()).unwrap();
    for (born, judged) in [(u64::try_from(now.as_millis()).unwrap(), 0), (born, 1), (1, 1)] {
        let instance = Instance { address: UpstreamAddress::Tcp(pair.canary.address), born: Some(born) };
        let group = Group { name: "r2".into(), weight: 1, upstreams: vec![instance] };
        let canary = Target::Upstreams(Balance { groups: vec![group] });
        let mut table = pair.table(100);
        table.routes[0].target = arms(upstreams("r1", &[pair.stable.address]), canary);
        let mut host = Host::start(table).await;
        let mut seconds = host.proxy.watch_seconds().await.unwrap();
        assert_eq!(get(host.port, "/fail", "").status(), 500);
        host.set(crate::harness::table(pair.stable.address, None)).await;
        let (_, canary) = sums(&mut seconds);
        assert_eq!((canary.requests, canary.failed), (1, 1));
        assert_eq!(canary.events[Stream::ServerError], judged, "{born}");
        host.proxy.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_seconds_come_by_themselves() {
    let pair = Pair::start();
    let host = Host::start(pair.table(100)).await;
    let mut seconds = host.proxy.watch_seconds().await.unwrap();
    get(host.port, "/", "");
    let batch = tokio::time::timeout(crate::harness::PATIENCE, seconds.recv()).await.unwrap().unwrap();
    assert_eq!((batch.len(), batch[0].second.canary.requests), (1, 1));
    assert_eq!(batch[0].second.at.0 % 1000, 0);
    host.proxy.stop().await;
}
