//! What a cause looks like, as data.

use serde::Deserialize;

use crate::pipeline::Stage;

/// How much a match explains. An earlier variant goes before a later one, wherever in the log they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rank {
    /// The machine gave up: no memory, no disk. Whatever else was written follows from it.
    Machine,
    /// Something that a person can mend.
    #[default]
    Cause,
    /// It often has another cause, which is better named: a test that failed, an exception that nobody caught.
    Symptom,
}

/// A cause that is known: one file of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Signature {
    /// `CATEGORY/NAME`, from the path of its file.
    #[serde(skip)]
    pub id: String,
    /// What happened, in one sentence without a full stop. `{group}` is what a named group of a pattern or of
    /// the context matched, `{group|words}` has words for when it did not.
    pub title: String,
    /// What to do, with the same groups: a command where there is one.
    pub recommendation: String,
    /// Where the tool's own documentation tells of it.
    #[serde(default)]
    pub source: Option<String>,
    /// How much it explains.
    #[serde(default)]
    pub rank: Rank,
    /// The line that says it: one of these expressions (ASCII, on one line without colours).
    pub patterns: Vec<String>,
    /// Each of these has to match a line nearby, too.
    #[serde(default)]
    pub context: Vec<String>,
    /// Stages in which it occurs; empty: in any.
    #[serde(default)]
    pub stages: Vec<Stage>,
    /// Exit statuses with which it occurs, as shells tell them (128 + signal); empty: with any.
    #[serde(default)]
    pub statuses: Vec<i32>,
}

impl Signature {
    /// The folder that it is in: what the failure is about.
    pub fn category(&self) -> &str {
        self.id.split_once('/').map_or("", |(category, _)| category)
    }
}
