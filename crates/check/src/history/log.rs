//! What `git log -p -U0` prints, as the lines that were added.

use std::io::{self, BufRead};

/// Bytes of a line that are kept: longer lines are data.
const LONGEST: usize = 64 << 10;

/// Bytes of one place that are kept.
const LARGEST: usize = 4 << 20;

/// Lines that a commit added in one place of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Added {
    /// The commit, shortened.
    pub(super) commit: String,
    /// Its day.
    pub(super) date: String,
    /// The file, as the commit names it.
    pub(super) file: String,
    /// The first line's number.
    pub(super) line: u32,
    /// The lines.
    pub(super) text: String,
}

/// A log that is read place by place.
pub(super) struct Log<R> {
    input: R,
    commit: String,
    date: String,
    file: Option<String>,
    line: Vec<u8>,
}

impl<R: BufRead> Log<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, commit: String::new(), date: String::new(), file: None, line: Vec::new() }
    }

    /// The next lines that were added somewhere; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Added>> {
        while self.read()? {
            let line = String::from_utf8_lossy(&self.line).into_owned();
            if let Some(rest) = line.strip_prefix("commit ") {
                let (commit, date) = rest.split_once(' ').unwrap_or((rest, ""));
                (self.commit, self.date, self.file) = (commit.to_owned(), date.to_owned(), None);
            } else if line.starts_with("diff ") {
                self.file = None;
            } else if let Some(path) = line.strip_prefix("+++ ") {
                self.file = name(path);
            } else if let Some(hunk) = hunk(&line) {
                let text = self.added(&hunk)?;
                if let Some(file) = self.file.clone().filter(|_| !text.is_empty()) {
                    let (commit, date) = (self.commit.clone(), self.date.clone());
                    return Ok(Some(Added { commit, date, file, line: hunk.first, text }));
                }
            }
        }
        Ok(None)
    }

    /// The added lines of a place. Its head counts them, so that a line which looks like a head is none.
    fn added(&mut self, hunk: &Hunk) -> io::Result<String> {
        let (mut removed, mut added) = (hunk.removed, hunk.added);
        let mut text = String::new();
        while removed > 0 || added > 0 {
            if !self.read()? {
                break;
            }
            match self.line.split_first() {
                Some((b'+', rest)) => {
                    added = added.saturating_sub(1);
                    if text.len() < LARGEST {
                        text.push_str(&String::from_utf8_lossy(rest));
                        text.push('\n');
                    }
                }
                Some((b'-', _)) => removed = removed.saturating_sub(1),
                // `\ No newline at end of file`
                Some((b'\\', _)) => {}
                _ => break,
            }
        }
        Ok(text)
    }

    /// Reads a line, of which only the start is kept where it is long. `false` at the end.
    fn read(&mut self) -> io::Result<bool> {
        self.line.clear();
        let mut any = false;
        loop {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                return Ok(any);
            }
            any = true;
            let end = memchr::memchr(b'\n', chunk);
            let part = &chunk[..end.unwrap_or(chunk.len())];
            let room = LONGEST.saturating_sub(self.line.len());
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            let used = end.map_or(chunk.len(), |end| end + 1);
            self.input.consume(used);
            if end.is_some() {
                return Ok(true);
            }
        }
    }
}

/// `b/path`, in quotes where it has odd letters; `None` for a file that is gone.
fn name(path: &str) -> Option<String> {
    let path = path.trim_end_matches(['\t', '\r']);
    path.trim_matches('"').strip_prefix("b/").map(str::to_owned)
}

/// `@@ -1,2 +3,4 @@`
struct Hunk {
    removed: u32,
    first: u32,
    added: u32,
}

fn hunk(line: &str) -> Option<Hunk> {
    let mut words = line.strip_prefix("@@ ")?.split(' ');
    let (_, removed) = span(words.next()?.strip_prefix('-')?)?;
    let (first, added) = span(words.next()?.strip_prefix('+')?)?;
    Some(Hunk { removed, first: first.max(1), added })
}

fn span(text: &str) -> Option<(u32, u32)> {
    match text.split_once(',') {
        Some((first, count)) => Some((first.parse().ok()?, count.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Added> {
        let mut log = Log::new(text.as_bytes());
        std::iter::from_fn(|| log.next().unwrap()).collect()
    }

    #[test]
    fn a_line_that_looks_like_a_head_is_a_line() {
        let text = "commit abc 2024-01-02\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n--- a/y\n+++ b/y\n+@@ -1 +1 @@\n";
        let seen = read(text);
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].file.as_str(), seen[0].line), ("x", 1));
        assert_eq!(seen[0].text, "++ b/y\n@@ -1 +1 @@\n");
    }

    #[test]
    fn odd_logs_are_read_to_their_end() {
        for text in [
            "",
            "commit",
            "@@ -1 +1 @@",
            "+++ b/x\n@@ -0,0 +1,4000000000 @@\n+a",
            "@@ -x +y @@\n",
            "\u{0}\n\n",
        ] {
            let _ = read(text);
        }
        let long = format!("commit a b\n+++ b/x\n@@ -0,0 +1 @@\n+{}\n", "y".repeat(200_000));
        assert_eq!(read(&long)[0].text.len(), LONGEST);
    }
}
