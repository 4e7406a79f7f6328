//! What is asked of a log.

use jiff::Timestamp;
use regex::bytes::Regex;

use super::ansi;
use super::facts::{Level, facts};
use super::record::{Record, Stream};

/// Which records are wanted; what is absent excludes nothing.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Records of this time or later.
    pub since: Option<Timestamp>,
    /// Records before this time.
    pub until: Option<Timestamp>,
    /// Records at least this grave. What says no level counts as `info`, on standard error too: many tools write
    /// their progress there.
    pub level: Option<Level>,
    /// Records whose text, without escape sequences, matches.
    pub grep: Option<Regex>,
    /// Records of this stream.
    pub stream: Option<Stream>,
}

impl Query {
    /// Whether a record is wanted.
    pub fn wants(&self, record: &Record) -> bool {
        self.since.is_none_or(|since| record.at >= since)
            && self.until.is_none_or(|until| record.at < until)
            && self.stream.is_none_or(|stream| record.stream == stream)
            && self.level.is_none_or(|level| facts(&record.text).level.unwrap_or(Level::Info) >= level)
            && self.grep.as_ref().is_none_or(|grep| grep.is_match(ansi::strip(&record.text).as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_a_query_excludes() {
        let record = Record {
            at: "2026-11-21T12:00:00Z".parse().unwrap(),
            stream: Stream::Stderr,
            partial: false,
            text: "\x1b[33mWARN\x1b[0m disk is full".to_owned(),
        };
        let wants = |query: Query| query.wants(&record);
        assert!(wants(Query::default()));
        assert!(wants(Query { since: Some(record.at), ..Query::default() }));
        assert!(!wants(Query { until: Some(record.at), ..Query::default() }));
        assert!(wants(Query { level: Some(Level::Warn), ..Query::default() }));
        assert!(!wants(Query { level: Some(Level::Error), ..Query::default() }));
        assert!(wants(Query { grep: Some(Regex::new("^WARN disk").unwrap()), ..Query::default() }));
        assert!(!wants(Query { stream: Some(Stream::Stdout), ..Query::default() }));
    }
}
