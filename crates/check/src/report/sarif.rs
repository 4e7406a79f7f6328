//! SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), for code scanning.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::catalogue::Catalogue;
use crate::finding::Finding;
use crate::report::Report;
use crate::rule::{Rule, Severity};

/// The report as one SARIF log; `version` is that of `sea`.
pub fn log(report: &Report, catalogue: &Catalogue, version: &str) -> String {
    let mut indexes: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &report.findings {
        let next = indexes.len();
        indexes.entry(&finding.rule).or_insert(next);
    }
    let mut used: Vec<(&str, usize)> = indexes.iter().map(|(id, index)| (*id, *index)).collect();
    used.sort_by_key(|(_, index)| *index);
    let rules: Vec<Value> = used.iter().filter_map(|(id, _)| catalogue.get(id)).map(descriptor).collect();
    let results: Vec<Value> =
        report.findings.iter().map(|finding| result(finding, indexes.get(finding.rule.as_str()))).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "sea check",
                "semanticVersion": version,
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "ROOT": { "description": { "text": "The root of the repository." } } },
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn descriptor(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.why.trim() },
        "help": { "text": format!("{}\n\nSource: {}", rule.fix.description.trim(), rule.source) },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": {
            "category": rule.category.as_str(),
            "security-severity": security_severity(rule.severity),
            "tags": [rule.category.as_str()],
        },
    })
}

fn result(finding: &Finding, index: Option<&usize>) -> Value {
    // What no file is to blame for is told at the file that describes the app.
    let file = if finding.file == "." { seaworthy_detect::CONFIG_FILE } else { &finding.file };
    json!({
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": { "text": format!("{}\n{}", finding.message, finding.fix.description) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(file), "uriBaseId": "ROOT" },
            "region": {
                "startLine": finding.line,
                "startColumn": finding.column,
                "endLine": finding.end_line,
            },
        }}],
        "partialFingerprints": { "seaCheck/v1": finding.fingerprint },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// The scale of GitHub's code scanning: over 9.0 critical, over 7.0 high, over 4.0 medium.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.0",
        Severity::Low => "2.0",
    }
}

/// A relative path as a URI reference (RFC 3986): what is not unreserved or `/` is encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            // Writing to a string cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_encoded() {
        assert_eq!(uri("src/a b[1].js"), "src/a%20b%5B1%5D.js");
    }
}
