//! Links lead somewhere, and every page of the book is in its table of contents.

use std::collections::BTreeSet;

use regex::Regex;

use super::markdown;
use crate::process::workspace;

#[test]
fn every_link_leads_somewhere() {
    let root = workspace();
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut pages = markdown(&root.join("docs"));
    let at_root = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
    pages.extend(at_root.map(|name| root.join(name)));
    let mut broken = Vec::new();
    for page in &pages {
        let text = std::fs::read_to_string(page).unwrap();
        for captures in link.captures_iter(&text) {
            let target = &captures[1];
            if target.contains("://") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            let is_there = match (file.exists(), anchor) {
                (true, "") => true,
                (true, anchor) => anchors(&std::fs::read_to_string(&file).unwrap()).contains(anchor),
                (false, _) => false,
            };
            if !is_there {
                broken.push(format!("{}: {target}", page.strip_prefix(&root).unwrap().display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The anchors that mdBook and GitHub make of headings.
fn anchors(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            let heading = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
            heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
        })
        .collect()
}

#[test]
fn every_page_is_in_the_summary() {
    let book = workspace().join("docs/src");
    let summary = std::fs::read_to_string(book.join("SUMMARY.md")).unwrap();
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let named: BTreeSet<_> = link.captures_iter(&summary).map(|captures| book.join(&captures[1])).collect();
    let there: BTreeSet<_> =
        markdown(&book).into_iter().filter(|path| !path.ends_with("SUMMARY.md")).collect();
    assert_eq!(named, there);
}
