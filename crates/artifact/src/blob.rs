//! Content as it is stored: one zstd frame.

use std::cell::RefCell;
use std::io::{self, Read, Write};

use zstd::bulk::Compressor;
use zstd::stream::{read, write};

use crate::digest::{Digest, Hasher};

/// What zstd calls a good trade; higher levels cost several times the time for a few per cent.
const LEVEL: i32 = 3;

/// Up to this length, content is handled in memory; beyond it, in pieces.
pub(crate) const IN_MEMORY: u64 = 8 << 20;

/// The largest window that a frame may ask for, as a power of two: 128 MiB of memory.
const MOST_WINDOW: u32 = 27;

/// What is read and written at once.
pub(crate) const CHUNK: usize = 256 << 10;

thread_local! {
    /// A compressor is hundreds of kilobytes of tables: made once a thread.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// Packs content that is in memory.
pub(crate) fn pack(content: &[u8]) -> io::Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|kept| {
        let compressor = match kept {
            Some(compressor) => compressor,
            None => kept.insert(Compressor::new(LEVEL)?),
        };
        compressor.compress(content)
    })
}

/// Packs what `from` holds into `to`; says what it was and how long.
pub(crate) fn pack_stream(
    from: &mut dyn Read,
    to: &mut dyn Write,
    mut see: impl FnMut(&[u8]),
) -> io::Result<(Digest, u64)> {
    let mut encoder = write::Encoder::new(to, LEVEL)?;
    let mut hasher = Hasher::default();
    let mut length = 0;
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let piece = &chunk[..read];
        hasher.update(piece);
        see(piece);
        encoder.write_all(piece)?;
        length += read as u64;
    }
    encoder.finish()?;
    Ok((hasher.finish(), length))
}

/// Why a blob could not be unpacked.
#[derive(Debug)]
pub(crate) enum Flaw {
    /// It is no frame, longer than it may be, or not what its name says.
    Altered,
    /// It cannot be read.
    Read(io::Error),
    /// Its content cannot be written.
    Write(io::Error),
}

/// Unpacks a blob into `to` while making sure of it: at most `limit` bytes that have this digest. What was written before a
/// flaw showed must not be used.
pub(crate) fn unpack(
    from: impl Read,
    expected: &Digest,
    limit: u64,
    to: &mut dyn Write,
) -> Result<u64, Flaw> {
    let mut decoder = read::Decoder::new(from).map_err(Flaw::Read)?;
    decoder.window_log_max(MOST_WINDOW).map_err(Flaw::Read)?;
    let mut hasher = Hasher::default();
    let mut length: u64 = 0;
    let most = usize::try_from(limit.saturating_add(1)).unwrap_or(CHUNK).min(CHUNK);
    let mut chunk = vec![0; most];
    loop {
        let read = match decoder.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            // What the system refuses has a number; the rest is what zstd says of the bytes.
            Err(error) if error.raw_os_error().is_some() => return Err(Flaw::Read(error)),
            Err(_) => return Err(Flaw::Altered),
        };
        length += read as u64;
        if length > limit {
            return Err(Flaw::Altered);
        }
        hasher.update(&chunk[..read]);
        to.write_all(&chunk[..read]).map_err(Flaw::Write)?;
    }
    if hasher.finish() == *expected { Ok(length) } else { Err(Flaw::Altered) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_is_not_unpacked() {
        let content = vec![0; 64 << 20];
        let packed = pack(&content).unwrap();
        assert!(packed.len() < 10_000);
        let mut out = Vec::new();
        let flaw = unpack(&packed[..], &Digest::of(&content), 1000, &mut out);
        assert!(matches!(flaw, Err(Flaw::Altered)) && out.len() <= 1000);
    }

    #[test]
    fn one_altered_byte_shows() {
        let content = b"some content, some more content, and so on".repeat(20);
        let packed = pack(&content).unwrap();
        let digest = Digest::of(&content);
        for at in 0..packed.len() {
            let mut altered = packed.clone();
            altered[at] ^= 1;
            let mut out = Vec::new();
            let result = unpack(&altered[..], &digest, 10_000, &mut out);
            // A frame has bits that mean nothing: then the content is what it was.
            assert!(result.is_err() || out == content, "byte {at}");
        }
        for end in 0..packed.len() {
            assert!(unpack(&packed[..end], &digest, 10_000, &mut io::sink()).is_err(), "cut at {end}");
        }
    }
}
