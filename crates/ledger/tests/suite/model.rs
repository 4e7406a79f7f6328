//! The journal and the lock against a model of a few lines, with crashes in between.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use proptest::prelude::*;
use seaworthy_ledger::journal::{Begin, Open, Progress, State};
use seaworthy_ledger::lock::{Claim, Lease, Liveness, Ticket};
use seaworthy_ledger::{Ledger, LedgerError};

use super::support::{Place, ana, copy_files, holder, key, name, release};

/// What may follow what: the table of the book, written out a second time.
const LEGAL: &[(&str, &str)] = &[
    ("", "built"),
    ("", "aborted"),
    ("built", "migrated"),
    ("migrated", "booting"),
    ("booting", "ready"),
    ("ready", "smoked"),
    ("smoked", "canary:10"),
    ("smoked", "canary:50"),
    ("smoked", "promoted"),
    ("canary:10", "canary:50"),
    ("canary:10", "promoted"),
    ("canary:50", "promoted"),
    ("promoted", "draining:r9"),
    ("promoted", "retained"),
    ("draining:r9", "retained"),
    ("retained", "retired"),
    ("retained", "promoted"),
    ("retained", "booting"),
    ("built", "aborted"),
    ("migrated", "aborted"),
    ("booting", "aborted"),
    ("ready", "aborted"),
    ("smoked", "aborted"),
    ("canary:10", "aborted"),
    ("canary:50", "aborted"),
    ("promoted", "aborted"),
    ("draining:r9", "aborted"),
    ("built", "frozen"),
    ("migrated", "frozen"),
    ("booting", "frozen"),
    ("ready", "frozen"),
    ("smoked", "frozen"),
    ("canary:10", "frozen"),
    ("canary:50", "frozen"),
    ("promoted", "frozen"),
    ("draining:r9", "frozen"),
    ("frozen", "frozen"),
    ("frozen", "promoted"),
    ("frozen", "aborted"),
];

const STATES: &[&str] = &[
    "built",
    "migrated",
    "booting",
    "ready",
    "smoked",
    "canary:10",
    "canary:50",
    "promoted",
    "draining:r9",
    "retained",
    "retired",
    "aborted",
    "frozen",
];

const LASTS: i64 = 100;

#[derive(Clone, Copy, Debug)]
enum Act {
    /// Process, release: one step that is legal now, chosen by number; so that runs get far.
    Advance(usize, usize, usize),
    /// Process, release, any state, retry.
    Begin(usize, usize, usize, bool),
    /// Process, release: again what is open.
    Repeat(usize, usize),
    Confirm(usize, usize),
    Abandon(usize, usize),
    Ask(usize),
    /// Process, whether its rival is known to be gone.
    Claim(usize, bool),
    Renew(usize),
    Release(usize),
    /// Seconds.
    Wait(i64),
    /// Every process is killed: the files are taken as they are, and opened again.
    Crash,
}

fn acts() -> impl Strategy<Value = Act> {
    let (process, id) = (0..2_usize, 0..3_usize);
    prop_oneof![
        12 => (process.clone(), id.clone(), 0..4_usize).prop_map(|(p, r, n)| Act::Advance(p, r, n)),
        3 => (process.clone(), id.clone(), 0..STATES.len(), any::<bool>()).prop_map(|(p, r, s, t)| Act::Begin(p, r, s, t)),
        1 => (process.clone(), id.clone()).prop_map(|(p, r)| Act::Repeat(p, r)),
        10 => (process.clone(), id.clone()).prop_map(|(p, r)| Act::Confirm(p, r)),
        1 => (process.clone(), id).prop_map(|(p, r)| Act::Abandon(p, r)),
        2 => process.clone().prop_map(Act::Ask),
        4 => (process.clone(), prop::bool::weighted(0.2)).prop_map(|(p, gone)| Act::Claim(p, gone)),
        2 => process.clone().prop_map(Act::Renew),
        1 => process.prop_map(Act::Release),
        1 => (1..60_i64).prop_map(Act::Wait),
        1 => Just(Act::Crash),
    ]
}

