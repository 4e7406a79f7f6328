//! Torn, truncated, rotten: found, kept, set aside, never deleted.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use seaworthy_ledger::error::Damage;
use seaworthy_ledger::repair::Repaired;
use seaworthy_ledger::{Durability, Event, Kind, Ledger, LedgerError, Seq};

use super::support::{Place, all, copy_files, step};

/// A ledger as a killed process leaves it: the log not written back.
fn crashed(events: u64) -> (Place, Vec<Event>) {
    let live = Place::new();
    let ledger = live.open();
    for number in 1..=events {
        ledger.append(&step(number)).unwrap();
    }
    let written = all(&ledger);
    let place = Place::new();
    copy_files(live.folder(), place.folder());
    (place, written)
}

/// A ledger that was closed properly: all in one file.
fn closed(events: u64) -> (Place, Vec<Event>) {
    let place = Place::new();
    let ledger = place.open();
    let drafts: Vec<_> = (1..=events).map(step).collect();
    ledger.append_all(&drafts, Durability::Synced).unwrap();
    let written = all(&ledger);
    drop(ledger);
    assert!(!place.beside("-wal").exists());
    (place, written)
}

fn damage_of(place: &Place) -> Option<Damage> {
    let before = bytes(place);
    match Ledger::open(place.file(), place.options()) {
        Ok(ledger) => match ledger.verify(None) {
            Ok(_) => None,
            Err(LedgerError::Damaged { damage, .. }) => Some(damage),
            Err(other) => panic!("{other}"),
        },
        Err(LedgerError::Damaged { damage, .. }) => {
            // SQLite makes an empty log where there was none.
            let mut after = bytes(place);
            after.retain(|name, bytes| before.contains_key(name) || !bytes.is_empty());
            assert!(after == before, "looking changes nothing");
            Some(damage)
        }
        Err(other) => panic!("{other}"),
    }
}

fn bytes(place: &Place) -> BTreeMap<String, Vec<u8>> {
    ["", "-wal", ".anchor"]
        .into_iter()
        .filter_map(|suffix| Some((format!("ledger.db{suffix}"), fs::read(place.beside(suffix)).ok()?)))
        .collect()
}

fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|file| !file.to_string_lossy().ends_with("-shm"))
        .map(|file| (file.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&file).unwrap()))
        .collect()
}

/// Repairs, and checks what must hold for any damage: what is left is what was written, nothing that is gone goes
/// unmentioned, the damaged files are there byte for byte, and the ledger works on.
fn repair(place: &Place, written: &[Event]) -> Repaired {
    let before = bytes(place);
    let (ledger, repaired) = Ledger::repair(place.file(), place.options()).unwrap();
    let repaired = repaired.expect("something was wrong");
    assert_eq!(content(repaired.set_aside.as_ref().unwrap()), before, "set aside as it was");
    let left: Vec<Event> =
        all(&ledger).into_iter().filter(|event| event.body.kind() != Some(Kind::Checkpoint)).collect();
    for event in &left {
        assert_eq!(
            Some(event),
            written.iter().find(|one| one.seq == event.seq),
            "only what was written is left"
        );
    }
    let verified = ledger.verify(None).unwrap();
    let missing: u64 = verified.gaps.iter().map(|(gap, _)| gap.to.get() - gap.from.get() + 1).sum();
    assert_eq!(repaired.lost, missing, "every lost event is counted");
    assert_eq!(left.len() as u64 + missing, written.len() as u64, "every event is there or documented");
    let next = ledger.append(&step(7000)).unwrap().seq();
    assert!(next > Seq::new(written.len() as u64), "numbers are not used again");
    drop(ledger);
    assert_eq!(damage_of(place), None);
    repaired
}

#[test]
fn a_log_that_is_cut_anywhere_loses_whole_events_and_says_so() {
    let (place, written) = crashed(12);
    let log = fs::read(place.beside("-wal")).unwrap();
    for length in (0..log.len()).step_by(4099) {
        fs::write(place.beside("-wal"), &log[..length]).unwrap();
        let copy = Place::new();
        copy_files(place.folder(), copy.folder());
        let Some(Damage::TailLost { whole_to, until }) = damage_of(&copy) else { panic!("cut at {length}") };
        assert_eq!(until, Seq::new(12));
        let repaired = repair(&copy, &written);
        assert_eq!(repaired.lost, 12 - whole_to.get());
    }
}

/// Before the anchor follows, a commit that is cut off is no loss: it never returned.
#[test]
fn a_commit_that_did_not_end_leaves_every_event_whole_or_absent() {
    let live = Place::new();
    let ledger = live.open();
    for number in 1..=5 {
        ledger.append(&step(number)).unwrap();
    }
    let anchor = fs::read(live.beside(".anchor")).unwrap();
    let start = fs::metadata(live.beside("-wal")).unwrap().len();
    ledger.append(&step(6)).unwrap();
    let log = fs::read(live.beside("-wal")).unwrap();
    let start = usize::try_from(start).unwrap();
    assert!(log.len() > start);
    for length in (start..=log.len()).step_by(211).chain([log.len()]) {
        let crash = Place::new();
        copy_files(live.folder(), crash.folder());
        fs::remove_file(crash.beside("-shm")).unwrap();
        fs::write(crash.beside("-wal"), &log[..length]).unwrap();
        fs::write(crash.beside(".anchor"), &anchor).unwrap();
        let again = crash.open();
        let events = again.verify(None).unwrap().events;
        assert_eq!(events, if length == log.len() { 6 } else { 5 }, "cut at {length}");
    }
}

