//! What is reported: batches of changes, and the notices beside them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// It is new.
    Created,
    /// Its content is another one.
    Modified,
    /// It is gone. The path may be that of a folder, which then went with all that was in it.
    Removed,
}

impl ChangeKind {
    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Modified => "modified",
            Self::Removed => "removed",
        }
    }

    /// What two changes in a row amount to. A file that came and went stays in the batch as removed: the
    /// consumer may have seen it in between.
    pub(crate) fn then(self, later: Self) -> Self {
        match (self, later) {
            (Self::Created, Self::Modified) => Self::Created,
            (Self::Removed, Self::Created) => Self::Modified,
            (_, later) => later,
        }
    }
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One changed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Relative to the root that is watched.
    pub path: PathBuf,
    /// What happened to it.
    pub kind: ChangeKind,
}

/// Changes that belong together: one reaction answers all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Each path once, in the order in which they first changed. Empty when `overflow` is set.
    pub changes: Vec<Change>,
    /// More happened than could be kept track of: any file may have changed.
    pub overflow: bool,
    /// When the first of these changes was heard of: the start of the time from save to ready.
    pub first_event: Instant,
}

impl Batch {
    /// Whether the file at `path` (relative to the root) may have changed.
    pub fn concerns(&self, path: &Path) -> bool {
        self.overflow
            || self.changes.iter().any(|change| {
                change.path == path || (change.kind == ChangeKind::Removed && path.starts_with(&change.path))
            })
    }
}

/// Why some folders are not watched by the system, and what is done instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Which limit it is.
    pub kind: LimitKind,
    /// Folders that the system watches.
    pub watched: usize,
    /// Folders that are looked at once in [`Limit::PERIOD`] instead.
    pub polled: usize,
    /// Folders whose changes go unnoticed.
    pub unwatched: usize,
}

impl Limit {
    /// How often folders are looked at that the system does not watch.
    pub const PERIOD: Duration = Duration::from_millis(500);
}

/// A limit of the system's file watching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    /// `fs.inotify.max_user_watches`, and its value where it can be read.
    Watches(Option<u64>),
    /// `fs.inotify.max_user_instances`, and its value where it can be read.
    Instances(Option<u64>),
    /// The limit that the configuration sets.
    Configured(usize),
}

impl LimitKind {
    /// The command that lifts the limit until the next start of the machine; `None` where it is the
    /// configuration's own.
    pub fn command(self) -> Option<String> {
        // Twice the present value, and never less than what current kernels give a machine with memory to spare.
        let (key, value) = match self {
            Self::Watches(now) => ("max_user_watches", now.map_or(524_288, |now| (now * 2).max(524_288))),
            Self::Instances(now) => ("max_user_instances", now.map_or(1024, |now| (now * 2).max(1024))),
            Self::Configured(_) => return None,
        };
        Some(format!("sudo sysctl fs.inotify.{key}={value}"))
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            LimitKind::Watches(_) => "the system watches no more folders for this user".fmt(formatter),
            LimitKind::Instances(_) => "the system gives this user no more file watchers".fmt(formatter),
            LimitKind::Configured(most) => write!(formatter, "no more than {most} folders may be watched"),
        }?;
        write!(
            formatter,
            " ({} watched): {} are looked at every {} ms instead",
            self.watched,
            self.polled,
            Self::PERIOD.as_millis()
        )?;
        if self.unwatched > 0 {
            write!(formatter, ", and changes in {} more go unnoticed", self.unwatched)?;
        }
        match self.kind.command() {
            Some(command) => write!(formatter, "; lift the limit with: {command}"),
            None => Ok(()),
        }
    }
}

/// What a [`Receiver`](crate::Receiver) yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// All folders are watched: from here on no change is missed.
    Ready {
        /// Folders that are watched.
        folders: usize,
        /// How long it took, from the start of the watcher.
        took: Duration,
    },
    /// Files changed.
    Batch(Batch),
    /// Some folders cannot be watched by the system.
    Limited(Limit),
    /// The root is gone. When it is back, a batch with `overflow` follows.
    RootGone,
}