/// What must be so.
#[derive(Default)]
struct Model {
    states: BTreeMap<usize, String>,
    open: BTreeMap<usize, String>,
    /// The process that has the lock, and when it expires.
    held: Option<(usize, i64)>,
    newest_ticket: Option<usize>,
    now: i64,
    events: u64,
}

impl Model {
    fn has_lock(&self, process: usize) -> bool {
        self.held.is_some_and(|(by, expires)| by == process && expires > self.now)
    }

    fn state(&self, id: usize) -> &str {
        self.states.get(&id).map_or("", String::as_str)
    }

    fn legal(&self, id: usize, to: &str, retry: bool) -> bool {
        LEGAL.contains(&(self.state(id), to)) || (retry && self.state(id) == "aborted" && to == "built")
    }
}

/// The system: two processes with the same files.
struct System {
    place: Place,
    ledgers: Vec<Ledger>,
    tickets: [Option<Ticket>; 2],
    leases: [Option<Lease>; 2],
    opens: BTreeMap<usize, Open>,
    keys: usize,
}

impl System {
    fn new() -> Self {
        let place = Place::new();
        let ledgers = vec![place.open(), place.open()];
        let (tickets, leases, opens) = ([None, None], [None, None], BTreeMap::new());
        Self { place, ledgers, tickets, leases, opens, keys: 0 }
    }

    fn begin(&mut self, model: &mut Model, process: usize, id: usize, to: &str, retry: bool) {
        let Some(lease) = &self.leases[process] else { return };
        self.keys += 1;
        let begin = Begin {
            release: release(&format!("r{id}")),
            to: to.parse::<State>().unwrap(),
            key: key(&format!("t{}", self.keys)),
            retry,
            reason: None,
            record: None,
        };
        let result = self.ledgers[process].begin(lease, &begin);
        let open = model.open.contains_key(&id);
        if !model.has_lock(process) {
            assert!(matches!(result, Err(LedgerError::LockLost { .. })), "{result:?}");
        } else if open && !["aborted", "frozen"].contains(&to) {
            assert!(matches!(result, Err(LedgerError::Unconfirmed { .. })), "{result:?}");
        } else if !model.legal(id, to, retry) {
            assert!(matches!(result, Err(LedgerError::Illegal { .. })), "{result:?}");
        } else {
            let Ok(Progress::Open(begun)) = result else { panic!("{result:?}") };
            assert_eq!(begun.from.as_ref().map_or_else(String::new, State::to_string), model.state(id));
            self.opens.insert(id, begun);
            model.open.insert(id, to.to_owned());
            // An abort or a freeze closes what it ends.
            model.events += if open { 2 } else { 1 };
        }
    }

    fn close(&mut self, model: &mut Model, process: usize, id: usize, confirm: bool) {
        let (Some(lease), Some(open)) = (&self.leases[process], self.opens.get(&id)) else { return };
        let ledger = &self.ledgers[process];
        let result = if confirm { ledger.confirm(lease, open) } else { ledger.abandon(lease, open, "test") };
        if !model.has_lock(process) {
            assert!(matches!(result, Err(LedgerError::LockLost { .. })), "{result:?}");
            return;
        }
        result.unwrap();
        self.opens.remove(&id);
        let to = model.open.remove(&id).unwrap();
        model.events += 1;
        if confirm {
            model.states.insert(id, to);
        }
    }

    fn claim(&mut self, model: &mut Model, process: usize, rival_gone: bool) {
        let Some(ticket) = &self.tickets[process] else { return };
        let me = u32::try_from(process).unwrap();
        let lasts = SignedDuration::from_secs(LASTS);
        let told = if rival_gone { Liveness::Gone } else { Liveness::Alive };
        let claim = self.ledgers[process].claim(ticket, &holder(me), lasts, &|_| told).unwrap();
        let held = model.held.is_some_and(|(_, expires)| expires > model.now);
        if model.newest_ticket != Some(process) {
            assert!(matches!(claim, Claim::Superseded { .. }), "{claim:?}");
        } else if held && !rival_gone {
            assert!(matches!(claim, Claim::Held { .. }), "{claim:?}");
        } else {
            let Claim::Acquired(lease) = claim else { panic!("{claim:?}") };
            model.held = Some((process, model.now + LASTS));
            self.leases[process] = Some(lease);
        }
    }

