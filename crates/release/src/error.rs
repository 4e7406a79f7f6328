//! What can go wrong.

use std::io;
use std::path::{Path, PathBuf};

/// Why a pipeline cannot be planned or run. A step that fails is none of these: that is an answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder of the cache refuses.
    #[error("cannot {what} {}: {cause}", .path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// There is no such step.
    #[error("there is no step {asked}{}", .nearest.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default())]
    UnknownStep {
        /// What was asked for.
        asked: String,
        /// The most alike that there is.
        nearest: Option<String>,
    },
    /// A share of the tests that cannot be.
    #[error("{0} is no share of the tests: write I/N with I from 1 to N")]
    Shard(String),
    /// Steps wait for one another.
    #[error("these steps wait for one another: {}", .0.join(", "))]
    Circle(Vec<String>),
    /// A cache that was carried here is not what it says it is.
    #[error("{} is no cache that can be taken: {why}", .path.display())]
    Archive {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A runtime or package manager is not on this machine.
    #[error("{message}")]
    Tool {
        /// What is missing, and who needs it.
        message: String,
        /// What would install it.
        next: Option<String>,
    },
    /// The state directory refuses.
    #[error(transparent)]
    Provision(#[from] seaworthy_provision::Error),
}

impl Error {
    /// Turns what the system said about a path into an error.
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::File { what, path, cause }
    }

    /// What to type next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::UnknownStep { .. } => Some("sea ci --plan, which lists them".to_owned()),
            Self::Shard(_) => Some("sea ci test --shard 1/4".to_owned()),
            Self::Tool { next, .. } => next.clone(),
            Self::Provision(error) => error.help(),
            Self::Circle(_) => Some("delete one of their `after` in seaworthy.toml".to_owned()),
            Self::Archive { path, .. } => {
                Some(format!("delete {}; `sea ci --cache-to` makes it again", path.display()))
            }
            Self::File { .. } => None,
        }
    }
}
