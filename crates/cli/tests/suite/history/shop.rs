//! A month of two apps on one machine, as the engine would have written it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use seaworthy_ledger::body::{
    Abort, Backup, ChangeKind, Changes, CommitLine, Config, DependencyChange, FindingChange, Flag, Gate,
    Incident, IncidentPhase, Judgement, KeyChange, MigrationChange, MigrationClass, Outcome, Promotion,
    Purpose, Release, Rollback, SchemaRange, Severity, TestRun, Trigger,
};
use seaworthy_ledger::journal::{Begin, Progress};
use seaworthy_ledger::lock::{Claim, Holder, Lease, Liveness};
use seaworthy_ledger::mask::Mask;
use seaworthy_ledger::{Actor, Body, Draft, Key, Ledger, Options, ReleaseId};
use seaworthy_model::Name;

/// The state of a machine, and its ledger.
pub(super) struct Machine {
    dir: tempfile::TempDir,
}

impl Machine {
    /// One that nothing was shipped from.
    pub(super) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// The folder for `--state`.
    pub(super) fn state(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn file(&self) -> PathBuf {
        self.state().join("ledger/ledger.db")
    }

    /// One with a month of history, of which nothing is left to chance.
    pub(super) fn with_history() -> Self {
        let machine = Self::new();
        let mut scribe = Scribe::new(&machine.file());
        scribe.month();
        machine
    }
}

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(super) fn id(text: &str) -> ReleaseId {
    ReleaseId::parse(text).unwrap()
}

fn gate(gate: &str, outcome: Outcome, detail: Option<&str>) -> Gate {
    Gate { gate: gate.to_owned(), outcome, detail: detail.map(str::to_owned) }
}

/// Writes, at times that it sets.
pub(super) struct Scribe {
    pub(super) ledger: Ledger,
    clock: Arc<AtomicI64>,
    keys: u32,
}

impl Scribe {
    pub(super) fn new(file: &Path) -> Self {
        let clock = Arc::new(AtomicI64::new(0));
        let told = Arc::clone(&clock);
        let options = Options {
            clock: Arc::new(move || Timestamp::from_microsecond(told.load(Ordering::Relaxed)).unwrap()),
            mask: Mask::nothing(),
            actor: Actor::from_text("ana@laptop"),
        };
        Self { ledger: Ledger::open(file, options).unwrap(), clock, keys: 0 }
    }

    fn at(&self, time: &str) {
        let time: Timestamp = format!("2026-03-{time}Z").parse().unwrap();
        self.clock.store(time.as_microsecond(), Ordering::Relaxed);
    }

    fn wait(&self, ms: i64) {
        self.clock.fetch_add(ms * 1000, Ordering::Relaxed);
    }

    fn key(&mut self) -> Key {
        self.keys += 1;
        Key::parse(&format!("k{}", self.keys)).unwrap()
    }

    fn draft(&mut self, app: &str, release: &str, body: impl Into<Body>) -> Draft {
        let draft = Draft::new(name(app), self.key(), body.into()).environment(name("production"));
        if release.is_empty() { draft } else { draft.release(id(release)) }
    }

    fn write(&mut self, app: &str, release: &str, body: impl Into<Body>) {
        let draft = self.draft(app, release, body);
        self.ledger.append(&draft).unwrap();
        self.wait(40);
    }

    fn lease(&self, app: &str) -> Lease {
        let (app, production, owner) = (name(app), name("production"), Actor::from_text("ana@laptop"));
        let ticket = self.ledger.ask(&app, &production, &owner).unwrap();
        let holder = Holder { owner, host: "web-1".to_owned(), pid: 7, started: 1 };
        match self.ledger.claim(&ticket, &holder, SignedDuration::from_hours(9), &|_| Liveness::Gone) {
            Ok(Claim::Acquired(lease)) => lease,
            other => panic!("{other:?}"),
        }
    }

