//! Why there is no certificate.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// Why there is no certificate. What an authority said is given in its own words.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder cannot be read or written.
    #[error("{}: {source}; certificates and their keys are kept there", path.display())]
    File {
        /// It.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody agreed to the terms of the authority.
    #[error(
        "the terms of the authority at {directory} were not agreed to, and it issues nothing without; read them, then say that you agree"
    )]
    Terms {
        /// Its address.
        directory: String,
    },
    /// A name that no authority can test by the means that there are.
    #[error("`{name}` is no name that a certificate can be ordered for: {why}; give a certificate as files")]
    Unorderable {
        /// The name.
        name: String,
        /// Why.
        why: &'static str,
    },
    /// The authority cannot be reached, or answers what is no ACME.
    #[error(
        "the authority at {directory} cannot be reached: {why}; look at the network and at its status page"
    )]
    Unreachable {
        /// Its address.
        directory: String,
        /// What happened.
        why: String,
    },
    /// The authority was asked too often.
    #[error(
        "the authority wants to be asked less often: {why}; nothing needs to be done, the order is repeated later"
    )]
    Limited {
        /// What it said.
        why: String,
        /// When it may be asked again, where it said so.
        retry: Option<Timestamp>,
    },
    /// The authority refused the order.
    #[error("the authority refused the order: {why}")]
    Refused {
        /// What it said.
        why: String,
    },
    /// The authority tested a name and did not find this host.
    #[error(
        "the authority did not find this host at `{name}`: {why}; the DNS records of the name must lead here, and port {port} must be open to everyone"
    )]
    NotFound {
        /// The name.
        name: String,
        /// The port that it asked at.
        port: u16,
        /// What it said.
        why: String,
    },
    /// The tests of a name could not be answered.
    #[error("the tests of the names cannot be answered: {0}")]
    Unanswered(String),
    /// A certificate and a key that are of no use.
    #[error("{place}: {why}")]
    Pair {
        /// The file or the order that they come from.
        place: String,
        /// What is wrong.
        why: String,
    },
}

impl Error {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }

    /// The code of its page: `sea explain CODE`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "file-access",
            Self::Terms { .. } => "certificate-terms",
            Self::Unorderable { .. } => "certificate-name",
            Self::Unreachable { .. } | Self::Refused { .. } => "certificate-refused",
            Self::Limited { .. } => "certificate-limited",
            Self::NotFound { .. } | Self::Unanswered(_) => "certificate-not-found",
            Self::Pair { .. } => "certificate-wrong",
        }
    }

    /// When an order that failed for this may be repeated at the earliest, where the authority said so.
    #[must_use]
    pub const fn retry(&self) -> Option<Timestamp> {
        match self {
            Self::Limited { retry, .. } => *retry,
            _ => None,
        }
    }
}
