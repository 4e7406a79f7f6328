//! The JSON Schemas, and how their types read in a table.

use serde_json::Value;

use crate::process::{run_in, workspace};

pub(super) fn config_text() -> String {
    run_in(&workspace(), &["schema"]).stdout
}

pub(super) fn plan_text() -> String {
    text("plan")
}

/// The schema of one shape.
pub(super) fn text(shape: &str) -> String {
    run_in(&workspace(), &["schema", shape]).stdout
}

/// The rows of a table's keys: key, type, description.
pub(super) fn rows(table: &Value, type_of: &dyn Fn(&Value) -> String) -> String {
    let mut out = "| key | type | |\n|---|---|---|\n".to_owned();
    for (key, property) in table["properties"].as_object().unwrap() {
        let description = property["description"].as_str().unwrap_or_default().replace('|', "\\|");
        out += &format!("| `{key}` | {} | {description} |\n", type_of(property));
    }
    out
}

/// The name that a `$ref` points at.
pub(super) fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}
