//! What `sea generate --json` prints and the API answers: `sea.generate/1`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::Loss;
use crate::place::{Action, Placed};

/// What was done, or would be done, about derived files.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report<'a> {
    schema: &'static str,
    files: Vec<Entry<'a>>,
    leftovers: &'a [String],
    losses: &'a [Loss],
}

#[derive(Debug, Serialize, JsonSchema)]
struct Entry<'a> {
    path: &'a str,
    target: &'static str,
    /// `create`, `keep`, `replace`, `edited` or `foreign`.
    action: &'static str,
    /// Where it was written to; null where nothing was.
    written_to: Option<&'a str>,
}

/// The JSON Schema of `sea.generate/1`.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Report<'_>).to_value()
}

impl<'a> Report<'a> {
    /// The report of some files; `written` when they were written.
    pub fn new(files: &'a [Placed], leftovers: &'a [String], losses: &'a [Loss], written: bool) -> Self {
        let entry = |placed: &'a Placed| Entry {
            path: &placed.file.path,
            target: placed.file.target,
            action: placed.action.as_str(),
            written_to: (written && placed.action != Action::Keep).then_some(placed.path.as_str()),
        };
        Self { schema: "sea.generate/1", files: files.iter().map(entry).collect(), leftovers, losses }
    }
}