    /// Through these states, each with what it takes in milliseconds.
    fn go(&mut self, app: &str, release: &str, states: &[(&str, i64)], reason: Option<&str>) {
        let lease = self.lease(app);
        for (to, takes) in states {
            let begin = Begin {
                release: id(release),
                to: to.parse().unwrap(),
                key: self.key(),
                retry: false,
                reason: reason.map(str::to_owned),
                record: None,
            };
            let Progress::Open(open) = self.ledger.begin(&lease, &begin).unwrap() else { panic!() };
            self.wait(*takes);
            self.ledger.confirm(&lease, &open).unwrap();
            self.wait(5);
        }
    }

    fn made(&mut self, app: &str, release: &str, commit: &str, subject: &str, since: Option<&str>) {
        let changes = Changes {
            since: since.map(id),
            commits: vec![CommitLine {
                id: commit.to_owned(),
                author: "Ana".to_owned(),
                subject: subject.to_owned(),
            }],
            ..Changes::default()
        };
        self.write(app, release, Self::release(commit, changes));
    }

    fn release(commit: &str, changes: Changes) -> Release {
        Release {
            commit: commit.to_owned(),
            dirty: false,
            artifact: format!("sha256:{commit}aa"),
            configuration: "sha256:11aa".to_owned(),
            schema: Some(SchemaRange { min: "41".to_owned(), max: "42".to_owned() }),
            author: "Ana".to_owned(),
            changes,
        }
    }

    fn promoted(&mut self, app: &str, release: &str, commit: &str, previous: Option<&str>, purpose: Purpose) {
        let body = Promotion {
            commit: commit.to_owned(),
            previous: previous.map(id),
            strategy: "canary".to_owned(),
            gates: vec![
                gate("test", Outcome::Passed, None),
                gate("scan", Outcome::Skipped, Some("waived by ana: \"known\"")),
                gate("health", Outcome::Passed, None),
                gate("judge", Outcome::Passed, Some("0.4 % against 0.5 %")),
            ],
            purpose,
            incident: (purpose == Purpose::Unplanned).then(|| "i7".to_owned()),
            exposed: None,
        };
        self.write(app, release, body);
    }

    fn tested(&mut self, passed: u32, failed: u32) {
        let body = TestRun {
            suite: "unit".to_owned(),
            outcome: if failed == 0 { Outcome::Passed } else { Outcome::Failed },
            duration_ms: 4_200,
            passed,
            failed,
            skipped: 3,
            flaky: Vec::new(),
            commit: None,
        };
        let draft = Draft::new(name("shop"), self.key(), body.into())
            .actor(Actor::from_text("ci:github-actions:acme/shop#412"));
        self.ledger.append(&draft).unwrap();
    }

