//! What a check found, for people: what to do first comes first.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use seaworthy_check::rule::{Category, FixKind, Severity};
use seaworthy_check::score::{Level, Score};
use seaworthy_check::{Finding, Report};

use crate::output::style::{self, Table, paint};

/// Places of one rule that are shown; the others are counted.
const MOST_PLACES: usize = 5;

/// The report as text. Findings of low severity are one line a rule, unless `all` is wanted.
pub(crate) fn text(report: &Report, all: bool) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let findings = report.by_urgency();
    for group in findings.chunk_by(|one, other| one.rule == other.rule && one.severity == other.severity) {
        let is_brief = group[0].severity == Severity::Low && !all;
        self::group(&mut out, group, is_brief, all)?;
    }
    for notice in &report.notices {
        writeln!(out, "{} {}: {}", paint(style::WARNING, "notice"), notice.file, notice.message)?;
    }
    score(&mut out, &report.score)?;
    writeln!(out, "{}", summary(report))?;
    Ok(out)
}

fn group(out: &mut dyn Write, group: &[&Finding], is_brief: bool, all: bool) -> io::Result<()> {
    let first = group[0];
    let severity = paint(style_of(first.severity), &format!("{:<8}", first.severity.as_str()));
    write!(out, "{severity} {} {}", paint(style::NAME, &first.title), paint(style::DIM, &first.rule))?;
    if is_brief {
        let more = if group.len() > 1 { format!(" and {} more", group.len() - 1) } else { String::new() };
        return writeln!(out, "  {}{more}", place(first));
    }
    writeln!(out)?;
    let most = if all { usize::MAX } else { MOST_PLACES };
    for finding in group.iter().take(most) {
        let says = if finding.message == finding.title { "" } else { &finding.message };
        writeln!(out, "  {}  {says}", paint(style::HINT, &place(finding)))?;
        if let Some(line) = finding.excerpt.lines().next().filter(|line| !line.trim().is_empty()) {
            writeln!(out, "    {}", paint(style::DIM, line.trim()))?;
        }
    }
    if group.len() > most {
        writeln!(out, "  and {} more", group.len() - most)?;
    }
    let can = if group.iter().any(|finding| finding.fix.kind == FixKind::Auto) {
        paint(style::GOOD, "  (sea check --fix does it)")
    } else {
        String::new()
    };
    writeln!(out, "  fix: {}{can}\n", first.fix.description.trim())
}

fn place(finding: &Finding) -> String {
    match finding.file.as_str() {
        "." => "the repository".to_owned(),
        file => format!("{file}:{}:{}", finding.line, finding.column),
    }
}

fn style_of(severity: Severity) -> Style {
    match severity {
        Severity::Critical => AnsiColor::Red.on_default().bold().invert(),
        Severity::High => style::ERROR,
        Severity::Medium => style::WARNING,
        Severity::Low => style::DIM,
    }
}

fn score(out: &mut dyn Write, score: &Score) -> io::Result<()> {
    writeln!(out, "{} {}", paint(style::HEADING, "Readiness"), level(score.level))?;
    let mut table = Table::new(&[Style::new(), Style::new(), style::DIM]);
    for category in &score.categories {
        let count = match category.findings {
            0 => String::new(),
            1 => "1 finding".to_owned(),
            count => format!("{count} findings"),
        };
        table.row([title(category.category), format!("{:?}", category.level), count]);
    }
    table.write(out)?;
    if !score.raise.is_empty() {
        writeln!(out, "{}", paint(style::HEADING, "What would raise it most"))?;
        for (number, raise) in score.raise.iter().enumerate() {
            writeln!(out, "  {}. {} {}", number + 1, raise.title, paint(style::DIM, &raise.rule))?;
        }
    }
    Ok(())
}

fn title(category: Category) -> String {
    category.title().to_owned()
}

fn level(level: Level) -> String {
    let style = match level {
        Level::A | Level::B => style::GOOD,
        Level::C => style::WARNING,
        Level::D | Level::E => style::ERROR,
    };
    paint(style, &format!("{level:?}"))
}

fn summary(report: &Report) -> String {
    let summary = &report.summary;
    let counts: Vec<String> = Severity::ALL
        .into_iter()
        .rev()
        .filter(|severity| summary.count(*severity) > 0)
        .map(|severity| format!("{} {}", summary.count(severity), severity.as_str()))
        .collect();
    let counts = if counts.is_empty() { "nothing found".to_owned() } else { counts.join(", ") };
    let mut parts = vec![counts, format!("{} files, {} rules", summary.files, summary.rules)];
    if summary.suppressed > 0 {
        parts.push(format!("{} suppressed", summary.suppressed));
    }
    if summary.baseline > 0 {
        parts.push(format!("{} known by the baseline", summary.baseline));
    }
    if summary.total > 0 {
        parts.push("sea explain RULE says why".to_owned());
    }
    parts.join("; ")
}
