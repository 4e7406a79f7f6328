//! What is wrong with a text, precisely enough to underline it and to say what to type instead.

use std::ops::Range;

use serde::Serialize;

/// A byte range in the text that was given.
pub type Span = Range<usize>;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing can be done with it until it is right.
    Error,
    /// It works, and is probably not what was meant.
    Warning,
}

/// One problem in a text. Excerpts are drawn elsewhere, so places are kept as byte ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// A stable code, such as `unknown-key`.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The bytes it is about.
    pub span: Span,
    /// What to write beside the underlined bytes; may be empty.
    pub label: String,
    /// Other bytes that take part, each with what to write beside them.
    pub secondary: Vec<(Span, String)>,
    /// Why it matters.
    pub note: Option<String>,
    /// What to type instead.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at some bytes.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            span,
            label: String::new(),
            secondary: Vec::new(),
            note: None,
            help: None,
        }
    }

    /// The same, as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The same, with this beside the underlined bytes.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same, with other bytes that take part.
    #[must_use]
    pub fn and(mut self, span: Span, label: impl Into<String>) -> Self {
        self.secondary.push((span, label.into()));
        self
    }

    /// The same, saying why it matters.
    #[must_use]
    pub fn note(mut self, note: impl Into<Option<String>>) -> Self {
        self.note = note.into();
        self
    }

    /// The same, saying what to type instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help = help.into();
        self
    }
}

/// The 1-based line and column (in characters) of a byte offset. Offsets past the end are the end; offsets
/// within a character are that character.
pub fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_become_lines_and_columns() {
        let text = "a = 1\nżb = 2\n";
        let offset = |needle| text.find(needle).unwrap();
        assert_eq!(line_column(text, 0), (1, 1));
        assert_eq!(line_column(text, offset("b")), (2, 2), "columns count characters");
        assert_eq!(line_column(text, offset("ż") + 1), (2, 1), "within a character");
        assert_eq!(line_column(text, 999), (3, 1), "past the end");
    }
}
