//! Writes a log file and rotates it by size and age: `api.log`, then `api.log.1` (the newest of the old ones), ...

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::reader::Cursor;
use super::record::{Stream, encode, format_time};

/// Where a log goes and how much of it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFile {
    /// The file that is written; old ones get `.1`, `.2`, ... behind their name.
    pub path: PathBuf,
    /// Bytes after which a new file is begun.
    pub max_size: u64,
    /// Old files that are kept beside the current one.
    pub keep: u32,
    /// Old files older than this are deleted.
    pub max_age: Duration,
}

impl LogFile {
    /// 10 MiB a file, four old files, seven days: 50 MiB an instance at most.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), max_size: 10 << 20, keep: 4, max_age: Duration::from_hours(7 * 24) }
    }

    /// The `number`th old file, 1 being the newest.
    pub fn old(&self, number: u32) -> PathBuf {
        old_file(&self.path, number)
    }
}

/// The `number`th old file of `path`.
pub(super) fn old_file(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}

/// How often it is looked whether the file is still where it was.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Appends records to a log file. Lines are gathered and written by [`LogWriter::flush`].
pub struct LogWriter {
    file: LogFile,
    open: Option<File>,
    size: u64,
    buffer: Vec<u8>,
    buffered_lines: u64,
    lost_lines: u64,
    looked: Instant,
    time: Clock,
}

impl LogWriter {
    /// Opens the file, its folder included. When that fails, lines are counted as lost until it succeeds.
    pub fn open(file: LogFile) -> Self {
        let mut writer = Self {
            file,
            open: None,
            size: 0,
            buffer: Vec::with_capacity(64 << 10),
            buffered_lines: 0,
            lost_lines: 0,
            looked: Instant::now(),
            time: Clock::default(),
        };
        // What cannot be opened now is tried again with the first line.
        let _ = writer.reopen();
        writer.delete_old();
        writer
    }

    /// Takes a line; it is on the disk after the next [`LogWriter::flush`].
    pub fn push(&mut self, stream: Stream, partial: bool, text: &[u8]) {
        encode(&mut self.buffer, self.time.now(), stream, partial, text);
        self.buffered_lines += 1;
    }

    /// The end of the file, before lines that wait for the next flush. Before any file where there is none.
    pub fn end(&self) -> Cursor {
        let inode = self.open.as_ref().and_then(|file| Some(file.metadata().ok()?.ino()));
        inode.map_or_else(Cursor::default, |inode| Cursor::new(inode, self.size))
    }

    /// Bytes that wait for the next flush.
    pub fn buffered(&self) -> usize {
        self.buffer.len()
    }

    /// Lines that could not be written so far and were not yet told about in the file itself.
    pub fn lost_lines(&self) -> u64 {
        self.lost_lines
    }

    /// Writes what was pushed. On failure (a full disk) the lines are dropped and counted; the next flush that succeeds
    /// says so in the file.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let result = self.write();
        if result.is_err() {
            self.lost_lines += self.buffered_lines;
            self.open = None;
        }
        self.buffer.clear();
        self.buffered_lines = 0;
        result
    }

    fn write(&mut self) -> io::Result<()> {
        self.look()?;
        if self.size >= self.file.max_size {
            self.rotate()?;
        }
        if self.lost_lines > 0 {
            let note = format!("{} lines could not be written here and are lost", self.lost_lines);
            let mut line = Vec::new();
            encode(&mut line, &format_time(Timestamp::now()), Stream::Sea, false, note.as_bytes());
            self.write_all(&[&line])?;
            self.lost_lines = 0;
        }
        let buffer = std::mem::take(&mut self.buffer);
        let result = self.write_all(&[&buffer]);
        self.buffer = buffer;
        result
    }

    fn write_all(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        let Some(file) = &mut self.open else { return Err(io::Error::other("the log file is not open")) };
        for part in parts {
            file.write_all(part)?;
            self.size += part.len() as u64;
        }
        Ok(())
    }

    /// Opens the file anew when it was deleted or moved by someone else.
    fn look(&mut self) -> io::Result<()> {
        if let Some(open) = &self.open {
            if self.looked.elapsed() < LOOK_EVERY {
                return Ok(());
            }
            self.looked = Instant::now();
            let ours = open.metadata()?;
            if fs::metadata(&self.file.path).is_ok_and(|there| there.ino() == ours.ino()) {
                return Ok(());
            }
        }
        self.reopen()
    }

    fn reopen(&mut self) -> io::Result<()> {
        if let Some(folder) = self.file.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&self.file.path)?;
        self.size = file.metadata()?.len();
        self.open = Some(file);
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        for number in (1..self.file.keep).rev() {
            rename_if_there(&self.file.old(number), &self.file.old(number + 1))?;
        }
        if self.file.keep == 0 {
            fs::remove_file(&self.file.path)?;
        } else {
            rename_if_there(&self.file.path, &self.file.old(1))?;
        }
        self.delete_old();
        self.reopen()
    }

    fn delete_old(&self) {
        let now = SystemTime::now();
        for number in 1..=self.file.keep {
            let path = self.file.old(number);
            let Ok(modified) = fs::metadata(&path).and_then(|metadata| metadata.modified()) else { continue };
            if now.duration_since(modified).is_ok_and(|age| age > self.file.max_age) {
                // A file that cannot be deleted now is tried again at the next rotation.
                let _ = fs::remove_file(&path);
            }
        }
    }
}

