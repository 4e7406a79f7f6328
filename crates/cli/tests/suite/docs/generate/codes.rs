//! The list of codes, and the lines of the book's summary that name their pages.

use super::super::{markdown, stem};
use crate::process::workspace;

/// Every code with the first sentence of its page.
fn codes() -> Vec<(String, String)> {
    markdown(&workspace().join("docs/src/codes"))
        .iter()
        .filter(|path| stem(path) != "index")
        .map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            let sentence =
                text.lines().find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
            (stem(path), sentence.to_owned())
        })
        .collect()
}

pub(super) fn page() -> String {
    let mut out = "# Codes

Every error and warning has a code, and every code a page; `sea explain CODE` prints it, `sea explain` lists them.

| code | |
|---|---|
"
    .to_owned();
    for (code, sentence) in codes() {
        out += &format!("| [{code}]({code}.md) | {sentence} |\n");
    }
    out
}

/// `SUMMARY.md` is written by hand, but for the pages of the codes and of the rules.
pub(super) fn summary() -> String {
    let known = std::fs::read_to_string(workspace().join("docs/src/SUMMARY.md")).unwrap();
    let mut out = String::new();
    let is_made =
        |line: &&str| line.starts_with("  - [") && (line.contains("](codes/") || line.contains("](rules/"));
    for line in known.lines().filter(|line| !is_made(line)) {
        out += &format!("{line}\n");
        if line.contains("](rules/index.md)") {
            for (rule, _) in super::rules::pages() {
                out += &format!("  - [{rule}](rules/{rule}.md)\n");
            }
        }
        if line.contains("](codes/index.md)") {
            for (code, _) in codes() {
                out += &format!("  - [{code}](codes/{code}.md)\n");
            }
        }
    }
    out
}
