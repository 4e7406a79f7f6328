//! Reads log files: the last lines of one, or what was added since, across rotations.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::record::{Record, Stream};
use super::writer::old_file;

/// A place in a log: everything before it was read. Survives the rotation of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The inode of the file; 0 before any file.
    inode: u64,
    /// Bytes read of it.
    offset: u64,
}

impl Cursor {
    /// The place after `offset` bytes of the file with this inode.
    pub fn new(inode: u64, offset: u64) -> Self {
        Self { inode, offset }
    }

    /// The inode of the file; 0 before any file.
    pub fn inode(self) -> u64 {
        self.inode
    }

    /// Bytes read of it.
    pub fn offset(self) -> u64 {
        self.offset
    }
}

/// Records that were read, and where to go on.
#[derive(Debug, Default)]
pub struct Page {
    /// Oldest first.
    pub records: Vec<Record>,
    /// Where to go on.
    pub cursor: Cursor,
    /// Bytes that were passed over because more was written than a reader takes at once.
    pub skipped: u64,
}

/// Bytes that are read backwards at once.
const BLOCK: u64 = 64 << 10;

/// Old files that are looked for.
const MOST_FILES: u32 = 16;

/// The last `count` records for which `wanted` holds, and the end of the log. A log that does not exist is empty.
pub fn last(path: &Path, count: usize, mut wanted: impl FnMut(&Record) -> bool) -> io::Result<Page> {
    let mut newest_first = Vec::new();
    let mut cursor = Cursor::default();
    for (index, mut file) in files(path)?.into_iter().enumerate() {
        let metadata = file.metadata()?;
        let end = end_of_last_line(&mut file, metadata.len())?;
        if index == 0 {
            cursor = Cursor { inode: metadata.ino(), offset: end };
        }
        let mut end = end;
        while end > 0 && newest_first.len() < count {
            let (start, block) = lines_before(&mut file, end)?;
            for line in block.lines().rev() {
                if newest_first.len() == count {
                    break;
                }
                newest_first.extend(Record::parse(line).filter(|record| wanted(record)));
            }
            end = start;
        }
        if newest_first.len() >= count {
            break;
        }
    }
    newest_first.reverse();
    Ok(Page { records: join(newest_first), cursor, skipped: 0 })
}

/// The end of the log as it is now.
pub fn end(path: &Path) -> io::Result<Cursor> {
    Ok(last(path, 0, |_| false)?.cursor)
}

/// What was added since `cursor`: `most` bytes at most, of which the newest are kept and the rest is passed over.
pub fn since(path: &Path, cursor: Cursor, most: u64) -> io::Result<Page> {
    let mut newer = Vec::new();
    let mut offset = 0;
    for file in files(path)? {
        let found = file.metadata()?.ino() == cursor.inode;
        newer.push(file);
        if found {
            offset = cursor.offset;
            break;
        }
    }
    let mut page = Page { cursor, ..Page::default() };
    let mut left = most;
    let mut blocks = Vec::new();
    let count = newer.len();
    for (index, mut file) in newer.into_iter().enumerate() {
        let metadata = file.metadata()?;
        let end = end_of_last_line(&mut file, metadata.len())?;
        if index == 0 {
            page.cursor = Cursor { inode: metadata.ino(), offset: end };
        }
        // The oldest file was read up to the cursor. A file that shrank was emptied: begin anew.
        let from = if index + 1 == count && offset <= end { offset } else { 0 };
        let (start, text) = if end - from <= left {
            (from, read(&mut file, from, end)?)
        } else {
            let text = read(&mut file, end - left, end)?;
            let whole = text.find('\n').map_or(text.len(), |at| at + 1);
            (end - left + whole as u64, text[whole..].to_owned())
        };
        page.skipped += start - from;
        left -= (end - start).min(left);
        blocks.push(text);
    }
    let records = blocks.iter().rev().flat_map(|block| block.lines().filter_map(Record::parse)).collect();
    page.records = join(records);
    Ok(page)
}

/// The files of a log, newest first.
fn files(path: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for number in 0..=MOST_FILES {
        let opened = if number == 0 { File::open(path) } else { File::open(old_file(path, number)) };
        match opened {
            Ok(file) => files.push(file),
            // During a rotation the current file is missing for a moment.
            Err(error) if error.kind() == io::ErrorKind::NotFound && number == 0 => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(error),
        }
    }
    Ok(files)
}

