//! A tree on the disk -> entries of a manifest, and blobs.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::blob::IN_MEMORY;
use crate::known::{Known, Stamp, Stored};
use crate::left_out::is_left_out;
use crate::manifest::{Entry, Kind};
use crate::path::TreePath;
use crate::relocate::Origin;
use crate::{Error, Writer, parallel};

/// Which tree is packaged, and how.
#[derive(Clone, Debug)]
pub struct Pack<'a> {
    /// The folder.
    pub root: &'a Path,
    /// Paths below it that are left out, besides caches and what tools keep for themselves.
    pub leave_out: &'a BTreeSet<String>,
    /// A file that remembers what was read, so that an unchanged tree is not read again.
    pub known: Option<&'a Path>,
}

/// What a tree holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Every path.
    pub entries: Vec<Entry>,
    /// What may not work elsewhere.
    pub warnings: Vec<Warning>,
    /// Files that had to be read.
    pub read: usize,
}

/// Something that may not work elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warning {
    /// A file names the folder it was built in, and is no text in which that could be replaced.
    FixedPath(TreePath),
    /// A socket, pipe or device, which was left out.
    Special(TreePath),
    /// The path of the folder is too short to be told from other texts, so nothing was relocated.
    ShortRoot(PathBuf),
}

impl Warning {
    /// A stable name, kebab-case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FixedPath(_) => "artifact-fixed-path",
            Self::Special(_) => "artifact-special-file",
            Self::ShortRoot(_) => "artifact-short-root",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FixedPath(path) => {
                write!(f, "{path} names the folder that it was built in, and will do so elsewhere")
            }
            Self::Special(path) => write!(f, "{path} is no file, folder or link, and was left out"),
            Self::ShortRoot(path) => write!(
                f,
                "{} is too common a path to be replaced: files that name it will do so elsewhere",
                path.display()
            ),
        }
    }
}

/// A file that is looked at.
struct Found {
    path: TreePath,
    place: PathBuf,
}

/// What became of it.
struct Seen {
    entry: Entry,
    stamp: Stamp,
    stored: Stored,
    was_read: bool,
}

impl Writer<'_> {
    /// Stores all files below a folder. What it holds counts once the writer is committed or finished.
    ///
    /// # Errors
    /// When a name is no text, a link is absolute, a file changes meanwhile, or the file system refuses or is full.
    pub fn pack(&self, pack: &Pack<'_>) -> Result<Packed, Error> {
        let root = pack.root.canonicalize().map_err(Error::file("open the folder", pack.root))?;
        let origin = Origin::new(&root);
        let known = Known::open(pack.known, &root);
        let mut walk =
            Walk { root: &root, pack, entries: Vec::new(), files: Vec::new(), warnings: Vec::new() };
        walk.folder(&root, "")?;
        let Walk { mut entries, files, mut warnings, .. } = walk;
        let started = SystemTime::now();
        let seen = parallel::each(&files, |found| self.pack_file(found, &origin, &known))?;
        let read = seen.iter().filter(|seen| seen.was_read).count();
        for seen in &seen {
            if seen.stored.fixed {
                warnings.push(Warning::FixedPath(seen.entry.path.clone()));
            }
            entries.push(seen.entry.clone());
        }
        // What is remembered to be stored has to be stored before it is remembered.
        self.commit()?;
        let learnt = seen.into_iter().map(|seen| (seen.entry.path.into(), seen.stamp, seen.stored));
        known.save(pack.known, started, learnt);
        if !origin.is_telling() {
            warnings.push(Warning::ShortRoot(root));
        }
        warnings.sort();
        entries.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(Packed { entries, warnings, read })
    }

    fn pack_file(&self, found: &Found, origin: &Origin, known: &Known) -> Result<Seen, Error> {
        let place = &found.place;
        let metadata = place.symlink_metadata().map_err(Error::file("read", place))?;
        let stamp = Stamp::of(&metadata);
        let seen = |stored: Stored, was_read| {
            let executable = metadata.permissions().mode() & 0o111 != 0;
            let Stored { digest, size, relocated, .. } = stored;
            let kind = Kind::File { digest, size, executable, relocated };
            Seen { entry: Entry { path: found.path.clone(), kind }, stamp, stored, was_read }
        };
        if let Some(stored) = known.get(found.path.as_str(), stamp)
            && self.has(&stored.digest)
        {
            return Ok(seen(stored, false));
        }
        let mut file = File::open(place).map_err(Error::file("read", place))?;
        let stored = if metadata.len() <= IN_MEMORY {
            let mut content = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default() + 1);
            file.read_to_end(&mut content).map_err(Error::file("read", place))?;
            let out = origin.outgoing(found.path.as_str(), &content);
            let digest = self.put(&out.content)?;
            Stored { digest, size: out.content.len() as u64, relocated: out.relocated, fixed: out.fixed }
        } else {
            let mut watch = origin.watch();
            let (digest, size) = self.put_stream(&mut file, place, |piece| watch.see(piece))?;
            Stored { digest, size, relocated: false, fixed: watch.found }
        };
        let after = place.symlink_metadata().map_err(Error::file("read", place))?;
        if Stamp::of(&after) != stamp {
            return Err(Error::Changing(place.clone()));
        }
        Ok(seen(stored, true))
    }
}

/// Finds what is in a tree.
struct Walk<'a> {
    root: &'a Path,
    pack: &'a Pack<'a>,
    entries: Vec<Entry>,
    files: Vec<Found>,
    warnings: Vec<Warning>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, path: &str) -> Result<(), Error> {
        for entry in fs::read_dir(folder).map_err(Error::file("list", folder))? {
            let entry = entry.map_err(Error::file("list", folder))?;
            let place = entry.path();
            let name = entry.file_name();
            let name = name.to_str().ok_or_else(|| Error::Name(place.clone()))?;
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
            if is_left_out(&path) || self.pack.leave_out.contains(&path) {
                continue;
            }
            let tree_path = TreePath::parse(&path).map_err(|_| Error::Name(place.clone()))?;
            let kind = entry.file_type().map_err(Error::file("read", &place))?;
            if kind.is_dir() {
                self.entries.push(Entry { path: tree_path, kind: Kind::Folder });
                self.folder(&place, &path)?;
            } else if kind.is_symlink() {
                let target = fs::read_link(&place).map_err(Error::file("read", &place))?;
                let target = self.within(&target, &path);
                let target = target.to_str().ok_or_else(|| Error::Name(place.clone()))?.to_owned();
                self.entries.push(Entry { path: tree_path, kind: Kind::Link { target } });
            } else if kind.is_file() {
                self.files.push(Found { path: tree_path, place });
            } else {
                self.warnings.push(Warning::Special(tree_path));
            }
        }
        Ok(())
    }

    /// The target of the link at `path`, relative where it is an absolute one into the tree.
    fn within(&self, target: &Path, path: &str) -> PathBuf {
        let Ok(inside) = target.strip_prefix(self.root) else { return target.to_owned() };
        let mut relative: PathBuf = path.split('/').skip(1).map(|_| "..").collect();
        relative.push(inside);
        if relative.as_os_str().is_empty() { PathBuf::from(".") } else { relative }
    }
}
