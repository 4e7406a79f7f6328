//! `sea.check/1`: findings, summary and score, for programs.

use serde::Serialize;

use crate::finding::Finding;
use crate::report::{Notice, Report, Summary};
use crate::score::Score;

/// The version of the shape.
pub const SCHEMA: &str = "sea.check/1";

#[derive(Serialize)]
struct Shape<'r> {
    schema: &'static str,
    findings: &'r [Finding],
    summary: &'r Summary,
    score: &'r Score,
    notices: &'r [Notice],
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
