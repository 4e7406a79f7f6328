//! Changes that mend findings, put together file by file. Nothing is written here.

use std::collections::BTreeMap;

use crate::finding::{Edit, Finding};

/// A file as it is and as it would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub file: String,
    /// Its text now.
    pub before: String,
    /// Its text with the changes.
    pub after: String,
    /// How many findings that mends.
    pub findings: usize,
    /// There is no such file yet.
    pub is_new: bool,
}

/// What the findings' own edits make of their files. Of edits that overlap the first holds; the next check tells of the
/// other. `text` reads a file; one that it does not have is made by an edit of its beginning.
pub fn changes(findings: &[Finding], text: impl Fn(&str) -> Option<String>) -> Vec<Change> {
    let mut by_file: BTreeMap<&str, Vec<&[Edit]>> = BTreeMap::new();
    for finding in findings {
        if let Some(first) = finding.fix.edits.first() {
            by_file.entry(&first.file).or_default().push(&finding.fix.edits);
        }
    }
    let mut changes = Vec::new();
    for (file, groups) in by_file {
        let known = text(file);
        let is_new = known.is_none();
        let before = known.unwrap_or_default();
        let mut chosen: Vec<&Edit> = Vec::new();
        let mut mended = 0;
        for group in groups {
            let fits = group.iter().all(|edit| {
                edit.file == file
                    && before.get(edit.range.clone()).is_some()
                    && chosen.iter().all(|known| !overlaps(known, edit) || known == &edit)
            });
            if fits {
                mended += 1;
                for edit in group {
                    if !chosen.contains(&edit) {
                        chosen.push(edit);
                    }
                }
            }
        }
        // From the end, so that earlier places stay where they are.
        chosen.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let mut after = before.clone();
        for edit in chosen.iter().rev() {
            after.replace_range(edit.range.clone(), &edit.text);
        }
        if after != before {
            changes.push(Change { file: file.to_owned(), before, after, findings: mended, is_new });
        }
    }
    changes
}

/// Both would decide what becomes of the same bytes. Two texts that go in at one place do not: they follow one another.
fn overlaps(one: &Edit, other: &Edit) -> bool {
    let are_insertions = one.range.is_empty() && other.range.is_empty();
    one.range.start < other.range.end && other.range.start < one.range.end
        || one.range.start == other.range.start && !are_insertions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::finding;
    use crate::rule::{Category, Severity};

    fn mending(range: std::ops::Range<usize>, text: &str) -> Finding {
        let mut finding = finding("x", Severity::Low, Category::Runtime, 1);
        finding.fix.edits = vec![Edit { file: "a.txt".to_owned(), range, text: text.to_owned() }];
        finding
    }

    #[test]
    fn edits_are_made_together_and_overlapping_ones_wait_for_the_next_time() {
        let findings =
            [mending(4..7, "TWO"), mending(0..3, "ONE"), mending(2..5, "no"), mending(900..901, "no")];
        let changes = changes(&findings, |_| Some("one two".to_owned()));
        assert_eq!(changes.len(), 1);
        assert_eq!((changes[0].after.as_str(), changes[0].findings), ("ONE TWO", 2));
    }

    #[test]
    fn what_goes_in_at_one_place_follows_one_another_and_once() {
        let findings = [mending(3..3, ", a"), mending(3..3, ", b"), mending(3..3, ", a"), mending(3..4, "!")];
        let changes = changes(&findings, |_| Some("one two".to_owned()));
        assert_eq!((changes[0].after.as_str(), changes[0].findings), ("one, a, b two", 3));
    }

    #[test]
    fn a_file_that_is_not_there_is_made_and_one_that_changed_is_not_guessed() {
        let made = changes(&[mending(0..0, "new\n")], |_| None);
        assert_eq!((made[0].after.as_str(), made[0].is_new), ("new\n", true));
        assert_eq!(changes(&[mending(4..7, "x")], |_| None), []);
    }
}
