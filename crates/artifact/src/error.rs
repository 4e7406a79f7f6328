//! What can go wrong, where, and what to do.

use std::io;
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::manifest::InvalidManifest;

/// Why an artifact cannot be made, kept, moved or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
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
    /// There is no room. What was whole before is whole, what was not is removed.
    #[error("no space is left to write {}", .path.display())]
    NoSpace {
        /// What was written.
        path: PathBuf,
    },
    /// Stored bytes are not those that were stored.
    #[error("{what} was altered: {digest} does not hold what its name says")]
    Altered {
        /// The path in the artifact, or what else it is.
        what: String,
        /// The blob or manifest.
        digest: Digest,
    },
    /// Blobs are not in the store.
    #[error("the artifact is not complete: {count} of its blobs are missing, {first} among them")]
    Incomplete {
        /// How many.
        count: usize,
        /// One of them.
        first: Digest,
    },
    /// There is no such artifact in the store.
    #[error("the artifact {0} is not in the store")]
    Unknown(Digest),
    /// A manifest that is not sound.
    #[error("the manifest is refused: {0}")]
    Refused(String),
    /// The tree holds something that no artifact can hold.
    #[error("the folder cannot be packaged: {0}")]
    Tree(InvalidManifest),
    /// The name of a file is no UTF-8.
    #[error("the name of {} is no UTF-8 text", .0.display())]
    Name(PathBuf),
    /// A file was written to while it was packaged.
    #[error("{} changed while it was packaged", .0.display())]
    Changing(PathBuf),
    /// A stream that ended early. What arrived is kept.
    #[error("the transfer broke off {}", .missing.map_or("at its beginning".to_owned(), |missing| format!("with {missing} blobs to come")))]
    Interrupted {
        /// Blobs that are not here yet; absent where it broke off before it said which there are.
        missing: Option<usize>,
    },
    /// A stream that is none of ours.
    #[error("this is no bundle that this version reads: {0}")]
    Bundle(&'static str),
}

impl Error {
    /// A stable name for the error, kebab-case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "file-access",
            Self::NoSpace { .. } => "artifact-no-space",
            Self::Altered { .. } => "artifact-altered",
            Self::Incomplete { .. } => "artifact-incomplete",
            Self::Unknown(_) => "artifact-unknown",
            Self::Refused(_) => "artifact-refused",
            Self::Tree(_) => "artifact-tree",
            Self::Name(_) => "artifact-name",
            Self::Changing(_) => "artifact-changing",
            Self::Interrupted { .. } => "artifact-interrupted",
            Self::Bundle(_) => "artifact-bundle",
        }
    }

    /// What to do next.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::File { .. } => return None,
            Self::NoSpace { .. } => "free some space, then the same command again".to_owned(),
            Self::Altered { .. } => "sea ship, which builds and stores it again".to_owned(),
            Self::Incomplete { .. } | Self::Interrupted { .. } => {
                "the same command again: what arrived is not sent twice".to_owned()
            }
            Self::Unknown(_) => "sea ship, with the commit that it was built from".to_owned(),
            Self::Refused(_) | Self::Bundle(_) => "use the same version of sea on both machines".to_owned(),
            Self::Tree(InvalidManifest::Link { path, .. }) => {
                format!("remove the link {path}, or make it a relative one that ends in the folder")
            }
            Self::Tree(_) => "report this as a mistake of sea".to_owned(),
            Self::Name(_) => "rename the file".to_owned(),
            Self::Changing(_) => "end what writes to it, then ship again".to_owned(),
        })
    }

    /// Turns what the system said about a path into an error.
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| match cause.kind() {
            // A limit on the length of files is as good as a full disk.
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::NoSpace { path }
            }
            _ => Self::File { what, path, cause },
        }
    }
}
