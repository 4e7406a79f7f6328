//! From events in the ledger to metrics.

use jiff::SignedDuration;
use jiff::civil::date;
use jiff::tz::TimeZone;
use seaworthy_ledger::body::{
    Abort, Incident, IncidentPhase, Promotion, Purpose, Rollback, Severity, Trigger,
};
use seaworthy_ledger::dora::{Commit, Tag, TagRule, Window, draft, facts, from_tags, report};
use seaworthy_ledger::{Body, Draft, Ledger};

use super::support::{Place, all, key, name, release, step};

fn write(ledger: &Ledger, id: &str, number: usize, body: impl Into<Body>) {
    let draft = Draft::new(name("shop"), key(&format!("e/{number}")), body.into());
    ledger.append(&draft.environment(name("production")).release(release(id))).unwrap();
}

fn promotion(commit: &str) -> Promotion {
    Promotion {
        commit: commit.to_owned(),
        previous: None,
        strategy: "blue-green".to_owned(),
        gates: Vec::new(),
        purpose: Purpose::Planned,
        incident: None,
        exposed: None,
    }
}

fn incident(phase: IncidentPhase) -> Incident {
    Incident {
        id: "i1".to_owned(),
        phase,
        title: "checkout fails".to_owned(),
        severity: Severity::Critical,
        at: None,
        caused_by: None,
        resolved_by: None,
    }
}

/// Promoted at 10:00 (imported r0 two weeks before); 10:20 incident, 10:30 its cause is found, 10:50 rolled back and resolved;
/// 11:00 a canary for 2 min; 12:00 one that never met users; 13:00 a hotfix for the incident.
/// Three deployments, two failed (30 min from 10:20 to 10:50, and 2 min), one of them rework.
#[test]
fn the_ledger_gives_the_facts() {
    let place = Place::new();
    let ledger = place.open();
    let tag = Tag {
        name: "v1.0".to_owned(),
        commit: "c0".to_owned(),
        at: place.clock.now() - SignedDuration::from_hours(24 * 14),
    };
    let rule = TagRule { app: name("shop"), environment: name("production"), prefix: String::new() };
    for deployment in from_tags(&[tag], &rule) {
        let draft = draft(&deployment).unwrap();
        ledger.append(&draft).unwrap();
        ledger.append(&draft).unwrap();
    }
    let at = |minutes| place.clock.move_by(SignedDuration::from_mins(minutes));
    let start = place.clock.now();
    write(&ledger, "r1", 1, promotion("c1"));
    at(20);
    write(&ledger, "r1", 2, incident(IncidentPhase::Opened));
    at(10);
    write(&ledger, "r1", 3, Incident { caused_by: Some(release("r1")), ..incident(IncidentPhase::Updated) });
    at(20);
    let rollback = Rollback {
        from: release("r1"),
        to: release("v1.0"),
        commit: None,
        trigger: Trigger::Manual,
        reason: "checkout fails".to_owned(),
        incident: Some("i1".to_owned()),
    };
    write(&ledger, "v1.0", 4, rollback);
    write(&ledger, "r1", 5, incident(IncidentPhase::Resolved));
    at(12);
    let aborted = Abort {
        commit: "c2".to_owned(),
        state: "canary:10".parse().unwrap(),
        exposed: Some(place.clock.now() - SignedDuration::from_mins(2)),
        purpose: Purpose::Planned,
        reason: "5xx".to_owned(),
        judgement: None,
        gates: Vec::new(),
    };
    write(&ledger, "r2", 6, aborted.clone());
    at(58);
    write(&ledger, "r3", 7, Abort { exposed: None, state: "smoked".parse().unwrap(), ..aborted });
    ledger.append(&step(1)).unwrap();
    at(60);
    write(
        &ledger,
        "r4",
        8,
        Promotion { incident: Some("i1".to_owned()), purpose: Purpose::Unplanned, ..promotion("c3") },
    );

    let mut facts = facts(&all(&ledger));
    let commit = |id: &str, parent: &str, before| Commit {
        id: id.to_owned(),
        parents: vec![parent.to_owned()],
        at: start - SignedDuration::from_mins(before),
        apps: None,
    };
    facts.commits = vec![
        commit("c0", "", 10_000),
        commit("c1", "c0", 60),
        commit("c2", "c1", 0),
        commit("c3", "c2", -120),
    ];
    let window = Window::new(date(2026, 3, 2), 1, TimeZone::UTC).unwrap();
    let report = report(&facts, &name("shop"), &name("production"), &window).unwrap();
    assert_eq!(report.deployment_frequency.now.deployments, 3);
    let failed = report.change_fail_rate.now;
    assert_eq!((failed.count, failed.of), (2, 3));
    let recovery = report.failed_deployment_recovery_time.now;
    assert_eq!((recovery.times.median_seconds, recovery.unrecovered), (Some(16 * 60), 0));
    assert_eq!(report.deployment_rework_rate.now.count, 1);
    // c1 60 min, c2 10:00 -> 13:00 and c3 12:00 -> 13:00 with the hotfix.
    assert_eq!(report.lead_time_for_changes.now.median_seconds, Some(3600));
    assert_eq!(report.lead_time_for_changes.now.count, 3);
}

#[test]
fn the_last_days_end_today() {
    let chicago = TimeZone::get("America/Chicago").unwrap();
    let window = Window::trailing("2026-03-03T03:00:00Z".parse().unwrap(), 7, chicago).unwrap();
    assert_eq!((window.first(), window.last()), (date(2026, 2, 24), date(2026, 3, 2)));
    assert!(Window::new(date(2026, 3, 2), 0, TimeZone::UTC).is_err());
    assert!(Window::new(date(9999, 12, 31), 7, TimeZone::UTC).is_err());
}
