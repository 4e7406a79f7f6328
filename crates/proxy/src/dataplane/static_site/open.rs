//! Finding and opening a file below a folder, whatever the path and the links in it say. Blocks.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;
use rustix::fs::{Mode, OFlags};

use super::media::{self, Accepted};
use super::{Coding, SMALL};

/// What is looked for.
#[derive(Debug)]
pub(crate) struct Lookup {
    pub(crate) root: PathBuf,
    /// Folders of previous releases where the file itself, and nothing in its place, is looked for as well.
    pub(crate) older: Vec<PathBuf>,
    /// Below the root; without `..`.
    pub(crate) relative: PathBuf,
    /// Whether the address ends with `/`.
    pub(crate) directory: bool,
    pub(crate) fallback: Option<String>,
    pub(crate) codings: Accepted,
}

/// What was found.
pub(crate) enum Opened {
    File(Box<Found>),
    /// A folder with an index, addressed without `/`.
    Directory,
}

/// A file that is to be sent.
pub(crate) struct Found {
    /// Below the root, without the ending of its compressed twin.
    pub(crate) name: PathBuf,
    pub(crate) content: Content,
    pub(crate) length: u64,
    pub(crate) modified: Option<SystemTime>,
    pub(crate) coding: Coding,
    /// Whether another client might get another coding.
    pub(crate) varies: bool,
}

pub(crate) enum Content {
    /// Read already.
    Whole(Bytes),
    File(File),
}

/// Looks for the file, its index, its page (`about` for `about.html`), then the fallback.
pub(crate) fn open(lookup: &Lookup) -> io::Result<Option<Opened>> {
    let Some(root) = Root::open(&lookup.root)? else { return Ok(None) };
    let mut candidates = Vec::new();
    let index = lookup.relative.join("index.html");
    if lookup.directory {
        candidates.push(index);
    } else {
        candidates.push(lookup.relative.clone());
        if root.file(&index)?.is_some() {
            return Ok(Some(Opened::Directory));
        }
        if lookup.relative.extension().is_none() {
            candidates.push(lookup.relative.with_extension("html"));
        }
    }
    for name in candidates {
        if let Some(found) = represent(&root, name, lookup.codings)? {
            return Ok(Some(Opened::File(Box::new(found))));
        }
    }
    if let Some(found) = open_older(lookup)? {
        return Ok(Some(Opened::File(Box::new(found))));
    }
    let Some(fallback) = &lookup.fallback else { return Ok(None) };
    let found = represent(&root, PathBuf::from(fallback), lookup.codings)?;
    Ok(found.map(|found| Opened::File(Box::new(found))))
}