fn rename_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// The time as text. Formatting takes longer than anything else that is done with a line, so lines of one millisecond
/// share it.
#[derive(Default)]
struct Clock {
    read: Option<Instant>,
    text: String,
}

impl Clock {
    fn now(&mut self) -> &str {
        let now = Instant::now();
        if self.read.is_none_or(|read| now.duration_since(read) >= Duration::from_millis(1)) {
            self.read = Some(now);
            self.text = format_time(Timestamp::now());
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::reader;

    fn file(folder: &Path, max_size: u64, keep: u32) -> LogFile {
        LogFile { max_size, keep, ..LogFile::new(folder.join("logs/api.log")) }
    }

    fn texts(path: &Path) -> Vec<String> {
        reader::last(path, usize::MAX, |_| true)
            .unwrap()
            .records
            .into_iter()
            .map(|record| record.text)
            .collect()
    }

    #[test]
    fn old_files_are_rotated_and_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path(), 200, 2);
        let mut writer = LogWriter::open(file.clone());
        for number in 0..40 {
            writer.push(Stream::Stdout, false, format!("line {number:02}").as_bytes());
            writer.flush().unwrap();
        }
        assert!(file.path.exists() && file.old(1).exists() && file.old(2).exists() && !file.old(3).exists());
        let texts = texts(&file.path);
        assert_eq!(texts.last().unwrap(), "line 39");
        assert!(texts.len() < 40, "old lines are gone");
        assert!(texts.windows(2).all(|pair| pair[0] < pair[1]), "{texts:?}");
    }

    #[test]
    fn a_deleted_folder_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path(), 1 << 20, 2);
        let mut writer = LogWriter::open(file.clone());
        writer.push(Stream::Stdout, false, b"one");
        writer.flush().unwrap();
        fs::remove_dir_all(folder.path().join("logs")).unwrap();
        writer.looked -= LOOK_EVERY;
        writer.push(Stream::Stdout, false, b"two");
        writer.flush().unwrap();
        assert_eq!(texts(&file.path), ["two"]);
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted_and_told() {
        let folder = tempfile::tempdir().unwrap();
        let blocked = folder.path().join("logs");
        fs::write(&blocked, "a file where a folder must be").unwrap();
        let file = file(folder.path(), 1 << 20, 2);
        let mut writer = LogWriter::open(file.clone());
        writer.push(Stream::Stdout, false, b"one");
        writer.push(Stream::Stdout, false, b"two");
        assert!(writer.flush().is_err());
        assert_eq!(writer.lost_lines(), 2);
        fs::remove_file(&blocked).unwrap();
        writer.push(Stream::Stdout, false, b"three");
        writer.flush().unwrap();
        assert_eq!(texts(&file.path), ["2 lines could not be written here and are lost", "three"]);
    }
}
