//! The reference of `seaworthy.toml`, from its JSON Schema.

use std::collections::BTreeSet;

use serde_json::Value;

use super::schema::{config_text, reference, rows};

/// Every table of the schema: its definition, the heading, and the heading's anchor.
const TABLES: [(&str, &str, &str); 16] = [
    ("ServiceConfig", "`[services.NAME]`", "servicesname"),
    ("ProbeConfig", "A probe", "a-probe"),
    ("DependencyConfig", "`depends_on`", "depends_on"),
    ("WatchConfig", "`watch`", "watch"),
    ("ResourceConfig", "`[resources.NAME]`", "resourcesname"),
    ("BackupConfig", "`backup`", "backup"),
    ("JobConfig", "`[jobs.NAME]`", "jobsname"),
    ("EnvironmentConfig", "`[environments.NAME]`", "environmentsname"),
    ("StrategyConfig", "`strategy`", "strategy"),
    ("SecretSourceConfig", "`secrets` of an environment", "secrets-of-an-environment"),
    ("SloConfig", "`[slo.NAME]`", "sloname"),
    ("SecretConfig", "`[secrets.NAME]`", "secretsname"),
    ("GenerateConfig", "`[generate]`", "generate"),
    ("PipelineConfig", "`[pipeline]`", "pipeline"),
    ("StepConfig", "`[pipeline.steps.NAME]`", "pipelinestepsname"),
    ("CheckConfig", "`[check]`", "check"),
];

const INTRODUCTION: &str = "# `seaworthy.toml`

The file stands at the root of the repository. Everything in it may be left out; what is left out is detected, and
what is said here wins over what is detected. `sea plan` prints the result with the origin of every value, `sea init`
writes a first file, and `sea schema` prints the JSON Schema that this page is made from
(`docs/schema/seaworthy.schema.json` in the repository); editors that know TOML schemas complete and check the file with it.
";

pub(super) fn page() -> String {
    let schema: Value = serde_json::from_str(&config_text()).unwrap();
    let definitions = schema["$defs"].as_object().unwrap();
    for (name, definition) in definitions {
        assert!(
            definition.get("properties").is_none() || TABLES.iter().any(|(known, ..)| known == name),
            "{name} is a table: add it to TABLES of this file"
        );
    }
    let mut values = BTreeSet::new();
    collect(&schema, &mut values);
    let type_of = |property: &Value| type_of(&schema, property);
    let mut out = format!("{INTRODUCTION}\n## The top of the file\n\n{}\n", rows(&schema, &type_of));
    for (name, heading, _) in TABLES {
        let table = &definitions[name];
        let description = table["description"].as_str().unwrap_or_default();
        out += &format!("## {heading}\n\n{description}\n\n{}\n", rows(table, &type_of));
    }
    out += "## Values\n\n| type | written as | |\n|---|---|---|\n";
    for name in values {
        let definition = &definitions[name];
        let description = definition["description"].as_str().unwrap_or_default();
        out += &format!("| {} | {} | {description} |\n", spaced(name), written(definition));
    }
    out
}

/// The names of everything that is referred to and is neither a table nor a choice of words.
fn collect<'a>(schema: &'a Value, found: &mut BTreeSet<&'a str>) {
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        if definition.get("type").is_some()
            && definition["type"] != "object"
            && definition.get("enum").is_none()
        {
            found.insert(name);
        }
    }
}

fn type_of(root: &Value, property: &Value) -> String {
    if let Some(name) = reference(property) {
        let definition = &root["$defs"][name];
        if let Some((_, _, anchor)) = TABLES.iter().find(|(known, ..)| *known == name) {
            return format!("[table](#{anchor})");
        }
        if let Some(words) = definition["enum"].as_array() {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`").replace('"', "")).collect();
            return words.join(", ");
        }
        if let Some(any) = definition["anyOf"].as_array() {
            let any: Vec<String> = any.iter().map(|one| type_of(root, one)).collect();
            return any.join(", or ");
        }
        return format!("[{}](#values)", spaced(name));
    }
    if let Some((_, entries)) =
        property["patternProperties"].as_object().and_then(|patterns| patterns.iter().next())
    {
        return format!("by name: {}", type_of(root, entries));
    }
    if let Some(value) = property.get("const") {
        return format!("`{value}`");
    }
    match property["type"].as_str() {
        Some("array") => format!("list of {}", type_of(root, &property["items"])),
        Some("boolean") => "`true`, `false`".to_owned(),
        Some(other) => other.to_owned(),
        None => panic!("no type: {property}"),
    }
}

/// The TOML types of a value.
fn written(definition: &Value) -> String {
    let kinds = match &definition["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => vec![kind.as_str().unwrap()],
    };
    let bounds = match (definition["minimum"].as_u64(), definition["maximum"].as_u64()) {
        (Some(low), Some(high)) if high < 1 << 31 => format!(" from {low} to {high}"),
        (Some(low), _) => format!(" from {low}"),
        _ => String::new(),
    };
    kinds.join(" or ") + &bounds
}

/// `RelativePath` as words.
fn spaced(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push(' ');
        }
        out.extend(c.to_lowercase());
    }
    out
}