/// Looks for the file in the folders of previous releases.
fn open_older(lookup: &Lookup) -> io::Result<Option<Found>> {
    if lookup.directory {
        return Ok(None);
    }
    for folder in &lookup.older {
        // Releases are retired while their folders are still named: one that is gone has no files.
        if let Some(root) = Root::open(folder)?
            && let Some(found) = represent(&root, lookup.relative.clone(), lookup.codings)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Picks the coding of a file: a compressed twin beside it, else compression on the fly where that pays.
fn represent(root: &Root, name: PathBuf, accepted: Accepted) -> io::Result<Option<Found>> {
    let Some((file, length, modified)) = root.file(&name)? else { return Ok(None) };
    let compressible = media::is_compressible(&name);
    if compressible {
        for (ending, coding) in [("br", "br"), ("gz", "gzip")] {
            if !accepted.takes(coding) {
                continue;
            }
            let mut twin = name.clone().into_os_string();
            twin.push(".");
            twin.push(ending);
            // A twin that is older than its file is a leftover of another build.
            if let Some((twin, twin_length, twin_modified)) = root.file(Path::new(&twin))?
                && twin_modified >= modified
            {
                let content = content(twin, twin_length)?;
                let coding = Coding::Stored(coding);
                return Ok(Some(Found {
                    name,
                    content,
                    length: twin_length,
                    modified,
                    coding,
                    varies: true,
                }));
            }
        }
    }
    let gzip = compressible && length >= media::WORTH_COMPRESSING && accepted.takes("gzip");
    let coding = if gzip { Coding::Gzip } else { Coding::Identity };
    let content = content(file, length)?;
    Ok(Some(Found { name, content, length, modified, coding, varies: compressible }))
}

fn content(file: File, length: u64) -> io::Result<Content> {
    if length > SMALL {
        return Ok(Content::File(file));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    // A file that grew meanwhile is sent as long as it was.
    file.take(length).read_to_end(&mut bytes)?;
    bytes.resize(usize::try_from(length).unwrap_or(0), 0);
    Ok(Content::Whole(Bytes::from(bytes)))
}

/// The folder of a site. It is opened for every request, since builds replace it.
struct Root {
    path: PathBuf,
    #[cfg(target_os = "linux")]
    descriptor: rustix::fd::OwnedFd,
}

impl Root {
    fn open(path: &Path) -> io::Result<Option<Self>> {
        #[cfg(target_os = "linux")]
        {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let Some(descriptor) = absent(rustix::fs::open(path, flags, Mode::empty()))? else {
                return Ok(None);
            };
            Ok(Some(Self { path: path.to_owned(), descriptor }))
        }
        #[cfg(not(target_os = "linux"))]
        Ok(path.is_dir().then(|| Self { path: path.to_owned() }))
    }

    /// A regular file below the folder, its length and when it was modified.
    fn file(&self, relative: &Path) -> io::Result<Option<(File, u64, Option<SystemTime>)>> {
        let Some(file) = self.open_below(relative)? else { return Ok(None) };
        let metadata = file.metadata()?;
        Ok(metadata.is_file().then(|| (file, metadata.len(), metadata.modified().ok())))
    }

    /// Linux sees to it that no link leads out of the folder, at the time it is opened.
    #[cfg(target_os = "linux")]
    fn open_below(&self, relative: &Path) -> io::Result<Option<File>> {
        use rustix::fs::ResolveFlags;
        use rustix::io::Errno;

        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        match rustix::fs::openat2(&self.descriptor, relative, FLAGS, Mode::empty(), resolve) {
            Ok(descriptor) => Ok(Some(File::from(descriptor))),
            // Older than Linux 5.6, or a sandbox that does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => self.open_checked(relative),
            Err(error) => absent(Err(error)),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn open_below(&self, relative: &Path) -> io::Result<Option<File>> {
        self.open_checked(relative)
    }

    /// Resolves all links first and opens what they lead to if it is below the folder.
    fn open_checked(&self, relative: &Path) -> io::Result<Option<File>> {
        let (Ok(root), Ok(resolved)) = (self.path.canonicalize(), self.path.join(relative).canonicalize())
        else {
            return Ok(None);
        };
        if !resolved.starts_with(&root) {
            return Ok(None);
        }
        Ok(absent(rustix::fs::open(&resolved, FLAGS | OFlags::NOFOLLOW, Mode::empty()))?.map(File::from))
    }
}

/// Without waiting for the other end of a named pipe.
const FLAGS: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK);

/// What is not there, may not be read or leads out of the folder is all the same to a client: not there.
fn absent<T>(result: rustix::io::Result<T>) -> io::Result<Option<T>> {
    use rustix::io::Errno;
    match result {
        Ok(value) => Ok(Some(value)),
        Err(
            Errno::NOENT
            | Errno::NOTDIR
            | Errno::ACCESS
            | Errno::XDEV
            | Errno::LOOP
            | Errno::NAMETOOLONG
            | Errno::ISDIR
            | Errno::NXIO
            | Errno::INVAL,
        ) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_nowhere_outside_by_either_way_of_opening() {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("site");
        std::fs::create_dir_all(site.join("sub")).unwrap();
        std::fs::write(folder.path().join("secret"), "no").unwrap();
        std::fs::write(site.join("page"), "yes").unwrap();
        std::os::unix::fs::symlink("../secret", site.join("out")).unwrap();
        std::os::unix::fs::symlink(folder.path(), site.join("sub/up")).unwrap();
        std::os::unix::fs::symlink("page", site.join("in")).unwrap();
        let root = Root::open(&site).unwrap().unwrap();
        for (name, there) in
            [("page", true), ("in", true), ("out", false), ("sub/up/secret", false), ("none", false)]
        {
            assert_eq!(root.open_below(Path::new(name)).unwrap().is_some(), there, "{name}");
            assert_eq!(root.open_checked(Path::new(name)).unwrap().is_some(), there, "{name}");
        }
        assert!(Root::open(&folder.path().join("none")).unwrap().is_none());
    }
}
