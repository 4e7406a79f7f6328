//! The JSON Schema says what the decoder does.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;

use seaworthy_model::config::{Config, json_schema};
use serde_json::{Value, json};

/// Checks a value against the few keywords that our schema uses; an unknown keyword fails the test, so that
/// nothing is skipped in silence.
fn check(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let refused = |why: String| Err(format!("{at}: {why}"));
    for (keyword, wanted) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$ref" => {
                let definition = root.pointer(wanted.as_str().unwrap().strip_prefix('#').unwrap()).unwrap();
                check(root, definition, value, at)?;
            }
            "anyOf" => {
                let any = wanted.as_array().unwrap().iter().any(|one| check(root, one, value, at).is_ok());
                if !any {
                    return refused(format!("{value} fits none of {wanted}"));
                }
            }
            "type" => {
                let kind = match value {
                    Value::String(_) => "string",
                    Value::Bool(_) => "boolean",
                    Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
                    Value::Number(_) => "number",
                    Value::Array(_) => "array",
                    Value::Object(_) => "object",
                    Value::Null => "null",
                };
                let fits = |wanted: &Value| wanted == kind || (wanted == "number" && kind == "integer");
                if !(fits(wanted) || wanted.as_array().is_some_and(|kinds| kinds.iter().any(fits))) {
                    return refused(format!("{value} is not {wanted}"));
                }
            }
            "enum" => {
                if !wanted.as_array().unwrap().contains(value) {
                    return refused(format!("{value} is not among {wanted}"));
                }
            }
            "const" => {
                if wanted != value {
                    return refused(format!("{value} is not {wanted}"));
                }
            }
            "minimum" if value.as_f64().is_some_and(|number| number < wanted.as_f64().unwrap()) => {
                return refused(format!("{value} is below {wanted}"));
            }
            "maximum" if value.as_f64().is_some_and(|number| number > wanted.as_f64().unwrap()) => {
                return refused(format!("{value} is above {wanted}"));
            }
            "minLength" if value.as_str().is_some_and(str::is_empty) => return refused("empty".to_owned()),
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    check(root, wanted, item, at)?;
                }
            }
            "required" => {
                for key in wanted.as_array().unwrap() {
                    if value.as_object().is_some_and(|object| !object.contains_key(key.as_str().unwrap())) {
                        return refused(format!("{key} is missing"));
                    }
                }
            }
            "properties" | "patternProperties" => {
                for (key, value) in value.as_object().into_iter().flatten() {
                    let named = wanted.get(key).filter(|_| keyword == "properties");
                    // The patterns are those of names; what a key must look like is tested by the decoder.
                    let pattern = || wanted.as_object().unwrap().values().next().unwrap();
                    match (named, keyword.as_str()) {
                        (Some(schema), _) => check(root, schema, value, &format!("{at}.{key}"))?,
                        (None, "patternProperties") => check(root, pattern(), value, &format!("{at}.{key}"))?,
                        (None, _) => {}
                    }
                }
            }
            "additionalProperties" if wanted == false && schema.get("patternProperties").is_none() => {
                for key in value.as_object().into_iter().flatten().map(|(key, _)| key) {
                    if schema["properties"].get(key).is_none() {
                        return refused(format!("`{key}` is unknown"));
                    }
                }
            }
            "additionalProperties" if wanted == false => {}
            "minItems" => {
                if value.as_array().is_some_and(|items| (items.len() as u64) < wanted.as_u64().unwrap()) {
                    return refused("there are too few".to_owned());
                }
            }
            "minimum" | "maximum" | "minLength" | "exclusiveMinimum" | "pattern" | "description"
            | "examples" | "title" | "$schema" | "$id" | "$defs" => {}
            other => panic!("{at}: the test does not know `{other}`"),
        }
    }
    Ok(())
}

fn to_json(value: &toml::de::DeValue<'_>) -> Value {
    use toml::de::DeValue;
    match value {
        DeValue::String(text) => json!(text),
        DeValue::Integer(number) => json!(i64::from_str_radix(number.as_str(), number.radix()).unwrap()),
        DeValue::Float(number) => json!(number.as_str().parse::<f64>().unwrap()),
        DeValue::Boolean(flag) => json!(flag),
        DeValue::Datetime(time) => json!(time.to_string()),
        DeValue::Array(items) => items.iter().map(|item| to_json(item.get_ref())).collect(),
        DeValue::Table(table) => {
            table.iter().map(|(key, value)| (key.get_ref().to_string(), to_json(value.get_ref()))).collect()
        }
    }
}

fn accepts(text: &str) -> Result<(), String> {
    let table = toml::de::DeTable::parse(text).unwrap().into_inner();
    let schema = json_schema();
    check(&schema, &schema, &to_json(&toml::de::DeValue::Table(table)), "")
}

fn fixture(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config").join(name);
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn the_schema_accepts_what_the_decoder_accepts() {
    for name in ["design.toml", "everything.toml"] {
        assert_eq!(Config::parse(&fixture(name)).1, [], "{name}");
        assert_eq!(accepts(&fixture(name)), Ok(()), "{name}");
    }
}

#[test]
fn the_schema_refuses_what_the_decoder_refuses() {
    for text in [
        "prot = 1",
        "[services.api]\nprot = 1",
        "[services.api]\nport = 0",
        "[services.api]\nport = \"4000\"",
        "[services.api]\nreplicas = -1",
        "[services.api]\nkind = \"webb\"",
        "[services.api]\nreadiness = { htttp = \"/\" }",
        "[services.api]\ndepends_on = { db = { condition = \"healthy\" } }",
        "[services.api]\nstart = \"\"",
        "[resources.db]\nbackup = { keep = \"7d\" }",
        "[environments.a]\nstrategy = { canary = [10] }",
        "[environments.a]\nsecrets = \"vault\"",
        "[environments.a]\nsecrets = []",
        "[environments.a]\nsecrets = { files = \"a\" }",
        "[environments.a.services.api]\nprot = 1",
        "[jobs.a]\non = \"cron\"",
        "[resources.db]\ntype = \"fulltext\"",
        "[services.api]\nwatch = [{ path = \"src\" }]",
        "[slo.api]\navailability = 99.9",
        "[pipeline.steps.e2e]\nshards = 0",
        "[pipeline.steps.e2e]\nneeds = \"api\"",
        "[pipeline.steps.e2e]\nafter = 1",
        "[pipeline.steps.e2e]\nstage = \"e2e\"",
        "[pipeline.steps.e2e]\nskip = \"yes\"",
    ] {
        assert!(!Config::parse(text).1.is_empty(), "{text}");
        assert!(accepts(text).is_err(), "{text}");
    }
}

#[test]
fn the_schema_is_named_stable_and_described_throughout() {
    let schema = json_schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["$id"], "urn:seaworthy:config:1");
    assert_eq!(schema["title"], "seaworthy.toml");
    assert_eq!(schema.to_string(), json_schema().to_string());
    let definitions = schema["$defs"].as_object().unwrap();
    for (name, definition) in
        definitions.iter().map(|(name, one)| (name.as_str(), one)).chain([("", &schema)])
    {
        let Some(properties) = definition.get("properties") else { continue };
        assert_eq!(definition["additionalProperties"], false, "{name}");
        for (key, property) in properties.as_object().unwrap() {
            assert!(property["description"].as_str().is_some_and(|text| text.len() > 8), "{name}.{key}");
        }
    }
}
