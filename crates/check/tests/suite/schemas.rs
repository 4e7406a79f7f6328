//! Reports are what their schemas say, for every app of the corpus.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jsonschema::Validator;
use seaworthy_check::report::{json, sarif};
use seaworthy_check::{Catalogue, Options};
use serde_json::Value;

use crate::support::check_folder;

/// The schema that OASIS publishes for SARIF 2.1.0, as the package `serde-sarif` brings it along.
fn sarif_schema() -> Value {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    let metadata: Value = serde_json::from_slice(&cargo.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "serde-sarif").unwrap();
    let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
    let schema = manifest.parent().unwrap().join("src/schema.json");
    let text = fs::read_to_string(schema).unwrap();
    // The pattern of a language has a bracket too many, which is no regular expression to most engines.
    let wrong = "^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$";
    assert!(text.contains(wrong));
    serde_json::from_str(&text.replace(wrong, "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$")).unwrap()
}

fn assert_valid(validator: &Validator, text: &str, what: &Path) {
    let document: Value = serde_json::from_str(text).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .take(5)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}: {}", what.display(), errors.join("\n"));
}

#[test]
fn reports_are_what_their_schemas_say() {
    let schema = sarif_schema();
    assert!(schema["title"].as_str().unwrap().contains("SARIF) Version 2.1.0"));
    let sarif_validator = jsonschema::validator_for(&schema).unwrap();
    assert!(
        !sarif_validator.is_valid(&serde_json::json!({ "version": "2.1.0", "runs": [{}] })),
        "it refuses"
    );
    let json_validator = jsonschema::validator_for(&json::schema()).unwrap();
    assert!(!json_validator.is_valid(&serde_json::json!({ "schema": "sea.check/1" })), "it refuses");
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let apps: Vec<PathBuf> = fs::read_dir(corpus)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    assert!(apps.len() > 10);
    let mut findings = 0;
    for app in apps {
        let catalogue = Catalogue::of_project(&app).unwrap();
        let report = check_folder(&app, &Options::default());
        findings += report.findings.len();
        assert_valid(&sarif_validator, &sarif::log(&report, &catalogue, "1.0.0"), &app);
        assert_valid(&json_validator, &json::write(&report), &app);
    }
    assert!(findings > 300, "{findings} findings are too few to show anything");
}
