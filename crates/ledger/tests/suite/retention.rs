//! Old events go, the chain stays.

use jiff::SignedDuration;
use seaworthy_ledger::body::{Config, Outcome, TestRun};
use seaworthy_ledger::journal::{Begin, Progress, State};
use seaworthy_ledger::retention::Retention;
use seaworthy_ledger::{Draft, Kind};

use super::support::{Place, all, key, lease, name, release, step};

fn config(number: u64) -> Draft {
    let body = Config {
        keys: vec!["A".to_owned()],
        secrets: Vec::new(),
        configuration: "sha256:0".to_owned(),
        reason: None,
    };
    Draft::new(name("shop"), key(&format!("config/{number}")), body.into())
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

#[test]
fn old_steps_go_and_the_chain_holds_across_the_gaps() {
    let place = Place::new();
    let ledger = place.open();
    // Steps and configuration changes in turns, so that there are many gaps, over 100 days.
    for number in 0..50 {
        ledger.append(&step(number)).unwrap();
        ledger.append(&step(1000 + number)).unwrap();
        ledger.append(&config(number)).unwrap();
        place.clock.move_by(DAY * 2);
    }
    let policy = Retention::default();
    let planned = ledger.prunable(&policy).unwrap();
    // Steps of the days 0 to 8: older than 90 days on day 100.
    assert_eq!(planned.events.get(&Kind::Step), Some(&10));
    assert_eq!(all(&ledger).len(), 150, "a plan removes nothing");
    let noted = ledger.head().unwrap();
    assert_eq!(ledger.prune(&policy).unwrap(), planned);
    let verified = ledger.verify(Some(noted)).unwrap();
    assert_eq!((verified.events, verified.gaps.len()), (150 - 10 + 1, 5));
    assert_eq!(ledger.prune(&policy).unwrap().total(), 0, "there is nothing left to do");
    assert_eq!(all(&ledger).len(), 141);

    // Later the events between the gaps go too, and gaps join gaps.
    place.clock.move_by(DAY * 200);
    let all_kinds = Retention { days: [(Kind::Step, 90), (Kind::Config, 90), (Kind::Checkpoint, 1)].into() };
    ledger.prune(&all_kinds).unwrap();
    let verified = ledger.verify(None).unwrap();
    assert_eq!(verified.events, 2, "the two checkpoints stay, whatever the policy says");
    drop(ledger);
    let ledger = place.open();
    ledger.append(&step(5000)).unwrap();
    ledger.verify(None).unwrap();

    // Who removes more than is documented is found.
    let sql = rusqlite::Connection::open(place.file()).unwrap();
    sql.execute_batch(
        "INSERT INTO pruning VALUES (1); DELETE FROM event WHERE kind = 'checkpoint' AND seq = 151",
    )
    .unwrap();
    assert!(ledger.verify(None).is_err());
}

#[test]
fn many_gaps_take_several_checkpoints() {
    let place = Place::new();
    let ledger = place.open();
    let drafts: Vec<Draft> = (0..1100).flat_map(|number| [step(number), config(number)]).collect();
    ledger.append_all(&drafts, seaworthy_ledger::Durability::Relaxed).unwrap();
    place.clock.move_by(DAY * 100);
    assert_eq!(ledger.prune(&Retention::default()).unwrap().total(), 1100);
    let verified = ledger.verify(None).unwrap();
    assert_eq!((verified.events, verified.gaps.len()), (1100 + 2, 1100));
}

#[test]
fn what_a_release_still_needs_stays() {
    let place = Place::new();
    let ledger = place.open();
    let lease = lease(&ledger);
    for (id, last) in [("live", State::Migrated), ("done", State::Aborted)] {
        for to in [State::Built, last] {
            let key = key(&format!("{id}/{to}"));
            let begin = Begin { release: release(id), to, key, retry: false, reason: None, record: None };
            let Progress::Open(open) = ledger.begin(&lease, &begin).unwrap() else { panic!() };
            ledger.confirm(&lease, &open).unwrap();
        }
    }
    place.clock.move_by(DAY * 1000);
    assert_eq!(ledger.prune(&Retention::default()).unwrap().events.get(&Kind::Transition), Some(&4));
    let left = all(&ledger);
    assert_eq!(left.iter().filter(|event| event.release == Some(release("live"))).count(), 4);
    assert_eq!(ledger.standings(&name("shop"), &name("production")).unwrap().len(), 2);
    let test = TestRun {
        suite: "unit".to_owned(),
        outcome: Outcome::Passed,
        duration_ms: 1,
        passed: 1,
        failed: 0,
        skipped: 0,
        flaky: Vec::new(),
        commit: None,
    };
    ledger.append(&Draft::new(name("shop"), key("t"), test.into())).unwrap();
    ledger.verify(None).unwrap();
}

/// The event before a gap has no neighbour whose hash covers it: the checkpoint's does.
#[test]
fn what_stands_before_a_gap_cannot_be_replaced() {
    let twins = [Place::new(), Place::new()];
    for (place, second) in twins.iter().zip([1, 2]) {
        let ledger = place.open();
        ledger.append(&config(0)).unwrap();
        ledger.append(&config(second)).unwrap();
        ledger.append(&step(1)).unwrap();
        place.clock.move_by(DAY * 100);
        assert_eq!(ledger.prune(&Retention::default()).unwrap().total(), 1);
        ledger.verify(None).unwrap();
    }
    let sql = rusqlite::Connection::open(twins[0].file()).unwrap();
    sql.execute("ATTACH ?1 AS other", [twins[1].file().to_string_lossy()]).unwrap();
    sql.execute_batch(
        "INSERT INTO pruning VALUES (1); DELETE FROM event WHERE seq = 2; DELETE FROM pruning;
         INSERT INTO event SELECT * FROM other.event WHERE seq = 2",
    )
    .unwrap();
    let error = twins[0].open().verify(None).unwrap_err();
    assert!(error.to_string().contains("event 3 does not follow"), "{error}");
}
