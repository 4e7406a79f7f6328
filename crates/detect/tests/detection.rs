//! Every folder in `tests/fixtures` is a small repository; its plan is a reviewed snapshot of the same name.
//!
//! `cargo insta review` shows what changed; a new fixture is a new folder.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Write as _;
use std::path::Path;

use seaworthy_detect::{Repository, detect};
use seaworthy_model::plan::Plan;
use serde_json::Value;

#[test]
fn every_fixture_has_its_plan() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let only = std::env::var("FIXTURE").ok();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let folders = |root: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(root).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let example = |name: String| format!("example-{name}");
    let mut names: Vec<String> = folders(&root)
        .into_iter()
        .chain(folders(&examples).into_iter().map(example))
        .filter(|name| only.as_ref().is_none_or(|only| name.contains(only.as_str())))
        .collect();
    names.sort();
    assert!(!names.is_empty());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut failed = Vec::new();
    for name in names {
        let dir = match name.strip_prefix("example-") {
            Some(example) => examples.join(example),
            None => root.join(&name),
        };
        let plan = plan(&dir);
        let text = render(&plan);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            settings.bind(|| insta::assert_snapshot!(name.clone(), text));
        }));
        if outcome.is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "plans changed: {failed:?}");
}

#[test]
fn a_plan_is_the_same_every_time() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/artist-dashboard");
    let first = plan(&root);
    for _ in 0..5 {
        assert_eq!(plan(&root), first);
    }
}

fn plan(root: &Path) -> Value {
    let repo = Repository::open(root).unwrap();
    serde_json::to_value(Plan::new(&detect(&repo).app)).unwrap()
}

/// A plan as lines that a person can review: what is known, with its origin; what is not is left out.
fn render(plan: &Value) -> String {
    let mut out = format!("app {}\n", text(&plan["app"]["name"]));
    for (kind, list) in [("service", "services"), ("resource", "resources"), ("job", "jobs")] {
        for thing in plan[list].as_array().unwrap() {
            writeln!(out, "\n{kind} {}", text(&thing["name"])).unwrap();
            let mut env = String::new();
            for (key, value) in thing.as_object().unwrap() {
                let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
                match key.as_str() {
                    "name" | "origins" => {}
                    // Plain probes say no more than `readiness` and `liveness` do.
                    "probes"
                        if value.as_object().is_some_and(|probes| probes.values().all(is_plain_probe)) => {}
                    _ if is_empty => {}
                    "env" => env = variables(value),
                    _ => {
                        let origin = &thing["origins"][key];
                        let origin = if origin.is_null() {
                            String::new()
                        } else {
                            format!("  # {}", place_of(origin))
                        };
                        writeln!(out, "  {key} = {}{origin}", text(value)).unwrap();
                    }
                }
            }
            out.push_str(&env);
        }
    }
    for warning in plan["warnings"].as_array().unwrap() {
        let places: Vec<String> = warning["places"].as_array().unwrap().iter().map(place).collect();
        write!(
            out,
            "\nwarning {}: {} [{}]",
            text(&warning["code"]),
            text(&warning["message"]),
            places.join(", ")
        )
        .unwrap();
    }
    out
}

fn is_plain_probe(probe: &Value) -> bool {
    probe.as_object().is_some_and(|probe| probe.len() == 1 && probe.contains_key("http"))
}

fn variables(env: &Value) -> String {
    let mut out = String::new();
    for variable in env.as_array().unwrap() {
        let flags: Vec<&str> =
            ["required", "secret", "public"].into_iter().filter(|flag| variable[*flag] == true).collect();
        let mut line = format!("  env {}", text(&variable["name"]));
        if !flags.is_empty() {
            write!(line, " ({})", flags.join(", ")).unwrap();
        }
        for key in ["default", "value"] {
            if !variable[key].is_null() {
                write!(line, " {key}={}", text(&variable[key])).unwrap();
            }
        }
        for key in ["used_at", "declared_at"] {
            let places: Vec<String> = variable[key].as_array().unwrap().iter().map(place).collect();
            if !places.is_empty() {
                write!(line, " {key}={}", places.join(",")).unwrap();
            }
        }
        out += &line;
        out.push('\n');
    }
    out
}

fn place_of(origin: &Value) -> String {
    let at = if origin["file"].is_null() { "-".to_owned() } else { place(origin) };
    let confidence = text(&origin["confidence"]);
    format!("{at} ({}; {}, {confidence})", text(&origin["rule"]), text(&origin["layer"]))
}

fn place(place: &Value) -> String {
    match place["line"].as_u64() {
        Some(line) => format!("{}:{line}", text(&place["file"])),
        None => text(&place["file"]),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
