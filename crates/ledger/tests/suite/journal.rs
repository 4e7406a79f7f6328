//! The journal and the lock, act by act.

use jiff::SignedDuration;
use seaworthy_ledger::body::{Phase, Transition};
use seaworthy_ledger::journal::{Begin, Open, Progress, Recovery, State};
use seaworthy_ledger::lock::{Claim, Lease, Liveness};
use seaworthy_ledger::{Actor, Body, Kind, Ledger, LedgerError};

use super::support::{Place, all, ana, holder, key, lease, name, release, step};

fn begin(id: &str, to: &str) -> Begin {
    Begin {
        release: release(id),
        to: to.parse().unwrap(),
        key: key(&format!("{id}/{to}")),
        retry: false,
        reason: None,
        record: None,
    }
}

fn open(ledger: &Ledger, lease: &Lease, begin: &Begin) -> Open {
    match ledger.begin(lease, begin).unwrap() {
        Progress::Open(open) => open,
        Progress::Confirmed(seq) => panic!("confirmed by {seq}"),
    }
}

/// Through all of these states, each confirmed.
fn go(ledger: &Ledger, lease: &Lease, id: &str, states: &str) {
    for to in states.split(' ') {
        let open = open(ledger, lease, &begin(id, to));
        ledger.confirm(lease, &open).unwrap();
    }
}

fn recovery(ledger: &Ledger, id: &str) -> Recovery {
    ledger.standing(&name("shop"), &name("production"), &release(id)).unwrap().unwrap().recovery()
}

#[test]
fn a_canary_from_built_to_retired() {
    let place = Place::new();
    let ledger = place.open();
    let lease = lease(&ledger);
    go(&ledger, &lease, "r1", "built migrated booting ready smoked canary:10 canary:50 promoted draining:r0");
    go(&ledger, &lease, "r1", "retained retired");
    let standing = &ledger.standings(&name("shop"), &name("production")).unwrap()[0];
    assert_eq!((standing.state.clone(), standing.open.clone()), (Some(State::Retired), None));
    assert_eq!(ledger.verify(None).unwrap().events, 22, "each is written before and after");
}

#[test]
fn a_transition_is_pending_until_it_is_closed_even_after_a_crash() {
    let place = Place::new();
    let ledger = place.open();
    let ours = lease(&ledger);
    go(&ledger, &ours, "r1", "built");
    let migrate = open(&ledger, &ours, &begin("r1", "migrated"));
    drop(ledger);
    let ledger = place.open();
    assert_eq!(ledger.pending().unwrap(), std::slice::from_ref(&migrate));
    assert_eq!(migrate.from, Some(State::Built));
    let Err(LedgerError::Unconfirmed { seq, .. }) = ledger.begin(&ours, &begin("r1", "booting")) else {
        panic!()
    };
    assert_eq!(seq, migrate.seq);
    // The same transition again is the same one: its effect may be made again.
    assert_eq!(open(&ledger, &ours, &begin("r1", "migrated")), migrate);
    let confirmed = ledger.confirm(&ours, &migrate).unwrap();
    assert_eq!(ledger.confirm(&ours, &migrate).unwrap(), confirmed, "twice is once");
    assert_eq!(ledger.begin(&ours, &begin("r1", "migrated")).unwrap(), Progress::Confirmed(confirmed));
    assert!(ledger.pending().unwrap().is_empty());
    assert!(matches!(ledger.abandon(&ours, &migrate, "late"), Err(LedgerError::NotOpen { .. })));
}

#[test]
fn illegal_transitions_are_refused_and_an_abort_ends_any_other() {
    let place = Place::new();
    let ledger = place.open();
    let lease = lease(&ledger);
    let Err(error) = ledger.begin(&lease, &begin("r1", "promoted")) else { panic!() };
    assert_eq!(error.to_string(), "release r1: cannot go from nothing to promoted");
    go(&ledger, &lease, "r1", "built migrated");
    let booting = open(&ledger, &lease, &begin("r1", "booting"));
    let abort = open(&ledger, &lease, &begin("r1", "aborted"));
    assert_eq!(ledger.pending().unwrap(), std::slice::from_ref(&abort));
    assert!(matches!(ledger.confirm(&lease, &booting), Err(LedgerError::NotOpen { .. })));
    ledger.confirm(&lease, &abort).unwrap();
    let again = Begin { key: key("again"), ..begin("r1", "built") };
    let Err(error) = ledger.begin(&lease, &again) else { panic!() };
    assert!(error.to_string().contains("--retry"), "{error}");
    let retried = open(&ledger, &lease, &Begin { retry: true, ..again });
    ledger.abandon(&lease, &retried, "the artifact is gone").unwrap();
    assert_eq!(recovery(&ledger, "r1"), Recovery::Rest);
}

