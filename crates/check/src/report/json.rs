//! `sea.check/1`: findings, summary and score, for programs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::finding::Finding;
use crate::report::{Notice, Report, Summary};
use crate::score::Score;

/// The version of the shape.
pub const SCHEMA: &str = "sea.check/1";

#[derive(Serialize, JsonSchema)]
/// What `sea check --json` prints.
struct Shape<'r> {
    /// `sea.check/1`.
    schema: &'static str,
    /// By file and line.
    findings: &'r [Finding],
    /// Their numbers.
    summary: &'r Summary,
    /// How ready the app is.
    score: &'r Score,
    /// What is odd about the check itself.
    notices: &'r [Notice],
}

/// The JSON Schema of `sea.check/1`.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Shape<'_>).to_value()
}

/// The report as one JSON document.
pub fn write(report: &Report) -> String {
    let shape = Shape {
        schema: SCHEMA,
        findings: &report.findings,
        summary: &report.summary,
        score: &report.score,
        notices: &report.notices,
    };
    let mut text = serde_json::to_string_pretty(&shape).unwrap_or_default();
    text.push('\n');
    text
}
