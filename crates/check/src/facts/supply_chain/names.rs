//! Names of packages: those that are a slip of the finger, those that are not what they seem, those that nobody keeps.

use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;

use seaworthy_detect::Manifest;
use serde::Deserialize;

use super::locked::is_aside;
use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::finding::Draft;
use crate::lockfile::python_name;

const TYPO: &str = "dependency-name-typo";
const MISTAKEN: &str = "dependency-mistaken";
const ABANDONED: &str = "dependency-abandoned";

pub(super) static FACT: Fact = Fact { rules: &[TYPO, MISTAKEN, ABANDONED], whole: false, check };

#[derive(Debug, Default, Deserialize)]
pub(super) struct Data {
    popular: BTreeMap<String, String>,
    known: String,
    mistaken: BTreeMap<String, BTreeMap<String, Mistaken>>,
    abandoned: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) imports: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Mistaken {
    meant: String,
    why: String,
}

/// The table, parsed once.
pub(super) fn data() -> &'static Data {
    static DATA: OnceLock<Data> = OnceLock::new();
    DATA.get_or_init(|| {
        let text = include_str!("../../../../../rules/data/packages.yaml");
        // The test below reads it too: what cannot be parsed never ships.
        serde_saphyr::from_str(text).unwrap_or_default()
    })
}

/// The name that a `package.json` gives its project.
pub(super) fn own_name(context: &Context<'_>, manifest: &Manifest) -> Option<String> {
    let document = context.repository.document(&manifest.path)?;
    document.get("name")?.scalar()
}

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    for manifest in context.manifests.iter().filter(|manifest| !is_aside(&manifest.path)) {
        let registry = match manifest.family {
            "javascript" => "npm",
            "python" => "pypi",
            _ => continue,
        };
        let data = data();
        let popular: HashSet<&str> =
            data.popular.get(registry).map(|names| names.split_whitespace().collect()).unwrap_or_default();
        let known: HashSet<&str> = data.known.split_whitespace().collect();
        for (name, declared) in &manifest.dependencies {
            let Some(place) = &declared.place else { continue };
            let name = if registry == "pypi" { python_name(name) } else { name.clone() };
            let draft = |rule| Draft::line(rule, &place.file, place.line.unwrap_or(1));
            if let Some(mistaken) = data.mistaken.get(registry).and_then(|table| table.get(&name)) {
                let says = format!("`{name}` is not {}: {}", mistaken.meant, mistaken.why);
                sink.report(draft(MISTAKEN).says(says));
            } else if let Some(instead) = data.abandoned.get(registry).and_then(|table| table.get(&name)) {
                sink.report(
                    draft(ABANDONED).says(format!("`{name}` is no longer maintained; instead: {instead}")),
                );
            } else if let Some(meant) = typo(&name, &popular).filter(|_| !known.contains(name.as_str())) {
                sink.report(
                    draft(TYPO).says(format!("`{name}` is one letter away from the well-known `{meant}`")),
                );
            }
        }
    }
}

/// The popular name that is one edit away from this one, which is itself not popular.
fn typo<'p>(name: &str, popular: &HashSet<&'p str>) -> Option<&'p str> {
    if name.len() < 5 || name.starts_with('@') || popular.contains(name) {
        return None;
    }
    // The least in order of names, so that the answer is always the same.
    popular.iter().copied().filter(|known| known.len() >= 5 && is_one_edit(name, known)).min()
}

/// One letter more, less, other, or two neighbours swapped. A digit at the end makes a version, not a slip.
fn is_one_edit(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len().abs_diff(other.len()) > 1 {
        return false;
    }
    let start = one.iter().zip(other).take_while(|(left, right)| left == right).count();
    let end = one[start..]
        .iter()
        .rev()
        .zip(other[start..].iter().rev())
        .take_while(|(left, right)| left == right)
        .count();
    let (left, right) = (&one[start..one.len() - end], &other[start..other.len() - end]);
    let is_digit = |bytes: &[u8]| bytes.iter().any(u8::is_ascii_digit);
    match (left.len(), right.len()) {
        (0 | 1, 0 | 1) => !is_digit(left) && !is_digit(right),
        (2, 2) => left[0] == right[1] && left[1] == right[0],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        let data: Data =
            serde_saphyr::from_str(include_str!("../../../../../rules/data/packages.yaml")).unwrap();
        assert!(data.popular["npm"].split_whitespace().count() > 200 && data.imports.len() > 200);
    }

    #[test]
    fn slips_are_one_edit_away() {
        for (slip, name) in [
            ("expres", "express"),
            ("lodahs", "lodash"),
            ("reqests", "requests"),
            ("expresss", "express"),
            ("axious", "axios"),
        ] {
            assert!(is_one_edit(slip, name), "{slip}");
        }
        for (other, name) in
            [("express-ws", "express"), ("mysql2", "mysql"), ("fastify", "fastapi"), ("lodash", "lodash-es")]
        {
            assert!(!is_one_edit(other, name), "{other}");
        }
    }
}
