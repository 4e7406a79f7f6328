//! An artifact -> a folder that appears in one step.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use crate::blob::IN_MEMORY;
use crate::manifest::{Kind, Manifest};
use crate::path::TreePath;
use crate::store::{MOST_DOCUMENT, Store};
use crate::{Error, durable, parallel, relocate};

/// How a folder was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Materialised {
    /// It was made now; else it was there already, and nothing in it was touched or looked at.
    pub fresh: bool,
    /// Links to interpreters that this machine does not have, with their targets.
    pub dangling: Vec<(TreePath, PathBuf)>,
}

impl Store {
    /// Writes the tree of an artifact to `folder`, which appears when all of it is on the disk: whatever stops this, the
    /// folder is there whole or not at all, and what was begun is removed by the next one. Every blob is verified while it is
    /// written. A folder that is there is one that was finished, and left as it is; an app may have written to it since.
    ///
    /// # Errors
    /// `artifact-altered`, naming the path, when a blob is not what it was; when blobs are missing, or the file system
    /// refuses or is full.
    pub fn materialise(&self, manifest: &Manifest, folder: &Path) -> Result<Materialised, Error> {
        let _held = self.hold()?;
        let missing = self.missing(manifest);
        if let Some(first) = missing.first() {
            return Err(Error::Incomplete { count: missing.len(), first: *first });
        }
        let place = Place::of(folder)?;
        let mut done = Materialised { fresh: false, dangling: dangling(manifest) };
        if place.folder.symlink_metadata().is_ok() {
            return Ok(done);
        }
        place.sweep();
        let partial = place.begin()?;
        self.write(manifest, &partial.path, &place.folder)?;
        // A release whose papers were altered is refused like one whose files were.
        for (digest, what) in [(manifest.sbom(), "the SBOM"), (manifest.provenance(), "the provenance")] {
            self.unpack(&digest, MOST_DOCUMENT, what, &mut std::io::sink())?;
        }
        durable::sync_around(&partial.path)?;
        match fs::rename(&partial.path, &place.folder) {
            Ok(()) => done.fresh = true,
            // Someone else was quicker; what is there is whole.
            Err(_) if place.folder.is_dir() => return Ok(done),
            Err(cause) => return Err(Error::file("write", &place.folder)(cause)),
        }
        durable::sync(&place.parent)?;
        Ok(done)
    }

    /// Writes a tree into an empty folder that will be `target`.
    fn write(&self, manifest: &Manifest, root: &Path, target: &Path) -> Result<(), Error> {
        let mut files = Vec::new();
        let mut links = Vec::new();
        for entry in manifest.entries() {
            let path = root.join(entry.path.as_str());
            match &entry.kind {
                // A folder comes before what is in it.
                Kind::Folder => make_folder(&path)?,
                Kind::File { digest, size, executable, relocated } => {
                    files.push((&entry.path, path, *digest, *size, *executable, *relocated));
                }
                Kind::Link { target } => links.push((path, target)),
            }
        }
        parallel::each(&files, |(name, path, digest, size, executable, relocated)| {
            let mode = if *executable { 0o755 } else { 0o644 };
            let mut file = create(path, mode)?;
            let altered = || Error::Altered { what: name.to_string(), digest: *digest };
            let length = if *size <= IN_MEMORY {
                let mut content = Vec::with_capacity(usize::try_from(*size).unwrap_or_default());
                let length = self.unpack(digest, *size, name.as_str(), &mut content)?;
                if *relocated {
                    content = relocate::incoming(&content, target);
                }
                file.write_all(&content).map_err(Error::file("write", path))?;
                length
            } else {
                // Only small files are relocated.
                self.unpack(digest, *size, name.as_str(), &mut file)?
            };
            if length == *size { Ok(()) } else { Err(altered()) }
        })?;
        for (path, target) in links {
            symlink(target, &path).map_err(Error::file("make the link", &path))?;
        }
        Ok(())
    }
}

/// Makes a file whose mode is that of the manifest, whatever the process's mask says.
fn create(path: &Path, mode: u32) -> Result<File, Error> {
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let file = file.map_err(Error::file("create", path))?;
    file.set_permissions(Permissions::from_mode(mode)).map_err(Error::file("set the mode of", path))?;
    Ok(file)
}

fn make_folder(path: &Path) -> Result<(), Error> {
    fs::create_dir(path).map_err(Error::file("create the folder", path))?;
    fs::set_permissions(path, Permissions::from_mode(0o755)).map_err(Error::file("set the mode of", path))
}

/// Links to interpreters that are not here.
fn dangling(manifest: &Manifest) -> Vec<(TreePath, PathBuf)> {
    let absolute = |entry: &crate::Entry| match &entry.kind {
        Kind::Link { target } if target.starts_with('/') => Some((entry.path.clone(), PathBuf::from(target))),
        _ => None,
    };
    manifest.entries().iter().filter_map(absolute).filter(|(_, target)| !target.exists()).collect()
}

/// Where a folder is to appear.
struct Place {
    parent: PathBuf,
    folder: PathBuf,
    /// What the names of unfinished ones begin with.
    prefix: String,
}

/// A folder that is being filled; removed unless it got its name.
struct Partial {
    path: PathBuf,
    /// Locked as long as the process that fills it lives.
    _lock: File,
}

impl Place {
    fn of(folder: &Path) -> Result<Self, Error> {
        let no_name = || {
            let cause = std::io::Error::from(std::io::ErrorKind::InvalidInput);
            Error::file("write", folder)(cause)
        };
        let name = folder.file_name().and_then(|name| name.to_str()).ok_or_else(no_name)?;
        let parent = match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let made = DirBuilder::new().recursive(true).mode(0o755).create(parent);
        made.map_err(Error::file("create the folder", parent))?;
        let parent = parent.canonicalize().map_err(Error::file("open the folder", parent))?;
        Ok(Self { folder: parent.join(name), prefix: format!(".{name}.partial-"), parent })
    }

    /// Removes what killed processes began here.
    fn sweep(&self) {
        for entry in fs::read_dir(&self.parent).into_iter().flatten().flatten() {
            let is_partial = entry.file_name().to_str().is_some_and(|name| name.starts_with(&self.prefix));
            if is_partial && File::open(entry.path()).is_ok_and(|lock| lock.try_lock().is_ok()) {
                // What stays for once is removed the next time.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    fn begin(&self) -> Result<Partial, Error> {
        loop {
            let path = self.parent.join(format!("{}{}", self.prefix, durable::unique()));
            make_folder(&path)?;
            let lock = File::open(&path).map_err(Error::file("open", &path))?;
            lock.lock().map_err(Error::file("lock", &path))?;
            // Between making and locking it, another process may have taken it for a dead one's.
            if path.is_dir() {
                return Ok(Partial { path, _lock: lock });
            }
        }
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if self.path.is_dir() {
            // What stays is removed by the next one that writes here.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
