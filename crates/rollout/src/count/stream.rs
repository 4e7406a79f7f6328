//! What is counted against a release.

use std::ops::{Index, IndexMut};

use serde::{Deserialize, Serialize};

/// A kind of event that a worse release has more of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// The answer's status was 5xx.
    ServerError,
    /// No connection to the instance came about.
    ConnectError,
    /// The instance broke off before the end of its answer.
    AbortedByServer,
    /// The answer took longer than the stable arm's trailing 95th percentile of its route.
    Slow,
    /// An error was logged whose fingerprint neither arm had logged before.
    LogError,
    /// An instance was started again.
    Restart,
}

impl Stream {
    /// All of them, in the order of [`PerStream`].
    pub const ALL: [Self; 6] = [
        Self::ServerError,
        Self::ConnectError,
        Self::AbortedByServer,
        Self::Slow,
        Self::LogError,
        Self::Restart,
    ];

    /// Each of its events belongs to a request.
    pub fn is_of_requests(self) -> bool {
        !matches!(self, Self::LogError | Self::Restart)
    }

    /// The words in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ServerError => "5xx",
            Self::ConnectError => "connect errors",
            Self::AbortedByServer => "aborted by the server",
            Self::Slow => "slow",
            Self::LogError => "new log errors",
            Self::Restart => "restarts",
        }
    }
}

/// One value for each stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PerStream<T>([T; 6]);

impl<T> PerStream<T> {
    /// The value of each stream, made by `make`.
    pub fn from_fn(make: impl FnMut(Stream) -> T) -> Self {
        Self(Stream::ALL.map(make))
    }

    /// Each stream with its value.
    pub fn iter(&self) -> impl Iterator<Item = (Stream, &T)> {
        Stream::ALL.into_iter().zip(&self.0)
    }
}

impl<T> Index<Stream> for PerStream<T> {
    type Output = T;

    fn index(&self, stream: Stream) -> &T {
        &self.0[stream as usize]
    }
}

impl<T> IndexMut<Stream> for PerStream<T> {
    fn index_mut(&mut self, stream: Stream) -> &mut T {
        &mut self.0[stream as usize]
    }
}
