//! What people and other ships want meanwhile.

use std::process::Command;

use crate::app::{BLUE_GREEN, config};
use crate::host::{Host, finish, kill};
use crate::load::{Load, more};

#[test]
fn of_two_ships_at_once_the_second_waits() {
    let host = Host::new(&config(BLUE_GREEN));
    host.ship(&[]);
    host.pause_at("booting");
    host.commit(&[("word", "two")]);
    let two = host.start(&["ship", "--json"]);
    host.until("two boots", |environment| environment["rollout"]["state"] == "booting");
    host.pause_at("");
    host.commit(&[("word", "three")]);
    let three = finish(host.start(&["ship", "--json"]));
    let two = finish(two);
    assert_eq!((two.code, three.code), (0, 0), "{two:?} {three:?}");
    assert_eq!(host.word(), "three");
    host.end();
}

#[test]
fn ctrl_c_before_promotion_takes_it_back() {
    let host = Host::new(&config(BLUE_GREEN));
    host.ship(&[]);
    host.pause_at("booting");
    host.commit(&[("word", "two")]);
    let ship = host.start(&["ship", "--json"]);
    host.until("it boots", |environment| environment["rollout"]["state"] == "booting");
    kill(ship.id(), "INT");
    let said = finish(ship);
    assert_eq!(said.code, 130, "{said:?}");
    assert_eq!(said.json()["outcome"], "taken-back", "{said:?}");
    assert_eq!(host.word(), "one");
    host.pause_at("");
    host.ship(&["--retry"]);
    assert_eq!(host.word(), "two");
    host.end();
}

#[test]
fn more_and_fewer_instances() {
    let host = Host::new(&config(BLUE_GREEN));
    let first = host.ship(&[]);
    let release = first["release"].as_str().unwrap();
    let second = host.ship_word("two")["release"].as_str().unwrap().to_owned();
    // It is still watched, with the release before beside it.
    let scaled = host.sea(&["scale", "web=3"]);
    assert_eq!(scaled.code, 0, "{scaled:?}");
    let load = Load::start(host.port());
    more(&load, 50);
    assert_eq!(host.pids_of(&second).len(), 3);
    for count in [1, 3, 2, 1] {
        let scaled = host.sea(&["scale", &format!("web={count}")]);
        assert_eq!(scaled.code, 0, "{scaled:?}");
        assert_eq!(host.pids_of(&second).len(), count, "{}", host.log());
        more(&load, 50);
    }
    let went = load.end();
    assert_eq!((&went.failures[..], &went.broken[..]), (&[][..], &[][..]), "{}", host.log());
    assert_ne!(second, release);
    host.end();
}

#[test]
fn maintenance_shows_a_page_until_it_is_over() {
    let host = Host::new(&config(BLUE_GREEN));
    host.ship(&[]);
    assert_eq!(host.sea(&["maintenance", "on"]).code, 0);
    let (status, page) = host.get("/");
    assert_eq!(status, 503, "{page}");
    assert_eq!(host.environment()["maintenance"], true);
    kill(host.control(), "KILL");
    assert_eq!(host.ship(&[])["outcome"], "serves");
    assert_eq!(host.get("/").0, 503, "it outlives the control process");
    assert_eq!(host.sea(&["maintenance", "off"]).code, 0);
    assert_eq!(host.word(), "one");
    host.end();
}

#[test]
fn a_full_disk_refuses_and_leaves_the_rest_alone() {
    let host = Host::new(&config(BLUE_GREEN));
    std::fs::create_dir(host.state()).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=12m", "tmpfs"])
        .arg(host.state())
        .output()
        .is_ok_and(|done| done.status.success());
    if !mounted {
        eprintln!("skipped: this user may not mount a small disk");
        return;
    }
    host.ship(&[]);
    let rest = host.state().join("rest");
    let filled = std::fs::write(&rest, vec![1; 64 << 20]);
    assert!(filled.is_err(), "the disk is full");
    let noise: String = (0..400_000_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_string()).collect();
    host.commit(&[("noise", &noise), ("word", "two")]);
    let said = host.sea(&["ship"]);
    assert_ne!(said.code, 0, "{said:?}");
    assert_eq!(host.word(), "one");
    std::fs::remove_file(&rest).unwrap();
    host.drop_commit();
    host.ship_word("three");
    assert_eq!(host.word(), "three");
    assert_eq!(host.sea(&["serve", "--stop"]).code, 0);
    let state = host.state().to_owned();
    let unmounted = Command::new("umount").arg(&state).output().unwrap();
    assert!(unmounted.status.success(), "{unmounted:?}");
}
