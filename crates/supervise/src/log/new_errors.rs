//! Kinds of errors that a log did not tell of before, counted second by second while it grows.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use super::Stream;
use super::cause::{Errors, Said};
use super::fingerprint::Fingerprint;
use super::reader::{Cursor, since};

/// Kinds that are remembered. A process that tells of more is broken in ways that need no counting.
pub const MOST_KINDS: usize = 1 << 10;

/// Bytes of log that are read at once; of more than that the newest are read.
const MOST: u64 = 4 << 20;

/// Bytes of an example.
const LONGEST_EXAMPLE: usize = 500;

/// Reads the log of one instance as it grows, and counts errors of kinds that are not known.
#[derive(Debug)]
pub struct NewErrors {
    path: PathBuf,
    cursor: Cursor,
    known: BTreeSet<Fingerprint>,
    seen: BTreeMap<Fingerprint, String>,
    stdout: Errors,
    stderr: Errors,
}

/// What was written in one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// The second, counted since 1970.
    pub at: i64,
    /// Errors of kinds that are not known.
    pub errors: u64,
    /// Kinds among them that this log told of for the first time. Kinds beyond [`MOST_KINDS`] are not counted here.
    pub kinds: u64,
}

/// What was read at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Seconds in which there were errors, the oldest first. The last one may go on with the next reading.
    pub seconds: Vec<Second>,
    /// Bytes that were passed over because more was written than is read at once.
    pub skipped: u64,
}

impl NewErrors {
    /// Of a log from `cursor` on (where it ended when the instance was started), against the kinds that are `known`: those
    /// of the instances that it is compared with. Of more than [`MOST_KINDS`] known ones the rest is taken for new.
    pub fn new(
        path: impl Into<PathBuf>,
        cursor: Cursor,
        known: impl IntoIterator<Item = Fingerprint>,
    ) -> Self {
        Self {
            path: path.into(),
            cursor,
            known: known.into_iter().take(MOST_KINDS).collect(),
            seen: BTreeMap::new(),
            stdout: Errors::default(),
            stderr: Errors::default(),
        }
    }

    /// Reads what was added since the last time.
    pub fn read(&mut self) -> io::Result<Counts> {
        let page = since(&self.path, self.cursor, MOST)?;
        self.cursor = page.cursor;
        let mut seconds: BTreeMap<i64, Second> = BTreeMap::new();
        for record in &page.records {
            let errors = match record.stream {
                Stream::Stdout => &mut self.stdout,
                Stream::Stderr => &mut self.stderr,
                Stream::Sea => continue,
            };
            let Said::Error(message) = errors.take(&record.text) else { continue };
            let kind = Fingerprint::of_message(&message);
            if self.known.contains(&kind) {
                continue;
            }
            let at = record.at.as_second();
            let second = seconds.entry(at).or_insert(Second { at, ..Second::default() });
            second.errors += 1;
            if self.seen.len() < MOST_KINDS && !self.seen.contains_key(&kind) {
                self.seen.insert(kind, example(&message));
                second.kinds += 1;
            }
        }
        Ok(Counts { seconds: seconds.into_values().collect(), skipped: page.skipped })
    }

    /// The kinds that are not known, each with the message that told of it first.
    pub fn seen(&self) -> impl Iterator<Item = (Fingerprint, &str)> {
        self.seen.iter().map(|(kind, example)| (*kind, example.as_str()))
    }

    /// From now on these are known too: another instance told of them.
    pub fn learn(&mut self, kinds: impl IntoIterator<Item = Fingerprint>) {
        for kind in kinds {
            if self.known.len() < MOST_KINDS {
                self.known.insert(kind);
                self.seen.remove(&kind);
            }
        }
    }
}

fn example(message: &str) -> String {
    let end = (0..=LONGEST_EXAMPLE.min(message.len())).rev().find(|end| message.is_char_boundary(*end));
    message[..end.unwrap_or(0)].to_owned()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::fs;

    use super::*;

    /// A log of `(second, stream, text)`.
    fn append(path: &std::path::Path, lines: &[(u32, &str, &str)]) {
        let mut text = fs::read_to_string(path).unwrap_or_default();
        for (second, stream, line) in lines {
            writeln!(text, "2026-11-21T12:00:{second:02}.500000Z {stream} F {line}").unwrap();
        }
        fs::write(path, text).unwrap();
    }

    fn counts(counts: &Counts) -> Vec<(i64, u64, u64)> {
        counts.seconds.iter().map(|second| (second.at % 60, second.errors, second.kinds)).collect()
    }

    #[test]
    fn kinds_that_the_other_release_does_not_tell_of_are_counted_by_the_second() {
        let folder = tempfile::tempdir().unwrap();
        let (stable, canary) = (folder.path().join("stable.log"), folder.path().join("canary.log"));
        append(&stable, &[(0, "stderr", "ERROR: slow query 17"), (0, "stdout", "fine")]);
        let mut known = NewErrors::new(&stable, Cursor::default(), []);
        known.read().unwrap();
        let mut new = NewErrors::new(&canary, Cursor::default(), known.seen().map(|(kind, _)| kind));
        append(
            &canary,
            &[
                (1, "stderr", "ERROR: slow query 99"),
                (1, "stderr", "Error: no table 'orders'"),
                (1, "stdout", "fine"),
                (1, "stderr", "Error: no table 'users'"),
                (2, "sea", "Error: of ours"),
                (3, "stderr", "Error: no table 'orders'"),
            ],
        );
        assert_eq!(counts(&new.read().unwrap()), [(1, 2, 1), (3, 1, 0)]);
        assert_eq!(new.read().unwrap(), Counts::default());
        append(&canary, &[(3, "stderr", "TypeError: x is not a function")]);
        assert_eq!(counts(&new.read().unwrap()), [(3, 1, 1)]);
        let examples: BTreeSet<&str> = new.seen().map(|(_, example)| example).collect();
        assert_eq!(examples, BTreeSet::from(["Error: no table 'orders'", "TypeError: x is not a function"]));

        let kinds: Vec<Fingerprint> = new.seen().map(|(kind, _)| kind).collect();
        new.learn(kinds);
        append(&canary, &[(4, "stderr", "Error: no table 'orders'")]);
        assert_eq!(counts(&new.read().unwrap()), []);
    }

    #[test]
    fn a_traceback_is_one_error_even_when_it_comes_in_two_readings() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let mut new = NewErrors::new(&path, Cursor::default(), []);
        append(
            &path,
            &[
                (1, "stderr", "Traceback (most recent call last):"),
                (1, "stdout", "GET / 500"),
                (1, "stderr", "  File \"/app/a.py\", line 3, in <module>"),
            ],
        );
        assert_eq!(counts(&new.read().unwrap()), []);
        append(&path, &[(2, "stderr", "    import x"), (2, "stderr", "ValueError: not 3")]);
        assert_eq!(counts(&new.read().unwrap()), [(2, 1, 1)]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let mut text = String::new();
        let letter = |number: usize| char::from(b'g' + u8::try_from(number % 20).unwrap());
        for number in 0..MOST_KINDS + 50 {
            let word: String = [number, number / 20, number / 400].map(letter).iter().collect();
            writeln!(text, "2026-11-21T12:00:01.000000Z stderr F Error: {word}").unwrap();
        }
        fs::write(&path, text).unwrap();
        let mut new = NewErrors::new(&path, Cursor::default(), []);
        let total = (MOST_KINDS + 50) as u64;
        assert_eq!(counts(&new.read().unwrap()), [(1, total, MOST_KINDS as u64)]);
        assert_eq!(new.seen().count(), MOST_KINDS);
    }
}
