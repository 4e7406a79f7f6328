//! JSON, with comments and the looser forms that editors and tools accept.

use jsonc_parser::ast::{ObjectPropName, Value as Json};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::{Entry, Lines, Node, ParseError, Value};

pub(super) fn parse(text: &str) -> Result<Node, ParseError> {
    let lines = Lines::new(text);
    let parsed =
        parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default()).map_err(|error| {
            ParseError {
                message: format!("not valid JSON: {}", error.kind()),
                line: Some(lines.line(error.range().start)),
            }
        })?;
    match parsed.value {
        Some(value) => Ok(node(value, &lines)),
        None => Err(ParseError { message: "not valid JSON: it is empty".to_owned(), line: None }),
    }
}

fn node(json: Json<'_>, lines: &Lines) -> Node {
    let line = lines.line(json.range().start);
    let value = match json {
        Json::NullKeyword(_) => Value::Null,
        Json::BooleanLit(literal) => Value::Bool(literal.value),
        Json::NumberLit(literal) => Value::Number(literal.value.into()),
        Json::StringLit(literal) => Value::Text(literal.value.into()),
        Json::Array(array) => Value::List(array.elements.into_iter().map(|json| node(json, lines)).collect()),
        Json::Object(object) => Value::Map(
            object
                .properties
                .into_iter()
                .map(|property| Entry {
                    line: lines.line(property.range.start),
                    key: match property.name {
                        ObjectPropName::String(literal) => literal.value.into(),
                        ObjectPropName::Word(word) => word.value.into(),
                    },
                    node: node(property.value, lines),
                })
                .collect(),
        ),
    };
    Node::new(line, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_lines() {
        let node = parse("{\n  // why\n  \"engines\": { \"node\": \">=20\" },\n}").unwrap();
        let node = node.at(&["engines", "node"]).unwrap();
        assert_eq!((node.text(), node.line), (Some(">=20"), 3));
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_line() {
        assert_eq!(parse("{\n  \"a\": \n}").unwrap_err().line, Some(3));
        assert!(parse("").is_err());
        assert!(parse(&"[".repeat(100_000)).is_err());
    }
}
