//! Which files and folders do not matter: what git ignores, what tools fetch and make, what editors and programs
//! leave beside the files that are meant.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::error::Error;

/// Folders of dependencies, caches and tools, whatever `.gitignore` says of them. Sorted.
const FOLDERS: [&str; 20] = [
    ".git",
    ".gradle",
    ".hg",
    ".mypy_cache",
    ".next",
    ".nuxt",
    ".parcel-cache",
    ".pytest_cache",
    ".ruff_cache",
    ".seaworthy",
    ".svelte-kit",
    ".svn",
    ".terraform",
    ".tox",
    ".turbo",
    ".venv",
    "__pycache__",
    "node_modules",
    "target",
    "venv",
];

/// Ends of names of files that no one edits: editors' swap and backup files, compiled modules, and what programs
/// write while they run (a service that restarts on its own log or database never stops restarting).
const ENDINGS: [&str; 18] = [
    "~",
    ".swp",
    ".swo",
    ".swx",
    ".swpx",
    ".kate-swp",
    ".pyc",
    ".pyo",
    ".log",
    ".pid",
    ".db",
    ".sqlite",
    ".sqlite3",
    "-journal",
    "-wal",
    "-shm",
    ".crdownload",
    ".part",
];

/// Whether a file of this name is an editor's or a program's own.
fn is_incidental(name: &str) -> bool {
    name == "4913" // vim tries with it whether it may create files
        || name == ".DS_Store"
        || name.starts_with(".#")
        || (name.len() > 1 && name.starts_with('#') && name.ends_with('#'))
        || name.starts_with(".goutputstream-")
        || name.contains("___jb_")
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// What is ignored below a root. Paths are absolute.
#[derive(Debug)]
pub(crate) struct Ignored {
    root: PathBuf,
    /// The configuration's globs.
    own: Gitignore,
    /// `.git/info/exclude`.
    exclude: Gitignore,
    /// The `.gitignore` files by their folder.
    files: BTreeMap<PathBuf, Gitignore>,
}

impl Ignored {
    pub(crate) fn new(root: &Path, globs: &[String]) -> Result<Self, Error> {
        let own = gitignore(root, globs)?;
        let mut ignored =
            Self { root: root.to_owned(), own, exclude: Gitignore::empty(), files: BTreeMap::new() };
        ignored.clear();
        Ok(ignored)
    }

    /// Forgets the `.gitignore` files and reads the repository's own exclude file again.
    pub(crate) fn clear(&mut self) {
        self.files.clear();
        // A missing file, and a line that git would not understand either, ignore nothing.
        let mut builder = GitignoreBuilder::new(&self.root);
        let _ = builder.add(self.root.join(".git/info/exclude"));
        self.exclude = builder.build().unwrap_or_else(|_| Gitignore::empty());
    }

    /// Reads the `.gitignore` of a folder.
    pub(crate) fn read(&mut self, folder: &Path) {
        let mut builder = GitignoreBuilder::new(folder);
        let _ = builder.add(folder.join(".gitignore"));
        match builder.build() {
            Ok(file) if !file.is_empty() => self.files.insert(folder.to_owned(), file),
            _ => self.files.remove(folder),
        };
    }

    /// Forgets the `.gitignore` files of a folder and all below it.
    pub(crate) fn forget(&mut self, folder: &Path) {
        self.files.retain(|of, _| !of.starts_with(folder));
    }

    /// Whether a file or folder is ignored, given that the folder it is in is not.
    pub(crate) fn is_ignored(&self, path: &Path, is_folder: bool) -> bool {
        // A name that is not UTF-8 is none of those in the lists.
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if is_folder && FOLDERS.binary_search(&name).is_ok() || !is_folder && is_incidental(name) {
            return true;
        }
        match self.own.matched(path, is_folder) {
            Match::None => {}
            decided => return decided.is_ignore(),
        }
        let folders = path.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.root));
        for file in folders.filter_map(|folder| self.files.get(folder)) {
            match file.matched(path, is_folder) {
                Match::None => {}
                decided => return decided.is_ignore(),
            }
        }
        self.exclude.matched(path, is_folder).is_ignore()
    }
}

/// Globs in the syntax of `.gitignore`, relative to a folder.
pub(crate) fn gitignore(folder: &Path, globs: &[String]) -> Result<Gitignore, Error> {
    let mut builder = GitignoreBuilder::new(folder);
    for glob in globs {
        let wrong = |error: ignore::Error| Error::Glob { glob: glob.clone(), reason: error.to_string() };
        builder.add_line(None, glob).map_err(wrong)?;
    }
    builder.build().map_err(|error| Error::Glob { glob: globs.join(", "), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn folders_are_sorted() {
        assert!(FOLDERS.is_sorted());
    }

    #[test]
    fn nearest_gitignore_decides_and_may_include_again() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join(".git/info")).unwrap();
        fs::create_dir(root.join("web")).unwrap();
        fs::write(root.join(".git/info/exclude"), "private.txt\n").unwrap();
        fs::write(root.join(".gitignore"), "*.gen.ts\n/dist/\n").unwrap();
        fs::write(root.join("web/.gitignore"), "!keep.gen.ts\ndist/\n").unwrap();
        let mut ignored = Ignored::new(root, &["fixtures/".to_owned()]).unwrap();
        ignored.read(root);
        ignored.read(&root.join("web"));
        let file = |path: &str| ignored.is_ignored(&root.join(path), false);
        let directory = |path: &str| ignored.is_ignored(&root.join(path), true);
        assert!(file("a.gen.ts") && file("web/a.gen.ts") && !file("web/keep.gen.ts"));
        assert!(directory("dist") && directory("web/dist") && !directory("api/dist") && !file("dist"));
        assert!(file("private.txt") && directory("fixtures") && directory("web/node_modules"));
        assert!(!file("app.py") && !file("node_modules"));
    }

    #[test]
    fn what_editors_leave_behind_is_incidental() {
        for name in ["a.py~", ".a.py.swp", "4913", ".#a.el", "#a.el#", "a.ts___jb_tmp___", "a.ts___jb_old___"]
        {
            assert!(is_incidental(name), "{name}");
        }
        for name in ["a.py", "swp", "49130", "#", "a#b", "log", "login.ts"] {
            assert!(!is_incidental(name), "{name}");
        }
    }
}
