//! Changes that mend a finding and do nothing else: what the program does stays, or only what is unsafe of it goes.
//!
//! What a rule about a file's structure knows (which service, which step) it hands on with its finding, with the help of
//! [`block`]. What the bytes of the finding are enough for is here, by the rule's id. Whoever is not certain answers
//! `None`, and a person decides: a change that is nearly right costs more than none.

pub(crate) mod block;
mod line;
mod numbers;
mod python;

use std::ops::Range;

use seaworthy_detect::Repository;

use crate::finding::Edit;

/// Where a finding is.
pub(crate) struct Spot<'s> {
    /// Its file.
    pub(crate) file: &'s str,
    /// The text of that.
    pub(crate) text: &'s str,
    /// The bytes of its first line.
    pub(crate) line: Range<usize>,
    /// The bytes that it is about; those of its first line where it names a line only.
    pub(crate) span: Range<usize>,
    /// What else there is.
    pub(crate) repository: &'s Repository,
}

impl<'s> Spot<'s> {
    /// The text that the finding is about.
    fn found(&self) -> Option<&'s str> {
        self.text.get(self.span.clone())
    }

    /// A file with one of these endings has one of these texts.
    fn is_anywhere(&self, endings: &[&str], texts: &[&str]) -> bool {
        self.repository.paths().iter().any(|path| {
            endings.iter().any(|ending| path.ends_with(ending))
                && self
                    .repository
                    .source(path)
                    .is_none_or(|source| texts.iter().any(|text| source.contains(text)))
        })
    }

    fn edit(&self, range: Range<usize>, text: impl Into<String>) -> Edit {
        Edit { file: self.file.to_owned(), range, text: text.into() }
    }
}

/// The changes for a finding of `rule`; `None` where it takes a person.
pub(crate) fn edits(rule: &str, spot: &Spot<'_>) -> Option<Vec<Edit>> {
    match rule {
        "compose-database-published" | "docker-npm-install" | "unused-suppression" => {
            line::edit(rule, spot).map(|edit| vec![edit])
        }
        "bcrypt-rounds-low" => numbers::rounds(spot).map(|edit| vec![edit]),
        "server-without-timeouts" => numbers::header_timeout(spot).map(|edit| vec![edit]),
        "debug-mode" | "debug-when-started-by-hand" => python::debug(spot),
        "deserialised-input" => python::safe_yaml(spot),
        "naive-datetime" => python::aware(spot),
        "random-for-secrets" => python::system_random(spot),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The text after the changes for a finding of these bytes in a file.
    pub(crate) fn mended_in(rule: &str, file: &str, text: &str, found: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(file), text).unwrap();
        let repository = Repository::open(folder.path()).unwrap();
        let start = text.find(found).unwrap();
        let line_start = text[..start].rfind('\n').map_or(0, |end| end + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |end| start + end);
        let span = start..start + found.len();
        let spot = Spot { file, text, line: line_start..line_end, span, repository: &repository };
        let mut edits = edits(rule, &spot)?;
        edits.sort_by_key(|edit| edit.range.start);
        let mut text = text.to_owned();
        for edit in edits.iter().rev() {
            text.replace_range(edit.range.clone(), &edit.text);
        }
        Some(text)
    }

    /// The same in a file of which only the text matters.
    pub(crate) fn mended(rule: &str, text: &str, found: &str) -> Option<String> {
        mended_in(rule, "file.py", text, found)
    }
}
