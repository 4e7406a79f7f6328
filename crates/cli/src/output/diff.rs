//! What would change in a file.

use similar::TextDiff;

use crate::output::style::{self, paint};

/// A unified diff in colours.
pub(crate) fn unified(file: &str, before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let text =
        diff.unified_diff().context_radius(2).header(&format!("a/{file}"), &format!("b/{file}")).to_string();
    text.lines()
        .map(|line| match line.as_bytes().first() {
            Some(b'+') => paint(style::GOOD, line),
            Some(b'-') => paint(style::ERROR, line),
            Some(b'@') => paint(style::DIM, line),
            _ => line.to_owned(),
        })
        .map(|line| line + "\n")
        .collect()
}
