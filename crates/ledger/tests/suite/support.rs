//! A ledger in a folder of its own, with a clock that stands still until it is moved.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use seaworthy_ledger::body::{Outcome, Step};
use seaworthy_ledger::history::{Order, Query};
use seaworthy_ledger::lock::{Claim, Holder, Lease, Liveness};
use seaworthy_ledger::mask::Mask;
use seaworthy_ledger::{Actor, Draft, Event, Key, Ledger, Options, ReleaseId};
use seaworthy_model::Name;

#[derive(Clone)]
pub(crate) struct Hand(Arc<AtomicI64>);

impl Hand {
    pub(crate) fn at(text: &str) -> Self {
        Self(Arc::new(AtomicI64::new(text.parse::<Timestamp>().unwrap().as_microsecond())))
    }

    pub(crate) fn move_by(&self, by: SignedDuration) {
        self.0.fetch_add(i64::try_from(by.as_micros()).unwrap(), Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::Relaxed)).unwrap()
    }
}

pub(crate) struct Place {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) clock: Hand,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), clock: Hand::at("2026-03-02T10:00:00Z") }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder().join("ledger.db")
    }

    pub(crate) fn beside(&self, suffix: &str) -> PathBuf {
        self.folder().join(format!("ledger.db{suffix}"))
    }

    pub(crate) fn options(&self) -> Options {
        let clock = self.clock.clone();
        Options {
            clock: Arc::new(move || clock.now()),
            mask: Mask::new(|text| text.replace("hunter2", "***").into()),
            actor: ana(),
        }
    }

    pub(crate) fn open(&self) -> Ledger {
        Ledger::open(self.file(), self.options()).unwrap()
    }
}

pub(crate) fn ana() -> Actor {
    Actor::Person { user: "ana".to_owned(), host: "laptop".to_owned() }
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(crate) fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

pub(crate) fn release(text: &str) -> ReleaseId {
    ReleaseId::parse(text).unwrap()
}

/// A small event that its number tells apart.
pub(crate) fn step(number: u64) -> Draft {
    let body = Step {
        step: format!("step-{number}"),
        outcome: Outcome::Passed,
        duration_ms: number,
        cache: None,
        because: Some("x".repeat(usize::try_from(number % 7).unwrap() * 40)),
        commit: None,
    };
    Draft::new(name("shop"), key(&format!("step/{number}")), body.into()).environment(name("production"))
}

pub(crate) fn all(ledger: &Ledger) -> Vec<Event> {
    ledger.history(&Query { order: Order::OldestFirst, ..Query::default() }).unwrap().events
}

pub(crate) fn holder(pid: u32) -> Holder {
    Holder { owner: ana(), host: "laptop".to_owned(), pid, started: u64::from(pid) * 10 }
}

/// The lock, which must be free.
pub(crate) fn lease(ledger: &Ledger) -> Lease {
    let ticket = ledger.ask(&name("shop"), &name("production"), &ana()).unwrap();
    let hour = SignedDuration::from_hours(1);
    match ledger.claim(&ticket, &holder(1), hour, &|_| Liveness::Alive).unwrap() {
        Claim::Acquired(lease) => lease,
        other => panic!("{other:?}"),
    }
}

/// Copies every file of a folder.
pub(crate) fn copy_files(from: &Path, to: &Path) {
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap().path();
        if file.is_file() {
            std::fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
        }
    }
}