    /// The files as they are at this instant, in another folder, and two new processes. The lock outlives its holder.
    fn crash(&mut self) {
        let place = Place::new();
        copy_files(self.place.folder(), place.folder());
        let place = Place { clock: self.place.clock.clone(), dir: place.dir };
        self.ledgers = vec![place.open(), place.open()];
        self.place = place;
    }

    fn act(&mut self, model: &mut Model, act: Act) {
        match act {
            Act::Advance(process, id, number) => {
                let legal: Vec<_> = STATES.iter().filter(|to| model.legal(id, to, false)).collect();
                // Towards the end of the list: aborts are drawn elsewhere often enough.
                if let Some(to) = legal.get(number % legal.len().max(1)) {
                    self.begin(model, process, id, to, false);
                }
            }
            Act::Begin(process, id, to, retry) => self.begin(model, process, id, STATES[to], retry),
            Act::Repeat(process, id) => {
                let (Some(lease), Some(open)) = (&self.leases[process], self.opens.get(&id)) else { return };
                let again = Begin {
                    release: open.release.clone(),
                    to: open.to.clone(),
                    key: open.key.clone(),
                    retry: false,
                    reason: None,
                    record: None,
                };
                match self.ledgers[process].begin(lease, &again) {
                    Ok(progress) => {
                        assert!(model.has_lock(process));
                        assert_eq!(progress, Progress::Open(open.clone()));
                    }
                    Err(error) => assert!(!model.has_lock(process), "{error}"),
                }
            }
            Act::Confirm(process, id) => self.close(model, process, id, true),
            Act::Abandon(process, id) => self.close(model, process, id, false),
            Act::Ask(process) => {
                let ticket = self.ledgers[process].ask(&name("shop"), &name("production"), &ana()).unwrap();
                self.tickets[process] = Some(ticket);
                model.newest_ticket = Some(process);
            }
            Act::Claim(process, gone) => self.claim(model, process, gone),
            Act::Renew(process) => {
                let Some(lease) = &self.leases[process] else { return };
                let renewed = self.ledgers[process].renew(lease, SignedDuration::from_secs(LASTS));
                assert_eq!(renewed.is_ok(), model.has_lock(process));
                if renewed.is_ok() {
                    model.held = Some((process, model.now + LASTS));
                }
            }
            Act::Release(process) => {
                let Some(lease) = self.leases[process].take() else { return };
                self.ledgers[process].release(&lease).unwrap();
                // Even an expired lock is released, unless someone else took it.
                if model.held.is_some_and(|(by, _)| by == process) {
                    model.held = None;
                }
            }
            Act::Wait(seconds) => {
                self.place.clock.move_by(SignedDuration::from_secs(seconds));
                model.now += seconds;
            }
            Act::Crash => self.crash(),
        }
    }

    fn check(&self, model: &Model) {
        for ledger in &self.ledgers {
            let standings = ledger.standings(&name("shop"), &name("production")).unwrap();
            for id in 0..3 {
                let standing =
                    standings.iter().find(|standing| standing.release == release(&format!("r{id}")));
                let state =
                    standing.and_then(|s| s.state.as_ref()).map_or_else(String::new, State::to_string);
                assert_eq!(state, model.state(id));
                let open = standing.and_then(|standing| standing.open.clone());
                assert_eq!(open.as_ref(), self.opens.get(&id));
                assert_eq!(open.map(|open| open.to.to_string()).as_ref(), model.open.get(&id));
            }
            assert_eq!(ledger.pending().unwrap().len(), model.open.len());
            assert_eq!(ledger.head().unwrap().seq.get(), model.events);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn journal_and_lock_do_what_the_model_does(acts in prop::collection::vec(acts(), 1..70)) {
        let (mut system, mut model) = (System::new(), Model::default());
        for act in [Act::Ask(0), Act::Claim(0, false)].into_iter().chain(acts) {
            system.act(&mut model, act);
            system.check(&model);
        }
        prop_assert_eq!(system.ledgers[0].verify(None).unwrap().events, model.events);
    }
}
