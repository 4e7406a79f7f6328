//! One line of a log file, in the format of the Kubernetes container runtimes (CRI):
//! `2026-11-21T12:00:00.000001Z stdout F text`, where `P` instead of `F` marks the part of a line that goes on.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// The process, on its standard output.
    Stdout,
    /// The process, on its standard error.
    Stderr,
    /// Seaworthy, about the process: started, exited, slowed down.
    Sea,
}

impl Stream {
    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Sea => "sea",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "stdout" => Self::Stdout,
            "stderr" => Self::Stderr,
            "sea" => Self::Sea,
            _ => return None,
        })
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When it was read from the process.
    pub at: Timestamp,
    /// Who wrote it.
    pub stream: Stream,
    /// The line goes on in the next record of this stream.
    pub partial: bool,
    /// The text without its line end, with whatever escape sequences it had.
    pub text: String,
}

impl Record {
    /// Reads a line of a log file, without its line end; `None` when it is not one (a torn write, another format).
    pub fn parse(line: &str) -> Option<Self> {
        let (at, rest) = line.split_once(' ')?;
        let (stream, rest) = rest.split_once(' ')?;
        let (tag, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let partial = match tag {
            "F" => false,
            "P" => true,
            _ => return None,
        };
        Some(Self { at: at.parse().ok()?, stream: Stream::parse(stream)?, partial, text: text.to_owned() })
    }
}

/// Appends a record to `buffer` as a line of a log file. `at` is the time as [`format_time`] gives it.
pub fn encode(buffer: &mut Vec<u8>, at: &str, stream: Stream, partial: bool, text: &[u8]) {
    buffer.extend_from_slice(at.as_bytes());
    buffer.push(b' ');
    buffer.extend_from_slice(stream.as_str().as_bytes());
    buffer.extend_from_slice(if partial { b" P " } else { b" F " });
    buffer.extend_from_slice(text);
    buffer.push(b'\n');
}

/// A time in the format of the file: UTC, six digits of a second.
pub fn format_time(at: Timestamp) -> String {
    format!("{at:.6}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let at: Timestamp = "2026-11-21T12:00:00.000001Z".parse().unwrap();
        for (stream, partial, text) in
            [(Stream::Stdout, false, "hello world"), (Stream::Stderr, true, ""), (Stream::Sea, false, " a ")]
        {
            let mut line = Vec::new();
            encode(&mut line, &format_time(at), stream, partial, text.as_bytes());
            let line = String::from_utf8(line).unwrap();
            let read = Record::parse(line.strip_suffix('\n').unwrap()).unwrap();
            assert_eq!(read, Record { at, stream, partial, text: text.to_owned() });
        }
    }

    #[test]
    fn other_lines_are_not_records() {
        for line in ["", "hello", "2026-11-21T12:00:00Z stdout X y", "yesterday stdout F y", "\0\0\0"] {
            assert_eq!(Record::parse(line), None, "{line}");
        }
    }
}
