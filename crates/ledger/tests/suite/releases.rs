//! What became of releases, and the metrics over a longer time.

use jiff::SignedDuration;
use jiff::civil::date;
use jiff::tz::TimeZone;
use seaworthy_ledger::body::{Changes, CommitLine, Promotion, Purpose, Release, Rollback, Trigger};
use seaworthy_ledger::dora::{Window, series};
use seaworthy_ledger::journal::{Begin, Progress};
use seaworthy_ledger::lock::Lease;
use seaworthy_ledger::release_timeline::Ending;
use seaworthy_ledger::{Body, Draft, Ledger};

use super::support::{Place, key, lease, name, release};

fn write(ledger: &Ledger, id: &str, what: &str, body: impl Into<Body>) {
    let draft = Draft::new(name("shop"), key(&format!("{id}/{what}")), body.into());
    ledger.append(&draft.environment(name("production")).release(release(id))).unwrap();
}

fn step(place: &Place, ledger: &Ledger, lease: &Lease, id: &str, to: &str) {
    let begin = Begin {
        release: release(id),
        to: to.parse().unwrap(),
        key: key(&format!("{id}/{to}")),
        retry: false,
        reason: None,
        record: None,
    };
    let Progress::Open(open) = ledger.begin(lease, &begin).unwrap() else { panic!("{id} {to}") };
    place.clock.move_by(SignedDuration::from_secs(1));
    ledger.confirm(lease, &open).unwrap();
    place.clock.move_by(SignedDuration::from_secs(1));
}

/// Ships a release: six steps of a second, with a second between two of them.
fn ship(place: &Place, ledger: &Ledger, lease: &Lease, id: &str, before: Option<&str>) {
    let commit = format!("c-{id}");
    let made = Release {
        commit: commit.clone(),
        dirty: false,
        artifact: "sha256:00".to_owned(),
        configuration: "sha256:11".to_owned(),
        schema: None,
        author: "Ana".to_owned(),
        changes: Changes {
            commits: vec![CommitLine {
                id: commit.clone(),
                author: "Ana".to_owned(),
                subject: format!("brings {id}"),
            }],
            ..Changes::default()
        },
    };
    write(ledger, id, "release", made);
    for to in ["built", "migrated", "booting", "ready", "smoked", "promoted"] {
        step(place, ledger, lease, id, to);
    }
    let promotion = Promotion {
        commit,
        previous: before.map(release),
        strategy: "blue-green".to_owned(),
        gates: Vec::new(),
        purpose: Purpose::Planned,
        incident: None,
        exposed: None,
    };
    write(ledger, id, "promotion", promotion);
}

#[test]
fn a_timeline_tells_what_became_of_releases() {
    let place = Place::new();
    let ledger = place.open();
    let lease = lease(&ledger);
    ship(&place, &ledger, &lease, "r1", None);
    place.clock.move_by(SignedDuration::from_mins(10));
    ship(&place, &ledger, &lease, "r2", Some("r1"));
    place.clock.move_by(SignedDuration::from_mins(10));
    step(&place, &ledger, &lease, "r2", "aborted");
    let rollback = Rollback {
        from: release("r2"),
        to: release("r1"),
        commit: None,
        trigger: Trigger::Automatic,
        reason: "5xx".to_owned(),
        incident: None,
    };
    write(&ledger, "r1", "rollback", rollback);

    let (app, environment) = (name("shop"), name("production"));
    let all = ledger.release_timeline(&app, &environment, None, 10).unwrap();
    let told: Vec<_> = all
        .entries
        .iter()
        .map(|entry| (entry.release.as_str(), entry.ending, entry.other.as_deref(), entry.duration_ms))
        .collect();
    assert_eq!(
        told,
        [
            ("r2", Ending::RolledBack, Some("r1"), Some(2000)),
            ("r2", Ending::Promoted, Some("r1"), Some(12_000)),
            ("r1", Ending::Promoted, None, Some(12_000)),
        ]
    );
    let newest = &all.entries[0];
    assert_eq!((newest.automatic, newest.reason.as_deref()), (Some(true), Some("5xx")));
    assert_eq!((newest.subject.as_deref(), newest.author.as_deref()), (Some("brings r2"), Some("Ana")));
    let page = ledger.release_timeline(&app, &environment, None, 2).unwrap();
    let rest = ledger.release_timeline(&app, &environment, page.next, 2).unwrap();
    assert_eq!((page.entries.len(), rest.entries.len(), rest.next), (2, 1, None));
    assert!(ledger.release_timeline(&app, &name("staging"), None, 9).unwrap().entries.is_empty());
}

/// r1 on the 2nd, r2 an hour later and back after another: a day with two deployments, of which one failed, after days without any.
#[test]
fn points_are_windows_side_by_side() {
    let place = Place::new();
    let ledger = place.open();
    let lease = lease(&ledger);
    ship(&place, &ledger, &lease, "r1", None);
    ship(&place, &ledger, &lease, "r2", Some("r1"));
    let rollback = Rollback {
        from: release("r2"),
        to: release("r1"),
        commit: None,
        trigger: Trigger::Manual,
        reason: "slow".to_owned(),
        incident: None,
    };
    place.clock.move_by(SignedDuration::from_secs(30));
    write(&ledger, "r1", "rollback", rollback);
    let facts = ledger.dora_facts(&name("shop")).unwrap();
    let window = Window::new(date(2026, 3, 1), 2, TimeZone::UTC).unwrap();
    let points = series(&facts, &name("shop"), &name("production"), &window, 3).unwrap();
    let told: Vec<_> =
        points.iter().map(|point| (point.from.as_str(), point.to.as_str(), point.deployments)).collect();
    assert_eq!(
        told,
        [("2026-02-25", "2026-02-26", 0), ("2026-02-27", "2026-02-28", 0), ("2026-03-01", "2026-03-02", 2)]
    );
    assert_eq!((points[0].change_fail_rate, points[2].change_fail_rate), (None, Some(0.5)));
    assert_eq!((points[0].recovery_seconds, points[2].recovery_seconds), (None, Some(30)));
}
