//! Files as lists of keys and values, whatever their format, so that two versions of one can be compared field by
//! field. Comments, order of keys and layout are not part of it.

use std::collections::BTreeMap;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{BlockLabel, Body, Structure};
use seaworthy_detect::document::{self, Format, Node, Value};

/// A file's values by their keys: `services.api.ports[0]`.
pub(super) type Fields = BTreeMap<String, Field>;

/// A value, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// The value as it is written, of a table or list that is empty `{}` or `[]`.
    pub(super) value: String,
    /// 1-based line.
    pub(super) line: u32,
}

/// Reads a file; `None` when it is not in the format that its name promises.
pub(super) fn read(path: &str, text: &str) -> Option<Fields> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension {
        // A template of Helm is no YAML until it is filled in.
        "yaml" | "yml" if text.contains("{{") => Some(lines(text)),
        "yaml" | "yml" => documents(text),
        "json" | "toml" => {
            let mut fields = Fields::new();
            tree(&document::parse(Format::of(path), text).ok()?, "", &mut fields);
            Some(fields)
        }
        "tf" | "tfvars" | "hcl" => hcl(text),
        "service" | "timer" | "socket" | "target" | "conf" if text.contains("\n[") => Some(sections(text)),
        _ if name.starts_with("Dockerfile") => Some(instructions(text)),
        _ => Some(lines(text)),
    }
}

/// YAML: several documents are told apart by what Kubernetes calls them, else by their number.
fn documents(text: &str) -> Option<Fields> {
    let documents = document::parse_yaml_stream(text).ok()?;
    let mut fields = Fields::new();
    let several = documents.len() > 1;
    for (index, document) in documents.iter().enumerate() {
        let text = |keys: &[&str]| document.at(keys).and_then(Node::text);
        let prefix = match (text(&["kind"]), text(&["metadata", "name"])) {
            (Some(kind), Some(name)) => format!("{kind}/{name}"),
            _ if several => format!("[{index}]"),
            _ => String::new(),
        };
        tree(document, &prefix, &mut fields);
    }
    Some(fields)
}

fn tree(node: &Node, at: &str, fields: &mut Fields) {
    let mut put = |value: String| {
        fields.insert(at.to_owned(), Field { value, line: node.line });
    };
    match &node.value {
        Value::Map(entries) if entries.is_empty() => put("{}".to_owned()),
        Value::List(items) if items.is_empty() => put("[]".to_owned()),
        Value::Map(entries) => {
            for entry in entries {
                let key = if at.is_empty() { entry.key.to_string() } else { format!("{at}.{}", entry.key) };
                tree(&entry.node, &key, fields);
            }
        }
        Value::List(items) => {
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            for (index, item) in items.iter().enumerate() {
                let name = name_of(item, index);
                let count = seen.entry(name.clone()).or_default();
                *count += 1;
                // Rules for one series of several services are all called like it.
                let name = if *count > 1 { format!("{name} {count}") } else { name };
                tree(item, &format!("{at}[{name}]"), fields);
            }
        }
        Value::Null => put("null".to_owned()),
        Value::Bool(value) => put(value.to_string()),
        Value::Number(text) | Value::Text(text) => put(text.to_string()),
    }
}

/// What an item of a list is called: by the key that tells it from its neighbours, so that one more item before it
/// does not make it another.
fn name_of(item: &Node, index: usize) -> String {
    let named = ["name", "alert", "record", "key", "path"].iter().find_map(|key| item.get(key)?.scalar());
    named.unwrap_or_else(|| index.to_string())
}

fn hcl(text: &str) -> Option<Fields> {
    let body: Body = hcl_edit::parser::parse_body(text).ok()?;
    let mut fields = Fields::new();
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1))
        .collect();
    block(&body, "", text, &starts, &mut fields);
    Some(fields)
}

fn block(body: &Body, at: &str, text: &str, starts: &[usize], fields: &mut Fields) {
    let below = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for structure in body {
        match structure {
            Structure::Attribute(attribute) => {
                expression(&attribute.value, &below(attribute.key.as_str()), text, starts, fields);
            }
            Structure::Block(inner) => {
                let words =
                    std::iter::once(inner.ident.as_str()).chain(inner.labels.iter().map(BlockLabel::as_str));
                let name = words.collect::<Vec<_>>().join(".");
                let count = seen.entry(name.clone()).or_default();
                *count += 1;
                let name = if *count > 1 { format!("{name}[{count}]") } else { name };
                if inner.body.is_empty() {
                    fields.insert(below(&name), Field { value: "{}".to_owned(), line: 0 });
                }
                block(&inner.body, &below(&name), text, starts, fields);
            }
        }
    }
}

