//! YAML, with aliases and merge keys resolved within a budget: a file of a few hundred bytes can describe
//! billions of values (the "billion laughs"), and must not get them.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle};

use super::{Entry, Node, ParseError, Value};

/// Values that one file may expand to.
const MOST_NODES: usize = 200_000;

pub(super) fn parse_all(text: &str) -> Result<Vec<Node>, ParseError> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| ParseError {
            message: format!("not valid YAML: {}", error.info()),
            line: u32::try_from(error.marker().line()).ok(),
        })?;
        let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
        builder.take(event, line)?;
    }
    Ok(builder.documents)
}

/// A list or table that is not closed yet.
struct Open {
    line: u32,
    anchor: usize,
    tag: Option<Box<str>>,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<(Box<str>, u32)> },
}

#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    open: Vec<Open>,
    /// Anchored values with the number of values in each.
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: u32) -> Result<(), ParseError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = match style {
                    ScalarStyle::Plain if tag.is_none() => plain(&text),
                    _ => Value::Text(text.as_ref().into()),
                };
                let node = Node { line, value, tag: tag.map(|tag| tag.to_string().into()) };
                self.finish(node, anchor, 1)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.open(line, anchor, tag.map(|tag| tag.to_string().into()), Content::List(Vec::new()));
                Ok(())
            }
            Event::MappingStart(_, anchor, tag) => {
                let content = Content::Map { entries: Vec::new(), key: None };
                self.open(line, anchor, tag.map(|tag| tag.to_string().into()), content);
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => {
                let (mut node, size) = self.anchors.get(&anchor).cloned().unwrap_or_default();
                node.line = line;
                self.finish(node, 0, size)
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, line: u32, anchor: usize, tag: Option<Box<str>>, content: Content) {
        self.open.push(Open { line, anchor, tag, content });
    }

    fn close(&mut self) -> Result<(), ParseError> {
        // The parser closes only what it opened.
        let Some(Open { line, anchor, tag, content }) = self.open.pop() else { return Ok(()) };
        let value = match content {
            Content::List(items) => Value::List(items),
            Content::Map { entries, .. } => Value::Map(merged(entries)),
        };
        let size = if anchor == 0 { 1 } else { size(&value) };
        self.finish(Node { line, value, tag }, anchor, size)
    }

    /// Puts a complete value where it belongs.
    fn finish(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), ParseError> {
        self.nodes = self.nodes.saturating_add(size);
        if self.nodes > MOST_NODES {
            return Err(ParseError {
                message: format!("its aliases expand to more than {MOST_NODES} values"),
                line: Some(node.line),
            });
        }
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.documents.push(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, key }) => match key.take() {
                None => *key = Some((node.scalar().unwrap_or_default().into(), node.line)),
                Some((key, line)) => entries.push(Entry { key, line, node }),
            },
        }
        Ok(())
    }
}

/// What an unquoted scalar means (YAML 1.2 core schema).
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if text.parse::<f64>().is_ok() && text.starts_with(|c: char| "+-.0123456789".contains(c)) => {
            Value::Number(text.into())
        }
        _ => Value::Text(text.into()),
    }
}

/// The entries with every merge key (`<<`) resolved; what the table itself says wins.
fn merged(mut entries: Vec<Entry>) -> Vec<Entry> {
    while let Some(index) = entries.iter().position(|entry| &*entry.key == "<<") {
        let merge = entries.remove(index).node;
        let sources = match merge.value {
            Value::List(items) => items,
            _ => vec![merge],
        };
        for source in sources {
            if let Value::Map(inherited) = source.value {
                for entry in inherited {
                    if !entries.iter().any(|own| own.key == entry.key) {
                        entries.push(entry);
                    }
                }
            }
        }
    }
    entries
}

fn size(value: &Value) -> usize {
    match value {
        Value::List(items) => 1 + items.iter().map(|item| size(&item.value)).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|entry| size(&entry.node.value)).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn values_know_their_lines_and_merges_are_resolved() {
        let text = "x: &base\n  image: redis\n  restart: always\ncache:\n  <<: *base\n  restart: 'no'\n";
        let node = parse_all(text).unwrap().remove(0);
        let cache = node.get("cache").unwrap();
        assert_eq!(cache.get("image").and_then(Node::text), Some("redis"));
        let restart = cache.get("restart").unwrap();
        assert_eq!((restart.text(), restart.line), (Some("no"), 6));
    }

    #[test]
    fn scalars_have_their_types() {
        let node = parse_all("[1, 1.5, yes, true, '2', ~, 8080:80]").unwrap().remove(0);
        let kinds: Vec<_> = node.items().iter().map(|item| item.value.clone()).collect();
        assert_eq!(
            kinds,
            [
                Value::Number("1".into()),
                Value::Number("1.5".into()),
                Value::Text("yes".into()),
                Value::Bool(true),
                Value::Text("2".into()),
                Value::Null,
                Value::Text("8080:80".into()),
            ]
        );
    }

    #[test]
    fn aliases_cannot_expand_without_bound() {
        let mut text = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for (name, before) in ('b'..='j').zip('a'..) {
            writeln!(text, "{name}: &{name} [{}]", vec![format!("*{before}"); 9].join(",")).unwrap();
        }
        let error = parse_all(&text).unwrap_err();
        assert!(error.message.contains("expand"), "{error:?}");
    }

    #[test]
    fn several_documents_are_all_there() {
        assert_eq!(parse_all("a: 1\n---\nb: 2\n").unwrap().len(), 2);
        assert_eq!(parse_all("").unwrap().len(), 0);
    }
}
