//! Variables that pydantic settings classes read: their fields are variables by convention.

use std::sync::LazyLock;

use seaworthy_model::Place;

use crate::pattern::Pattern;
use crate::repository::Repository;
use crate::source::EnvRead;

/// The reads of every settings class in a file.
pub(crate) fn read(repo: &Repository, path: &str) -> Vec<EnvRead> {
    static CLASS: LazyLock<Pattern> =
        LazyLock::new(|| Pattern::new(r"^class\s+\w+\(\s*(?:[\w.]+\.)?BaseSettings\b"));
    static FIELD: LazyLock<Pattern> = LazyLock::new(|| {
        Pattern::new(r"^(?:    |\t)(?<name>[A-Za-z]\w*)\s*:\s*(?<type>[^=\n]+?)\s*(?:=\s*(?<default>.+))?$")
    });
    static PREFIX: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r#"\benv_prefix\s*=\s*["'](\w*)["']"#));
    static ALIAS: LazyLock<Pattern> =
        LazyLock::new(|| Pattern::new(r#"\b(?:validation_alias|env|alias)\s*=\s*["'](\w+)["']"#));
    let Some(text) = repo.text(path) else { return Vec::new() };
    let mut reads: Vec<EnvRead> = Vec::new();
    let mut class: Option<(usize, String)> = None;
    for (line, text) in (1_u32..).zip(text.lines()) {
        if CLASS.is_match(text) {
            class = Some((reads.len(), String::new()));
            continue;
        }
        if !text.is_empty() && !text.starts_with([' ', '\t', '#', ')', ']', '}']) {
            class = None;
        }
        let Some((first, prefix)) = &mut class else { continue };
        if let Some(found) = PREFIX.find(text) {
            // The prefix may stand after the fields it is for.
            *prefix = found.text(1).to_uppercase();
            for read in &mut reads[*first..] {
                read.name = format!("{prefix}{}", read.name);
            }
            continue;
        }
        let Some(field) = FIELD.find(text.split(" #").next().unwrap_or(text)) else { continue };
        let name = field.name("name").map_or("", |group| group.text);
        if name == "model_config" || field.name("type").map_or("", |group| group.text).contains("ClassVar") {
            continue;
        }
        let default = field.name("default").map(|default| default.text.trim());
        let alias = default.and_then(|default| ALIAS.find(default)).map(|found| found.text(1).to_uppercase());
        let (literal, optional) = match default {
            None => (
                None,
                field.name("type").map_or("", |group| group.text).contains("None")
                    || field.name("type").map_or("", |group| group.text).contains("Optional"),
            ),
            Some(default) => field_default(default),
        };
        reads.push(EnvRead {
            name: alias.unwrap_or_else(|| format!("{prefix}{}", name.to_uppercase())),
            default: literal,
            optional,
            place: Place::line(path, line),
        });
    }
    reads
}

/// The literal of a default, and whether there is one at all (`Field(...)` has none).
fn field_default(text: &str) -> (Option<String>, bool) {
    let inner = match text.strip_prefix("Field(").or_else(|| text.strip_prefix("pydantic.Field(")) {
        Some(inner) => match inner.split_once("default=") {
            Some((_, default)) => default,
            None if inner.starts_with("...") || inner.starts_with(')') => return (None, false),
            None if inner.contains("default_factory") => return (None, true),
            None if inner.starts_with(|c: char| c.is_alphabetic()) && !inner.starts_with("None") => {
                let has_value = ["True", "False"].iter().any(|word| inner.starts_with(word));
                return (None, has_value);
            }
            None => inner,
        },
        None => text,
    };
    let inner = inner.trim();
    for quote in ['"', '\''] {
        if let Some(rest) = inner.strip_prefix(quote)
            && let Some((value, _)) = rest.split_once(quote)
        {
            return (Some(value.to_owned()), true);
        }
    }
    let word = inner.split([',', ')', ' ']).next().unwrap_or_default();
    let number = word.parse::<f64>().is_ok();
    let truth = matches!(word, "True" | "False");
    (
        if number {
            Some(word.to_owned())
        } else if truth {
            Some(word.to_lowercase())
        } else {
            None
        },
        true,
    )
}
