//! The watcher as its user sees it.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::thread::{Builder, JoinHandle};

use tokio::sync::mpsc;

use crate::batch::Event;
use crate::channel::{Inbox, inbox};
use crate::error::Error;
use crate::ignored::Ignored;
use crate::worker::Worker;

/// Events that may wait for the consumer: one batch, and the notices beside it.
const ROOM: usize = 4;

/// What is watched.
#[derive(Clone, Debug)]
pub struct Config {
    /// The root of the repository. The files directly in it are always watched.
    pub root: PathBuf,
    /// Folders inside the root that are watched with all that is in them, even if git ignores them; `.` is all of
    /// the root. They need not exist yet.
    pub folders: Vec<PathBuf>,
    /// Globs in the syntax of `.gitignore`, relative to the root: what else is ignored (or with `!` is not).
    pub ignore: Vec<String>,
    /// How many folders the system may be asked to watch, beside its own limits.
    pub most_watches: usize,
}

impl Config {
    /// All of a repository.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), folders: vec![".".into()], ignore: Vec::new(), most_watches: usize::MAX }
    }

    /// Some folders of a repository, and the files directly in the folders above them.
    #[must_use]
    pub fn with_folders<P: Into<PathBuf>>(mut self, folders: impl IntoIterator<Item = P>) -> Self {
        self.folders = folders.into_iter().map(Into::into).collect();
        self
    }
}

/// Watches files on a thread of its own until it is dropped.
#[derive(Debug)]
pub struct Watcher {
    inbox: Inbox,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Starts to watch. Placing the watches takes time, which is spent on the watcher's thread;
    /// [`Event::Ready`] says when it is over. Changes during that time are reported, unless they were made
    /// before the watch of their folder was placed.
    pub fn start(config: &Config) -> Result<(Self, Receiver), Error> {
        let root = fs::canonicalize(&config.root)
            .map_err(|source| Error::Root { path: config.root.clone(), source })?;
        let named = config
            .folders
            .iter()
            .map(|folder| inside(&config.root, &root, folder))
            .collect::<Result<Vec<_>, _>>()?;
        let ignored = Ignored::new(&root, &config.ignore)?;
        let (inbox, messages) = inbox();
        let (events, receiver) = mpsc::channel(ROOM);
        let worker = Worker::new(root, named, ignored, config.most_watches, inbox.clone(), messages, events);
        let thread =
            Builder::new().name("sea-watch".to_owned()).spawn(move || worker.run()).map_err(Error::Thread)?;
        Ok((Self { inbox: inbox.clone(), thread: Some(thread) }, Receiver { events: receiver, inbox }))
    }
}

impl Drop for Watcher {
    /// Ends the thread, which is a matter of a few system calls.
    fn drop(&mut self) {
        self.inbox.stop();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was printed by the thread.
            let _ = thread.join();
        }
    }
}

/// Where events come from.
///
/// From the moment a batch is received until [`next`](Self::next) is called again, its consumer counts as busy:
/// what changes meanwhile is gathered. A consumer that reacts beside its loop says so with [`busy`](Self::busy).
#[derive(Debug)]
pub struct Receiver {
    events: mpsc::Receiver<Event>,
    inbox: Inbox,
}

impl Receiver {
    /// The next event; `None` once the watcher was dropped. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Event> {
        if let Ok(event) = self.events.try_recv() {
            return Some(event);
        }
        self.inbox.want();
        self.events.recv().await
    }

    /// Holds batches back until the guard is dropped.
    pub fn busy(&self) -> Busy {
        self.inbox.begin();
        Busy(self.inbox.clone())
    }
}

/// A reaction to a batch is under way. Dropping it ends that.
#[derive(Debug)]
#[must_use = "batches are held back only while this lives"]
pub struct Busy(Inbox);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// The absolute path of a folder that is given relative to the root, or absolute below it.
fn inside(given_root: &Path, root: &Path, folder: &Path) -> Result<PathBuf, Error> {
    let outside = || Error::Outside { folder: folder.to_owned(), root: root.to_owned() };
    let relative = if folder.is_absolute() {
        folder.strip_prefix(root).or_else(|_| folder.strip_prefix(given_root)).map_err(|_| outside())?
    } else {
        folder
    };
    let mut path = root.to_owned();
    for component in relative.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if path != root => {
                path.pop();
            }
            Component::Normal(name) => path.push(name),
            _ => return Err(outside()),
        }
    }
    Ok(path)
}
