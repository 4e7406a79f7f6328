//! `sea plan`: its JSON, the repository it finds, and what overrules what.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::process::{example, run_in, workspace};
use crate::repository::{EXPRESS, repository, write};

fn json(dir: &std::path::Path, arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = ["plan", "--json"].iter().chain(arguments).copied().collect();
    let run = run_in(dir, &arguments);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    serde_json::from_str(&run.stdout).unwrap()
}

/// Checks a value against the part of JSON Schema that ours uses. Objects must have exactly the documented keys:
/// an absent one is null, never missing.
fn check(root: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let definition = root.pointer(reference.strip_prefix('#').unwrap()).unwrap();
        return check(root, definition, value, at);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let wanted = any.iter().find(|one| (one["type"] == "null") == value.is_null());
        return check(root, wanted.unwrap_or_else(|| panic!("{at}: {value}")), value, at);
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    match &schema["type"] {
        Value::String(wanted) => assert_eq!(kind, wanted, "{at}: {value}"),
        Value::Array(wanted) => assert!(wanted.contains(&kind.into()), "{at}: {value}"),
        // `port_setting` and the probes may be a text or a table.
        _ => {}
    }
    if let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object()) {
        let documented: BTreeSet<&String> = properties.keys().collect();
        assert_eq!(object.keys().collect::<BTreeSet<_>>(), documented, "{at}");
        for (key, value) in object {
            check(root, &properties[key], value, &format!("{at}.{key}"));
        }
    } else if let (Some(entries), Some(object)) = (schema.get("additionalProperties"), value.as_object()) {
        for (key, value) in object {
            check(root, entries, value, &format!("{at}.{key}"));
        }
    }
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        for (index, value) in list.iter().enumerate() {
            check(root, items, value, &format!("{at}[{index}]"));
        }
    }
}

#[test]
fn the_json_is_as_documented() {
    let schema: Value = serde_json::from_str(&run_in(&workspace(), &["schema", "plan"]).stdout).unwrap();
    for name in ["artist-dashboard", "govapp"] {
        let plan = json(&example(name), &["-C", "."]);
        assert_eq!(plan["schema"], "sea.plan/1");
        assert!(!plan["services"].as_array().unwrap().is_empty());
        check(&schema, &schema, &plan, name);
    }
    let empty = repository(&[]);
    check(&schema, &schema, &json(empty.path(), &[]), "empty");
}

#[test]
fn the_json_is_the_same_bytes_every_time() {
    let run = || run_in(&example("govapp"), &["-C", ".", "plan", "--json"]).stdout;
    let first = run();
    for _ in 0..5 {
        assert_eq!(run(), first);
    }
    assert!(!first.contains(workspace().to_str().unwrap()), "an absolute path is in the plan");
}

#[test]
fn the_repository_around_a_folder_is_found() {
    let repo = repository(EXPRESS);
    write(repo.path(), "src/deep/x.js", "");
    let plan = json(&repo.path().join("src/deep"), &[]);
    assert_eq!(plan["app"]["name"], "shop");
    assert_eq!(plan["services"][0]["path"], ".");
    // `-C` and the argument name a folder as it is.
    let run = run_in(repo.path(), &["-C", "src", "plan", "--json"]);
    assert!(run.stdout.contains("\"services\": []"), "{}", run.stdout);
    let run = run_in(&repo.path().join("src"), &["plan", "..", "--json"]);
    assert!(run.stdout.contains("npm start"), "{}", run.stdout);
    let run = run_in(repo.path(), &["-C", "src", "plan", "..", "--json"]);
    assert!(run.stdout.contains("npm start"), "{}", run.stdout);
}

#[test]
fn the_command_line_wins_over_the_environment_over_the_file_over_what_is_detected() {
    let repo = repository(EXPRESS);
    write(
        repo.path(),
        "seaworthy.toml",
        "[services.shop]\nreplicas = 1\n\n[environments.production.services.shop]\nreplicas = 3\n",
    );
    let replicas = |arguments: &[&str]| {
        let plan = json(repo.path(), arguments);
        let service = &plan["services"][0];
        (
            service["replicas"].as_u64().unwrap(),
            service["origins"]["replicas"]["layer"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(replicas(&[]), (1, "config".to_owned()));
    assert_eq!(replicas(&["--env", "local"]), (1, "config".to_owned()));
    assert_eq!(replicas(&["--env", "production"]), (3, "environment".to_owned()));
    assert_eq!(
        replicas(&["--env", "production", "--set", "services.shop.replicas=5"]),
        (5, "command-line".to_owned())
    );
}

#[test]
fn a_setting_can_name_a_service_that_nothing_else_does() {
    let repo = repository(&[]);
    let plan = json(repo.path(), &["--set", "services.api.start=node server.js"]);
    assert_eq!(plan["services"][0]["name"], "api");
    assert_eq!(plan["services"][0]["start"], "node server.js");
}

#[test]
fn what_contradicts_itself_is_a_warning_of_the_plan() {
    let mut files = EXPRESS.to_vec();
    files.push((".nvmrc", "18\n"));
    files.push(("yarn.lock", "# yarn lockfile v1\n"));
    files.push(("compose.yaml", "services:\n  shop: [\n"));
    let repo = repository(&files);
    let plan = json(repo.path(), &[]);
    let codes: BTreeSet<&str> = plan["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| warning["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, BTreeSet::from(["malformed-file", "two-lockfiles", "version-conflict"]));
}
