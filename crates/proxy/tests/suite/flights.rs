//! What is under way at a release: counted, waited for, and ended where it would last for ever.

use std::time::Duration;

use seaworthy_proxy::stats::Flight;
use seaworthy_proxy::wire::DrainPlan;

use crate::harness::{Client, Gate, Host, Upstream, until, upstreams};

const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\n";

/// A tunnel, an event stream and a request that waits, all at one upstream.
fn all_three(port: u16) -> (Client, Client, Client) {
    let mut tunnel = Client::connect(port).unwrap();
    assert_eq!(tunnel.get("/upgrade", UPGRADE).unwrap().status(), 101);
    tunnel.write(b"hello").unwrap();
    assert_eq!(tunnel.read(5).unwrap(), b"hello");
    let mut events = Client::connect(port).unwrap();
    assert_eq!(events.get("/events", "").unwrap().status(), 200);
    assert_eq!(events.read(11).unwrap(), b"6\r\ndata:\n\r\n");
    let mut waits = Client::connect(port).unwrap();
    waits.send("GET /wait", "").unwrap();
    (tunnel, events, waits)
}

fn table(upstream: &Upstream) -> seaworthy_proxy::table::RoutingTable {
    let mut table = crate::harness::table(upstream.address, None);
    table.routes[0].target = upstreams("r1", &[upstream.address]);
    table
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_told_from_requests_and_end_when_they_are_told_to() {
    let gate = Gate::default();
    let (upstream, other) = (Upstream::release("r1", &gate), Upstream::polite());
    let mut host = Host::start(table(&upstream)).await;
    let (mut tunnel, mut events, mut waits) = all_three(host.port);
    let flight = async |group| host.proxy.flight(group).await.unwrap();
    let all = Flight { requests: 1, streams: 2 };
    until("all three to be under way", async || flight("r1").await == all).await;
    assert_eq!(flight("other").await, Flight::default());

    // A group that no table names any more is known while it has something under way.
    let (generation, port) = (host.generation + 1, host.port);
    let next =
        seaworthy_proxy::table::RoutingTable { generation, ..crate::harness::table(other.address, None) };
    host.proxy.set_table(next).await.unwrap();
    host.generation = generation;
    assert_eq!(crate::harness::ask(port, "GET /", ""), 200);
    assert_eq!(host.proxy.flight("r1").await.unwrap(), all);
    assert_eq!(host.proxy.end_streams("other").await.unwrap(), 0);
    assert_eq!(host.proxy.flight("r1").await.unwrap(), all);

    assert_eq!(host.proxy.end_streams("r1").await.unwrap(), 2);
    assert_eq!(events.read(5).unwrap(), b"0\r\n\r\n", "the end of a body, as if the app had ended it");
    assert_eq!(tunnel.read_to_end().unwrap(), b"");
    let flight = async || host.proxy.flight("r1").await.unwrap();
    until("the streams to be gone", async || flight().await == Flight { requests: 1, streams: 0 }).await;
    gate.open();
    assert_eq!(waits.answer().unwrap().release(), "r1");
    until("everything to be gone", async || flight().await.is_empty()).await;
    let stats = &host.proxy.stats().await.unwrap().routes["app"];
    assert_eq!((stats.upstream_errors, stats.aborted, stats.in_flight), (0, 0, 0));
    host.proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_becomes_a_stream_after_streams_were_ended_ends_too() {
    let gate = Gate::default();
    let passes = gate.clone();
    let upstream = Upstream::start(move |_, socket| {
        let mut reader = std::io::BufReader::new(socket);
        crate::harness::read_head(&mut reader).unwrap();
        passes.pass();
        let answer = "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream\r\n\r\ndata: 1\n\n";
        let _ = std::io::Write::write_all(reader.get_mut(), answer.as_bytes());
        let _ = std::io::copy(&mut reader, &mut std::io::sink());
    });
    let host = Host::start(table(&upstream)).await;
    let mut events = Client::connect(host.port).unwrap();
    events.send("GET /", "").unwrap();
    let flight = async || host.proxy.flight("r1").await.unwrap();
    until("the request to be under way", async || flight().await.requests == 1).await;
    assert_eq!(host.proxy.end_streams("r1").await.unwrap(), 0);
    gate.open();
    assert_eq!(events.answer().unwrap().status(), 200);
    assert_eq!(events.read(5).unwrap(), b"0\r\n\r\n");
    until("nothing to be under way", async || flight().await.is_empty()).await;
    host.proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_replaced_proxy_has_under_way_is_told_and_ended_as_well() {
    let gate = Gate::default();
    let upstream = Upstream::release("r1", &gate);
    let host = Host::start(table(&upstream)).await;
    let (mut tunnel, mut events, mut waits) = all_three(host.port);
    let all = Flight { requests: 1, streams: 2 };
    let flight = async || host.proxy.flight("r1").await.unwrap();
    until("all three to be under way", async || flight().await == all).await;
    let before = host.proxy.state().borrow().pid;
    let plan = DrainPlan { announce: Duration::from_millis(100), finish: crate::harness::PATIENCE };
    let drained = async {
        until("the next process", async || host.proxy.state().borrow().pid != before).await;
        assert_eq!(flight().await, all);
        assert_eq!(host.proxy.end_streams("r1").await.unwrap(), 2);
        assert_eq!(events.read(5).unwrap(), b"0\r\n\r\n");
        assert_eq!(tunnel.read_to_end().unwrap(), b"");
        gate.open();
        assert_eq!(waits.answer().unwrap().release(), "r1");
    };
    let (report, ()) = tokio::join!(host.proxy.replace(plan), drained);
    assert_eq!(report.unwrap().cut, 0);
    assert!(flight().await.is_empty());
    host.proxy.stop().await;
}
