//! A clean checkout of a commit, in a folder that stays: `.seaworthy/ship/checkout`.
//!
//! It is a worktree of the repository (`git worktree`), so it shares all objects, filters and settings with it, shallow
//! clones included, and a commit that is being shipped is not collected. What is neither tracked nor the output of a step is
//! removed from it, so that nothing but the commit decides; outputs stay, so that dependencies and builds are warm. Whether an
//! output may be used is for the fingerprints of the pipeline to say.
//!
//! - Submodules are fetched as the commit names them, recursively. One that cannot be had is an error.
//! - Files of git-lfs come by its filter, where the user has it. Pointers that are left are an error: an app that serves them
//!   is broken.
//! - Uncommitted changes are shipped by making a commit of them that no branch has: what is tracked, and what is new and not
//!   ignored. The repository's own index and files are not touched.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use seaworthy_provision::state::State;
use serde::{Deserialize, Serialize};

use super::ShipError;
use super::git::{ask, command, text};

/// What the pointer of git-lfs begins with.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1";

/// What is to be shipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// A commit, as git calls it: `HEAD`, a branch, a tag, an id.
    Revision(&'a str),
    /// The files as they are, committed or not.
    WorkingTree,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Its full id.
    pub id: String,
    /// Who wrote it: `NAME <ADDRESS>`.
    pub author: String,
    /// The first line of its message.
    pub subject: String,
    /// When it was committed (RFC 3339).
    pub committed: String,
}

/// A checkout. As long as it lives, no other process checks out here.
#[derive(Debug)]
pub struct Checkout {
    commit: Commit,
    dirty: bool,
    /// The worktree.
    top: PathBuf,
    /// The app's folder in it.
    root: PathBuf,
    /// The app's folder below the worktree, with `/` at its end, or empty.
    prefix: String,
    /// Where the outputs are written down that the next checkout keeps.
    outputs: PathBuf,
    _lock: File,
}

impl Checkout {
    /// Checks out what is wanted of the repository around `root`, the folder of the app. `busy` is called when another
    /// process does that now, and this one waits.
    ///
    /// # Errors
    /// When there is no repository, no such commit, a part of it cannot be had, or git or the file system refuses.
    pub fn open(root: &Path, wanted: Wanted<'_>, busy: impl FnOnce()) -> Result<Self, ShipError> {
        let place = ask(root, &["rev-parse", "--show-prefix"]);
        let prefix = place.map_err(|_| ShipError::NoRepository(root.to_owned()))?;
        if !ask(root, &["rev-parse", "--is-inside-work-tree"]).is_ok_and(|said| said == "true") {
            return Err(ShipError::NoRepository(root.to_owned()));
        }
        let revision = match wanted {
            Wanted::Revision(revision) => revision,
            Wanted::WorkingTree => "HEAD",
        };
        let commit = Commit::named(root, revision)?;
        let state = State::open(root)?;
        let folder = state.root().join("ship");
        fs::create_dir_all(&folder).map_err(ShipError::file("create the folder", &folder))?;
        let lock = lock(&folder.join("lock"), busy)?;
        let top = folder.join("checkout");
        let what = match wanted {
            Wanted::Revision(_) => commit.id.clone(),
            Wanted::WorkingTree => commit_of_changes(root, &folder, &commit.id)?,
        };
        let dirty = what != commit.id;
        let checkout = Self {
            commit,
            dirty,
            root: top.join(&prefix),
            outputs: folder.join("outputs.json"),
            top,
            prefix,
            _lock: lock,
        };
        checkout.switch(root, &what)?;
        let kept: BTreeSet<String> = fs::read(&checkout.outputs)
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .unwrap_or_default();
        checkout.sweep(&kept)?;
        checkout.fetch_submodules()?;
        checkout.refuse_pointers()?;
        checkout.bring_advisories(&state)?;
        Ok(checkout)
    }

    /// The commit that was asked for; with uncommitted changes, the one that they are based on.
    pub fn commit(&self) -> &Commit {
        &self.commit
    }

    /// It holds changes that were not committed.
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// The app's folder in the checkout.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Removes everything that is neither tracked nor one of these outputs (relative to the app's folder), and remembers
    /// them for the next checkout.
    ///
    /// # Errors
    /// When git or the file system refuses.
    pub fn clean(&self, outputs: &BTreeSet<String>) -> Result<(), ShipError> {
        self.sweep(outputs)?;
        let json = serde_json::to_vec(outputs).unwrap_or_default();
        fs::write(&self.outputs, json).map_err(ShipError::file("write", &self.outputs))
    }

    /// Makes the worktree one of `commit`, whatever a killed process left of it.
    fn switch(&self, root: &Path, commit: &str) -> Result<(), ShipError> {
        let common =
            |folder: &Path| ask(folder, &["rev-parse", "--path-format=absolute", "--git-common-dir"]);
        let is_ours = self.top.join(".git").is_file() && common(&self.top).ok() == common(root).ok();
        if !is_ours {
            if self.top.exists() {
                fs::remove_dir_all(&self.top).map_err(ShipError::file("remove", &self.top))?;
            }
            let top = self.top.to_string_lossy();
            // By force: git may remember a worktree here that somebody deleted.
            ask(root, &["worktree", "add", "--force", "--force", "--detach", "--no-checkout", &top, commit])?;
        }
        // Whoever had the lock before may have been killed; nobody else works here.
        let index = PathBuf::from(ask(
            &self.top,
            &["rev-parse", "--path-format=absolute", "--git-path", "index.lock"],
        )?);
        if index.exists() {
            fs::remove_file(&index).map_err(ShipError::file("remove", &index))?;
        }
        ask(&self.top, &["checkout", "--quiet", "--force", "--detach", commit]).map(drop)
    }

