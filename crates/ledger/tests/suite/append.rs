//! What is written, and what is refused.

use std::sync::Arc;

use seaworthy_ledger::body::{Build, Checkpoint, CheckpointReason, Judgement, Outcome};
use seaworthy_ledger::{Actor, Appended, Body, Draft, Durability, Kind, Ledger, LedgerError, Options, Seq};

use super::support::{Place, all, key, name, release, step};

#[test]
fn an_event_comes_back_as_it_was_written() {
    let place = Place::new();
    let ledger = place.open();
    let ci = Actor::Ci { system: "github-actions".to_owned(), identity: "acme/shop#412".to_owned() };
    let draft = step(3).release(release("r1")).actor(ci.clone());
    let head = ledger.append(&draft).unwrap().head();
    drop(ledger);
    let ledger = place.open();
    let event = ledger.event(Seq::new(1)).unwrap().unwrap();
    assert_eq!(event.time, place.clock.now());
    assert_eq!((event.actor.clone(), event.release.clone()), (ci, Some(release("r1"))));
    assert_eq!(event.body.kind(), Some(Kind::Step));
    assert_eq!(event.hash, head.hash);
    assert_eq!(ledger.head().unwrap(), head);
    let json = serde_json::to_value(event.view()).unwrap();
    assert_eq!((json["kind"].as_str(), json["body"]["step"].as_str()), (Some("step"), Some("step-3")));
    assert_eq!(ledger.event(Seq::new(2)).unwrap(), None);
}

#[test]
fn the_same_key_is_the_same_event_and_another_content_is_refused() {
    let place = Place::new();
    let ledger = place.open();
    let first = ledger.append(&step(1)).unwrap();
    place.clock.move_by(jiff::SignedDuration::from_secs(5));
    // A retry by someone else, later.
    let by = Actor::Automatic { host: "web-1".to_owned() };
    assert_eq!(ledger.append(&step(1).actor(by)).unwrap(), Appended::Already(first.head()));
    let other = Draft::new(name("shop"), key("step/1"), build("npm").into());
    let Err(LedgerError::KeyReused { seq, .. }) = ledger.append(&other) else { panic!() };
    assert_eq!((seq, all(&ledger).len()), (Seq::new(1), 1));
}

fn build(cause: &str) -> Build {
    Build {
        service: None,
        outcome: Outcome::Failed,
        duration_ms: 1,
        commit: None,
        artifact: None,
        cache: None,
        cause: Some(cause.to_owned()),
    }
}

#[test]
fn secrets_reach_no_byte_of_any_file() {
    let place = Place::new();
    let ledger = place.open();
    let actor = Actor::Person { user: "hunter2".to_owned(), host: "laptop".to_owned() };
    ledger
        .append(&Draft::new(name("shop"), key("b"), build("password \"hunter2\" wrong").into()).actor(actor))
        .unwrap();
    let Body::Build(read) = &all(&ledger)[0].body else { panic!() };
    assert_eq!(read.cause.as_deref(), Some("password \"***\" wrong"));
    for file in std::fs::read_dir(place.folder()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"hunter2"));
    }
}

#[test]
fn a_secret_in_place_of_a_word_of_ours_is_an_error_and_no_broken_event() {
    let place = Place::new();
    let mask = seaworthy_ledger::mask::Mask::new(|text| text.replace("failed", "***").into());
    let ledger = Ledger::open(place.file(), Options { mask, ..place.options() }).unwrap();
    let draft = Draft::new(name("shop"), key("b"), build("x").into());
    assert!(matches!(ledger.append(&draft), Err(LedgerError::Unreadable(_))));
    let nan = Judgement { stream: "5xx".to_owned(), canary: f64::NAN, stable: 0.0 };
    let abort = seaworthy_ledger::body::Abort {
        commit: "c".to_owned(),
        state: "ready".parse().unwrap(),
        exposed: None,
        purpose: seaworthy_ledger::body::Purpose::Planned,
        reason: String::new(),
        judgement: Some(nan),
        gates: Vec::new(),
    };
    let draft = Draft::new(name("shop"), key("a"), abort.into());
    assert!(matches!(ledger.append(&draft), Err(LedgerError::Unreadable(_))), "JSON has no NaN");
    assert!(all(&ledger).is_empty());
}

#[test]
fn too_long_bodies_and_the_ledgers_own_kinds_are_refused() {
    let place = Place::new();
    let ledger = place.open();
    let long = Draft::new(name("shop"), key("b"), build(&"x".repeat(300_000)).into());
    assert!(matches!(ledger.append(&long), Err(LedgerError::TooLong { .. })));
    let forged =
        Checkpoint { reason: CheckpointReason::Retention, gaps: Vec::new(), events: 0, set_aside: None };
    let forged = Draft::new(name("shop"), key("c"), forged.into());
    assert!(matches!(ledger.append(&forged), Err(LedgerError::ReservedKind("checkpoint"))));
}

#[test]
fn a_batch_is_written_whole_or_not_at_all() {
    let place = Place::new();
    let ledger = place.open();
    let mut batch: Vec<Draft> = (0..5).map(step).collect();
    batch.push(Draft::new(name("shop"), key("step/0"), build("clash").into()));
    assert!(ledger.append_all(&batch, Durability::Synced).is_err());
    assert!(all(&ledger).is_empty());
    batch.pop();
    assert_eq!(ledger.append_all(&batch, Durability::Relaxed).unwrap().len(), 5);
    assert_eq!(ledger.verify(None).unwrap().events, 5);
}

#[test]
fn events_cannot_be_changed_or_removed_by_mistake() {
    let place = Place::new();
    place.open().append(&step(1)).unwrap();
    let sql = rusqlite::Connection::open(place.file()).unwrap();
    for mistake in ["DELETE FROM event", "UPDATE event SET body = '{}'", "UPDATE event SET seq = 7"] {
        let error = sql.execute(mistake, []).unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
}

#[test]
fn a_file_of_something_else_is_left_alone() {
    let place = Place::new();
    for content in [b"".as_slice(), b"hello, this is a text file and not a database at all, really"] {
        std::fs::write(place.file(), content).unwrap();
        let Err(error) = Ledger::open(place.file(), place.options()) else { panic!() };
        assert!(matches!(error, LedgerError::NotALedger { .. }), "{error}");
        assert!(Ledger::repair(place.file(), place.options()).is_err());
        assert_eq!(std::fs::read(place.file()).unwrap(), content);
    }
    std::fs::remove_file(place.file()).unwrap();
    drop(place.open());
    let sql = rusqlite::Connection::open(place.file()).unwrap();
    sql.pragma_update(None, "user_version", 99).unwrap();
    drop(sql);
    let Err(error) = Ledger::open(place.file(), place.options()) else { panic!() };
    assert!(matches!(error, LedgerError::NewerFormat { found: 99, .. }), "{error}");
}

#[test]
fn threads_share_a_ledger() {
    let place = Place::new();
    let ledger = Arc::new(place.open());
    let threads: Vec<_> = (0..4_u64)
        .map(|thread| {
            let ledger = Arc::clone(&ledger);
            std::thread::spawn(move || {
                for number in 0..25 {
                    ledger.append(&step(thread * 100 + number)).unwrap();
                    assert!(!all(&ledger).is_empty());
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(ledger.verify(None).unwrap().events, 100);
}
