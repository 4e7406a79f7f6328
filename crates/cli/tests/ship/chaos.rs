//! Processes are killed at every transition of every strategy: who comes then is answered, the host explains itself, and
//! the next ship goes on.
//!
//! The server waits before the effects of the state that the pause file names (builds with debug assertions only), so the
//! kill falls between what the journal says and what is done.

use std::time::{Duration, Instant};

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
    let host = Host::new(&config(strategy));
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
        stable = row(&host, victim, state, &stable, strategy == CANARY);
    }
    host.end();
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
        let now = environment["rollout"]["state"].as_str().unwrap_or_default();
        // A canary is helped along where the state is beyond it: nobody waits for evidence here.
        if is_canary && now.starts_with("canary") && environment["rollout"]["done"] == true {
            let _ = host.sea(&["ship", "--promote"]);
        }
        now.starts_with(state)
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
            let now = &environment["rollout"];
            if is_canary
                && now["state"].as_str().unwrap_or_default().starts_with("canary")
                && now["done"] == true
            {
                let _ = host.sea(&["ship", "--promote"]);
            }
            now.is_null()
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
        Victim::Proxy => 10,
        Victim::App | Victim::Shim => 10,
        Victim::Control => 0,
    };
    assert!(went.broken.len() <= may_break, "{what}: {:?}\n{}", went.broken, host.log());
    if is_new {
        return serves;
    }
    host.commit(&[("word", &format!("{word}-again"))]);
    let next = host.start(&["ship", "--json", "--retry"]);
    host.until(&format!("{what}: the next ship"), |environment| {
        let now = &environment["rollout"];
        if is_canary && now["state"].as_str().unwrap_or_default().starts_with("canary") && now["done"] == true
        {
            let _ = host.sea(&["ship", "--promote"]);
        }
        now.is_null() && environment["serves"]["release"] != settled["serves"]["release"]
    });
    let said = finish(next);
    assert_eq!(said.code, 0, "{what}: {said:?}\n{}", host.log());
    std::thread::sleep(Duration::from_millis(50));
    host.word()
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
