//! What can go wrong.

use std::io;
use std::path::PathBuf;

/// Why files cannot be watched at all. What goes wrong later is an [`Event`](crate::Event).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The root cannot be resolved.
    #[error(
        "cannot watch {}: {source}; changes there would go unnoticed; check that the folder exists and may be read",
        .path.display()
    )]
    Root {
        /// The root as it was given.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A folder lies outside the root.
    #[error(
        "cannot watch {}: it is not inside {}; name a folder of the repository, or watch the outer folder as a root of its own",
        .folder.display(), .root.display()
    )]
    Outside {
        /// The folder as it was given.
        folder: PathBuf,
        /// The root.
        root: PathBuf,
    },
    /// A glob is not valid.
    #[error(
        "`{glob}` is not a valid glob: {reason}; changes could not be matched; correct it where it is written"
    )]
    Glob {
        /// The glob as it was given.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No thread can be started.
    #[error(
        "cannot start the thread that watches files: {0}; the limit of processes is reached (`ulimit -u`): close some"
    )]
    Thread(io::Error),
}