#[test]
fn a_log_that_is_gone_is_found() {
    let (place, written) = crashed(5);
    fs::remove_file(place.beside("-wal")).unwrap();
    fs::remove_file(place.beside("-shm")).unwrap();
    assert_eq!(damage_of(&place), Some(Damage::TailLost { whole_to: Seq::ZERO, until: Seq::new(5) }));
    assert_eq!(repair(&place, &written).lost, 5);
}

#[test]
fn a_file_that_is_cut_keeps_what_is_whole() {
    let (place, written) = closed(400);
    let file = fs::read(place.file()).unwrap();
    fs::write(place.file(), &file[..file.len() / 4096 / 2 * 4096 + 100]).unwrap();
    assert!(matches!(damage_of(&place), Some(Damage::Unreadable(_))));
    let repaired = repair(&place, &written);
    assert!(repaired.lost < 400, "some are whole: {repaired:?}");
}

#[test]
fn a_file_that_is_gone_or_emptied_is_found() {
    let (place, written) = closed(10);
    fs::remove_file(place.file()).unwrap();
    assert_eq!(damage_of(&place), Some(Damage::Missing(Seq::new(10))));
    assert_eq!(repair(&place, &written).lost, 10);

    let (place, written) = closed(10);
    fs::write(place.file(), b"").unwrap();
    assert!(matches!(damage_of(&place), Some(Damage::Unreadable(_))));
    assert_eq!(repair(&place, &written).lost, 10);
}

#[test]
fn a_repair_that_is_interrupted_goes_on() {
    let (place, written) = closed(200);
    let file = fs::read(place.file()).unwrap();
    let at = file.windows(7).position(|window| window == b"step-90").unwrap();
    let mut rotten = file.clone();
    rotten[at + 5] = b'8';
    fs::write(place.file(), &rotten).unwrap();
    // Put back as it was right before the last act: the repaired store has its name, the damaged one its place.
    let (ledger, repaired) = Ledger::repair(place.file(), place.options()).unwrap();
    assert_eq!(repaired.unwrap().lost, 1);
    drop(ledger);
    fs::rename(place.file(), place.beside(".repaired")).unwrap();
    fs::write(place.file(), &rotten).unwrap();
    assert_eq!(damage_of(&place), Some(Damage::RepairUnfinished));
    let (ledger, repaired) = Ledger::repair(place.file(), place.options()).unwrap();
    assert_eq!(repaired.unwrap().lost, 1);
    assert_eq!(ledger.verify(None).unwrap().events, written.len() as u64);
    drop(ledger);
    assert!(Ledger::repair(place.file(), place.options()).unwrap().1.is_none(), "nothing is wrong any more");
}

#[test]
fn a_repair_needs_the_ledger_alone() {
    let (place, _) = closed(200);
    let open = place.open();
    let sql = rusqlite::Connection::open(place.file()).unwrap();
    sql.execute_batch("DROP TRIGGER event_is_final; UPDATE event SET body = '{}' WHERE seq = 3").unwrap();
    let Err(error) = Ledger::repair(place.file(), place.options()) else { panic!() };
    assert!(matches!(error, LedgerError::InUse { .. }), "{error}");
    drop(open);
    assert!(Ledger::repair(place.file(), place.options()).unwrap().1.is_some());
}

#[test]
fn damage_twice_and_then_retention() {
    let (place, written) = closed(100);
    let rot = |number: u64| {
        let sql = rusqlite::Connection::open(place.file()).unwrap();
        let change = format!("UPDATE event SET body = '{{}}' WHERE seq = {number}");
        sql.execute_batch("DROP TRIGGER IF EXISTS event_is_final").unwrap();
        sql.execute_batch(&change).unwrap();
    };
    rot(50);
    assert_eq!(Ledger::repair(place.file(), place.options()).unwrap().1.unwrap().lost, 1);
    rot(51);
    // The second gap is wider than the first and takes its place.
    assert_eq!(Ledger::repair(place.file(), place.options()).unwrap().1.unwrap().lost, 2);
    let ledger = place.open();
    assert_eq!(ledger.verify(None).unwrap().events, written.len() as u64 - 2 + 2);
    place.clock.move_by(jiff::SignedDuration::from_hours(24 * 100));
    ledger.prune(&seaworthy_ledger::retention::Retention::default()).unwrap();
    assert_eq!(ledger.verify(None).unwrap().events, 3, "only checkpoints are left");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Rot of any bytes of the file: found, or in bytes that say nothing.
    #[test]
    fn bit_rot_is_found_and_what_is_whole_is_kept(
        spots in prop::collection::vec((0.0..1.0_f64, 1..=255_u8), 1..4),
        in_log in any::<bool>(),
    ) {
        let (place, written) = if in_log { crashed(8) } else { closed(60) };
        let file = place.beside(if in_log { "-wal" } else { "" });
        let mut rotten = fs::read(&file).unwrap();
        for (spot, flip) in spots {
            #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
            let at = (rotten.len() as f64 * spot) as usize;
            // The header's first page says what the file is; rot there is `a_file_that_is_gone_or_emptied_is_found`.
            if in_log || at >= 100 {
                rotten[at] ^= flip;
            }
        }
        fs::write(&file, &rotten).unwrap();
        if damage_of(&place).is_some() {
            repair(&place, &written);
        } else {
            prop_assert_eq!(all(&place.open()), written);
        }
    }
}