    fn month(&mut self) {
        const UP: [(&str, i64); 5] =
            [("built", 21_400), ("migrated", 310), ("booting", 2_900), ("ready", 1_200), ("smoked", 800)];
        self.at("02T09:00:00");
        self.made("shop", "r40", "5d1c9e0", "the first one that is shipped", None);
        self.go("shop", "r40", &UP, None);
        self.go("shop", "r40", &[("promoted", 60)], None);
        self.promoted("shop", "r40", "5d1c9e0", None, Purpose::Planned);

        self.at("04T10:30:00");
        self.tested(212, 0);
        let changes = Changes {
            since: Some(id("r40")),
            commits: vec![
                CommitLine {
                    id: "6e2b8d0a91c4f7e3".to_owned(),
                    author: "Ben".to_owned(),
                    subject: "cart: count twice\u{1b}[31m".to_owned(),
                },
                CommitLine {
                    id: "6e2b000a91c4f7e3".to_owned(),
                    author: "Ana".to_owned(),
                    subject: "=cmd|' /C calc'!A0".to_owned(),
                },
            ],
            dependencies: vec![
                DependencyChange {
                    name: "express".to_owned(),
                    from: Some("4.21.1".to_owned()),
                    to: Some("4.21.2".to_owned()),
                },
                DependencyChange { name: "left-pad".to_owned(), from: Some("1.3.0".to_owned()), to: None },
                DependencyChange { name: "zod".to_owned(), from: None, to: Some("4.1.0".to_owned()) },
            ],
            migrations: vec![MigrationChange {
                migration: "0042_carts.sql".to_owned(),
                class: MigrationClass::Expand,
                because: "line 1 adds".to_owned(),
            }],
            configuration: vec![
                KeyChange { key: "api.LOG_LEVEL".to_owned(), change: ChangeKind::Added },
                KeyChange { key: "secrets.STRIPE_KEY".to_owned(), change: ChangeKind::Changed },
            ],
            findings: vec![
                FindingChange {
                    finding: "sql-from-input at services/api/cart.ts:14".to_owned(),
                    change: ChangeKind::Added,
                },
                FindingChange {
                    finding: "select-star at services/api/cart.ts:20".to_owned(),
                    change: ChangeKind::Removed,
                },
            ],
        };
        self.write("shop", "r41", Self::release("6e2b8d0a91c4f7e3", changes));
        self.go("shop", "r41", &UP, None);
        self.go("shop", "r41", &[("canary:10", 120), ("canary:33.33", 90_000), ("promoted", 45_000)], None);
        self.promoted("shop", "r41", "6e2b8d0a91c4f7e3", Some("r40"), Purpose::Planned);
        self.go("shop", "r41", &[("draining:r40", 30_000)], None);
        self.go("shop", "r40", &[("retained", 10)], Some("r41 serves"));

        self.at("09T08:15:00");
        let config = Config {
            keys: vec!["LOG_LEVEL".to_owned()],
            secrets: vec!["STRIPE_KEY".to_owned()],
            configuration: "sha256:22bb".to_owned(),
            reason: Some("rotation".to_owned()),
        };
        self.write("shop", "", config);
        let flag = Flag {
            flag: "new-cart".to_owned(),
            from: false.into(),
            to: true.into(),
            reason: Some("launch".to_owned()),
        };
        self.write("shop", "", flag);

        self.at("10T14:00:00");
        self.made("shop", "r42", "7f3a9c1", "checkout: one step less", Some("r41"));
        self.go("shop", "r42", &UP, None);
        self.go("shop", "r42", &[("canary:10", 120)], None);
        self.at("10T14:01:31");
        self.go("shop", "r42", &[("aborted", 90)], Some("5xx"));
        let abort = Abort {
            commit: "7f3a9c1".to_owned(),
            state: "canary:10".parse().unwrap(),
            exposed: Some("2026-03-10T14:00:47Z".parse().unwrap()),
            purpose: Purpose::Planned,
            reason: "5xx on POST /api/checkout".to_owned(),
            judgement: Some(Judgement { stream: "5xx".to_owned(), canary: 0.048, stable: 0.005 }),
            gates: vec![
                gate("test", Outcome::Passed, None),
                gate("judge", Outcome::Failed, Some("5xx: 4.8 % against 0.5 %")),
            ],
        };
        let draft = self.draft("shop", "r42", abort).actor(Actor::from_text("sea:web-1"));
        self.ledger.append(&draft).unwrap();

        self.at("12T11:00:00");
        self.made("shop", "r43", "8a4b7d2", "orders: by the week", Some("r41"));
        self.promoted("shop", "r43", "8a4b7d2", Some("r41"), Purpose::Planned);
        self.at("12T11:20:00");
        let incident = |phase| Incident {
            id: "i7".to_owned(),
            phase,
            title: "orders of the week are empty".to_owned(),
            severity: Severity::Critical,
            at: None,
            caused_by: Some(id("r43")),
            resolved_by: None,
        };
        self.write("shop", "r43", incident(IncidentPhase::Opened));
        let rollback = Rollback {
            from: id("r43"),
            to: id("r41"),
            commit: Some("6e2b8d0a91c4f7e3".to_owned()),
            trigger: Trigger::Manual,
            reason: "orders of the week are empty".to_owned(),
            incident: Some("i7".to_owned()),
        };
        self.write("shop", "r41", rollback);
        self.write("shop", "r43", incident(IncidentPhase::Resolved));

        self.at("15T16:00:00");
        self.made("admin", "r41-admin", "c0ffee1", "roles", None);
        self.promoted("admin", "r41-admin", "c0ffee1", None, Purpose::Planned);
        let backup = Backup {
            resource: "db".to_owned(),
            outcome: Outcome::Failed,
            duration_ms: 9_000,
            bytes: None,
            digest: None,
            location: None,
        };
        self.write("admin", "", backup);
        self.at("16T09:00:00");
        self.tested(210, 2);
    }
}
