//! Bad releases: taken back by themselves, with the stable release answering all the while.

use std::fs;

use crate::app::{BLUE_GREEN, SERVER, SHORT_WATCH, config, with};
use crate::host::{Host, Said};
use crate::load::{Load, Went, more};

/// Ships what is bad under load, and is sure that nobody else noticed.
fn taken_back(host: &Host, files: &[(&str, &str)], why: &str) -> Said {
    let load = Load::start(host.port());
    more(&load, 50);
    host.commit(files);
    let said = host.sea(&["ship", "--json"]);
    more(&load, 50);
    let went = load.end();
    assert_eq!(said.code, 1, "{said:?}\n{}", host.log());
    let told = said.json();
    assert_eq!(told["outcome"], "taken-back", "{told}");
    assert!(told["why"].as_str().unwrap().contains(why), "{told}\n{}", host.log());
    assert_eq!((&went.failures[..], &went.broken[..]), (&[][..], &[][..]), "{}", host.log());
    assert_eq!(host.word(), "one");
    host.until("it is over", |environment| environment["rollout"].is_null());
    host.commit(&[("mode", "good"), ("seaworthy.toml", &config(BLUE_GREEN))]);
    host.ship_word("two");
    assert_eq!(host.word(), "two");
    said
}

#[test]
fn one_that_crashes_at_start() {
    let host = Host::new(&config(BLUE_GREEN));
    host.ship(&[]);
    taken_back(&host, &[("mode", "crash-at-start"), ("word", "bad")], "the harbour is closed");
    host.end();
}

#[test]
fn one_that_is_never_ready() {
    let host = Host::new(&config(BLUE_GREEN));
    host.ship(&[]);
    taken_back(
        &host,
        &[("mode", "never-ready"), ("word", "bad")],
        "web is not ready after 60 s: readiness answered 503",
    );
    host.end();
}

#[test]
fn one_whose_migration_fails() {
    let host = Host::new(&config(BLUE_GREEN));
    host.ship(&[]);
    let job = "[jobs.migrate]\nrun = \"echo no such column >&2; exit 1\"\non = \"release\"\n";
    let bad = format!("{}\n{job}", config(BLUE_GREEN));
    taken_back(&host, &[("seaworthy.toml", &bad), ("word", "bad")], "migrate");
    host.end();
}

#[test]
fn one_whose_smoke_test_fails() {
    let host = Host::new(&config(BLUE_GREEN));
    host.ship(&[]);
    let bad = config(&format!("{BLUE_GREEN}\nsmoke = \"echo no orders at $SEA_URL; exit 4\""));
    taken_back(&host, &[("seaworthy.toml", &bad), ("word", "bad")], "smoke");
    host.end();
}

#[test]
fn one_that_crashes_when_it_has_all_the_traffic() {
    let host = Host::new(&config(BLUE_GREEN));
    let first = host.ship(&[]);
    let load = Load::start(host.port());
    more(&load, 50);
    host.commit(&[("mode", "crash-later"), ("word", "bad")]);
    let said = host.sea(&["ship", "--json"]);
    assert_eq!(said.code, 0, "it was well when it was promoted: {said:?}");
    let bad = said.json()["release"].as_str().unwrap().to_owned();
    fs::write(host.tree(&bad).join("leak"), "").unwrap();
    host.until("it is taken back", |environment| {
        environment["rollout"].is_null() && environment["serves"]["release"] == first["release"]
    });
    more(&load, 50);
    let went = load.end();
    // What was under way in the process that crashed is lost; whoever comes then is held until something serves.
    assert_eq!((&went.failures[..], went.broken.len() / 15), (&[][..], 0), "{went:?}\n{}", host.log());
    assert_eq!(host.word(), "one");
    let history = host.sea(&["history", "--kind", "rollback", "--json"]);
    assert!(history.out.contains("ended by itself"), "{history:?}");
    assert!(history.out.contains("\"sea:"), "nobody ordered it: {history:?}");
    host.commit(&[("mode", "good")]);
    host.ship_word("two");
    host.end();
}

const CANARY: &str = "strategy = { canary = [\"50%\", \"100%\"], watch = \"1m\" }";

/// Ships what is bad beside users who order, and is sure that it is taken back for that. What they saw is returned.
fn taken_back_beside_orders(host: &Host, mode: &str, why: &str) -> (Said, Went) {
    host.ship(&[]);
    let load = Load::visitors(host.port());
    more(&load, 60);
    host.commit(&[("mode", mode), ("word", "bad")]);
    let said = host.sea(&["ship", "--json"]);
    let told = said.json();
    assert_eq!((said.code, &told["outcome"]), (1, &"taken-back".into()), "{said:?}");
    assert!(told["why"].as_str().unwrap().contains(why), "{told}");
    let went = load.end();
    host.until("it is over", |environment| environment["rollout"].is_null());
    assert_eq!((host.get("/orders").0, host.word().as_str()), (200, "one"));
    (said, went)
}

#[test]
fn one_that_fails_on_a_route_is_taken_back_in_its_canary() {
    let host = Host::new(&config(CANARY));
    let (said, went) = taken_back_beside_orders(&host, "errors", "5xx");
    assert!(said.out.contains("canary 50"), "{said:?}");
    assert!(said.out.contains(" s after the first that failed"), "{said:?}");
    assert!(!went.failures.is_empty());
    host.end();
}

