//! One app, one host: shipped, shipped again, rolled back, and left alone by its control process.

use std::fs;

use crate::app::{BLUE_GREEN, SERVER, config, with};
use crate::host::{Host, kill};
use crate::load::{Load, more};

#[test]
fn a_commit_serves_and_the_one_before_is_back_within_the_watch() {
    let host = Host::new(&config(BLUE_GREEN));
    let first = host.ship(&[]);
    assert_eq!(host.word(), "one");
    let status = host.sea(&["status", "--host"]);
    assert!(
        status.code == 0 && !status.out.contains("nothing serves"),
        "it is watched, and well: {status:?}"
    );
    let again = host.ship(&[]);
    assert_eq!((&again["outcome"], &again["release"]), (&"serves".into(), &first["release"]));
    assert!(host.sea(&["ship"]).out.contains("serves production already"));
    let second = host.ship_word("two");
    assert_eq!(host.word(), "two");
    let back = host.sea_as("noor", &["rollback", "--json"]);
    assert_eq!(back.code, 0, "{back:?}");
    assert_eq!(back.json()["release"], first["release"]);
    assert_eq!(host.word(), "one");
    let refused = host.sea(&["ship"]);
    assert_ne!(refused.code, 0, "{refused:?}");
    assert!(refused.err.contains("sea ship --retry"), "{refused:?}");
    host.until("the rollback is over", |environment| environment["rollout"].is_null());
    let refused = host.sea(&["ship"]);
    assert!(refused.err.contains("sea ship --retry"), "{refused:?}");
    let history = host.sea(&["history", "--kind", "rollback"]);
    assert!(history.out.contains(second["release"].as_str().unwrap()), "{history:?}");
    let audit = host.sea(&["audit", "--json"]);
    assert_eq!(audit.code, 0, "{audit:?}");
    assert!(audit.out.contains("someone rolled it back"), "{audit:?}");
    let noors = host.sea(&["history", "--kind", "rollback", "--json"]);
    assert!(noors.out.contains("noor@"), "who ordered it stands behind it: {noors:?}");
    let retried = host.ship(&["--retry"]);
    assert_eq!(retried["release"], second["release"]);
    assert_eq!(host.word(), "two");
    host.end();
}

#[test]
fn a_release_that_was_settled_comes_back_from_its_artifact() {
    let host = Host::new(&config(BLUE_GREEN));
    let first = host.ship(&[]);
    host.ship_word("two");
    host.ship_word("three");
    let to = first["release"].as_str().unwrap();
    let back = host.sea(&["rollback", to, "--json"]);
    assert_eq!(back.code, 0, "{back:?}\n{}", host.log());
    assert_eq!(host.word(), "one");
    host.end();
}

#[test]
fn what_serves_already_is_not_built_again_unless_something_changed() {
    let host = Host::new(&config(BLUE_GREEN));
    let first = host.ship(&[]);
    // A build tells of its steps.
    let again = || {
        let said = host.sea(&["ship"]);
        assert_eq!(said.code, 0, "{said:?}");
        let serves = format!("{} serves production already\n", first["release"].as_str().unwrap());
        assert!(said.out.ends_with(&serves), "{said:?}");
        said.out == serves
    };
    assert!(again(), "nothing changed");
    let server = host.repository.path().join(".seaworthy/ship/checkout/server.js");
    let text = fs::read_to_string(&server).unwrap();
    fs::write(&server, "process.exit(1);").unwrap();
    assert!(!again(), "a file that steps read was changed in the checkout");
    assert_eq!(fs::read_to_string(&server).unwrap(), text);
    assert!(again(), "it is as it was");
    fs::remove_dir_all(host.repository.path().join(".seaworthy/ship/checkout")).unwrap();
    assert!(!again(), "no result of a step is known any more");
    assert!(again(), "they are known again");
    host.commit(&[("word", "two")]);
    assert_eq!(host.ship(&[])["outcome"], "promoted");
    assert_eq!(host.word(), "two");
    host.end();
}

#[test]
fn an_app_does_not_notice_that_the_control_process_is_gone() {
    let host = Host::new(&config(BLUE_GREEN));
    let first = host.ship(&[]);
    let before = host.pids_of(first["release"].as_str().unwrap());
    let (port, control) = (host.port(), host.control());
    kill(control, "KILL");
    for _ in 0..20 {
        assert_eq!(crate::host::get(port, "/").0, 200);
    }
    let again = host.ship(&[]);
    assert_eq!(again["outcome"], "serves");
    assert_ne!(host.control(), control);
    assert_eq!(host.port(), port, "the proxy is the one that was there");
    assert_eq!(host.pids_of(first["release"].as_str().unwrap()), before);
    host.ship_word("two");
    assert_eq!(host.word(), "two");
    kill(host.control(), "TERM");
    for _ in 0..20 {
        assert_eq!(crate::host::get(port, "/").0, 200);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    host.ship_word("three");
    assert_eq!(host.word(), "three");
    host.end();
}

#[test]
fn services_find_one_another_in_every_release() {
    // The one that asks starts before the one that is asked.
    let asking = SERVER.replace(
        "  text(response, 200, `${word} ${process.pid}`);\n});",
        "  fetch(process.env.ZONE_URL).then((zone) => zone.text()).then(\n\
           (said) => text(response, 200, `${word} ${said}`), (error) => text(response, 502, `${error}`));\n});",
    );
    assert_ne!(asking, SERVER);
    let zone = "[services.zone]\nstart = \"node zone.js\"\nreadiness = { http = \"/readyz\" }\n";
    let described = with("replicas = 2\nenv = { ZONE_URL = \"${services.zone.url}\" }", BLUE_GREEN);
    let host = Host::new(&format!("{described}{zone}"));
    host.commit(&[("server.js", &asking), ("zone.js", SERVER)]);
    host.ship(&[]);
    let asked = host.get("/");
    assert!(asked.0 == 200 && asked.1.starts_with("one one "), "{asked:?}");
    let load = Load::start(host.port());
    more(&load, 60);
    for word in ["two", "three"] {
        host.ship_word(word);
        let said = host.get("/").1;
        assert!(said.starts_with(&format!("{word} {word} ")), "{said}");
    }
    more(&load, 60);
    let went = load.end();
    assert_eq!((&went.failures[..], &went.broken[..]), (&[][..], &[][..]), "{}", host.log());
    host.end();
}
