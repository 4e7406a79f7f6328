//! The reference of `sea.plan/1`, from its JSON Schema.

use serde_json::Value;

use super::schema::{plan_text, reference, rows};

/// Every object of the schema: its definition, heading and anchor.
const OBJECTS: [(&str, &str, &str); 9] = [
    ("AppView", "`app`", "app"),
    ("ServiceView", "A service", "a-service"),
    ("RuntimeView", "`runtime`", "runtime"),
    ("VariableView", "A variable", "a-variable"),
    ("ResourceView", "A resource", "a-resource"),
    ("JobView", "A job", "a-job"),
    ("WarningView", "A warning", "a-warning"),
    ("PlaceView", "A place", "a-place"),
    ("OriginView", "An origin", "an-origin"),
];

const INTRODUCTION: &str = "# `sea plan --json`

`sea plan --json` prints one JSON object of the shape `sea.plan/1`. Every key is always there: what is not known is
`null`, what there is none of is an empty list. Paths are relative to the repository, with `/`, and `.` for its root.
Commands are shell strings to run in `path`. Lists are sorted, so that the same repository gives the same bytes.

Within version 1 keys may be added; none is removed or given another meaning. `sea schema plan` prints the JSON Schema
that this page is made from (`docs/schema/plan.schema.json` in the repository).

Exit codes are those of every command: with 2 something in `seaworthy.toml` is wrong (said on standard error), and the
JSON holds what could be read.
";

pub(super) fn page() -> String {
    let schema: Value = serde_json::from_str(&plan_text()).unwrap();
    let definitions = schema["$defs"].as_object().unwrap();
    assert_eq!(
        definitions.len(),
        OBJECTS.len(),
        "an object of the schema is missing in OBJECTS of this file"
    );
    let mut out = format!("{INTRODUCTION}\n## The plan\n\n{}\n", rows(&schema, &type_of));
    for (name, heading, _) in OBJECTS {
        let object = &definitions[name];
        let description = object["description"].as_str().unwrap_or_default();
        out += &format!("## {heading}\n\n{description}\n\n{}\n", rows(object, &type_of));
    }
    out
}

fn type_of(property: &Value) -> String {
    if let Some(name) = reference(property) {
        let (_, _, anchor) = OBJECTS.iter().find(|(known, ..)| *known == name).unwrap();
        return format!("[object](#{anchor})");
    }
    if let Some(any) = property["anyOf"].as_array() {
        return any.iter().map(type_of).collect::<Vec<_>>().join(" or ");
    }
    let kinds: Vec<&str> = match &property["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return "string, object or null".to_owned(),
    };
    let named = kinds.iter().map(|kind| match *kind {
        "array" => format!("list of {}", type_of(&property["items"])),
        "object" if property["additionalProperties"].is_object() => {
            format!("by field: {}", type_of(&property["additionalProperties"]))
        }
        kind => kind.to_owned(),
    });
    named.collect::<Vec<_>>().join(" or ")
}
