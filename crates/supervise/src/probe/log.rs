//! Did the process write a line that matches?

use std::path::{Path, PathBuf};

use regex::bytes::Regex;

use super::Look;
use crate::log::reader::{Cursor, since};
use crate::log::{Stream, ansi};

/// Bytes of log that are looked at each time.
const MOST: u64 = 4 << 20;

/// Looks for a pattern in what is written from a place on.
pub(super) struct LogProbe {
    pattern: Regex,
    path: PathBuf,
    cursor: Cursor,
    has_matched: bool,
}

impl LogProbe {
    /// From `cursor` on. The error is a sentence for people.
    pub(super) fn new(pattern: &str, path: &Path, cursor: Cursor) -> Result<Self, String> {
        // The build has no Unicode tables; ASCII classes are what log patterns use.
        let ascii = format!("(?-u){pattern}");
        let pattern =
            Regex::new(&ascii).map_err(|error| format!("the log pattern `{pattern}` is wrong: {error}"))?;
        Ok(Self { pattern, path: path.to_owned(), cursor, has_matched: false })
    }

    pub(super) fn look(&mut self) -> Look {
        if !self.has_matched {
            match since(&self.path, self.cursor, MOST) {
                Ok(page) => {
                    self.cursor = page.cursor;
                    self.has_matched = page
                        .records
                        .iter()
                        .filter(|record| record.stream != Stream::Sea)
                        .any(|record| self.pattern.is_match(ansi::strip(&record.text).as_bytes()));
                }
                Err(error) => return Look::Failed(format!("its log cannot be read: {error}")),
            }
        }
        if self.has_matched {
            Look::Passed(None)
        } else {
            Look::Failed(format!("no line matches `{}` yet", &self.pattern.as_str()["(?-u)".len()..]))
        }
    }
}
