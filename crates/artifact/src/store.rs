//! Blobs and manifests on the disk.
//!
//! ```text
//! blobs/ab/cdef...        content by its SHA-256, each a zstd frame
//! artifacts/HEX.json      manifests, by their digests
//! drafts/PID-N            what is being written, or was when a process was killed
//! lock                    shared while the store is used, exclusive while it is swept
//! ```
//!
//! A name below `blobs` or `artifacts` is there when its bytes are on the disk, never before: a store that a process or the
//! machine left at any moment is a store. What is read is verified; a name is no proof.

use std::fs::{self, DirBuilder, File};
use std::io::Read as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::blob::{self, Flaw};
use crate::digest::Digest;
use crate::durable::{self, Draft};
use crate::manifest::Manifest;
use crate::writer::Writer;
use crate::{Error, verify};

/// The longest blob whose length no manifest says: SBOMs and provenance.
pub(crate) const MOST_DOCUMENT: u64 = 64 << 20;

/// The longest manifest, in bytes.
pub(crate) const MOST_MANIFEST: u64 = 1 << 30;

/// A folder of blobs and manifests. Any number of processes may use it at the same time.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// Opens the folder; makes it, open to its owner alone, where it is absent. What killed processes left is removed.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn open(root: &Path) -> Result<Self, Error> {
        let store = Self { root: root.to_owned() };
        for folder in [root.to_owned(), store.blobs(), store.artifacts(), store.drafts()] {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
            made.map_err(Error::file("create the folder", &folder))?;
        }
        let lock = store.lock_file()?;
        // Whoever is alone knows that nobody writes the drafts.
        if lock.try_lock().is_ok() {
            store.sweep_drafts();
        }
        Ok(store)
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The blob is here. Whether it is what its name says shows when it is read.
    pub fn has(&self, digest: &Digest) -> bool {
        self.blob(digest).is_file()
    }

    /// The blobs of an artifact that are not here, in order.
    pub fn missing(&self, manifest: &Manifest) -> Vec<Digest> {
        manifest.blobs().into_keys().filter(|digest| !self.has(digest)).collect()
    }

    /// What is [missing](Self::missing) of an artifact that is to come. What is here of it is as young again as if it had just
    /// arrived, so that nothing sweeps it away meanwhile.
    pub fn expect(&self, manifest: &Manifest) -> Vec<Digest> {
        let is_here = |digest: &Digest| renew(&self.blob(digest)).is_ok();
        manifest.blobs().into_keys().filter(|digest| !is_here(digest)).collect()
    }

    /// Begins to write: until the writer is gone, nothing is pruned.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn writer(&self) -> Result<Writer<'_>, Error> {
        Ok(Writer::new(self, self.hold()?))
    }

    /// Stores content.
    ///
    /// # Errors
    /// When the file system refuses, or is full.
    pub fn put(&self, content: &[u8]) -> Result<Digest, Error> {
        let writer = self.writer()?;
        let digest = writer.put(content)?;
        writer.commit()?;
        Ok(digest)
    }

    /// Stores a blob that is packed already, once it is known to hold at most `limit` bytes of what its name says.
    ///
    /// # Errors
    /// When it does not, or the file system refuses.
    pub fn put_blob(&self, digest: &Digest, packed: &[u8], limit: u64) -> Result<(), Error> {
        let writer = self.writer()?;
        writer.put_blob(digest, packed, limit)?;
        writer.commit()
    }

    /// The content of a blob of at most `limit` bytes.
    ///
    /// # Errors
    /// When it is not here, longer, or not what its name says.
    pub fn read(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>, Error> {
        let mut content = Vec::new();
        self.unpack(digest, limit, "a blob", &mut content)?;
        Ok(content)
    }

    /// Writes the content of a blob to `to`; an error means that what was written is worth nothing. `what` is told of it.
    pub(crate) fn unpack(
        &self,
        digest: &Digest,
        limit: u64,
        what: &str,
        to: &mut dyn std::io::Write,
    ) -> Result<u64, Error> {
        let path = self.blob(digest);
        let file = File::open(&path).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::NotFound => Error::Incomplete { count: 1, first: *digest },
            _ => Error::file("read", &path)(cause),
        })?;
        blob::unpack(file, digest, limit, to).map_err(|flaw| match flaw {
            Flaw::Altered => {
                // Out of the way, so that whoever has the true content can store it again.
                let _ = fs::rename(&path, path.with_extension("altered"));
                Error::Altered { what: what.to_owned(), digest: *digest }
            }
            Flaw::Read(cause) => Error::file("read", &path)(cause),
            Flaw::Write(cause) => Error::file("write", Path::new(what))(cause),
        })
    }

    /// The content of an artifact's SBOM or provenance.
    ///
    /// # Errors
    /// When it is not here, or not what its name says.
    pub fn document(&self, digest: &Digest) -> Result<Vec<u8>, Error> {
        self.read(digest, MOST_DOCUMENT)
    }

    /// Bytes of a blob as it is stored, and as it is sent.
    ///
    /// # Errors
    /// When it is not here.
    pub fn stored_size(&self, digest: &Digest) -> Result<u64, Error> {
        self.packed(digest).map(|(_, length)| length)
    }

    /// A blob as it is stored, for someone who lacks it.
    ///
    /// # Errors
    /// When it is not here, or cannot be read.
    pub(crate) fn packed(&self, digest: &Digest) -> Result<(File, u64), Error> {
        let path = self.blob(digest);
        let open = || {
            let file = File::open(&path)?;
            let length = file.metadata()?.len();
            Ok((file, length))
        };
        open().map_err(Error::file("read", &path))
    }

    /// An artifact that is here.
    ///
    /// # Errors
    /// When it is not, or its manifest was altered.
    pub fn manifest(&self, digest: &Digest) -> Result<Manifest, Error> {
        let path = self.artifact(digest);
        let altered = || Error::Altered { what: "the manifest".to_owned(), digest: *digest };
        let mut json = Vec::new();
        match File::open(&path) {
            Ok(file) => {
                file.take(MOST_MANIFEST).read_to_end(&mut json).map_err(Error::file("read", &path))?;
            }
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::Unknown(*digest));
            }
            Err(cause) => return Err(Error::file("read", &path)(cause)),
        }
        let manifest = Manifest::from_json(&json).map_err(|_| altered())?;
        if manifest.digest() == *digest { Ok(manifest) } else { Err(altered()) }
    }

    /// The artifacts that are here, in order.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn artifact_digests(&self) -> Result<Vec<Digest>, Error> {
        let folder = self.artifacts();
        let entries = fs::read_dir(&folder).map_err(Error::file("list", &folder))?;
        let mut digests: Vec<Digest> = entries
            .flatten()
            .filter_map(|entry| Digest::from_hex(entry.file_name().to_str()?.strip_suffix(".json")?))
            .collect();
        digests.sort_unstable();
        Ok(digests)
    }

    /// What is wrong with an artifact: every blob is read. Nothing is when the answer is empty.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn verify(&self, manifest: &Manifest) -> Result<Vec<verify::Damage>, Error> {
        let _held = self.hold()?;
        verify::verify(self, manifest)
    }

    /// Forgets a blob that [`Self::verify`] found altered: it is missing then, and can be put again.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn forget(&self, digest: &Digest) -> Result<(), Error> {
        let path = self.blob(digest);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::file("remove", &path)(cause))
            }
            _ => Ok(()),
        }
    }

    /// Keeps a manifest whose blobs are here. The first one stays: an artifact that two builders made has the provenance
    /// of the first.
    pub(crate) fn keep(&self, manifest: &Manifest) -> Result<Digest, Error> {
        let missing = self.missing(manifest);
        if let Some(first) = missing.first() {
            return Err(Error::Incomplete { count: missing.len(), first: *first });
        }
        let digest = manifest.digest();
        let is_here = self.manifest(&digest).is_ok() && renew(&self.artifact(&digest)).is_ok();
        if !is_here {
            let draft = Draft::of(&self.drafts(), &manifest.to_json())?;
            durable::place(&self.root, vec![(draft, self.artifact(&digest))])?;
        }
        Ok(digest)
    }

    /// Holds the store: as long as the file lives, nothing is swept.
    pub(crate) fn hold(&self) -> Result<File, Error> {
        let file = self.lock_file()?;
        file.lock_shared().map_err(Error::file("lock", &self.root))?;
        Ok(file)
    }

    pub(crate) fn lock_file(&self) -> Result<File, Error> {
        let path = self.root.join("lock");
        let open = File::options().create(true).truncate(false).write(true).open(&path);
        open.map_err(Error::file("open", &path))
    }

    /// Removes drafts. Only whoever has the store alone may.
    pub(crate) fn sweep_drafts(&self) {
        for entry in fs::read_dir(self.drafts()).into_iter().flatten().flatten() {
            // What stays for once is removed the next time.
            let _ = fs::remove_file(entry.path());
        }
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    pub(crate) fn artifacts(&self) -> PathBuf {
        self.root.join("artifacts")
    }

    pub(crate) fn drafts(&self) -> PathBuf {
        self.root.join("drafts")
    }

    pub(crate) fn blob(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        let (folder, name) = hex.split_at(2);
        let mut path = self.blobs();
        path.push(folder);
        path.push(name);
        path
    }

    pub(crate) fn artifact(&self, digest: &Digest) -> PathBuf {
        self.artifacts().join(format!("{}.json", digest.hex()))
    }
}

/// Makes a file as young as if it had just been written.
fn renew(path: &Path) -> std::io::Result<()> {
    File::options().write(true).open(path)?.set_modified(SystemTime::now())
}
