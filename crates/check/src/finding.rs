//! What a check says: rule, severity, place, evidence, fix.

use std::borrow::Cow;
use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rule::{Category, FixKind, Severity};

/// One thing that stands between the app and production.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// How much it weighs.
    pub severity: Severity,
    /// What it is about.
    pub category: Category,
    /// What is wrong, in a few words.
    pub title: String,
    /// The file, relative to the repository's root, with `/`. `.` for what no file is to blame for.
    pub file: String,
    /// 1-based line; 1 for what concerns the whole file.
    pub line: u32,
    /// 1-based column, in characters.
    pub column: u32,
    /// 1-based last line.
    pub end_line: u32,
    /// The lines it is about, secrets masked; at most a few.
    pub excerpt: String,
    /// What is wrong here.
    pub message: String,
    /// What to do about it.
    pub fix: Fix,
    /// The same as long as rule, file and excerpt are; it does not move with the lines around it.
    pub fingerprint: String,
    /// The command that shows the page of the rule.
    pub docs: String,
}

/// What to do about a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fix {
    /// Who can do it.
    pub kind: FixKind,
    /// What to do.
    pub description: String,
    /// The change itself, where it can be made safely.
    #[serde(skip)]
    pub edits: Vec<Edit>,
}

/// A change to a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// The file.
    pub file: String,
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes instead.
    pub text: String,
}

/// A finding as a rule makes it: what the catalogue and the file know is added by [`crate::context::Sink`].
#[derive(Clone, Debug)]
pub struct Draft {
    pub(crate) rule: Cow<'static, str>,
    pub(crate) file: String,
    pub(crate) place: Place,
    pub(crate) message: Option<String>,
    pub(crate) severity: Option<Severity>,
    pub(crate) edits: Vec<Edit>,
    pub(crate) masks: Vec<Range<usize>>,
}

/// Where in a file.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// The file as a whole, or something that is not in it.
    File,
    /// A 1-based line.
    Line(u32),
    /// Bytes of its text.
    Bytes(Range<usize>),
}

impl Draft {
    /// About a file as a whole, or about the repository (`.`).
    pub fn file(rule: impl Into<Cow<'static, str>>, file: impl Into<String>) -> Self {
        Self {
            rule: rule.into(),
            file: file.into(),
            place: Place::File,
            message: None,
            severity: None,
            edits: Vec::new(),
            masks: Vec::new(),
        }
    }

    /// About one line of a file, counted from 1.
    pub fn line(rule: impl Into<Cow<'static, str>>, file: impl Into<String>, line: u32) -> Self {
        Self { place: Place::Line(line), ..Self::file(rule, file) }
    }

    /// About some bytes of a file.
    pub fn bytes(rule: impl Into<Cow<'static, str>>, file: impl Into<String>, range: Range<usize>) -> Self {
        Self { place: Place::Bytes(range), ..Self::file(rule, file) }
    }

    /// What is wrong here, where the rule's own words do not say it all.
    #[must_use]
    pub fn says(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Heavier or lighter than the rule as such.
    #[must_use]
    pub fn weighs(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// A change that mends it safely.
    #[must_use]
    pub fn mended_by(mut self, edit: Edit) -> Self {
        self.edits.push(edit);
        self
    }

    /// The same where there is one.
    #[must_use]
    pub(crate) fn mended_if(mut self, edit: Option<Edit>) -> Self {
        self.edits.extend(edit);
        self
    }

    /// Bytes that no report may show.
    #[must_use]
    pub fn hiding(mut self, range: Range<usize>) -> Self {
        self.masks.push(range);
        self
    }
}
