//! Old debt: findings that were there when the check was introduced, kept in a file and no longer reported.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::finding::Finding;

/// Where a repository keeps it, below its root.
pub const BASELINE_FILE: &str = ".seaworthy/baseline.json";

/// The version of its shape.
const SCHEMA: &str = "sea.baseline/1";

/// The fingerprints of findings that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    schema: String,
    /// Sorted; beside each what it is about, for people who read the file.
    findings: Vec<Known>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Known {
    file: String,
    rule: String,
    fingerprint: String,
}

impl Baseline {
    /// One that knows these findings.
    pub fn of(findings: &[Finding]) -> Self {
        let mut known: Vec<Known> = findings
            .iter()
            .map(|finding| Known {
                file: finding.file.clone(),
                rule: finding.rule.clone(),
                fingerprint: finding.fingerprint.clone(),
            })
            .collect();
        known.sort();
        Self { schema: SCHEMA.to_owned(), findings: known }
    }

    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let baseline: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if baseline.schema == SCHEMA {
            Ok(baseline)
        } else {
            Err(format!("its schema is `{}`, not `{SCHEMA}`", baseline.schema))
        }
    }

    /// As it is written.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Takes out of `findings` what is known, and returns how many that were.
    pub(crate) fn apply(&self, findings: &mut Vec<Finding>) -> usize {
        let known: BTreeSet<&str> = self.findings.iter().map(|known| known.fingerprint.as_str()).collect();
        let before = findings.len();
        findings.retain(|finding| !known.contains(finding.fingerprint.as_str()));
        before - findings.len()
    }
}
