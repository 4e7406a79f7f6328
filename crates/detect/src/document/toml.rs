//! TOML.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Entry, Lines, Node, ParseError, Value};

pub(super) fn parse(text: &str) -> Result<Node, ParseError> {
    let lines = Lines::new(text);
    let table = DeTable::parse(text).map_err(|error| ParseError {
        message: format!("not valid TOML: {}", error.message()),
        line: error.span().map(|span| lines.line(span.start)),
    })?;
    let line = lines.line(table.span().start);
    Ok(Node::new(line, map(table.get_ref(), &lines)))
}

fn map(table: &DeTable<'_>, lines: &Lines) -> Value {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, value)| {
            let entry = Entry {
                key: key.get_ref().as_ref().into(),
                line: lines.line(key.span().start),
                node: node(value, lines),
            };
            (key.span().start, entry)
        })
        .collect();
    // The parser sorts by key; people read by line.
    entries.sort_by_key(|(start, _)| *start);
    Value::Map(entries.into_iter().map(|(_, entry)| entry).collect())
}

fn node(value: &Spanned<DeValue<'_>>, lines: &Lines) -> Node {
    let inner = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.as_ref().into()),
        DeValue::Integer(number) => Value::Number(number.as_str().into()),
        DeValue::Float(number) => Value::Number(number.as_str().into()),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(time) => Value::Text(time.to_string().into()),
        DeValue::Array(items) => Value::List(items.iter().map(|item| node(item, lines)).collect()),
        DeValue::Table(table) => map(table, lines),
    };
    Node::new(lines.line(value.span().start), inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_lines() {
        let node = parse("[project]\nname = \"x\"\ndependencies = [\n  \"fastapi\",\n]\n").unwrap();
        assert_eq!(node.at(&["project", "dependencies"]).unwrap().items()[0].line, 4);
        assert_eq!(parse("a = \n").unwrap_err().line, Some(1));
    }
}
