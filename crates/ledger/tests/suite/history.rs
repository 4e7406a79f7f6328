//! Filters, pages and indices.

use jiff::SignedDuration;
use seaworthy_ledger::body::{Config, Outcome, TestRun};
use seaworthy_ledger::history::{Order, Query};
use seaworthy_ledger::{Draft, Durability, Event, Kind, Seq};

use super::support::{Place, all, key, name, release, step};

/// 120 events of two apps, three environments, three kinds and four releases, a minute apart.
fn filled(place: &Place) -> seaworthy_ledger::Ledger {
    let ledger = place.open();
    for i in 0..120_u32 {
        let app = name(["shop", "admin"][i as usize % 2]);
        let key = key(&format!("e/{i}"));
        let body = match i % 3 {
            0 => TestRun {
                suite: "unit".to_owned(),
                outcome: Outcome::Passed,
                duration_ms: 1,
                passed: i,
                failed: 0,
                skipped: 0,
                flaky: Vec::new(),
                commit: None,
            }
            .into(),
            1 => Config {
                keys: vec![format!("K{i}")],
                secrets: Vec::new(),
                configuration: "sha256:0".to_owned(),
                reason: None,
            }
            .into(),
            _ => continue_with_step(i),
        };
        let mut draft = Draft::new(app, key, body);
        if i % 4 > 0 {
            draft = draft.environment(name(["staging", "production", "local"][i as usize % 3]));
        }
        if i % 5 > 0 {
            draft = draft.release(release(&format!("r{}", i % 5)));
        }
        ledger.append_all(&[draft], Durability::Relaxed).unwrap();
        place.clock.move_by(SignedDuration::from_mins(1));
    }
    ledger
}

fn continue_with_step(i: u32) -> seaworthy_ledger::Body {
    seaworthy_ledger::body::Step {
        step: format!("s{i}"),
        outcome: Outcome::Skipped,
        duration_ms: 0,
        cache: Some(seaworthy_ledger::body::Cache::Hit),
        because: None,
        commit: None,
    }
    .into()
}

fn matches(query: &Query, event: &Event) -> bool {
    query.app.as_ref().is_none_or(|app| event.app == *app)
        && query
            .environment
            .as_ref()
            .is_none_or(|environment| event.environment.as_ref() == Some(environment))
        && query.release.as_ref().is_none_or(|release| event.release.as_ref() == Some(release))
        && query.since.is_none_or(|since| event.time >= since)
        && query.until.is_none_or(|until| event.time < until)
        && (query.kinds.is_empty() || event.body.kind().is_some_and(|kind| query.kinds.contains(&kind)))
        && event.body.kind().is_none_or(|kind| !query.without.contains(&kind))
}

#[test]
fn filters_are_what_looking_at_every_event_gives() {
    let place = Place::new();
    let start = place.clock.now();
    let ledger = filled(&place);
    let every = all(&ledger);
    assert_eq!(every.len(), 120);
    let times =
        [None, Some(start + SignedDuration::from_mins(30)), Some(start + SignedDuration::from_mins(90))];
    let mut found = 0;
    for bits in 0..32 {
        for (since, until) in
            [(times[0], times[0]), (times[1], times[2]), (times[1], times[1]), (times[0], times[1])]
        {
            let query = Query {
                app: (bits & 1 > 0).then(|| name("shop")),
                environment: (bits & 2 > 0).then(|| name("production")),
                kinds: if bits & 4 > 0 { vec![Kind::TestRun, Kind::Config] } else { Vec::new() },
                without: if bits & 16 > 0 { vec![Kind::Config] } else { Vec::new() },
                release: (bits & 8 > 0).then(|| release("r2")),
                since,
                until,
                order: Order::OldestFirst,
                after: None,
            };
            let expected: Vec<_> = every.iter().filter(|event| matches(&query, event)).cloned().collect();
            let events = ledger.history(&query).unwrap().events;
            assert_eq!(events, expected, "{query:?}");
            found += events.len();
            let mut newest = ledger.history(&Query { order: Order::NewestFirst, ..query }).unwrap().events;
            newest.reverse();
            assert_eq!(newest, expected);
        }
    }
    assert!(found > 200, "the queries find something: {found}");
}

#[test]
fn pages_join_without_seam_while_events_come() {
    let place = Place::new();
    let ledger = filled(&place);
    let query = Query { app: Some(name("shop")), ..Query::default() };
    let expected = ledger.history(&query).unwrap().events;
    let (mut events, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = ledger.page(&Query { after, ..query.clone() }, 7).unwrap();
        events.extend(page.events);
        pages += 1;
        ledger.append(&step(9000 + pages)).unwrap();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((events, pages), (expected, 9));
    let empty = ledger.page(&Query { after: Some(Seq::new(1)), ..Query::default() }, 7).unwrap();
    assert_eq!((empty.events, empty.next), (Vec::new(), None));
}

#[test]
fn a_dossier_has_all_of_a_release() {
    let place = Place::new();
    let ledger = filled(&place);
    let dossier = ledger.dossier(&name("shop"), &release("r2")).unwrap().unwrap();
    assert!(dossier.events.iter().all(|event| event.release == Some(release("r2"))));
    assert_eq!((dossier.events.len(), dossier.made), (12, None));
    assert_eq!(ledger.dossier(&name("shop"), &release("r99")).unwrap(), None);
}

/// Every query that the command line can ask for goes by an index; sorting a large ledger would take seconds.
#[test]
fn queries_go_by_an_index() {
    let place = Place::new();
    let ledger = place.open();
    let drafts: Vec<_> = (0..1000).map(step).collect();
    ledger.append_all(&drafts, Durability::Synced).unwrap();
    let sql = rusqlite::Connection::open(place.file()).unwrap();
    for filter in [
        "",
        "WHERE app = 'shop'",
        "WHERE app = 'shop' AND environment = 'production'",
        "WHERE release = 'r1'",
        "WHERE kind IN ('promotion')",
        "WHERE key = 'step/3'",
        "WHERE app = 'shop' AND seq < 500",
    ] {
        let plan: String = sql
            .query_row(
                &format!("EXPLAIN QUERY PLAN SELECT * FROM event {filter} ORDER BY seq DESC LIMIT 50"),
                [],
                |row| row.get(3),
            )
            .unwrap();
        assert!(plan.starts_with("SEARCH") || filter.is_empty() && plan == "SCAN event", "{filter}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{filter}: {plan}");
    }
}
