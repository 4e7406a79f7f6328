//! The page of the book says what is so.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use seaworthy_ledger::body::{Build, Outcome};
use seaworthy_ledger::journal::State;
use seaworthy_ledger::{Body, Draft, Kind};
use serde_json::Value;

use super::support::{Place, all, key, name};

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/ledger.md")).unwrap()
}

/// Each example is read by the store and written again as it stands, so a shape cannot change unnoticed.
#[test]
fn every_kind_has_an_example_that_is_what_is_written() {
    let page = page();
    let mut kinds = BTreeSet::new();
    for block in page.split("```json\n").skip(1) {
        let example: Value = serde_json::from_str(block.split("```").next().unwrap()).unwrap();
        let (kind, version) = (example["kind"].as_str().unwrap(), example["version"].as_u64().unwrap());
        let version = u32::try_from(version).unwrap();
        let read = Body::from_json(kind, version, example["body"].clone()).unwrap();
        assert!(read.kind().is_some(), "{kind} {version} is known");
        assert_eq!(read.to_value(), example["body"], "{kind}");
        kinds.insert(kind.to_owned());
    }
    let missing: Vec<_> = Kind::ALL.iter().filter(|kind| !kinds.contains(kind.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_page_has_the_table_of_states() {
    let page = page();
    let mut rows = 0;
    for line in page.lines().filter(|line| line.starts_with("| `") && line.contains(" -> | `")) {
        let words: Vec<&str> = line.split('`').skip(1).step_by(2).collect();
        let state = |text: &str| -> Option<State> {
            (text != "(new)").then(|| text.replace('W', "10").replace("OLD", "r0").parse().unwrap())
        };
        let from = state(words[0]);
        for to in &words[1..] {
            let to = to.replace('V', "50");
            State::check(from.as_ref(), &state(&to).unwrap(), false).unwrap();
        }
        rows += 1;
    }
    assert_eq!(rows, 11);
}

#[test]
fn a_body_that_its_kind_does_not_allow_is_not_written() {
    let place = Place::new();
    let ledger = place.open();
    let forged = Body::Unknown { kind: "checkpoint".to_owned(), version: 1, json: Value::Null };
    assert!(ledger.append(&Draft::new(name("shop"), key("x"), forged)).is_err());
    let forged = Body::Unknown {
        kind: "transition".to_owned(),
        version: 1,
        json: serde_json::json!({
        "phase": "confirmed", "from": null, "to": "promoted"}),
    };
    assert!(ledger.append(&Draft::new(name("shop"), key("y"), forged)).is_err(), "by another door neither");
    let build = Build {
        service: Some("api".to_owned()),
        outcome: Outcome::Passed,
        duration_ms: 1,
        commit: None,
        artifact: None,
        cache: None,
        cause: None,
    };
    ledger.append(&Draft::new(name("shop"), key("z"), build.into())).unwrap();
    assert_eq!(all(&ledger).len(), 1);
}
