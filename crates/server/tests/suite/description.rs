//! `docs/openapi.json` and `docs/openapi-host.json` are what the code says now. `cargo xtask docs` runs this with
//! `SEA_DOCS=write`.

use std::path::Path;

use serde_json::Value;

fn is_fresh(name: &str, now: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    if std::env::var_os("SEA_DOCS").is_some_and(|value| value == "write") {
        std::fs::write(&file, now).unwrap();
        return;
    }
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(known == now, "run `cargo xtask docs`: docs/{name} would be generated differently now");
}

#[test]
fn the_description_is_fresh() {
    is_fresh("openapi.json", &seaworthy_server::openapi());
}

#[test]
fn the_description_of_a_host_is_fresh() {
    is_fresh("openapi-host.json", &seaworthy_server::host::openapi());
}

#[test]
fn every_reference_of_the_descriptions_leads_somewhere() {
    for text in [seaworthy_server::openapi(), seaworthy_server::host::openapi()] {
        let document: Value = serde_json::from_str(&text).unwrap();
        let mut references = Vec::new();
        collect(&document, &mut references);
        assert!(references.len() > 15, "{references:?}");
        for reference in references {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
    }
}

#[test]
fn parameters_and_bodies_are_described() {
    let document: Value = serde_json::from_str(&seaworthy_server::openapi()).unwrap();
    assert_eq!(
        parameters(&document, "/api/v1/logs"),
        ["after", "grep", "level", "limit", "member", "since", "until"]
    );
    let host: Value = serde_json::from_str(&seaworthy_server::host::openapi()).unwrap();
    let dora = "/api/v1/host/{app}/{environment}/dora";
    assert_eq!(parameters(&host, dora), ["app", "environment", "days", "zone"]);
    let order = &host["paths"]["/api/v1/host/{app}/{environment}/order"]["post"];
    assert!(order["requestBody"]["content"]["application/json"]["schema"].is_object(), "{order}");
}

fn parameters(document: &Value, path: &str) -> Vec<String> {
    let parameters = document["paths"][path]["get"]["parameters"].as_array().unwrap();
    parameters.iter().map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
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
