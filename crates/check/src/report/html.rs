//! A report in one HTML file that needs nothing else: no script is fetched, no style, no font.

use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;

use crate::finding::Finding;
use crate::report::{Notice, Report, Summary};
use crate::rule::{FixKind, Severity};
use crate::score::{Level, Score};

/// The page. It is escaped as HTML, since its name ends so.
const TEMPLATE: &str = include_str!("report.html");

/// Findings of one rule.
#[derive(Serialize)]
struct Group<'r> {
    rule: &'r str,
    severity: Severity,
    category: &'static str,
    title: &'r str,
    fix: &'r str,
    is_auto: bool,
    findings: Vec<&'r Finding>,
}

/// A category's level.
#[derive(Serialize)]
struct Row {
    title: &'static str,
    level: Level,
    findings: usize,
}

/// What the page shows.
#[derive(Serialize)]
struct Page<'r> {
    groups: Vec<Group<'r>>,
    categories: Vec<Row>,
    summary: &'r Summary,
    score: &'r Score,
    notices: &'r [Notice],
}

/// The report as one page.
pub fn write(report: &Report) -> String {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for finding in report.by_urgency() {
        match groups.last_mut() {
            Some(group) if group.rule == finding.rule && group.severity == finding.severity => {
                group.findings.push(finding);
            }
            _ => groups.push(Group {
                rule: &finding.rule,
                severity: finding.severity,
                category: finding.category.title(),
                title: &finding.title,
                fix: finding.fix.description.trim(),
                is_auto: finding.fix.kind == FixKind::Auto,
                findings: vec![finding],
            }),
        }
    }
    let categories = report
        .score
        .categories
        .iter()
        .map(|one| Row { title: one.category.title(), level: one.level, findings: one.findings })
        .collect();
    let page =
        Page { groups, categories, summary: &report.summary, score: &report.score, notices: &report.notices };
    let mut environment = Environment::new();
    let page = environment
        .add_template("report.html", TEMPLATE)
        .and_then(|()| environment.get_template("report.html")?.render(Serde(&page)));
    // The template is a constant that a test renders.
    page.unwrap_or_else(|error| format!("<!doctype html><title>sea check</title><pre>{error:#}</pre>"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{finding, report};
    use crate::rule::Category;

    #[test]
    fn the_page_tells_everything_and_runs_nothing_that_was_found() {
        let mut report = report();
        let mut hostile = finding("x", Severity::High, Category::Injection, 3);
        hostile.excerpt = "<script>alert(1)</script>".to_owned();
        report.findings.push(hostile);
        let page = write(&report);
        assert!(page.contains("eval-of-input is wrong") && page.contains("src&#x2f;app.js:4"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script>alert"));
        assert!(!page.contains("http://") && !page.contains("src=\""), "nothing is fetched");
    }
}
