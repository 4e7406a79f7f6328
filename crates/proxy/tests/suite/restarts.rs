//! A proxy that cannot be started again does not take its control process with it.

use seaworthy_proxy::control::{Listener, Proxy, ProxyOptions, Scope};
use seaworthy_proxy::table::RoutingTable;
use seaworthy_proxy::wire::Settings;

use crate::harness::{PATIENCE, Upstream, ask, table};
use crate::survival::kill;

/// A proxy whose program is gone, and which has died.
async fn dead(upstream: &Upstream) -> (Proxy, RoutingTable, u16) {
    let place = tempfile::tempdir().unwrap();
    let program = place.path().join("proxy");
    std::fs::copy(env!("CARGO_BIN_EXE_seaworthy-proxy"), &program).unwrap();
    let options = ProxyOptions { program, arguments: vec!["__proxy".into()], settings: Settings::default() };
    let listener = Listener::bind("main", 0, Scope::Loopback).unwrap();
    let (port, table) = (listener.port(), table(upstream.address, None));
    let proxy = Proxy::start(options, vec![listener], table.clone()).await.unwrap();
    drop(place);
    let mut state = proxy.state();
    kill(state.borrow().pid.unwrap());
    let failed = state.wait_for(|state| state.problem.is_some());
    tokio::time::timeout(PATIENCE, failed).await.unwrap().unwrap();
    (proxy, table, port)
}

#[tokio::test]
async fn it_can_be_stopped() {
    let (proxy, _, port) = dead(&Upstream::polite()).await;
    tokio::time::timeout(PATIENCE, proxy.stop()).await.unwrap();
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "someone listens still");
}

#[tokio::test]
async fn it_can_be_left() {
    let (proxy, _, _) = dead(&Upstream::polite()).await;
    tokio::time::timeout(PATIENCE, proxy.leave()).await.unwrap();
}

#[tokio::test]
async fn connections_wait_for_the_one_that_can_be_started_and_it_has_the_newest_table() {
    let (first, second) = (Upstream::polite(), Upstream::polite());
    let place = tempfile::tempdir().unwrap();
    let program = place.path().join("proxy");
    let real = env!("CARGO_BIN_EXE_seaworthy-proxy");
    std::os::unix::fs::symlink(real, &program).unwrap();
    let options = ProxyOptions {
        program: program.clone(),
        arguments: vec!["__proxy".into()],
        settings: Settings::default(),
    };
    let listener = Listener::bind("main", 0, Scope::Loopback).unwrap();
    let port = listener.port();
    let proxy = Proxy::start(options, vec![listener], table(first.address, None)).await.unwrap();
    std::fs::remove_file(&program).unwrap();
    let mut state = proxy.state();
    kill(state.borrow().pid.unwrap());
    tokio::time::timeout(PATIENCE, state.wait_for(|state| state.problem.is_some())).await.unwrap().unwrap();

    let asked = tokio::task::spawn_blocking(move || ask(port, "GET /", ""));
    let newest = RoutingTable { generation: 2, ..table(second.address, None) };
    let (given, ()) = tokio::join!(proxy.set_table(newest), async {
        tokio::task::yield_now().await;
        std::os::unix::fs::symlink(real, &program).unwrap();
    });
    given.unwrap();
    assert_eq!(asked.await.unwrap(), 200);
    assert_eq!((first.accepted(), second.accepted()), (0, 1));
    proxy.stop().await;
}
