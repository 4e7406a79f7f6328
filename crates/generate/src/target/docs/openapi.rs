//! OpenAPI documents of the repository (<https://spec.openapis.org/oas/v3.1.0>, and Swagger 2.0 before it).

use seaworthy_detect::document::{Format, Node, parse};
use serde::Serialize;

use crate::Sources;
use crate::text::{cell, or_dash};

/// Names of methods, in the order in which they are shown.
const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];

/// A document.
#[derive(Serialize)]
pub(super) struct Document {
    pub(super) path: String,
    title: String,
    description: String,
    version: String,
    operations: Vec<Operation>,
}

#[derive(Serialize)]
struct Operation {
    method: String,
    path: String,
    what: String,
    parameters: String,
    answers: String,
}

/// Every document, in order of their paths.
pub(super) fn documents(sources: &dyn Sources) -> Vec<Document> {
    let paths = sources.paths().filter(|path| is_named_so(path));
    paths.filter_map(|path| read(path, &sources.text(path)?)).collect()
}

fn is_named_so(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let Some((stem, end)) = name.rsplit_once('.') else { return false };
    matches!(end, "yaml" | "yml" | "json")
        && (matches!(stem, "openapi" | "swagger") || stem.ends_with(".openapi") || stem.ends_with("-openapi"))
}

fn read(path: &str, text: &str) -> Option<Document> {
    let root = parse(Format::of(path), text).ok()?;
    root.get("openapi").or_else(|| root.get("swagger"))?;
    let info = |key: &str| root.at(&["info", key]).and_then(Node::scalar).unwrap_or_default();
    let mut operations = Vec::new();
    for entry in root.get("paths")?.entries() {
        let shared = entry.node.get("parameters").map(Node::items).unwrap_or_default();
        for method in METHODS {
            let Some(operation) = entry.node.get(method) else { continue };
            operations.push(Operation {
                method: method.to_ascii_uppercase(),
                path: cell(&entry.key),
                what: what(operation),
                parameters: parameters(shared, operation),
                answers: answers(operation),
            });
        }
    }
    let title = info("title");
    let version = info("version");
    Some(Document {
        path: path.to_owned(),
        title: if title.is_empty() { path.to_owned() } else { heading(&title) },
        description: paragraph(&info("description")),
        version: if version.is_empty() { String::new() } else { format!(", version {}", cell(&version)) },
        operations,
    })
}

fn what(operation: &Node) -> String {
    let said = ["summary", "description", "operationId"];
    let said = said.iter().find_map(|key| operation.get(key).and_then(Node::text));
    let deprecated = operation.get("deprecated").and_then(Node::bool) == Some(true);
    let text = or_dash(prose(said.unwrap_or_default()));
    if deprecated { format!("Deprecated. {text}") } else { text }
}

fn parameters(shared: &[Node], operation: &Node) -> String {
    let own = operation.get("parameters").map(Node::items).unwrap_or_default();
    let mut all: Vec<String> = shared
        .iter()
        .chain(own)
        .filter_map(|parameter| {
            if let Some(reference) = parameter.get("$ref").and_then(Node::text) {
                return Some(format!("`{}`", cell(reference.rsplit('/').next()?)));
            }
            let name = parameter.get("name").and_then(Node::text)?;
            let place = parameter.get("in").and_then(Node::text).unwrap_or("query");
            let required = parameter.get("required").and_then(Node::bool) == Some(true);
            Some(format!("`{}` ({}{})", cell(name), cell(place), if required { ", required" } else { "" }))
        })
        .collect();
    if operation.get("requestBody").is_some() {
        all.push("body".to_owned());
    }
    or_dash(all.join(", "))
}

fn answers(operation: &Node) -> String {
    let answers = operation.get("responses").map(Node::entries).unwrap_or_default();
    let answers = answers.iter().map(|answer| {
        let what = answer.node.get("description").and_then(Node::text).map(prose).filter(|it| !it.is_empty());
        what.map_or_else(|| cell(&answer.key), |what| format!("{}: {what}", cell(&answer.key)))
    });
    or_dash(answers.collect::<Vec<_>>().join("; "))
}

/// The first paragraph of a text, for a cell: what could be taken for HTML or a link is taken literally.
pub(super) fn prose(text: &str) -> String {
    let first = text.trim().split("\n\n").next().unwrap_or_default();
    cell(first)
        .replace('<', "&lt;")
        .replace('[', "\\[")
        .replace('*', "\\*")
        .replace('_', "\\_")
        .replace("://", ":&#47;/")
}

fn heading(text: &str) -> String {
    prose(text).trim_end_matches(['.', '!', ':', ',', ';']).to_owned()
}

fn paragraph(text: &str) -> String {
    prose(text).trim_start_matches(['#', '-', '+', '>', ' ']).to_owned()
}
