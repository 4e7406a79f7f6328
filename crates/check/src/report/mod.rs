//! What a check found, and the formats it is told in.

pub mod github;
pub mod html;
pub mod json;
pub mod sarif;

use schemars::JsonSchema;
use serde::Serialize;

use crate::baseline::Baseline;
use crate::finding::Finding;
use crate::rule::Severity;
use crate::score::{Score, score};

/// Everything that a check has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// By file and line.
    pub findings: Vec<Finding>,
    /// Their numbers.
    pub summary: Summary,
    /// How ready the app is.
    pub score: Score,
    /// What is odd about the check itself.
    pub notices: Vec<Notice>,
}

/// Something about the check itself: a file that took long.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Notice {
    /// The file.
    pub file: String,
    /// What is odd.
    pub message: String,
}

/// How many findings there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// Findings of this severity.
    pub critical: usize,
    /// Findings of this severity.
    pub high: usize,
    /// Findings of this severity.
    pub medium: usize,
    /// Findings of this severity.
    pub low: usize,
    /// All of them.
    pub total: usize,
    /// Suppressed in place, with a reason.
    pub suppressed: usize,
    /// Known by the baseline.
    pub baseline: usize,
    /// Files that were looked at.
    pub files: usize,
    /// Rules that were applied.
    pub rules: usize,
}

impl Summary {
    pub(crate) fn of(
        findings: &[Finding],
        suppressed: usize,
        baseline: usize,
        files: usize,
        rules: usize,
    ) -> Self {
        let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        Self {
            critical: of(Severity::Critical),
            high: of(Severity::High),
            medium: of(Severity::Medium),
            low: of(Severity::Low),
            total: findings.len(),
            suppressed,
            baseline,
            files,
            rules,
        }
    }

    /// The number of findings of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
        }
    }
}

impl Report {
    /// There is a finding that weighs at least this much.
    pub fn fails(&self, threshold: Severity) -> bool {
        self.findings.iter().any(|finding| finding.severity >= threshold)
    }

    /// The same with further findings (of the history of the files), but for those that the baseline knows.
    #[must_use]
    pub fn with(mut self, mut findings: Vec<Finding>, baseline: &Baseline) -> Self {
        let known = baseline.apply(&mut findings);
        self.findings.extend(findings);
        let Summary { suppressed, baseline, files, rules, .. } = self.summary;
        self.summary = Summary::of(&self.findings, suppressed, baseline + known, files, rules);
        self.score = score(&self.findings);
        self
    }

    /// The findings, what to do first coming first: by severity, then by rule and place.
    pub fn by_urgency(&self) -> Vec<&Finding> {
        let mut findings: Vec<&Finding> = self.findings.iter().collect();
        findings.sort_by(|one, other| {
            other
                .severity
                .cmp(&one.severity)
                .then_with(|| (one.category, &one.rule).cmp(&(other.category, &other.rule)))
                .then_with(|| (&one.file, one.line).cmp(&(&other.file, other.line)))
        });
        findings
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::finding::Fix;
    use crate::rule::{Category, FixKind};

    /// A finding for tests of what is made of findings.
    pub(crate) fn finding(rule: &str, severity: Severity, category: Category, line: u32) -> Finding {
        Finding {
            rule: rule.to_owned(),
            severity,
            category,
            title: format!("{rule} is wrong"),
            file: "src/app.js".to_owned(),
            line,
            column: 3,
            end_line: line,
            excerpt: "  run(input)".to_owned(),
            message: format!("{rule} here"),
            fix: Fix { kind: FixKind::Manual, description: "Do it right.".to_owned(), edits: Vec::new() },
            fingerprint: format!("{line:016x}"),
            docs: format!("docs/src/rules/{rule}.md"),
        }
    }

    pub(crate) fn report() -> Report {
        let findings = vec![
            finding("eval-of-input", Severity::Critical, Category::Injection, 4),
            finding("no-timeout", Severity::Medium, Category::Runtime, 9),
        ];
        let summary = Summary::of(&findings, 1, 2, 7, 150);
        let score = score(&findings);
        Report { findings, summary, score, notices: Vec::new() }
    }

    #[test]
    fn what_to_do_first_comes_first() {
        let report = report();
        let rules: Vec<&str> = report.by_urgency().iter().map(|finding| finding.rule.as_str()).collect();
        assert_eq!(rules, ["eval-of-input", "no-timeout"]);
        assert!(report.fails(Severity::High) && report.fails(Severity::Critical));
    }
}
