//! Manifests that are programs (`mix.exs`, `build.sbt`, `Package.swift`, ...): read by patterns, not run.

use crate::document::Lines;
use crate::pattern::Pattern;
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
        let pattern = Pattern::new(pattern);
        let found = pattern.find_all(&self.text).filter_map(|found| {
            let first = found.get(1)?;
            Some(Match {
                first: first.text.to_owned(),
                second: found.text(2).to_owned(),
                line: self.lines.line(first.start),
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
