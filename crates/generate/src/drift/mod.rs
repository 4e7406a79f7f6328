//! Where two places disagree about the app: files that people wrote against each other and against the code
//! ([`twins`]), derived files against the model ([`derived`]).
//!
//! A difference names a field of the model, every place that takes part, the one that the app itself obeys where
//! that is known, and what to do.

mod derived;
mod structure;
mod subject;
mod twins;

use schemars::JsonSchema;
use seaworthy_model::{App, Place};
use serde::Serialize;

use crate::place::Placed;

/// Two places that disagree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Difference {
    /// The field of the model that it is about: `backend.port`; where it is none of the model's, the file and the
    /// key in it.
    pub subject: String,
    /// What sort of difference it is.
    pub kind: Kind,
    /// Who says what.
    pub sides: Vec<Side>,
    /// Which of them the app itself obeys, and how that is known; absent where nothing shows it.
    pub obeyed: Option<String>,
    /// What to do.
    pub fix: String,
}

/// The sorts of differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Two places say different values.
    Value,
    /// One place says nothing where another does.
    Missing,
    /// One place holds a secret by its value where another refers to it.
    SecretByValue,
    /// A variable that nothing reads.
    Unread,
    /// A derived file was edited.
    Edited,
    /// A derived file is older than the model.
    Stale,
}

/// What one place says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Side {
    /// The value; absent where it says nothing.
    pub says: Option<String>,
    /// The file, and the line where there is one.
    pub place: Place,
}

/// What `sea drift --json` prints and the API answers: `sea.drift/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report<'a> {
    schema: &'static str,
    differences: &'a [Difference],
}

/// The JSON Schema of `sea.drift/1`.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Report<'_>).to_value()
}

impl<'a> Report<'a> {
    /// The report of these differences.
    pub fn new(differences: &'a [Difference]) -> Self {
        Self { schema: "sea.drift/1", differences }
    }
}

/// Every difference, in order of its subject. `placed` are the derived files of all targets, of which those count
/// that are there.
pub fn differences(app: &App, placed: &[Placed]) -> Vec<Difference> {
    let mut found = twins::differences(app);
    found.extend(derived::differences(app, placed));
    found.sort();
    found.dedup();
    found
}

/// What a place says, as a side of a difference.
fn side(says: impl Into<String>, place: Place) -> Side {
    Side { says: Some(says.into()), place }
}
