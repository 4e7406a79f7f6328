//! Workflow commands that GitHub shows as annotations beside the lines
//! (<https://docs.github.com/actions/reference/workflow-commands-for-github-actions>).

use std::fmt::Write as _;

use crate::report::Report;
use crate::rule::Severity;

/// One line a finding.
pub fn write(report: &Report) -> String {
    let mut out = String::new();
    for finding in report.by_urgency() {
        let level = match finding.severity {
            Severity::Critical | Severity::High => "error",
            Severity::Medium => "warning",
            Severity::Low => "notice",
        };
        // Of an annotation without a file only the words are shown.
        let place = if finding.file == "." {
            String::new()
        } else {
            format!(
                "file={},line={},endLine={},col={},",
                property(&finding.file),
                finding.line,
                finding.end_line,
                finding.column
            )
        };
        let text = format!("{} {}", sentence(&finding.message), finding.fix.description);
        let title = format!("{} ({})", finding.title, finding.rule);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "::{level} {place}title={}::{}", property(&title), data(&text));
    }
    out
}

fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use crate::report::tests::report;

    #[test]
    fn annotations_name_place_title_and_what_to_do() {
        let text = super::write(&report());
        assert_eq!(
            text.lines().next().unwrap(),
            "::error file=src/app.js,line=4,endLine=4,col=3,title=eval-of-input is wrong (eval-of-input)::eval-of-input \
             here. Do it right."
        );
        assert_eq!(text.lines().count(), 2);
    }
}