/// The end of the last complete line among the first `size` bytes.
fn end_of_last_line(file: &mut File, size: u64) -> io::Result<u64> {
    let mut end = size;
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        let block = read_bytes(file, start, end)?;
        if let Some(at) = memchr::memrchr(b'\n', &block) {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// Complete lines that end at `end`, about a block of them, and where they start.
fn lines_before(file: &mut File, end: u64) -> io::Result<(u64, String)> {
    let mut start = end.saturating_sub(BLOCK);
    loop {
        let block = read_bytes(file, start, end)?;
        if start == 0 {
            return Ok((0, lossy(block)));
        }
        // The first line of the block may have begun before it.
        let body = &block[..block.len().saturating_sub(1)];
        if let Some(at) = memchr::memchr(b'\n', body) {
            return Ok((start + at as u64 + 1, lossy(block[at + 1..].to_vec())));
        }
        start = start.saturating_sub(BLOCK);
    }
}

fn read(file: &mut File, from: u64, to: u64) -> io::Result<String> {
    Ok(lossy(read_bytes(file, from, to)?))
}

fn read_bytes(file: &mut File, from: u64, to: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(to - from).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The longest line that parts are joined to, in bytes.
const LONGEST_LINE: usize = 256 << 10;

/// Puts the parts of long lines together again. Parts whose rest is not there stay as they are.
fn join(records: Vec<Record>) -> Vec<Record> {
    let mut joined: Vec<Record> = Vec::with_capacity(records.len());
    for record in records {
        let open = joined.iter_mut().rev().take(8).find(|open| open.stream == record.stream);
        match open {
            Some(open)
                if open.partial
                    && record.stream != Stream::Sea
                    && open.text.len() + record.text.len() <= LONGEST_LINE =>
            {
                open.text.push_str(&record.text);
                open.partial = record.partial;
            }
            _ => joined.push(record),
        }
    }
    joined
}

/// Deletes a log with its old files.
pub fn delete(path: &Path) -> io::Result<()> {
    for number in 0..=MOST_FILES {
        let file = if number == 0 { path.to_owned() } else { old_file(path, number) };
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::writer::{LogFile, LogWriter};

    fn writer(path: &Path, max_size: u64) -> LogWriter {
        LogWriter::open(LogFile { max_size, keep: 10, ..LogFile::new(path) })
    }

    fn write(writer: &mut LogWriter, numbers: std::ops::Range<u32>) {
        for number in numbers {
            writer.push(Stream::Stdout, false, format!("{number}").as_bytes());
            writer.flush().unwrap();
        }
    }

    fn numbers(page: &Page) -> Vec<u32> {
        page.records.iter().map(|record| record.text.parse().unwrap()).collect()
    }

    #[test]
    fn the_last_lines_come_from_as_many_files_as_needed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        write(&mut writer(&path, 300), 0..30);
        assert_eq!(numbers(&last(&path, 20, |_| true).unwrap()), (10..30).collect::<Vec<_>>());
        assert_eq!(numbers(&last(&path, 3, |record| record.text.ends_with('0')).unwrap()), [0, 10, 20]);
        assert_eq!(numbers(&last(&path, 99, |_| true).unwrap()).len(), 30);
        assert!(last(&folder.path().join("none.log"), 5, |_| true).unwrap().records.is_empty());
    }

    #[test]
    fn a_cursor_survives_rotations() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let mut writer = writer(&path, 200);
        let mut cursor = end(&path).unwrap();
        let mut seen = Vec::new();
        for round in 0..20 {
            write(&mut writer, round * 7..round * 7 + 7);
            let page = since(&path, cursor, u64::MAX).unwrap();
            assert_eq!(page.skipped, 0);
            seen.extend(numbers(&page));
            cursor = page.cursor;
        }
        assert_eq!(seen, (0..140).collect::<Vec<_>>());
    }

    #[test]
    fn a_slow_reader_gets_the_newest_lines_and_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let mut writer = writer(&path, 1 << 20);
        write(&mut writer, 0..100);
        let page = since(&path, Cursor::default(), 500).unwrap();
        assert!(page.skipped > 0);
        assert_eq!(numbers(&page).last(), Some(&99));
        assert!(since(&path, page.cursor, 500).unwrap().records.is_empty());
    }

    #[test]
    fn a_line_that_is_still_being_written_waits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let whole = "2026-11-21T12:00:00.000001Z stdout F one\n";
        fs::write(&path, format!("{whole}2026-11-21T12:00:00.000002Z stdo")).unwrap();
        let page = since(&path, Cursor::default(), 1000).unwrap();
        assert_eq!(page.records.len(), 1);
        fs::write(&path, format!("{whole}2026-11-21T12:00:00.000002Z stdout F two\n")).unwrap();
        let page = since(&path, page.cursor, 1000).unwrap();
        assert_eq!(page.records[0].text, "two");
    }

    #[test]
    fn parts_of_a_line_are_joined_across_other_streams() {
        let at = "2026-11-21T12:00:00.000001Z";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        fs::write(
            &path,
            format!("{at} stdout P one \n{at} stderr F x\n{at} stdout P two \n{at} stdout F three\n"),
        )
        .unwrap();
        let texts: Vec<_> =
            last(&path, 10, |_| true).unwrap().records.into_iter().map(|record| record.text).collect();
        assert_eq!(texts, ["one two three", "x"]);
    }
}
