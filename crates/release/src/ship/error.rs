//! What can go wrong between a commit and its artifact.

use std::io;
use std::path::{Path, PathBuf};

/// Why there is no checkout or no artifact.
#[derive(Debug, thiserror::Error)]
pub enum ShipError {
    /// The folder is not in a repository of git.
    #[error("{} is not in a git repository, and a release is built from a commit", .0.display())]
    NoRepository(PathBuf),
    /// Nothing was committed yet.
    #[error("there is no commit yet, and a release is built from one")]
    NoCommit,
    /// There is no such commit.
    #[error("git knows no commit {0}")]
    UnknownRevision(String),
    /// Files are stand-ins for what git-lfs keeps.
    #[error(
        "{count} files are pointers of git-lfs, {first} among them, and git-lfs did not fetch what they stand for"
    )]
    LargeFiles {
        /// How many.
        count: usize,
        /// One of them.
        first: String,
    },
    /// A submodule cannot be fetched.
    #[error("a submodule cannot be fetched: {0}")]
    Submodule(String),
    /// Git refuses something else.
    #[error("git {what} failed: {why}")]
    Git {
        /// What was asked of it.
        what: String,
        /// The first line that it said.
        why: String,
    },
    /// The file system refuses.
    #[error("cannot {what} {}: {cause}", .path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The artifact cannot be made.
    #[error(transparent)]
    Artifact(#[from] seaworthy_artifact::Error),
    /// The state directory refuses.
    #[error(transparent)]
    Provision(#[from] seaworthy_provision::Error),
}

impl ShipError {
    /// A stable name for the error, kebab-case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoRepository(_) => "ship-no-repository",
            Self::NoCommit => "ship-no-commit",
            Self::UnknownRevision(_) => "ship-unknown-revision",
            Self::LargeFiles { .. } => "ship-large-files",
            Self::Submodule(_) => "ship-submodule",
            Self::Git { .. } => "ship-git",
            Self::File { .. } => "file-access",
            Self::Artifact(error) => error.code(),
            Self::Provision(error) => error.code(),
        }
    }

    /// What to do next.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::NoRepository(_) => "git init && git add -A && git commit".to_owned(),
            Self::NoCommit => "git add -A && git commit".to_owned(),
            Self::UnknownRevision(_) => {
                "git log --oneline --all, which lists them; in a shallow clone, git fetch --unshallow first"
                    .to_owned()
            }
            Self::LargeFiles { .. } => "git lfs install && git lfs pull".to_owned(),
            Self::Submodule(_) => "git submodule update --init --recursive, which says more".to_owned(),
            Self::Git { .. } | Self::File { .. } => return None,
            Self::Artifact(error) => return error.help(),
            Self::Provision(error) => return error.help(),
        })
    }

    /// Turns what the system said about a path into an error.
    pub(super) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::File { what, path, cause }
    }
}
