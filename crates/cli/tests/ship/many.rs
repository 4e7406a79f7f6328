//! Ship after ship under load.

use crate::app::{BLUE_GREEN, config};
use crate::host::Host;
use crate::load::{Load, more};

/// Ships in a row; `SEA_SHIPS` says how many.
fn ships() -> usize {
    std::env::var("SEA_SHIPS").ok().and_then(|ships| ships.parse().ok()).unwrap_or(10)
}

fn nobody_notices(environment: &str) {
    let host = Host::new(&config(environment));
    host.ship(&[]);
    let load = Load::start(host.port());
    more(&load, 100);
    for ship in 0..ships() {
        let word = format!("ship{ship}");
        host.ship_word(&word);
        assert_eq!(host.word(), word);
        more(&load, 20);
    }
    let went = load.end();
    assert_eq!(
        (&went.failures[..], &went.broken[..]),
        (&[][..], &[][..]),
        "{} requests\n{}",
        went.requests,
        host.log()
    );
    assert!(went.requests > 500, "{}", went.requests);
    host.end();
}

#[test]
fn at_once() {
    nobody_notices(BLUE_GREEN);
}

#[test]
fn instance_by_instance() {
    nobody_notices("strategy = \"rolling\"\n[environments.production.services.web]\nreplicas = 2");
}