#[test]
fn one_that_is_slow_is_taken_back_in_its_canary() {
    let host = Host::new(&config(CANARY));
    let (_, went) = taken_back_beside_orders(&host, "slow", "slow");
    assert_eq!((&went.failures[..], &went.broken[..]), (&[][..], &[][..]));
    host.end();
}

#[test]
fn one_that_leaks_memory_is_taken_back() {
    let host = Host::new(&with("memory = \"192Mi\"", CANARY));
    let (_, went) = taken_back_beside_orders(&host, "keeps", "memory");
    // What it had under way when it was killed is lost.
    assert!(went.failures.is_empty() && went.broken.len() <= 4, "{went:?}");
    host.end();
}

#[test]
fn one_that_fails_at_what_users_ask_never_meets_them() {
    let host = Host::new(&config(CANARY));
    let why = "web answered GET /orders, which users ask for, with 500";
    let (_, went) = taken_back_beside_orders(&host, "refuses", why);
    assert_eq!((&went.failures[..], &went.broken[..]), (&[][..], &[][..]));
    host.end();
}

#[test]
fn one_that_logs_errors_of_a_new_kind_never_serves() {
    let host = Host::new(&config(SHORT_WATCH));
    host.commit(&[("mode", "complains")]);
    host.ship(&[]);
    // What the release before logs too is nothing new.
    host.ship_word("two");
    host.until("the watch is over", |environment| environment["rollout"].is_null());
    let server = SERVER.replace("the chart is lost", "the compass is gone");
    host.commit(&[("server.js", &server), ("word", "bad")]);
    let said = host.sea(&["ship", "--json"]);
    let told = said.json();
    assert_eq!((said.code, &told["outcome"]), (1, &"taken-back".into()), "{said:?}");
    let why = told["why"].as_str().unwrap();
    assert!(why.contains("web logged an error that the release before does not"), "{told}");
    assert!(why.contains("the compass is gone"), "{told}");
    assert_eq!(host.word(), "two");
    host.end();
}

#[test]
fn one_that_goes_bad_while_nobody_asks() {
    let host = Host::new(&config("strategy = { type = \"blue-green\", watch = \"10m\" }"));
    let first = host.ship(&[]);
    host.commit(&[("mode", "fails-later"), ("word", "bad")]);
    let said = host.sea(&["ship", "--json"]);
    assert_eq!(said.code, 0, "it was well when it was promoted: {said:?}");
    let bad = said.json()["release"].as_str().unwrap().to_owned();
    fs::write(host.tree(&bad).join("leak"), "").unwrap();
    host.until("it is taken back", |environment| {
        environment["rollout"].is_null() && environment["serves"]["release"] == first["release"]
    });
    assert_eq!(host.word(), "one");
    host.end();
}

#[test]
fn one_whose_secret_is_missing_does_not_begin() {
    let host = Host::new(&config(BLUE_GREEN));
    host.ship(&[]);
    let bad = with("env = { TOKEN = \"${secrets.HARBOUR_TOKEN}\" }", BLUE_GREEN);
    host.commit(&[("seaworthy.toml", &bad), ("word", "bad")]);
    let said = host.sea(&["ship"]);
    assert_ne!(said.code, 0, "{said:?}");
    assert!(said.all().contains("HARBOUR_TOKEN"), "{said:?}");
    assert_eq!(host.word(), "one");
    host.commit(&[("seaworthy.toml", &config(BLUE_GREEN))]);
    host.ship_word("two");
    host.end();
}

#[test]
fn one_whose_artifact_was_altered_never_serves() {
    let host = Host::new(&config("strategy = { type = \"blue-green\", watch = \"1s\" }"));
    let first = host.ship(&[]);
    host.ship_word("two");
    host.until("the watch is over", |environment| environment["rollout"].is_null());
    let mut altered = 0;
    let mut open = vec![host.state().join("store")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            } else if entry.path().to_string_lossy().contains("blob") {
                let mut bytes = fs::read(entry.path()).unwrap();
                if let Some(last) = bytes.last_mut() {
                    *last ^= 0xff;
                    fs::remove_file(entry.path()).unwrap();
                    fs::write(entry.path(), bytes).unwrap();
                    altered += 1;
                }
            }
        }
    }
    assert!(altered > 0);
    let release = first["release"].as_str().unwrap();
    fs::remove_dir_all(host.tree(release)).unwrap();
    let said = host.sea(&["rollback", release]);
    assert_ne!(said.code, 0, "{said:?}");
    assert_eq!(host.word(), "two");
    let said = host.sea(&["ship", "HEAD~1"]);
    // Refused, or put right from the commit: what it never is, is served as it is.
    assert_eq!(host.word(), if said.code == 0 { "one" } else { "two" }, "{said:?}");
    host.ship_word("three");
    host.end();
}

#[test]
fn the_files_of_the_release_that_serves_are_deleted() {
    let host = Host::new(&config(BLUE_GREEN));
    let first = host.ship(&[]);
    let release = first["release"].as_str().unwrap();
    fs::remove_dir_all(host.tree(release)).unwrap();
    assert_eq!(host.word(), "one");
    host.ship_word("two");
    assert_eq!(host.word(), "two");
    host.end();
}
