//! Several processes, some of which are killed.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use seaworthy_ledger::body::{Phase, Transition};
use seaworthy_ledger::journal::{Begin, Progress, State};
use seaworthy_ledger::{Body, Ledger};

use super::support::{Place, all, key, lease, release, step};

const ROLE: &str = "LEDGER_TEST_ROLE";
const FILE: &str = "LEDGER_TEST_FILE";

/// This test binary again, as a process that writes.
fn child(place: &Place, role: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::a_writer", "--ignored", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(FILE, place.file())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Not a test: what the children run. They tell each finished act in a line.
#[test]
#[ignore = "run by the tests of this file"]
fn a_writer() {
    let (Ok(role), Ok(file)) = (std::env::var(ROLE), std::env::var(FILE)) else { return };
    let ledger = Ledger::open(file, Place::new().options()).unwrap();
    match role.split_once(' ') {
        Some(("events", number)) => {
            let from: u64 = number.parse().unwrap();
            for number in from..from + 40 {
                ledger.append(&step(number)).unwrap();
            }
        }
        Some(("endless", _)) => {
            for number in 0.. {
                ledger.append(&step(number)).unwrap();
                println!("done {number}");
            }
        }
        Some(("journal", _)) => {
            let lease = lease(&ledger);
            for number in 0.. {
                let id = release(&format!("r{number}"));
                for to in [State::Built, State::Migrated, State::Aborted] {
                    let key = key(&format!("{id}/{to}"));
                    let begin = Begin {
                        release: id.clone(),
                        to: to.clone(),
                        key,
                        retry: false,
                        reason: None,
                        record: None,
                    };
                    let Progress::Open(open) = ledger.begin(&lease, &begin).unwrap() else { panic!() };
                    println!("begun {id} {to}");
                    ledger.confirm(&lease, &open).unwrap();
                    println!("confirmed {id} {to}");
                }
            }
        }
        _ => panic!("{role}"),
    }
}

/// Kills the child after so many lines with SIGKILL, and gives all that it said.
fn kill_after(mut child: Child, lines: usize) -> Vec<String> {
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let told = |line: &String| ["done ", "begun ", "confirmed "].iter().any(|word| line.starts_with(word));
    let mut said: Vec<String> = out.by_ref().filter(told).take(lines).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    said.extend(out.filter(told));
    assert!(said.len() >= lines, "it ended by itself");
    said
}

#[test]
fn processes_write_side_by_side() {
    let place = Place::new();
    let children: Vec<Child> = (0..4).map(|i| child(&place, &format!("events {}", i * 1000))).collect();
    for mut child in children {
        // Its output is read to the end, so that it never waits for us.
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().count();
        assert!(child.wait().unwrap().success(), "{lines} lines");
    }
    let ledger = place.open();
    assert_eq!(ledger.verify(None).unwrap().events, 160);
}

#[test]
fn a_killed_writer_leaves_every_event_whole_or_absent() {
    let place = Place::new();
    let mut whole = 0;
    for round in 0..8 {
        let said = kill_after(child(&place, "endless -"), 3 + round * 11);
        let ledger = place.open();
        whole = ledger.verify(None).unwrap().events.max(whole);
        // It may have been killed between the commit and the line.
        let number: u64 = said.last().unwrap().strip_prefix("done ").unwrap().parse().unwrap();
        let there = all(&ledger).len() as u64;
        assert!(there > number, "{there} events, told {number}");
        assert_eq!(there, whole, "nothing is lost, and nothing written twice");
    }
}

#[test]
fn a_killed_journal_knows_what_was_under_way() {
    for round in 0..8 {
        let place = Place::new();
        let said = kill_after(child(&place, "journal -"), 2 + round * 3);
        let ledger = place.open();
        ledger.verify(None).unwrap();
        let events: Vec<(Phase, String)> = all(&ledger)
            .into_iter()
            .map(|event| match (&event.body, &event.release) {
                (Body::Transition(Transition { phase, to, .. }), Some(id)) => (*phase, format!("{id} {to}")),
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(events.len() >= said.len(), "what was told is there");
        let pending = ledger.pending().unwrap();
        match events.last().unwrap() {
            (Phase::Begun, what) => {
                assert_eq!(pending.len(), 1);
                assert_eq!(&format!("{} {}", pending[0].release, pending[0].to), what);
            }
            _ => assert!(pending.is_empty(), "{pending:?}"),
        }
    }
}

#[test]
fn readers_wait_for_no_writer() {
    let place = Place::new();
    let ledger = place.open();
    ledger.append(&step(1)).unwrap();
    let writer = rusqlite::Connection::open(place.file()).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE; UPDATE head SET seq = 9;").unwrap();
    // A reader that waited would be here for ten seconds and then fail as busy.
    assert_eq!(all(&ledger).len(), 1);
    assert_eq!(ledger.verify(None).unwrap().events, 1);
    assert_eq!(place.open().head().unwrap().seq.get(), 1, "opening waits neither");
    writer.execute_batch("ROLLBACK").unwrap();
    ledger.append(&step(2)).unwrap();
}