/// A value of HCL: objects, lists and arguments of calls are told apart, anything else is as it is written.
fn expression(value: &Expression, at: &str, text: &str, starts: &[usize], fields: &mut Fields) {
    match value {
        Expression::Object(object) if !object.is_empty() => {
            for (key, value) in object {
                let key = match key {
                    ObjectKey::Ident(name) => name.as_str().to_owned(),
                    ObjectKey::Expression(name) => {
                        name.as_str().map_or_else(|| name.to_string().trim().to_owned(), str::to_owned)
                    }
                };
                expression(value.expr(), &format!("{at}.{key}"), text, starts, fields);
            }
        }
        Expression::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                expression(item, &format!("{at}[{index}]"), text, starts, fields);
            }
        }
        Expression::FuncCall(call) if !call.args.is_empty() => {
            for (index, argument) in call.args.iter().enumerate() {
                let name = call.name.name.as_str();
                expression(argument, &format!("{at}.{name}({index})"), text, starts, fields);
            }
        }
        _ => {
            let span = value.span().unwrap_or_default();
            let line = starts.partition_point(|start| *start <= span.start);
            let value = text.get(span).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
            fields.insert(at.to_owned(), Field { value, line: u32::try_from(line).unwrap_or(u32::MAX) });
        }
    }
}

/// Units of systemd and their kin: a key can stand several times.
fn sections(text: &str) -> Fields {
    let mut fields = Fields::new();
    let mut section = String::new();
    for (number, line) in numbered(text) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
        } else if let Some((key, value)) = line.split_once('=') {
            put(&mut fields, &format!("{section}.{}", key.trim()), value.trim(), number);
        }
    }
    fields
}

/// A Dockerfile: an instruction goes on where a line ends with a backslash.
fn instructions(text: &str) -> Fields {
    let mut fields = Fields::new();
    let mut whole = String::new();
    let mut first = 0;
    for (number, line) in numbered(text) {
        if whole.is_empty() {
            first = number;
        } else {
            whole.push(' ');
        }
        whole.push_str(line.trim_end_matches('\\').trim());
        if line.ends_with('\\') {
            continue;
        }
        let (word, rest) = whole.split_once(' ').unwrap_or((&whole, ""));
        // Variables and labels are known by their names.
        let key = match (word, rest.split_once('=')) {
            ("ENV" | "ARG" | "LABEL", Some((name, _))) if !name.contains(' ') => format!("{word}.{name}"),
            _ => word.to_owned(),
        };
        put(&mut fields, &key, rest, first);
        whole.clear();
    }
    fields
}

/// Anything else: line by line.
fn lines(text: &str) -> Fields {
    let mut fields = Fields::new();
    for (number, line) in numbered(text) {
        put(&mut fields, "line", line, number);
    }
    fields
}

/// Adds a value whose key can stand several times.
fn put(fields: &mut Fields, key: &str, value: &str, line: u32) {
    let mut name = key.to_owned();
    let mut count = 1;
    while fields.contains_key(&name) {
        count += 1;
        name = format!("{key}[{count}]");
    }
    fields.insert(name, Field { value: value.to_owned(), line });
}

/// The lines that say something, with their numbers. The header's do not: they are about the file.
fn numbered(text: &str) -> impl Iterator<Item = (u32, &str)> {
    let says = |line: &&str| {
        let line = line.trim_start();
        !line.is_empty()
            && !line.starts_with('#')
            && !line.starts_with("//")
            && !line.contains("sea:checksum")
            && !line.contains("Made by `sea generate")
    };
    (1..).zip(text.lines().map(str::trim_end)).filter(move |(_, line)| says(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str, text: &str) -> Vec<String> {
        let fields = read(path, text).unwrap();
        fields.iter().map(|(key, field)| format!("{key} = {} ({})", field.value, field.line)).collect()
    }

    #[test]
    fn values_are_known_by_what_tells_them_from_their_neighbours() {
        assert_eq!(
            shown(
                "deploy/a.yaml",
                "kind: Deployment\nmetadata: {name: api}\nspec:\n  env:\n    - name: A\n      value: 1\n---\nkind: Service\nmetadata: {name: api}\nspec: {ports: [80]}\n"
            ),
            [
                "Deployment/api.kind = Deployment (1)",
                "Deployment/api.metadata.name = api (2)",
                "Deployment/api.spec.env[A].name = A (5)",
                "Deployment/api.spec.env[A].value = 1 (6)",
                "Service/api.kind = Service (8)",
                "Service/api.metadata.name = api (9)",
                "Service/api.spec.ports[0] = 80 (10)",
            ]
        );
        assert_eq!(
            shown("Dockerfile", "# why\nFROM a AS b\nRUN x && \\\n    y\nENV A=1\nENV B=2\nFROM c\n"),
            [
                "ENV.A = A=1 (5)",
                "ENV.B = B=2 (6)",
                "FROM = a AS b (2)",
                "FROM[2] = c (7)",
                "RUN = x && y (3)"
            ]
        );
        assert_eq!(
            shown(
                "main.tf",
                "resource \"a\" \"b\" {\n  x = 1\n  tags = {\n    y = \"z\"\n  }\n  empty {}\n}\n"
            ),
            ["resource.a.b.empty = {} (0)", "resource.a.b.tags.y = \"z\" (4)", "resource.a.b.x = 1 (2)"]
        );
        assert_eq!(
            shown("a.service", "# x\n[Unit]\nAfter=a\nAfter=b\n\n[Service]\nUser=c\n"),
            ["Service.User = c (7)", "Unit.After = a (3)", "Unit.After[2] = b (4)"]
        );
        assert_eq!(read("a.yaml", "a: [\n"), None);
    }
}