    /// Removes everything that is neither tracked nor one of these outputs.
    pub(super) fn sweep(&self, outputs: &BTreeSet<String>) -> Result<(), ShipError> {
        let mut arguments: Vec<String> = ["clean", "--quiet", "-ffdx"].map(str::to_owned).to_vec();
        let state = ".seaworthy".to_owned();
        for path in outputs.iter().chain([&state]) {
            arguments.push(format!("--exclude=/{}{}", literally(&self.prefix), literally(path)));
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        ask(&self.top, &arguments).map(drop)
    }

    fn fetch_submodules(&self) -> Result<(), ShipError> {
        if !self.top.join(".gitmodules").is_file() {
            return Ok(());
        }
        let arguments = ["submodule", "update", "--quiet", "--init", "--recursive", "--force"];
        match ask(&self.top, &arguments) {
            Err(ShipError::Git { why, .. }) => Err(ShipError::Submodule(why)),
            other => other.map(drop),
        }
    }

    fn refuse_pointers(&self) -> Result<(), ShipError> {
        // Asked first, since it is quick: most repositories have no such attribute.
        let uses =
            command(&self.top, &["grep", "--quiet", "-e", "filter=lfs", "--", "*.gitattributes"]).output();
        if !uses.is_ok_and(|output| output.status.success()) {
            return Ok(());
        }
        let names = ask(&self.top, &["ls-files", "-z", "--", ":(attr:filter=lfs)"])?;
        let is_pointer = |name: &&str| {
            let mut start = [0; POINTER.len()];
            let read = File::open(self.top.join(name)).and_then(|mut file| file.read_exact(&mut start));
            read.is_ok() && start == POINTER
        };
        let pointers: Vec<&str> =
            names.split('\0').filter(|name| !name.is_empty()).filter(is_pointer).collect();
        match pointers.first() {
            Some(first) => Err(ShipError::LargeFiles { count: pointers.len(), first: (*first).to_owned() }),
            None => Ok(()),
        }
    }

    /// Known vulnerabilities are looked up offline, in what the repository's own folder has of them.
    fn bring_advisories(&self, state: &State) -> Result<(), ShipError> {
        let (here, there) = (state.root().join("advisories"), self.root.join(".seaworthy/advisories"));
        if !here.is_dir() || there.symlink_metadata().is_ok() || !self.root.is_dir() {
            return Ok(());
        }
        let own = self.root.join(".seaworthy");
        fs::create_dir_all(&own).map_err(ShipError::file("create the folder", &own))?;
        symlink(&here, &there).map_err(ShipError::file("make the link", &there))
    }
}

impl Commit {
    /// The commit that git calls so.
    fn named(root: &Path, revision: &str) -> Result<Self, ShipError> {
        let id = ask(
            root,
            &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")],
        );
        let Ok(id) = id else {
            let is_born = ask(root, &["rev-parse", "--verify", "--quiet", "HEAD"]).is_ok();
            return Err(if is_born {
                ShipError::UnknownRevision(revision.to_owned())
            } else {
                ShipError::NoCommit
            });
        };
        let shown = ask(
            root,
            &["show", "--no-patch", "--no-show-signature", "--format=%an <%ae>%x00%cI%x00%s", &id],
        )?;
        let mut parts = shown.splitn(3, '\0').map(str::to_owned);
        let (author, committed, subject) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        Ok(Self { id, author, subject, committed })
    }
}

/// A commit, of no branch, of the working tree as it is; `head` itself where nothing changed.
fn commit_of_changes(root: &Path, folder: &Path, head: &str) -> Result<String, ShipError> {
    let index = folder.join("index");
    let own = PathBuf::from(ask(root, &["rev-parse", "--path-format=absolute", "--git-path", "index"])?);
    // Beginning with the repository's own index saves reading what did not change.
    if own.is_file() {
        fs::copy(&own, &index).map_err(ShipError::file("copy", &own))?;
    } else if index.exists() {
        fs::remove_file(&index).map_err(ShipError::file("remove", &index))?;
    }
    let top = PathBuf::from(ask(root, &["rev-parse", "--path-format=absolute", "--show-toplevel"])?);
    let run = |arguments: &[&str]| {
        let mut command = command(&top, arguments);
        command.env("GIT_INDEX_FILE", &index);
        // The commit is nobody's, and the same for the same files.
        for name in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{name}_NAME"), "sea").env(format!("GIT_{name}_EMAIL"), "sea@localhost");
            command.env(format!("GIT_{name}_DATE"), "1970-01-01T00:00:00Z");
        }
        text(&mut command, arguments)
    };
    run(&["add", "--all", "."])?;
    let tree = run(&["write-tree"])?;
    if tree == run(&["rev-parse", &format!("{head}^{{tree}}")])? {
        return Ok(head.to_owned());
    }
    run(&["commit-tree", &tree, "-p", head, "-m", "uncommitted changes"])
}

fn lock(path: &Path, busy: impl FnOnce()) -> Result<File, ShipError> {
    let file = File::create(path).map_err(ShipError::file("create", path))?;
    if file.try_lock().is_err() {
        busy();
        file.lock().map_err(ShipError::file("lock", path))?;
    }
    Ok(file)
}

/// A path as a pattern of git that means it and nothing else.
fn literally(path: &str) -> String {
    let mut pattern = String::with_capacity(path.len());
    for letter in path.chars() {
        if matches!(letter, '\\' | '*' | '?' | '[' | ' ') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}
