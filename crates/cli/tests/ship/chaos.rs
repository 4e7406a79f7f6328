//! Processes are killed at every transition of every strategy: who comes then is answered, the host explains itself, and
//! the next ship goes on.
//!
//! The server waits before the effects of the state that the pause file names (builds with debug assertions only), so the
//! kill falls between what the journal says and what is done.

use std::time::Instant;

use crate::app::{SHORT_WATCH, config};
use crate::host::{Host, finish, kill, number, parent};
use crate::load::{Load, more};

const CANARY: &str = "strategy = { canary = [\"50%\", \"100%\"], watch = \"1s\" }";
const ROLLING: &str = "strategy = \"rolling\"\n[environments.production.services.web]\nreplicas = 2";

const STATES: [&str; 7] = ["built", "migrated", "booting", "ready", "smoked", "promoted", "draining"];

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Control,
    Proxy,
    /// What watches over an instance of the new release.
    Shim,
    /// An instance of the new release.
    App,
}

fn matrix(strategy: &str, victim: Victim) {
    // Event streams last as long as they may, and every row waits for that.
    let host = Host::new(&config(strategy).replace("drain = \"2s\"", "drain = \"300ms\""));
    host.ship(&[]);
    let has_share = strategy != SHORT_WATCH;
    let mut states: Vec<&str> = STATES.into();
    if has_share {
        states.push("canary");
    }
    // Nothing of the new release runs before it boots, and nothing else has to be tried with it.
    let runs = |state: &&str| !matches!(*state, "built" | "migrated" | "booting");
    states.retain(|state| matches!(victim, Victim::Control | Victim::Proxy) || runs(state));
    let mut stable = "one".to_owned();
    for state in states {
        // That every row begins with a ship shows that the row before left a host that goes on.
        stable = row(&host, victim, state, &stable, strategy == CANARY);
    }
    host.commit(&[("word", "last")]);
    let last = host.start(&["ship", "--json"]);
    host.until("the last ship", |environment| {
        help_along(&host, environment, strategy == CANARY);
        environment["rollout"].is_null() && host.word() == "last"
    });
    assert_eq!(finish(last).code, 0, "{}", host.log());
    host.end();
}

/// Nobody waits for evidence here: a canary that has its share is promoted.
fn help_along(host: &Host, environment: &serde_json::Value, is_canary: bool) {
    let now = &environment["rollout"];
    let has_share = now["state"].as_str().is_some_and(|state| state.starts_with("canary"));
    if is_canary && has_share && now["done"] == true {
        let _ = host.sea(&["ship", "--promote"]);
    }
}

/// One transition; returns the word that serves at the end.
fn row(host: &Host, victim: Victim, state: &str, stable: &str, is_canary: bool) -> String {
    let what = format!("{victim:?} at {state}");
    let load = Load::start(host.port());
    more(&load, 20);
    let word = format!("{state}-{victim:?}");
    host.pause_at(state);
    host.commit(&[("word", &word)]);
    let ship = host.start(&["ship", "--json"]);
    let seen = host.until(&format!("{what}: the state"), |environment| {
        help_along(host, environment, is_canary);
        environment["rollout"]["state"].as_str().is_some_and(|now| now.starts_with(state))
    });
    let release = seen["rollout"]["release"].as_str().unwrap().to_owned();
    let proxy = number(&host.view().unwrap()["proxy"]);
    let target = match victim {
        Victim::Control => Some(host.control()),
        Victim::Proxy => Some(proxy),
        Victim::App => host.pids_of(&release).first().copied(),
        Victim::Shim => host.pids_of(&release).first().and_then(|app| parent(*app)),
    };
    kill(target.unwrap_or_else(|| panic!("{what}: nothing to kill\n{}", host.log())), "KILL");
    host.pause_at("");
    let port = if victim == Victim::Control { None } else { Some(host.port()) };
    if let Some(port) = port {
        assert_eq!(crate::host::get(port, "/").0, 200, "{what}\n{}", host.log());
    }
    more(&load, 20);
    let began = Instant::now();
    if victim == Victim::Control {
        // The one who shipped is told that the server is gone; the next command starts another.
        let said = finish(ship);
        assert_ne!(said.code, 101, "{what}: {said:?}");
        let again = host.sea(&["maintenance", "off"]);
        assert_eq!(again.code, 0, "{what}: {again:?}\n{}", host.log());
    } else {
        let settled = host.until(&format!("{what}: the end"), |environment| {
            help_along(host, environment, is_canary);
            environment["rollout"].is_null()
        });
        assert!(!settled["serves"].is_null(), "{what}: {settled}");
        let _ = finish(ship);
    }
    let settled = host.until(&format!("{what}: nothing is under way"), |environment| {
        !environment["serves"].is_null() && environment["rollout"].is_null()
    });
    let is_new = settled["serves"]["release"].as_str() == Some(&release);
    let serves = host.word();
    assert_eq!(
        serves,
        if is_new { word.as_str() } else { stable },
        "{what} after {:?}\n{}",
        began.elapsed(),
        host.log()
    );
    more(&load, 20);
    let went = load.end();
    assert_eq!(went.failures, Vec::<String>::new(), "{what}\n{}", host.log());
    // A killed process takes along what it has under way, once for each client; nothing else may break.
    let may_break = match victim {
        Victim::Proxy | Victim::App | Victim::Shim => 10,
        Victim::Control => 0,
    };
    assert!(went.broken.len() <= may_break, "{what}: {:?}\n{}", went.broken, host.log());
    serves
}

macro_rules! rows {
    ($($name:ident: $strategy:expr, $victim:expr;)*) => {
        $(#[test]
        fn $name() {
            matrix($strategy, $victim);
        })*
    };
}

rows! {
    blue_green_control: SHORT_WATCH, Victim::Control;
    blue_green_proxy: SHORT_WATCH, Victim::Proxy;
    blue_green_shim: SHORT_WATCH, Victim::Shim;
    blue_green_app: SHORT_WATCH, Victim::App;
    rolling_control: ROLLING, Victim::Control;
    rolling_proxy: ROLLING, Victim::Proxy;
    rolling_shim: ROLLING, Victim::Shim;
    rolling_app: ROLLING, Victim::App;
    canary_control: CANARY, Victim::Control;
    canary_proxy: CANARY, Victim::Proxy;
    canary_shim: CANARY, Victim::Shim;
    canary_app: CANARY, Victim::App;
}
