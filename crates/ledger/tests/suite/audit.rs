//! Who shipped what, when, with which gates.

use seaworthy_ledger::body::{Abort, Flag, Gate, Outcome, Promotion, Purpose, Rollback, Trigger};
use seaworthy_ledger::history::Query;
use seaworthy_ledger::{Draft, Ledger};

use super::support::{Place, key, name, release, step};

fn gate(gate: &str, outcome: Outcome, detail: Option<&str>) -> Gate {
    Gate { gate: gate.to_owned(), outcome, detail: detail.map(str::to_owned) }
}

fn filled(place: &Place) -> Ledger {
    let ledger = place.open();
    let here = |draft: Draft, id: &str| draft.environment(name("production")).release(release(id));
    let promotion = Promotion {
        commit: "c1".to_owned(),
        previous: Some(release("r0")),
        strategy: "canary".to_owned(),
        gates: vec![
            gate("test", Outcome::Passed, None),
            gate("scan", Outcome::Skipped, Some("waived by ana, \"no time\"")),
        ],
        purpose: Purpose::Unplanned,
        incident: Some("i7".to_owned()),
        exposed: None,
    };
    ledger.append(&here(Draft::new(name("shop"), key("p"), promotion.into()), "r1")).unwrap();
    ledger.append(&step(1)).unwrap();
    let rollback = Rollback {
        from: release("r1"),
        to: release("r0"),
        commit: Some("c0".to_owned()),
        trigger: Trigger::Manual,
        reason: "=HYPERLINK(\"http://evil.example\")".to_owned(),
        incident: None,
    };
    ledger.append(&here(Draft::new(name("shop"), key("r"), rollback.into()), "r0")).unwrap();
    let abort = Abort {
        commit: "c2".to_owned(),
        state: "canary:10".parse().unwrap(),
        exposed: Some(place.clock.now()),
        purpose: Purpose::Planned,
        reason: "5xx: 4.8 % against 0.5 %".to_owned(),
        judgement: None,
        gates: vec![gate("judge", Outcome::Failed, Some("5xx"))],
    };
    ledger.append(&here(Draft::new(name("shop"), key("a"), abort.into()), "r2")).unwrap();
    let flag = Flag { flag: "new-cart".to_owned(), from: false.into(), to: true.into(), reason: None };
    ledger.append(&Draft::new(name("shop"), key("f"), flag.into())).unwrap();
    ledger
}

#[test]
fn the_trail_as_csv_is_read_by_another_parser() {
    let place = Place::new();
    let text = filled(&place).audit(&Query::default()).unwrap().to_csv();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let heads: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows: Vec<Vec<String>> =
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let column =
        |row: usize, head: &str| rows[row][heads.iter().position(|one| one == head).unwrap()].as_str();
    assert_eq!(rows.len(), 4, "steps are no changes of what users meet");
    let of = |row| {
        ["action", "actor", "environment", "release", "previous", "commit"].map(|head| column(row, head))
    };
    assert_eq!(of(0), ["promotion", "ana@laptop", "production", "r1", "r0", "c1"]);
    assert_eq!(of(1), ["rollback", "ana@laptop", "production", "r0", "r1", "c0"]);
    assert_eq!(column(0, "time"), "2026-03-02T10:00:00Z");
    assert_eq!(column(0, "gates"), "test=passed; scan=skipped (waived by ana, \"no time\")");
    assert_eq!(column(0, "detail"), "canary, for incident i7");
    assert_eq!(column(1, "detail"), "'=HYPERLINK(\"http://evil.example\")", "text, not a formula");
    assert_eq!(column(2, "gates"), "judge=failed (5xx)");
    assert_eq!(column(3, "detail"), "new-cart from false to true");
    assert!(text.split_inclusive('\n').all(|line| line.ends_with("\r\n")), "RFC 4180 ends lines with CRLF");
}

#[test]
fn the_trail_as_json_has_the_documented_shape() {
    let place = Place::new();
    let ledger = filled(&place);
    let json = serde_json::to_value(ledger.audit(&Query::default()).unwrap()).unwrap();
    assert_eq!(json["schema"], "sea.audit/1");
    assert_eq!(json["rows"][0]["gates"][0]["gate"], "test");
    assert_eq!(json["rows"][1]["detail"], "=HYPERLINK(\"http://evil.example\")", "JSON runs nothing");
    let later =
        Query { since: Some(place.clock.now() + jiff::SignedDuration::from_secs(1)), ..Query::default() };
    assert!(ledger.audit(&later).unwrap().rows.is_empty());
}
