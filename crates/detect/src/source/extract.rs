//! What a match of a source pattern means.

use seaworthy_model::Place;

use super::context::{context, is_told, literal};
use super::scanner::{Expression, Sort};
use super::{Entry, EnvRead, Facts, Listen, Route};
use crate::document::Lines;
use crate::pattern::{Found, Pattern};
use crate::rules::CommentStyle;

/// A source file without its comments.
pub(super) struct SourceFile<'a> {
    pub(super) path: &'a str,
    pub(super) text: String,
    pub(super) lines: Lines,
    pub(super) style: CommentStyle,
}

/// Adds what a match of a pattern means.
pub(super) fn take(
    facts: &mut Facts,
    file: &SourceFile<'_>,
    sort: Sort,
    pattern: &Expression,
    captures: &Found<'_>,
) {
    let SourceFile { path, text, lines, style } = file;
    let whole = captures.whole();
    let place_of = |offset: usize| Place::line(*path, lines.line(offset));
    match sort {
        Sort::Env => {
            if let Some(list) = captures.name("list") {
                facts.env.extend(destructured(list.text, list.start, &place_of));
                return;
            }
            let Some(name) = captures.name("name").or_else(|| captures.name("name2")) else { return };
            let around = around(text, whole.start, whole.end);
            let line = text.get(..whole.start).unwrap_or_default();
            let line = &line[line.rfind('\n').map_or(0, |end| end + 1)..];
            if around.written || *style == CommentStyle::C && is_told(line) {
                return;
            }
            let given = captures.name("default").map(|default| default.text.trim());
            let nothing = given.is_some_and(|text| {
                matches!(text, "None" | "null" | "nil" | "undefined" | "" | "..." | "undefined as any")
            });
            // Some languages read `DATABASE_URL` by the keyword `:database-url`; a shell's defaults are bare words.
            let name_as_read = match pattern.of.as_deref() {
                Some("keyword") => name.text.to_uppercase().replace('-', "_"),
                Some("bare") | None => name.text.to_owned(),
                Some(prefix) => format!("{prefix}{}", name.text),
            };
            let literal_of = |text: &str| match pattern.of.as_deref() {
                Some("bare") => Some(text.trim_matches(['"', '\'']))
                    .filter(|text| !text.is_empty() && !text.contains(['$', '`']))
                    .map(str::to_owned),
                _ => literal(text),
            };
            facts.env.push(EnvRead {
                name: name_as_read,
                default: given.and_then(literal_of).or(around.default),
                optional: pattern.optional
                    || around.optional
                    || given.is_some() && !nothing
                    || captures.name("optional").is_some(),
                place: place_of(name.start),
            });
        }
        Sort::Route => {
            if let Some(route) = captures.name("path") {
                facts.routes.push(Route {
                    path: route.text.to_owned(),
                    on: captures.name("on").map(|on| on.text.to_owned()),
                    place: place_of(route.start),
                });
            }
        }
        Sort::Listen => {
            if let Some(port) = captures.name("port")
                && let Ok(number) = port.text.parse()
                && number > 0
            {
                facts.listens.push(Listen { port: number, place: place_of(port.start) });
            }
        }
        Sort::Uses => {
            if let Some(resource) = &pattern.of {
                facts.uses.push((resource.clone(), place_of(whole.start)));
            }
        }
        Sort::Volume => {
            if let Some(kept) = captures.name("path").filter(|kept| !kept.text.is_empty()) {
                facts.volumes.push((kept.text.trim_start_matches("./").to_owned(), place_of(kept.start)));
            }
        }
        Sort::Entry => {
            if let Some(framework) = &pattern.of {
                facts.entries.push(Entry {
                    of: framework.clone(),
                    object: captures.name("name").map(|name| name.text.to_owned()),
                    place: place_of(whole.start),
                });
            }
        }
        Sort::Prefix => {}
        Sort::Alias => {
            if let Some(alias) = captures.get(1) {
                aliased(facts, alias.text, text, &place_of);
            }
        }
    }
}

/// Reads through another name for the environment: `env.NAME`, `env["NAME"]`, `env.get("NAME", "default")`.
fn aliased(facts: &mut Facts, alias: &str, text: &str, place_of: &dyn Fn(usize) -> Place) {
    let pattern = format!(
        r#"\b{alias}(?:\.(?<name>[A-Z][A-Z0-9_]*)\b|\[\s*["'](?<name2>[A-Z][A-Z0-9_]*)["']\s*\]|\.get\(\s*["'](?<name3>[A-Z][A-Z0-9_]*)["']\s*(?:,\s*(?<default>[^)\n]+))?\))"#
    );
    // The alias is one identifier: the expression is always valid.
    let Some(pattern) = Pattern::try_new(&pattern) else { return };
    for captures in pattern.find_all(text) {
        let whole = captures.whole();
        let Some(name) = ["name", "name2", "name3"].iter().find_map(|group| captures.name(group)) else {
            continue;
        };
        let around = around(text, whole.start, whole.end);
        if !around.written {
            let given = captures.name("default").and_then(|default| literal(default.text));
            facts.env.push(EnvRead {
                name: name.text.to_owned(),
                optional: around.optional || captures.name("default").is_some(),
                default: given.or(around.default),
                place: place_of(name.start),
            });
        }
    }
}

/// How the text from `start` to `end` is used, judged by the rest of its line.
fn around(text: &str, start: usize, end: usize) -> super::context::Context {
    let (before, after) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let mut length = after.find('\n').unwrap_or(after.len());
    // A line that ends with an operator goes on.
    if matches!(after[..length].trim(), "||" | "??" | "?:" | "or" | "orelse") {
        let next = after.get(length + 1..).unwrap_or_default();
        length = after.len().min(length + 1 + next.find('\n').unwrap_or(next.len()));
    }
    context(&before[line_start..], &after[..length])
}

/// The names of a destructuring: `{ A, B: alias, C = "default" }`.
fn destructured(list: &str, start: usize, place_of: &dyn Fn(usize) -> Place) -> Vec<EnvRead> {
    let mut found = Vec::new();
    let mut offset = start;
    for item in list.split(',') {
        let lead = item.len() - item.trim_start().len();
        let place = place_of(offset + lead);
        offset += item.len() + 1;
        let (target, default) = match item.split_once('=') {
            Some((target, default)) => (target, Some(default)),
            None => (item, None),
        };
        let name = target.split(':').next().unwrap_or(target).split(" as ").next().unwrap_or(target).trim();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        found.push(EnvRead {
            name: name.to_owned(),
            default: default.and_then(literal),
            optional: default.is_some(),
            place,
        });
    }
    found
}

/// Several patterns may meet the same read, each knowing something else about it: it is one read.
pub(super) fn merge(reads: &mut Vec<EnvRead>) {
    let mut merged: Vec<EnvRead> = Vec::with_capacity(reads.len());
    for read in reads.drain(..) {
        let known = merged.iter_mut().rev().take_while(|known| known.place == read.place);
        match known.into_iter().find(|known| known.name == read.name) {
            Some(known) => {
                known.default = known.default.take().or(read.default);
                known.optional |= read.optional;
            }
            None => merged.push(read),
        }
    }
    *reads = merged;
}
