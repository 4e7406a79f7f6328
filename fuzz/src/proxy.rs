//! The same for what the proxy reads.

use std::cell::RefCell;

use seaworthy_proxy::dataplane::fuzzing;
use seaworthy_proxy::table::{Matcher, RequestTarget, RoutingTable, check_path, decode, normalise_host};
use seaworthy_proxy::wire::Command;
use tokio::runtime::{Builder, Runtime};

thread_local! {
    static RUNTIME: RefCell<Runtime> =
        RefCell::new(Builder::new_current_thread().enable_time().build().expect("a runtime without sockets"));
}

/// The bytes of a client: what is refused does not depend on how they are cut, and the HTTP library sees the
/// requests whose heads the scanner saw, no others.
pub fn client_bytes(bytes: &[u8]) {
    let single = fuzzing::scan(bytes, 1);
    for part in [2, 7, usize::MAX] {
        let scanned = fuzzing::scan(bytes, part);
        let refusal = |refused: Option<(usize, &'static str)>| refused.map(|(_, name)| name);
        assert_eq!(refusal(scanned.refused), refusal(single.refused), "{part}: {}", bytes.escape_ascii());
        assert!(scanned.refused.is_none_or(|(passed, _)| passed <= bytes.len()));
    }
    for part in [1, usize::MAX] {
        let served = RUNTIME.with_borrow(|runtime| runtime.block_on(fuzzing::serve(bytes, part)));
        assert!(served.requests <= single.heads, "{served:?} {single:?}: {}", bytes.escape_ascii());
        if served.to_the_end && single.refused.is_none() {
            assert_eq!(served.requests, single.heads, "{}", bytes.escape_ascii());
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = (normalise_host(text), decode(text));
        if check_path(text).is_ok() {
            let plain = decode(text).unwrap_or_default();
            assert!(!plain.split('/').any(|segment| segment == ".."), "{text:?} leads out");
        }
    }
}

/// What comes from the control process: whatever it is, it is read or refused, and a table routes.
pub fn control_bytes(bytes: &[u8]) {
    for command in fuzzing::commands(bytes) {
        if let Command::Table(table) = command {
            routes(&table);
        }
    }
    if let Ok(table) = serde_json::from_slice(bytes) {
        routes(&table);
    }
}

fn routes(table: &RoutingTable) {
    let json = serde_json::to_vec(table).expect("a table is always JSON");
    assert_eq!(serde_json::from_slice::<RoutingTable>(&json).ok().as_ref(), Some(table));
    let matcher = Matcher::new(&table.routes);
    for route in &table.routes {
        let (host, path) = (route.host.to_string(), route.path.as_str());
        let listener = route.listeners.first().map_or("", String::as_str);
        let found = matcher.find(RequestTarget { listener, host: host.trim_start_matches("*."), path });
        assert!(found.is_none_or(|found| table.routes[found].path.matches(path)));
    }
    if let Some(live) = fuzzing::put_in_force(table.clone()) {
        assert_eq!(&live, table);
    }
}
