//! The state directory of a worktree: `.seaworthy/`, kept out of Git by a `.gitignore` of its own.

use std::fs;
use std::path::{Path, PathBuf};

use seaworthy_model::Name;
use sha2::{Digest as _, Sha256};

use crate::Error;

/// Everything is left out of Git but what a project writes down itself: rules, templates, the findings it knows, how long tests take.
const IGNORED: &str = "/*\n!/rules/\n!/templates/\n!/baseline.json\n!/timings.json\n";

/// Where one worktree keeps what is its own: data, caches, secrets. Two worktrees of one repository share nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    worktree: PathBuf,
    folder: PathBuf,
}

impl State {
    /// Opens the state directory of a worktree; makes it where it is absent.
    pub fn open(worktree: &Path) -> Result<Self, Error> {
        let worktree = worktree.canonicalize().map_err(Error::file("open the folder", worktree))?;
        let state = Self { folder: worktree.join(".seaworthy"), worktree };
        let root = state.root();
        fs::create_dir_all(&root).map_err(Error::file("create the folder", &root))?;
        let ignore = root.join(".gitignore");
        if fs::read_to_string(&ignore).ok().as_deref() != Some(IGNORED) {
            fs::write(&ignore, IGNORED).map_err(Error::file("write", &ignore))?;
        }
        Ok(state)
    }

    /// The state of an app on a host: what it keeps is in `folder`, and its files, those of a release, are in `worktree`.
    /// Both have to be there.
    pub fn at(folder: &Path, worktree: &Path) -> Self {
        Self { worktree: worktree.to_owned(), folder: folder.to_owned() }
    }

    /// The root of the worktree, absolute.
    pub fn worktree(&self) -> &Path {
        &self.worktree
    }

    /// `.seaworthy`, or the folder of an app on a host.
    pub fn root(&self) -> PathBuf {
        self.folder.clone()
    }

    /// Where a resource keeps its data.
    pub fn data(&self, resource: &Name) -> PathBuf {
        self.root().join("data").join(resource.as_str())
    }

    /// What can be found out again.
    pub fn cache(&self) -> PathBuf {
        self.root().join("cache")
    }

    /// What lives as long as one run.
    pub fn run(&self) -> PathBuf {
        self.root().join("run")
    }

    /// A folder of the app, given relative to the worktree's root.
    pub fn folder(&self, path: &str) -> PathBuf {
        if path == "." { self.worktree.clone() } else { self.worktree.join(path) }
    }

    /// Names this state among all on the machine: eight hexadecimal digits, the same in every run.
    pub fn id(&self) -> String {
        let owner = if self.folder.starts_with(&self.worktree) { &self.worktree } else { &self.folder };
        let digest = Sha256::digest(owner.as_os_str().as_encoded_bytes());
        crate::secret::hex(&digest[..4])
    }
}
