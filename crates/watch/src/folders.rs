//! Which folders are watched, and placing the watches.
//!
//! The system's own recursive mode would put thousands of watches into dependencies and caches, so each folder is
//! watched by itself. A folder's watch is placed before the folder is listed: a file that is created meanwhile is
//! in the listing, or told of by the watch, or both. The walkers of the `ignore` crate list first, hence a walk of
//! our own with that crate's matchers.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::ops::Bound::{Excluded, Included, Unbounded};
use std::path::{Path, PathBuf};

use crate::backend::{Backend, Mode};
use crate::batch::Limit;
use crate::channel::Inbox;
use crate::ignored::Ignored;
use crate::links::Links;

/// The folders of one root.
pub(crate) struct Folders {
    root: PathBuf,
    /// Folders that are watched with all that is in them. Those above them, up to the root, are watched for the
    /// files directly in them.
    named: Vec<PathBuf>,
    ignored: Ignored,
    modes: BTreeMap<PathBuf, Mode>,
    pub(crate) links: Links,
    pub(crate) backend: Backend,
    inbox: Inbox,
}

/// Which watches a walk places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placing {
    /// Those that are missing.
    Missing,
    /// All of them once more, as some may have been lost.
    Again,
}

impl Folders {
    pub(crate) fn new(
        root: PathBuf,
        named: Vec<PathBuf>,
        ignored: Ignored,
        backend: Backend,
        inbox: Inbox,
    ) -> Self {
        Self { root, named, ignored, modes: BTreeMap::new(), links: Links::default(), backend, inbox }
    }

    /// Whether events about what is in this folder count.
    pub(crate) fn is_watched(&self, folder: &Path) -> bool {
        self.modes.contains_key(folder)
    }

    pub(crate) fn len(&self) -> usize {
        self.modes.len()
    }

    /// The watched folder after this one.
    pub(crate) fn after(&self, folder: Option<&Path>) -> Option<PathBuf> {
        let start = folder.map_or(Unbounded, Excluded);
        self.modes.range::<Path, _>((start, Unbounded)).next().map(|(folder, _)| folder.clone())
    }

    /// Whether a file counts, given that its folder is watched.
    pub(crate) fn admits_file(&self, file: &Path) -> bool {
        !self.ignored.is_ignored(file, false)
    }

    /// Whether a folder is to be watched, given that the folder it is in is.
    pub(crate) fn admits_folder(&self, folder: &Path) -> bool {
        // What is named is meant, ignored or not.
        folder == self.root
            || self.named.iter().any(|named| named.starts_with(folder))
            || self.named.iter().any(|named| folder.starts_with(named))
                && !self.ignored.is_ignored(folder, true)
    }

    /// Watches a folder and those in it, and visits the files that count.
    pub(crate) fn place(&mut self, folder: &Path, placing: Placing, visit: &mut dyn FnMut(&Path)) {
        let mut open = vec![folder.to_owned()];
        while let Some(folder) = open.pop()
            && !self.inbox.is_stopped()
        {
            if !self.watch(&folder, placing) {
                continue;
            }
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            let entries: Vec<_> = entries.flatten().collect();
            if entries.iter().any(|entry| entry.file_name() == ".gitignore") {
                self.ignored.read(&folder);
            }
            for entry in entries {
                let (path, Ok(kind)) = (entry.path(), entry.file_type()) else { continue };
                if kind.is_dir() {
                    if self.admits_folder(&path) {
                        open.push(path);
                    }
                } else if self.admits_file(&path) {
                    if kind.is_symlink() {
                        self.links.add(&path, &mut self.backend);
                    }
                    visit(&path);
                }
            }
        }
    }

    /// Places a watch; `false` when there is nothing to watch.
    fn watch(&mut self, folder: &Path, placing: Placing) -> bool {
        let before = self.modes.get(folder).copied();
        if before.is_some() && placing == Placing::Missing {
            return true;
        }
        if let Some(mode) = before {
            self.backend.unwatch(folder, mode);
        }
        if let Ok(mode) = self.backend.watch(folder) {
            self.modes.insert(folder.to_owned(), mode);
            true
        } else {
            self.modes.remove(folder);
            false
        }
    }

    /// A folder is gone, with all that was in it.
    pub(crate) fn remove(&mut self, folder: &Path) {
        for below in self.below(folder) {
            self.unwatch(&below);
        }
        self.ignored.forget(folder);
    }

    /// A `.gitignore` changed in this folder: watches what is not ignored any more, and no more what is. Files that
    /// come into view are visited: they did not change.
    pub(crate) fn reconsider(&mut self, folder: &Path, visit: &mut dyn FnMut(&Path)) {
        self.ignored.forget(folder);
        self.place(folder, Placing::Missing, visit);
        let mut kept = HashSet::new();
        for below in self.below(folder) {
            let above = below.parent().is_some_and(|parent| below == folder || kept.contains(parent));
            if above && (below == folder || self.admits_folder(&below)) {
                kept.insert(below);
            } else {
                self.unwatch(&below);
            }
        }
    }

    /// Starts anew: every watch is placed once more, every `.gitignore` is read again.
    pub(crate) fn resync(&mut self, visit: &mut dyn FnMut(&Path)) {
        self.ignored.clear();
        for folder in self.below(&self.root.clone()) {
            if !folder.is_dir() {
                self.unwatch(&folder);
            }
        }
        self.place(&self.root.clone(), Placing::Again, visit);
    }

    /// The root is gone, or back as another folder: nothing is watched any more.
    pub(crate) fn reset(&mut self, backend: Backend) {
        self.backend = backend;
        self.modes.clear();
        self.links = Links::default();
        self.ignored.clear();
    }

    /// What cannot be watched by the system, if anything.
    pub(crate) fn limit(&self) -> Option<Limit> {
        let kind = self.backend.limit?;
        let count = |mode| self.modes.values().filter(|of| **of == mode).count();
        let (watched, polled, unwatched) =
            (count(Mode::Native), self.backend.poller.len(), count(Mode::Blind));
        Some(Limit { kind, watched, polled, unwatched })
    }

    fn below(&self, folder: &Path) -> Vec<PathBuf> {
        // Paths are ordered by their components: all that is below a folder follows it.
        let from = (Included(folder), Unbounded);
        let below = self.modes.range::<Path, _>(from).map(|(below, _)| below);
        below.take_while(|below| below.starts_with(folder)).cloned().collect()
    }

    fn unwatch(&mut self, folder: &Path) {
        if let Some(mode) = self.modes.remove(folder) {
            self.backend.unwatch(folder, mode);
        }
    }
}
