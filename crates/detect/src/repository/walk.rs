//! Listing the files of a repository, in parallel, as ripgrep does (the same library).

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};
use seaworthy_model::{Place, Warning};

/// Folders that hold what tools fetched or made, whatever `.gitignore` says of them.
const SKIPPED: [&str; 33] = [
    ".bundle",
    ".cache",
    ".dart_tool",
    ".eggs",
    ".git",
    ".gradle",
    ".hg",
    ".idea",
    ".mypy_cache",
    ".next",
    ".nuxt",
    ".parcel-cache",
    ".pnpm-store",
    ".pytest_cache",
    ".ruff_cache",
    ".seaworthy",
    ".stack-work",
    ".svelte-kit",
    ".svn",
    ".terraform",
    ".tox",
    ".turbo",
    ".venv",
    ".yarn",
    ".zig-cache",
    "Pods",
    "__pycache__",
    "bower_components",
    "dist-newstyle",
    "node_modules",
    "target",
    "vendor",
    "venv",
];

/// Beyond this many files the rest is left out, and said so: what matters lies near the root, and memory
/// stays bounded.
const MOST_FILES: usize = 400_000;

/// Repositories of fewer entries are listed by one thread.
const MOST_SMALL: usize = 600;

pub(super) struct Listing {
    /// Relative paths with `/`, in byte order.
    pub(super) paths: Vec<Box<str>>,
    pub(super) warnings: Vec<Warning>,
}

/// Lists regular files below `root`. Links are not followed, so that no loop and nothing outside is met.
pub(super) fn list(root: &Path) -> Listing {
    let mut listing = list_small(root).unwrap_or_else(|| list_large(root));
    listing.paths.sort_unstable();
    if listing.paths.len() > MOST_FILES {
        listing.paths.truncate(MOST_FILES);
        listing.warnings.push(Warning::new(
            "too-many-files",
            format!("the repository holds more than {MOST_FILES} files; the rest was left out"),
            [],
        ));
    }
    listing
}

fn walker(root: &Path) -> WalkBuilder {
    let mut walker = WalkBuilder::new(root);
    walker
        .hidden(false)
        .parents(false)
        .git_global(false)
        .require_git(false)
        .filter_entry(|entry| !is_skipped(entry));
    walker
}

/// Lists a repository of a few hundred entries on this thread: threads that wait for work would cost more than
/// the listing. `None` when there are more.
fn list_small(root: &Path) -> Option<Listing> {
    let mut listing = Listing { paths: Vec::new(), warnings: Vec::new() };
    for (count, entry) in walker(root).build().enumerate() {
        if count == MOST_SMALL {
            return None;
        }
        listing.add(root, entry);
    }
    Some(listing)
}

fn list_large(root: &Path) -> Listing {
    let found = Mutex::new(Listing { paths: Vec::new(), warnings: Vec::new() });
    walker(root).build_parallel().visit(&mut Collector { root, found: &found });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Listing {
    fn add(&mut self, root: &Path, entry: Result<DirEntry, ignore::Error>) {
        match entry {
            Ok(entry) => {
                if entry.file_type().is_some_and(|kind| kind.is_file()) {
                    self.paths.push(relative(root, entry.path()).into());
                }
            }
            Err(error) => self.warnings.push(warning(root, &error)),
        }
    }
}

fn is_skipped(entry: &DirEntry) -> bool {
    entry.depth() > 0
        && entry.file_type().is_some_and(|kind| kind.is_dir())
        && entry.file_name().to_str().is_some_and(|name| SKIPPED.binary_search(&name).is_ok())
}

struct Collector<'a> {
    root: &'a Path,
    found: &'a Mutex<Listing>,
}

impl<'s> ParallelVisitorBuilder<'s> for Collector<'s> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 's> {
        Box::new(Batch {
            root: self.root,
            found: self.found,
            own: Listing { paths: Vec::new(), warnings: Vec::new() },
        })
    }
}

/// What one thread found; handed over once, when the thread ends.
struct Batch<'a> {
    root: &'a Path,
    found: &'a Mutex<Listing>,
    own: Listing,
}

impl ParallelVisitor for Batch<'_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        self.own.add(self.root, entry);
        WalkState::Continue
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.paths.append(&mut self.own.paths);
        found.warnings.append(&mut self.own.warnings);
    }
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { path.into_owned() } else { path.replace('\\', "/") }
}

fn warning(root: &Path, error: &ignore::Error) -> Warning {
    let place = path_of(error).map(|path| Place::file(relative(root, path)));
    // The error's own text names the whole path, which is this machine's alone.
    let cause = match error.io_error() {
        Some(cause) => cause.kind().to_string(),
        None => "it is not understood".to_owned(),
    };
    Warning::new("unreadable-folder", format!("left out, as it cannot be read: {cause}"), place)
}

/// The path that an error is about, however deep it is wrapped.
fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::Partial(errors) => errors.iter().find_map(path_of),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_folders_are_sorted_for_the_search() {
        assert!(SKIPPED.is_sorted());
    }
}
