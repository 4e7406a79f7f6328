//! Writing to a store, many blobs at a time.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::Error;
use crate::blob::{self, Flaw};
use crate::digest::Digest;
use crate::durable::{self, Draft};
use crate::manifest::Manifest;
use crate::store::Store;

/// Writes to a store. What is put counts once it is committed; what is not is removed with the writer. While it lives,
/// nothing in the store is pruned.
#[derive(Debug)]
pub struct Writer<'s> {
    store: &'s Store,
    /// Blobs that are written but not in their places yet.
    waiting: Mutex<HashMap<Digest, Draft>>,
    /// The lock, shared with other writers.
    _held: File,
}

impl<'s> Writer<'s> {
    pub(crate) fn new(store: &'s Store, held: File) -> Self {
        Self { store, waiting: Mutex::default(), _held: held }
    }

    /// The blob is here, or waits to be committed.
    pub fn has(&self, digest: &Digest) -> bool {
        self.is_waiting(digest) || self.store.has(digest)
    }

    fn is_waiting(&self, digest: &Digest) -> bool {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).contains_key(digest)
    }

    /// Puts content.
    ///
    /// # Errors
    /// When the file system refuses, or is full.
    pub fn put(&self, content: &[u8]) -> Result<Digest, Error> {
        let digest = Digest::of(content);
        if !self.has(&digest) {
            let packed = blob::pack(content).map_err(Error::file("compress for", self.store.root()))?;
            self.wait(digest, Draft::of(&self.store.drafts(), &packed)?);
        }
        Ok(digest)
    }

    /// Puts what a reader gives; says what it was and how long. `see` is shown each piece.
    pub(crate) fn put_stream(
        &self,
        from: &mut dyn Read,
        path: &Path,
        see: impl FnMut(&[u8]),
    ) -> Result<(Digest, u64), Error> {
        let (draft, mut file) = Draft::create(&self.store.drafts())?;
        let (digest, length) = blob::pack_stream(from, &mut file, see).map_err(Error::file("store", path))?;
        if !self.has(&digest) {
            self.wait(digest, draft);
        }
        Ok((digest, length))
    }

    /// Puts a blob that is packed already, once it is known to hold at most `limit` bytes of what its name says.
    ///
    /// # Errors
    /// When it does not, or the file system refuses.
    pub fn put_blob(&self, digest: &Digest, packed: impl Read, limit: u64) -> Result<(), Error> {
        let (draft, file) = Draft::create(&self.store.drafts())?;
        let mut tee = Tee { from: packed, to: file, refused: None };
        let result = blob::unpack(&mut tee, digest, limit, &mut io::sink());
        if let Some(cause) = tee.refused {
            return Err(Error::file("write", draft.path())(cause));
        }
        result.map_err(|flaw| match flaw {
            Flaw::Altered => Error::Altered { what: "a blob that arrived".to_owned(), digest: *digest },
            Flaw::Read(cause) | Flaw::Write(cause) => Error::file("read", draft.path())(cause),
        })?;
        self.wait(*digest, draft);
        Ok(())
    }

    /// Makes all that was put count: it stays from now on, whatever becomes of this process or the machine.
    ///
    /// # Errors
    /// When the file system refuses, or is full.
    pub fn commit(&self) -> Result<(), Error> {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let mut drafts = Vec::with_capacity(waiting.len());
        for (digest, draft) in waiting {
            let place = self.store.blob(&digest);
            if let Some(folder) = place.parent() {
                fs::create_dir_all(folder).map_err(Error::file("create the folder", folder))?;
            }
            drafts.push((draft, place));
        }
        durable::place(self.store.root(), drafts)
    }

    /// How many blobs wait to be committed.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Commits, and keeps the manifest of an artifact whose blobs are all here by then.
    ///
    /// # Errors
    /// When a blob is missing, or the file system refuses.
    pub fn finish(self, manifest: &Manifest) -> Result<Digest, Error> {
        self.commit()?;
        self.store.keep(manifest)
    }

    fn wait(&self, digest: Digest, draft: Draft) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(digest, draft);
    }
}

/// Copies what is read.
struct Tee<R> {
    from: R,
    to: File,
    refused: Option<io::Error>,
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        if let Err(error) = self.to.write_all(&buffer[..read]) {
            let told = io::Error::from(error.kind());
            self.refused = Some(error);
            return Err(told);
        }
        Ok(read)
    }
}
