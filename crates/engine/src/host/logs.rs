//! The logs of all members as one: merged by time, with a cursor that names a place in each of them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use seaworthy_supervise::log::query::Query;
use seaworthy_supervise::log::reader::{self, Cursor};
use seaworthy_supervise::log::{Level, Record, facts};

use crate::control::{ControlError, LogPage, LogQuery};
use crate::view::LineView;

/// Bytes of each log that are read at once when a reader goes on.
const MOST: u64 = 4 << 20;

/// Reads the logs of `files` (name and path).
pub(crate) fn read(files: &BTreeMap<String, PathBuf>, query: &LogQuery) -> Result<LogPage, ControlError> {
    let filter = Query {
        since: query.since,
        until: query.until,
        level: query.level,
        grep: query.grep.clone(),
        stream: None,
    };
    let limit = if query.limit == 0 { usize::MAX } else { query.limit };
    let mut cursors = match &query.after {
        Some(text) => decode(text).ok_or_else(|| ControlError::Cursor(text.clone()))?,
        None => BTreeMap::new(),
    };
    let mut page = LogPage::default();
    for (name, path) in files {
        let read = match cursors.get(name) {
            Some(cursor) => reader::since(path, *cursor, MOST),
            // A member that came later is read from its beginning.
            None if query.after.is_some() => reader::since(path, Cursor::default(), MOST),
            None => reader::last(path, limit, |record| filter.wants(record)),
        };
        let read = read.map_err(|error| ControlError::Log(format!("{}: {error}", path.display())))?;
        page.skipped += read.skipped;
        cursors.insert(name.clone(), read.cursor);
        page.lines.extend(
            read.records.iter().filter(|record| filter.wants(record)).map(|record| line(name, record)),
        );
    }
    // Stable: lines of one member keep their order within a microsecond.
    page.lines.sort_by(|a, b| a.at.cmp(&b.at));
    if page.lines.len() > limit {
        page.lines.drain(..page.lines.len() - limit);
    }
    page.cursor = encode(&cursors);
    Ok(page)
}

fn line(member: &str, record: &Record) -> LineView {
    let facts = facts::facts(&record.text);
    LineView {
        member: member.to_owned(),
        at: format!("{:.6}", record.at),
        stream: record.stream.as_str().to_owned(),
        level: facts.level.map(Level::as_str).map(str::to_owned),
        text: record.text.clone(),
        message: facts.message.into_owned(),
    }
}

/// A cursor as text without characters that mean something in an address.
fn encode(cursors: &BTreeMap<String, Cursor>) -> String {
    let parts: Vec<String> = cursors
        .iter()
        .map(|(name, cursor)| format!("{name}~{:x}~{:x}", cursor.inode(), cursor.offset()))
        .collect();
    parts.join("!")
}

fn decode(text: &str) -> Option<BTreeMap<String, Cursor>> {
    if text.is_empty() {
        return Some(BTreeMap::new());
    }
    let part = |part: &str| {
        let mut fields = part.split('~');
        let name = fields.next()?.to_owned();
        let inode = u64::from_str_radix(fields.next()?, 16).ok()?;
        let offset = u64::from_str_radix(fields.next()?, 16).ok()?;
        fields.next().is_none().then(|| (name, Cursor::new(inode, offset)))
    };
    text.split('!').map(part).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use regex::bytes::Regex;
    use seaworthy_supervise::log::Stream;
    use seaworthy_supervise::log::writer::{LogFile, LogWriter};

    use super::*;

    fn write(path: &Path, lines: &[&str]) {
        let mut writer = LogWriter::open(LogFile::new(path));
        for line in lines {
            writer.push(Stream::Stdout, false, line.as_bytes());
            writer.flush().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }

    fn texts(page: &LogPage) -> Vec<String> {
        page.lines.iter().map(|line| format!("{} {}", line.member, line.text)).collect()
    }

    #[test]
    fn logs_are_merged_filtered_and_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(format!("{name}.log"));
        let files = BTreeMap::from([("api".to_owned(), path("api")), ("web".to_owned(), path("web"))]);
        write(&path("api"), &["one", "ERROR two"]);
        write(&path("web"), &["three"]);
        let page = read(&files, &LogQuery::default()).unwrap();
        assert_eq!(texts(&page), ["api one", "api ERROR two", "web three"]);
        let last = read(&files, &LogQuery { limit: 2, ..LogQuery::default() }).unwrap();
        assert_eq!(texts(&last), ["api ERROR two", "web three"]);
        let errors = LogQuery { level: Some(Level::Error), ..LogQuery::default() };
        assert_eq!(texts(&read(&files, &errors).unwrap()), ["api ERROR two"]);
        let grep = LogQuery { grep: Some(Regex::new("(?-u)^t").unwrap()), ..LogQuery::default() };
        assert_eq!(texts(&read(&files, &grep).unwrap()), ["web three"]);

        write(&path("api"), &["four"]);
        let next = read(&files, &LogQuery { after: Some(page.cursor), ..LogQuery::default() }).unwrap();
        assert_eq!(texts(&next), ["api four"]);
        let after = LogQuery { after: Some("nonsense".to_owned()), ..LogQuery::default() };
        assert!(matches!(read(&files, &after), Err(ControlError::Cursor(_))));
    }
}
