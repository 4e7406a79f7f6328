//! Files that are whole or not there, whenever the machine stops.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Error;

/// With more files than this, to sync the file system at once is quicker than to sync each.
const MANY: usize = 32;

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A name that no other draft has, in this process or another.
pub(crate) fn unique() -> String {
    format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A file that is being written; removed unless it is put in its place.
#[derive(Debug)]
pub(crate) struct Draft {
    path: PathBuf,
    is_placed: bool,
}

impl Draft {
    /// A new file in `folder`.
    pub(crate) fn create(folder: &Path) -> Result<(Self, File), Error> {
        let path = folder.join(unique());
        let file = File::create(&path).map_err(Error::file("create", &path))?;
        Ok((Self { path, is_placed: false }, file))
    }

    /// A new file with these bytes, not on the disk yet.
    pub(crate) fn of(folder: &Path, bytes: &[u8]) -> Result<Self, Error> {
        let (draft, mut file) = Self::create(folder)?;
        file.write_all(bytes).map_err(Error::file("write", &draft.path))?;
        Ok(draft)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Moves it to `to`. Its bytes must be on the disk by then.
    fn place(mut self, to: &Path) -> Result<(), Error> {
        fs::rename(&self.path, to).map_err(Error::file("write", to))?;
        self.is_placed = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_placed {
            // What stays is removed by whoever has the store alone the next time.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Puts drafts in their places: first their bytes reach the disk, then their names.
pub(crate) fn place(folder: &Path, drafts: Vec<(Draft, PathBuf)>) -> Result<(), Error> {
    if drafts.len() > MANY {
        sync_around(folder)?;
    } else {
        for (draft, _) in &drafts {
            sync(&draft.path)?;
        }
    }
    let is_many = drafts.len() > MANY;
    let mut folders = BTreeSet::new();
    for (draft, to) in drafts {
        draft.place(&to)?;
        folders.extend(to.parent().map(Path::to_owned));
    }
    if is_many {
        return sync_around(folder);
    }
    folders.iter().try_for_each(|folder| sync(folder))
}

/// Waits until a file, or the names in a folder, are on the disk.
pub(crate) fn sync(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|file| file.sync_all()).map_err(Error::file("sync", path))
}

/// Waits until all that was written to the file system of a folder is on the disk.
pub(crate) fn sync_around(folder: &Path) -> Result<(), Error> {
    let file = File::open(folder).map_err(Error::file("open", folder))?;
    #[cfg(target_os = "linux")]
    rustix::fs::syncfs(&file).map_err(|error| Error::file("sync", folder)(error.into()))?;
    #[cfg(not(target_os = "linux"))]
    {
        drop(file);
        rustix::fs::sync();
    }
    Ok(())
}
