//! Who can write the file can change it; that it was changed shows.

use rusqlite::Connection;
use seaworthy_ledger::chain::{Hash, Head};
use seaworthy_ledger::error::{Damage, Fault};
use seaworthy_ledger::{Durability, Ledger, LedgerError, Seq};

use super::support::{Place, step};

/// A ledger of 200 events, changed behind its back; what `verify` then says.
fn verdict(change: &str) -> Damage {
    let place = Place::new();
    let ledger = place.open();
    let drafts: Vec<_> = (1..=200).map(step).collect();
    ledger.append_all(&drafts, Durability::Synced).unwrap();
    let sql = Connection::open(place.file()).unwrap();
    sql.execute_batch("DROP TRIGGER event_stays; DROP TRIGGER event_is_final;").unwrap();
    sql.execute_batch(change).unwrap();
    damage(&ledger, None)
}

fn damage(ledger: &Ledger, noted: Option<Head>) -> Damage {
    match ledger.verify(noted) {
        Err(LedgerError::Damaged { damage, .. }) => damage,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_bad_event_is_named() {
    let event = |seq, fault| Damage::Event { seq: Seq::new(seq), fault };
    let altered = "UPDATE event SET body = replace(body, 'passed', 'failed') WHERE seq IN (70, 90)";
    assert_eq!(verdict(altered), event(70, Fault::Altered));
    assert_eq!(verdict("UPDATE event SET time = time + 1 WHERE seq = 7"), event(7, Fault::Altered));
    assert_eq!(verdict("UPDATE event SET actor = 'bob@laptop' WHERE seq = 7"), event(7, Fault::Altered));
    assert_eq!(verdict("DELETE FROM event WHERE seq = 70"), event(70, Fault::Missing));
    assert_eq!(verdict("DELETE FROM event WHERE seq = 1"), event(1, Fault::Missing));
    assert_eq!(verdict("DELETE FROM event WHERE seq = 200"), event(200, Fault::Missing));
    let swapped = "UPDATE event SET seq = 1000 WHERE seq = 70; UPDATE event SET seq = 70 WHERE seq = 71;
                   UPDATE event SET seq = 71 WHERE seq = 1000";
    assert_eq!(verdict(swapped), event(70, Fault::Altered));
    let renumbered = "DELETE FROM event WHERE seq = 70; UPDATE event SET seq = seq - 1 WHERE seq > 70;
                      UPDATE head SET seq = 199";
    assert_eq!(verdict(renumbered), event(70, Fault::Altered));
    let body_of_another = "UPDATE event SET body = (SELECT body FROM event WHERE seq = 9) WHERE seq = 8";
    assert_eq!(verdict(body_of_another), event(8, Fault::Altered));
}

#[test]
fn an_index_that_lies_shows() {
    let lie = "PRAGMA writable_schema = ON;
               UPDATE sqlite_schema SET sql = 'CREATE INDEX event_time ON event (seq)' WHERE name = 'event_time';
               PRAGMA writable_schema = RESET";
    assert!(matches!(verdict(lie), Damage::Unreadable(_)));
}

/// A whole new chain holds together; only a head that was noted elsewhere gives it away.
#[test]
fn a_rewritten_chain_differs_from_a_noted_head() {
    let place = Place::new();
    let ledger = place.open();
    for number in 1..=3 {
        ledger.append(&step(number)).unwrap();
    }
    let noted = ledger.head().unwrap();
    ledger.append(&step(4)).unwrap();
    assert_eq!(ledger.verify(Some(noted)).unwrap().events, 4);

    let forged = Place::new();
    let other = forged.open();
    for number in [1, 2, 5, 6] {
        other.append(&step(number)).unwrap();
    }
    assert!(other.verify(None).is_ok());
    assert_eq!(damage(&other, Some(noted)), Damage::Event { seq: Seq::new(3), fault: Fault::Replaced });
    let beyond = Head { seq: Seq::new(9), hash: Hash::ZERO };
    assert_eq!(damage(&other, Some(beyond)), Damage::TailLost { whole_to: Seq::new(4), until: Seq::new(9) });

    // The anchor beside the file is such a note.
    drop(other);
    drop(ledger);
    std::fs::copy(forged.file(), place.file()).unwrap();
    let Err(LedgerError::Damaged { damage, .. }) = Ledger::open(place.file(), place.options()) else {
        panic!()
    };
    assert_eq!(damage, Damage::Event { seq: Seq::new(4), fault: Fault::Replaced });
}