/// A breaking migration fails half-way, and so does the first way out of it.
#[test]
fn what_is_frozen_waits_for_a_person() {
    let place = Place::new();
    let ledger = place.open();
    let lease = lease(&ledger);
    go(&ledger, &lease, "r1", "built");
    open(&ledger, &lease, &begin("r1", "migrated"));
    go(&ledger, &lease, "r1", "frozen");
    assert_eq!(recovery(&ledger, "r1"), Recovery::Rest);
    let Err(error) = ledger.begin(&lease, &begin("r1", "booting")) else { panic!() };
    assert!(error.to_string().ends_with("it is frozen, a person has to promote or abort it"), "{error}");
    open(&ledger, &lease, &begin("r1", "promoted"));
    let again = open(&ledger, &lease, &Begin { key: key("r1/again"), ..begin("r1", "frozen") });
    assert_eq!(again.from, Some(State::Frozen));
    ledger.confirm(&lease, &again).unwrap();
    go(&ledger, &lease, "r1", "aborted");
    let phases: Vec<_> = all(&ledger)
        .iter()
        .filter_map(|event| match &event.body {
            Body::Transition(Transition { phase: Phase::Abandoned, to, reason, .. }) => {
                Some((to.to_string(), reason.clone().unwrap()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(phases, [("migrated", "frozen"), ("promoted", "frozen")].map(|(a, b)| (a.into(), b.into())));
}

#[test]
fn a_rollout_is_taken_up_from_what_was_noted() {
    let place = Place::new();
    let ledger = place.open();
    let lease = lease(&ledger);
    let (shop, production, r1) = (name("shop"), name("production"), release("r1"));
    let note = |to: &str, number: u32| Begin {
        record: Some(serde_json::json!({ "step": number, "confirmed": false })),
        ..begin("r1", to)
    };
    assert_eq!(ledger.last_transition(&shop, &production, &r1).unwrap(), None);
    let built = open(&ledger, &lease, &note("built", 0));
    assert_eq!(open(&ledger, &lease, &note("built", 7)), built, "the first record stays");
    ledger.confirm(&lease, &built).unwrap();
    go(&ledger, &lease, "r1", "migrated");
    open(&ledger, &lease, &note("booting", 2));
    open(&ledger, &lease, &note("aborted", 3));
    ledger.append(&step(1)).unwrap();
    drop(ledger);
    let ledger = Ledger::open_read_only(place.file(), place.options()).unwrap().unwrap();
    let records = ledger.rollout_records(&shop, &production, &r1).unwrap();
    let told: Vec<_> = records
        .iter()
        .map(|noted| (noted.to.to_string(), noted.phase, noted.record["step"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("built".to_owned(), Phase::Confirmed, 0),
            ("booting".to_owned(), Phase::Abandoned, 2),
            ("aborted".to_owned(), Phase::Begun, 3),
        ]
    );
    let last = ledger.last_transition(&shop, &production, &r1).unwrap().unwrap();
    assert_eq!(last.seq, records[2].seq);
    assert!(ledger.rollout_records(&shop, &name("staging"), &r1).unwrap().is_empty());
}

#[test]
fn a_key_of_another_event_is_refused() {
    let place = Place::new();
    let ledger = place.open();
    let lease = lease(&ledger);
    ledger.append(&step(1)).unwrap();
    let taken = Begin { key: key("step/1"), ..begin("r1", "built") };
    assert!(matches!(ledger.begin(&lease, &taken), Err(LedgerError::KeyReused { .. })));
    go(&ledger, &lease, "r1", "built");
    let other = Begin { key: key("r1/built"), ..begin("r2", "built") };
    assert!(matches!(ledger.begin(&lease, &other), Err(LedgerError::KeyReused { .. })));
    assert!(ledger.pending().unwrap().is_empty());
}

/// Point 14: before `promoted` finish as abort, after it finish the promotion.
#[test]
fn what_a_restart_does() {
    let table = [
        ("", "built", Recovery::Abandon),
        ("built", "", Recovery::Abort),
        ("built", "migrated", Recovery::Abort),
        ("built migrated booting ready smoked canary:10", "", Recovery::Abort),
        ("built migrated booting ready smoked canary:10", "canary:50", Recovery::Abort),
        ("built migrated booting ready smoked canary:10", "promoted", Recovery::Abort),
        ("built migrated booting ready smoked canary:10", "aborted", Recovery::Finish),
        ("built migrated booting ready smoked canary:10 aborted", "", Recovery::Rest),
        ("built migrated booting ready smoked promoted", "", Recovery::Finish),
        ("built migrated booting ready smoked promoted", "draining:r0", Recovery::Finish),
        ("built migrated booting ready smoked promoted draining:r0", "", Recovery::Rest),
        ("built migrated booting ready smoked promoted draining:r0", "retained", Recovery::Finish),
        ("built migrated booting ready smoked promoted retained", "", Recovery::Rest),
        ("built migrated booting ready smoked promoted retained", "promoted", Recovery::Finish),
        ("built migrated booting ready smoked promoted retained", "booting", Recovery::Abandon),
        ("built migrated booting ready smoked promoted retained", "retired", Recovery::Finish),
        ("", "aborted", Recovery::Finish),
        ("built migrated", "frozen", Recovery::Finish),
        ("built migrated frozen", "", Recovery::Rest),
        ("built migrated frozen", "aborted", Recovery::Finish),
        ("built migrated frozen", "promoted", Recovery::Finish),
        ("built migrated frozen promoted", "", Recovery::Finish),
    ];
    for (done, under_way, expected) in table {
        let place = Place::new();
        let ledger = place.open();
        let lease = lease(&ledger);
        if !done.is_empty() {
            go(&ledger, &lease, "r1", done);
        }
        if !under_way.is_empty() {
            let begin = Begin { key: key("under-way"), ..begin("r1", under_way) };
            open(&ledger, &lease, &begin);
        }
        drop(ledger);
        assert_eq!(recovery(&place.open(), "r1"), expected, "after {done:?} and {under_way:?}");
    }
}

#[test]
fn a_repair_finds_out_again_where_releases_stand() {
    let place = Place::new();
    let ledger = place.open();
    let lease = lease(&ledger);
    ledger.append(&step(1)).unwrap();
    go(&ledger, &lease, "r1", "built migrated booting ready smoked canary:10");
    go(&ledger, &lease, "r2", "built aborted");
    let pending = open(&ledger, &lease, &begin("r1", "canary:50"));
    let standings = ledger.standings(&name("shop"), &name("production")).unwrap();
    drop(ledger);
    let sql = rusqlite::Connection::open(place.file()).unwrap();
    sql.execute_batch(
        "DROP TRIGGER event_is_final; UPDATE event SET time = 0 WHERE seq = 1; DELETE FROM standing",
    )
    .unwrap();
    drop(sql);
    let (ledger, repaired) = Ledger::repair(place.file(), place.options()).unwrap();
    assert_eq!(repaired.unwrap().lost, 1);
    assert_eq!(ledger.standings(&name("shop"), &name("production")).unwrap(), standings);
    assert_eq!(ledger.pending().unwrap(), [pending]);
    assert!(matches!(ledger.begin(&lease, &begin("r3", "built")), Err(LedgerError::LockLost { .. })));
}

const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn claim(ledger: &Ledger, pid: u32, liveness: Liveness) -> Claim {
    let ticket = ledger.ask(&name("shop"), &name("production"), &ana()).unwrap();
    ledger.claim(&ticket, &holder(pid), HOUR, &|_| liveness).unwrap()
}

#[test]
fn one_holder_at_a_time_until_it_releases_expires_or_dies() {
    let place = Place::new();
    let ledger = place.open();
    let first = lease(&ledger);
    let other = place.open();
    let Claim::Held { by, until } = claim(&other, 2, Liveness::Alive) else { panic!() };
    assert_eq!((by, until), (holder(1), place.clock.now() + HOUR));
    assert!(matches!(claim(&other, 2, Liveness::Unknown), Claim::Held { .. }), "unknown is not gone");

    // Another environment is another lock.
    let ticket = other.ask(&name("shop"), &name("staging"), &ana()).unwrap();
    assert!(matches!(other.claim(&ticket, &holder(2), HOUR, &|_| Liveness::Alive), Ok(Claim::Acquired(_))));

    place.clock.move_by(SignedDuration::from_mins(50));
    ledger.renew(&first, HOUR).unwrap();
    place.clock.move_by(SignedDuration::from_mins(50));
    assert!(matches!(claim(&other, 2, Liveness::Alive), Claim::Held { .. }), "renewed");
    place.clock.move_by(SignedDuration::from_mins(11));
    let Err(error) = ledger.begin(&first, &begin("r1", "built")) else { panic!() };
    assert!(error.to_string().contains("it expired"), "{error}");
    let Claim::Acquired(second) = claim(&other, 2, Liveness::Alive) else { panic!() };
    let Err(error) = ledger.begin(&first, &begin("r1", "built")) else { panic!() };
    assert!(error.to_string().contains("ana@laptop has it"), "{error}");
    assert!(ledger.renew(&first, HOUR).is_err());
    ledger.release(&first).unwrap();
    assert!(ledger.holder(&name("shop"), &name("production")).unwrap().is_some(), "not ours to release");

    let Claim::Acquired(third) = claim(&ledger, 3, Liveness::Gone) else { panic!("its holder is gone") };
    assert!(other.begin(&second, &begin("r1", "built")).is_err());
    ledger.begin(&third, &begin("r1", "built")).unwrap();
    ledger.release(&third).unwrap();
    assert!(ledger.begin(&third, &begin("r2", "built")).is_err(), "released");
    assert_eq!(ledger.holder(&name("shop"), &name("production")).unwrap(), None);
}

#[test]
fn who_asks_later_supersedes_who_still_waits() {
    let place = Place::new();
    let ledger = place.open();
    let first = lease(&ledger);
    let waiting = ledger.ask(&name("shop"), &name("production"), &ana()).unwrap();
    let bob = Actor::Person { user: "bob".to_owned(), host: "desk".to_owned() };
    let newer = ledger.ask(&name("shop"), &name("production"), &bob).unwrap();
    let claim = |ticket| ledger.claim(ticket, &holder(2), HOUR, &|_| Liveness::Alive).unwrap();
    let Claim::Superseded { by } = claim(&waiting) else { panic!() };
    assert_eq!(by, bob);
    assert!(matches!(claim(&newer), Claim::Held { .. }), "who has it is not disturbed");
    ledger.begin(&first, &begin("r1", "built")).unwrap();
    ledger.release(&first).unwrap();
    assert!(matches!(claim(&waiting), Claim::Superseded { .. }));
    assert!(matches!(claim(&newer), Claim::Acquired(_)));
}

#[test]
fn transitions_are_written_with_who_did_them() {
    let place = Place::new();
    let ledger = place.open();
    let lease = lease(&ledger);
    go(&ledger, &lease, "r1", "built");
    for event in all(&ledger) {
        assert_eq!((event.body.kind(), event.actor), (Some(Kind::Transition), ana()));
    }
}

#[test]
fn what_is_there_can_be_asked_for() {
    let place = Place::new();
    let ledger = place.open();
    let lease = lease(&ledger);
    assert_eq!(ledger.serving(&name("shop"), &name("production")).unwrap(), None);
    go(&ledger, &lease, "r1", "built migrated booting ready smoked promoted");
    go(&ledger, &lease, "r10", "built migrated booting ready smoked canary:10 promoted");
    go(&ledger, &lease, "r1", "retained");
    ledger.append(&step(1)).unwrap();
    assert_eq!(ledger.places().unwrap(), [(name("shop"), name("production"))]);
    let ids = |prefix: &str| -> Vec<_> {
        ledger.releases(prefix).unwrap().into_iter().map(|(_, id)| id.to_string()).collect()
    };
    assert_eq!(
        (ids(""), ids("r10"), ids("r2")),
        (vec!["r1".into(), "r10".into()], vec!["r10".into()], vec![])
    );
    assert_eq!(ledger.serving(&name("shop"), &name("production")).unwrap(), Some(release("r10")));

    place.clock.move_by(SignedDuration::from_secs(3));
    open(&ledger, &lease, &begin("r10", "draining:r1"));
    place.clock.move_by(SignedDuration::from_secs(2));
    open(&ledger, &lease, &begin("r10", "aborted"));
    let report = ledger.release_report(&name("shop"), &release("r10")).unwrap().unwrap();
    let stay = &report.environments[0];
    assert_eq!(
        (stay.state.as_deref(), stay.serves),
        (Some("promoted"), true),
        "until the abort is confirmed"
    );
    let last: Vec<_> = stay.transitions[6..]
        .iter()
        .map(|step| (step.to.as_str(), step.phase, step.duration_ms, step.stayed_ms))
        .collect();
    assert_eq!(
        last,
        [
            ("promoted", Phase::Confirmed, Some(0), Some(3000)),
            ("draining:r1", Phase::Abandoned, Some(2000), None),
            ("aborted", Phase::Begun, None, None),
        ]
    );
    assert_eq!(ledger.release_report(&name("shop"), &release("r2")).unwrap(), None);
}
