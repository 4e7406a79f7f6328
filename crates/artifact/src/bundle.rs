//! An artifact on its way: the manifest, and the blobs that the other side lacks, as one stream.
//!
//! ```text
//! "sea.bundle/1\n"
//! length of the manifest (8 bytes, the least significant first), the manifest as one zstd frame
//! of each blob: its digest (32 bytes), its length as it is stored (8 bytes), the blob
//! 32 bytes of zero
//! ```
//!
//! The receiver verifies every blob before it counts, and what counts stays when the stream breaks off: the next bundle
//! holds what [`Store::missing`] says then.

use std::io::{self, Read, Write};

use crate::blob;
use crate::digest::Digest;
use crate::error::Error;
use crate::manifest::Manifest;
use crate::store::{MOST_DOCUMENT, MOST_MANIFEST, Store};

const MAGIC: &[u8; 13] = b"sea.bundle/1\n";

/// What stands where no more blob comes.
const END: [u8; 32] = [0; 32];

/// Blobs that arrive are committed when there are this many, or this many bytes: what may have to be sent again.
const COMMIT_BLOBS: usize = 512;
const COMMIT_BYTES: u64 = 32 << 20;

/// Writes an artifact with these of its blobs.
///
/// # Errors
/// When one of them is not in the store, or `to` refuses.
pub fn write(store: &Store, manifest: &Manifest, only: &[Digest], to: &mut dyn Write) -> Result<(), Error> {
    let _held = store.hold()?;
    let sent = |cause| Error::file("send the bundle from", store.root())(cause);
    let json = blob::pack(&manifest.to_json()).map_err(sent)?;
    to.write_all(MAGIC).map_err(sent)?;
    to.write_all(&(json.len() as u64).to_le_bytes()).map_err(sent)?;
    to.write_all(&json).map_err(sent)?;
    for digest in only {
        let (file, length) = store.packed(digest)?;
        to.write_all(digest.as_bytes()).map_err(sent)?;
        to.write_all(&length.to_le_bytes()).map_err(sent)?;
        let copied = io::copy(&mut file.take(length), to).map_err(sent)?;
        if copied != length {
            return Err(Error::Altered { what: "a blob".to_owned(), digest: *digest });
        }
    }
    to.write_all(&END).map_err(sent)?;
    to.flush().map_err(sent)
}

/// Reads a bundle into a store; the artifact is there when all of its blobs are.
///
/// # Errors
/// When the stream breaks off or holds something else than it says, when a blob is still missing at its end, or the file
/// system refuses or is full.
pub fn read(store: &Store, from: &mut dyn Read) -> Result<Manifest, Error> {
    let mut magic = [0; MAGIC.len()];
    from.read_exact(&mut magic).map_err(|_| Error::Interrupted { missing: None })?;
    if magic != *MAGIC {
        return Err(Error::Bundle("it does not begin like one"));
    }
    let manifest = read_manifest(from)?;
    let expected = manifest.blobs();
    let writer = store.writer()?;
    let mut bytes = 0;
    let outcome = loop {
        let mut name = [0; 32];
        let Ok(()) = from.read_exact(&mut name) else { break Err(None) };
        if name == END {
            break Ok(());
        }
        let digest = Digest::from_bytes(name);
        let Ok(length) = read_length(from) else { break Err(None) };
        let Some(size) = expected.get(&digest) else {
            break Err(Some(Error::Bundle("it holds a blob that its manifest does not name")));
        };
        let limit = size.unwrap_or(MOST_DOCUMENT);
        // What zstd makes of what it cannot compress is little longer.
        if length > limit.saturating_add(limit / 128).saturating_add(4096) {
            break Err(Some(Error::Bundle("a blob is longer than it can be")));
        }
        let mut packed = (&mut *from).take(length);
        let put = writer.put_blob(&digest, &mut packed, limit);
        if let Err(error) = put {
            // A blob that was cut off is not an altered one.
            let is_cut = packed.limit() > 0 && matches!(error, Error::Altered { .. } | Error::File { .. });
            break Err(if is_cut { None } else { Some(error) });
        }
        bytes += length;
        if writer.waiting() >= COMMIT_BLOBS || bytes >= COMMIT_BYTES {
            writer.commit()?;
            bytes = 0;
        }
    };
    match outcome {
        Ok(()) => {
            writer.finish(&manifest)?;
            Ok(manifest)
        }
        Err(error) => {
            writer.commit()?;
            let missing = Some(store.missing(&manifest).len());
            Err(error.unwrap_or(Error::Interrupted { missing }))
        }
    }
}

fn read_length(from: &mut dyn Read) -> io::Result<u64> {
    let mut length = [0; 8];
    from.read_exact(&mut length)?;
    Ok(u64::from_le_bytes(length))
}

fn read_manifest(from: &mut dyn Read) -> Result<Manifest, Error> {
    let cut = |_| Error::Interrupted { missing: None };
    let length = read_length(from).map_err(cut)?;
    if length > MOST_MANIFEST {
        return Err(Error::Bundle("its manifest is too long"));
    }
    let mut packed = (&mut *from).take(length);
    let decoder = zstd::stream::read::Decoder::new(&mut packed).map_err(cut)?;
    let mut json = Vec::new();
    let unpacked = decoder.take(MOST_MANIFEST).read_to_end(&mut json);
    match (unpacked, packed.limit()) {
        (Ok(_), 0) => {}
        // It is all here, and no frame.
        (Err(_), 0) | (Ok(_), _) => return Err(Error::Bundle("its manifest is damaged")),
        (Err(cause), _) => return Err(cut(cause)),
    }
    Manifest::from_json(&json).map_err(Error::Refused)
}
