//! Reading files, with bounds.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// A manifest or configuration file larger than this is not what it seems.
const MOST_TEXT: u64 = 8 << 20;

/// Source files larger than this are generated or bundled: nobody wrote a variable's first use there.
pub(crate) const MOST_SOURCE: u64 = 512 << 10;

/// Why a text cannot be had, or is not quite what the file holds.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("left out, as it cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("left out, as it is larger than {} MiB", MOST_TEXT >> 20)]
    TooLarge,
    #[error("it is not valid UTF-8; the bytes that are not were replaced")]
    NotUtf8,
}

/// The text of a file, and what is odd about it.
pub(super) fn read_text(path: &Path) -> Result<(String, Option<ReadError>), ReadError> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.len() > MOST_TEXT {
        return Err(ReadError::TooLarge);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    // The file may grow while it is read: the bound holds for what is read, not for what was promised.
    file.take(MOST_TEXT).read_to_end(&mut bytes)?;
    let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => rest.to_vec(),
        None => bytes,
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok((text, None)),
        Err(error) => {
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            Ok((text, Some(ReadError::NotUtf8)))
        }
    }
}

/// Reads a source file into `buffer`; false when it is too large, binary or cannot be read.
pub(crate) fn read_source(path: &Path, buffer: &mut Vec<u8>) -> bool {
    buffer.clear();
    let Ok(file) = File::open(path) else { return false };
    if file.take(MOST_SOURCE + 1).read_to_end(buffer).is_err() {
        return false;
    }
    buffer.len() as u64 <= MOST_SOURCE && memchr::memchr(0, &buffer[..buffer.len().min(1024)]).is_none()
}
