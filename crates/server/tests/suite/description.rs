//! `docs/openapi.json` is what the code says now. `cargo xtask docs` runs this with `SEA_DOCS=write`.

use std::path::Path;

use serde_json::Value;

#[test]
fn the_description_is_fresh() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let now = seaworthy_server::openapi();
    if std::env::var_os("SEA_DOCS").is_some_and(|value| value == "write") {
        std::fs::write(&file, &now).unwrap();
        return;
    }
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(known == now, "run `cargo xtask docs`: docs/openapi.json would be generated differently now");
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    let document: Value = serde_json::from_str(&seaworthy_server::openapi()).unwrap();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 15, "{references:?}");
    for reference in references {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    let logs = &document["paths"]["/api/v1/logs"]["get"]["parameters"];
    let names: Vec<_> =
        logs.as_array().unwrap().iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["after", "grep", "level", "limit", "member", "since", "until"]);
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| collect(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}
