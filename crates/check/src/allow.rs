//! Suppressions in place: `sea: allow RULE because REASON` in a comment.
//!
//! It covers the line that it is on, and where the comment has that line to itself, the next line that is not a comment. In
//! `seaworthy.toml` it covers what no file is to blame for. A reason is required, and a suppression that suppresses
//! nothing is a finding itself.

use std::collections::BTreeMap;

use crate::finding::{Draft, Finding};

/// What a suppression starts with.
pub const MARK: &str = "sea: allow ";

/// The rule that a suppression without a reason breaks.
pub const WITHOUT_REASON: &str = "suppression-without-reason";
/// The rule that a suppression breaks which suppresses nothing.
pub const UNUSED: &str = "unused-suppression";

/// One suppression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    rule: String,
    has_reason: bool,
    /// Where it is written.
    line: u32,
    /// The last line that it covers; the first is its own.
    last: u32,
    is_used: bool,
}

/// The suppressions of the files that have some.
#[derive(Debug, Default)]
pub(crate) struct Allowances {
    by_file: BTreeMap<String, Vec<Allowance>>,
}

/// The suppressions that a text holds.
pub(crate) fn read(text: &str) -> Vec<Allowance> {
    if memchr::memmem::find(text.as_bytes(), MARK.as_bytes()).is_none() {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(at) = line.find(MARK) else { continue };
        let before = &line[..at];
        if !is_comment(before) {
            continue;
        }
        let rest = &line[at + MARK.len()..];
        let id_end = rest.find(|letter: char| !is_id_letter(letter)).unwrap_or(rest.len());
        if id_end == 0 {
            continue;
        }
        let reason = rest[id_end..].trim_start().strip_prefix("because").map(str::trim_start);
        let is_alone = before.chars().all(|letter| letter.is_whitespace() || is_comment_letter(letter));
        let mut last = index;
        if is_alone {
            // Comments follow one another: each covers what comes after all of them.
            last = (index + 1..lines.len()).find(|next| !is_comment_line(lines[*next])).unwrap_or(index);
        }
        found.push(Allowance {
            rule: rest[..id_end].to_owned(),
            has_reason: reason.is_some_and(|reason| reason.chars().filter(|c| c.is_alphabetic()).count() > 3),
            line: number(index),
            last: number(last),
            is_used: false,
        });
    }
    found
}

impl Allowances {
    pub(crate) fn add(&mut self, file: &str, allowances: Vec<Allowance>) {
        if !allowances.is_empty() {
            self.by_file.insert(file.to_owned(), allowances);
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.by_file.extend(other.by_file);
    }

    /// Takes out of `findings` what is suppressed, and returns how many that were.
    pub(crate) fn apply(&mut self, findings: &mut Vec<Finding>) -> usize {
        let before = findings.len();
        findings.retain(|finding| !self.covers(finding));
        before - findings.len()
    }

    fn covers(&mut self, finding: &Finding) -> bool {
        let is_about_all = finding.file == ".";
        let file = if is_about_all { seaworthy_detect::CONFIG_FILE } else { &finding.file };
        let Some(allowances) = self.by_file.get_mut(file) else { return false };
        let mut is_covered = false;
        for allowance in allowances.iter_mut().filter(|allowance| allowance.rule == finding.rule) {
            let is_there = finding.line <= allowance.last && allowance.line <= finding.end_line;
            if (is_there || is_about_all) && allowance.has_reason {
                allowance.is_used = true;
                is_covered = true;
            }
        }
        is_covered
    }

    /// What is wrong with the suppressions themselves. `is_judged` says whether a rule was looked for at all.
    pub(crate) fn complaints(&self, is_judged: impl Fn(&str) -> bool) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for (file, allowances) in &self.by_file {
            for allowance in allowances {
                let rule = &allowance.rule;
                if !allowance.has_reason {
                    let says = format!(
                        "`{rule}` is suppressed without a reason, so it is not: write why after `because`"
                    );
                    drafts.push(Draft::line(WITHOUT_REASON, file, allowance.line).says(says));
                } else if !allowance.is_used && is_judged(rule) {
                    let says = format!("nothing here breaks `{rule}`: take the suppression away");
                    drafts.push(Draft::line(UNUSED, file, allowance.line).says(says));
                }
            }
        }
        drafts
    }
}

/// A comment begins before the mark.
fn is_comment(before: &str) -> bool {
    ["#", "//", "--", "/*", "<!--", ";", "*", "{{", "%"].iter().any(|start| before.contains(start))
}

fn is_comment_letter(letter: char) -> bool {
    matches!(letter, '#' | '/' | '*' | '-' | '<' | '!' | ';' | '{' | '%')
}

fn is_comment_line(line: &str) -> bool {
    let line = line.trim_start();
    ["#", "//", "--", "/*", "*", "<!--"].iter().any(|start| line.starts_with(start))
}

fn is_id_letter(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'
}

fn number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(String, u32, u32, bool)> {
        let flat = |one: Allowance| (one.rule, one.line, one.last, one.has_reason);
        read(text).into_iter().map(flat).collect()
    }

    #[test]
    fn a_suppression_covers_its_line_or_the_next_that_is_code() {
        let one = |rule: &str, line, last, reason| vec![(rule.to_owned(), line, last, reason)];
        assert_eq!(
            lines("eval(a) // sea: allow eval-of-input because the input is ours\n"),
            one("eval-of-input", 1, 1, true)
        );
        assert_eq!(lines("# sea: allow x because of reasons\n# more\ncode\n"), one("x", 1, 3, true));
        assert_eq!(lines("<!-- sea: allow x because it is only shown -->\n<p>\n"), one("x", 1, 2, true));
        assert_eq!(lines("# sea: allow x\ncode\n"), one("x", 1, 2, false));
        assert_eq!(lines("# sea: allow x because\ncode\n"), one("x", 1, 2, false));
        assert_eq!(lines("text = 'sea: allow x because of it'\n"), []);
    }
}
