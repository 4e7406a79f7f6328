//! Requests that wait while nothing answers them: bounded in number, in time, and in what of them is kept.

use std::io::{ErrorKind, Write};
use std::time::Duration;

use seaworthy_proxy::table::{Hold, Holding, HoldingState, RoutingTable, Target};

use crate::harness::{Client, Host, PATIENCE, Upstream, read_head, route, until, upstreams};

fn table(state: HoldingState, max_wait: Duration, max_requests: u32) -> RoutingTable {
    let log_lines = vec!["a line of the log".into()];
    let holding = Holding { state, message: String::new(), log_lines, retry: Duration::from_secs(7) };
    let mut route = route("app", "/", Target::Holding(holding));
    route.options.hold = Some(Hold { max_wait, max_requests });
    RoutingTable { generation: 1, routes: vec![route], ..RoutingTable::default() }
}

async fn held(host: &Host, requests: u64) {
    let held = async || host.proxy.stats().await.unwrap().routes["app"].held == requests;
    until("the requests to wait", held).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_beyond_the_number_and_the_time_get_a_503() {
    let mut host = Host::start(table(HoldingState::Restarting, PATIENCE, 2)).await;
    let mut waiting: Vec<_> = (0..2).map(|_| Client::connect(host.port).unwrap()).collect();
    for client in &mut waiting {
        client.send("GET /", "").unwrap();
    }
    held(&host, 2).await;
    let full = crate::harness::get(host.port, "/", "");
    assert_eq!((full.status(), full.field("retry-after")), (503, Some("7")));
    // Maintenance does not let them wait on.
    host.set(table(HoldingState::Maintenance, PATIENCE, 2)).await;
    for client in &mut waiting {
        let answer = client.answer().unwrap();
        assert_eq!((answer.status(), answer.field("retry-after")), (503, Some("7")));
        assert!(!answer.body.contains("log"), "{}", answer.body);
    }
    host.set(table(HoldingState::Restarting, Duration::from_millis(50), 2)).await;
    let late = crate::harness::get(host.port, "/", "");
    assert_eq!((late.status(), late.field("retry-after")), (503, Some("7")));
    assert_eq!(host.proxy.stats().await.unwrap().routes["app"].held, 3);
    host.proxy.stop().await;
}

/// What a process has in memory, in bytes.
fn resident(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn their_bodies_stay_where_they_are_until_someone_wants_them() {
    const CLIENTS: usize = 8;
    const BODY: usize = 32 << 20;
    let upstream = Upstream::start(|_, socket| {
        let mut reader = std::io::BufReader::new(socket);
        read_head(&mut reader).unwrap();
        let mut body = std::io::Read::take(&mut reader, BODY as u64);
        let read = std::io::copy(&mut body, &mut std::io::sink()).unwrap();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\n{read:08}");
        reader.get_mut().write_all(answer.as_bytes()).unwrap();
    });
    let mut host = Host::start(table(HoldingState::Restarting, PATIENCE, 64)).await;
    let pid = host.proxy.state().borrow().pid.unwrap();
    let before = resident(pid);
    let block = vec![b'x'; 1 << 20];
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let mut client = Client::connect(host.port).unwrap();
        client.send("POST /", &format!("Content-Length: {BODY}\r\n")).unwrap();
        clients.push((client, 0));
    }
    held(&host, CLIENTS as u64).await;
    // As much as anyone takes: more is not taken although there is time to.
    let push = |client: &Client, sent: &mut usize| {
        client.socket().set_nonblocking(true).unwrap();
        while *sent < BODY {
            match client.socket().write(&block[..block.len().min(BODY - *sent)]) {
                Ok(written) => *sent += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }
        client.socket().set_nonblocking(false).unwrap();
    };
    for _ in 0..50 {
        for (client, sent) in &mut clients {
            push(client, sent);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert!(clients.iter().all(|(_, sent)| *sent < BODY), "whole bodies were read");
    let grown = resident(pid).saturating_sub(before);
    assert!(grown < CLIENTS << 20, "{grown} bytes of bodies that nobody wants");

    let mut next = table(HoldingState::Restarting, PATIENCE, 64);
    next.routes[0].target = upstreams("r1", &[upstream.address]);
    host.set(next).await;
    let rest = clients.into_iter().map(|(client, sent)| {
        std::thread::spawn(move || {
            let mut client = client;
            client.write(&vec![b'x'; BODY - sent]).unwrap();
            client.answer().unwrap().body
        })
    });
    for body in rest.collect::<Vec<_>>() {
        assert_eq!(body.join().unwrap(), format!("{BODY:08}"));
    }
    host.proxy.stop().await;
}
