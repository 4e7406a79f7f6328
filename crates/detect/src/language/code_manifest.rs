//! Manifests that are programs (`mix.exs`, `build.sbt`, `Package.swift`, ...): read by patterns, not run.

use regex::Regex;

use crate::document::Lines;
use crate::repository::Repository;
use crate::rules::CommentStyle;
use crate::source::blank;

/// A manifest's text without its comments.
pub(super) struct CodeManifest {
    text: String,
    lines: Lines,
}

/// A match: its first two groups, and the line of the first.
#[derive(Debug)]
pub(super) struct Match {
    pub(super) first: String,
    pub(super) second: String,
    pub(super) line: u32,
}

impl CodeManifest {
    pub(super) fn read(repo: &Repository, path: &str, style: CommentStyle) -> Option<Self> {
        let text = blank(&repo.text(path)?, style);
        let lines = Lines::new(&text);
        Some(Self { text, lines })
    }

    /// Every match of a pattern, a constant of the caller that its tests compile.
    pub(super) fn all(&self, pattern: &str) -> Vec<Match> {
        let regex = Regex::new(pattern).unwrap_or_else(|error| panic!("{error}"));
        let found = regex.captures_iter(&self.text).filter_map(|captures| {
            let first = captures.get(1)?;
            Some(Match {
                first: first.as_str().to_owned(),
                second: captures.get(2).map_or(String::new(), |second| second.as_str().to_owned()),
                line: self.lines.line(first.start()),
            })
        });
        found.collect()
    }

    /// The first match of a pattern.
    pub(super) fn first(&self, pattern: &str) -> Option<Match> {
        self.all(pattern).into_iter().next()
    }

    pub(super) fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }
}
