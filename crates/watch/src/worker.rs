//! The watcher's thread: hears signals, lets files settle, looks at them, gathers changes, reports them.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::backend::Backend;
use crate::batch::{ChangeKind, Event, Limit};
use crate::channel::{Inbox, Message};
use crate::coalesce::Coalescer;
use crate::content::{Contents, Look};
use crate::folders::{Folders, Placing};
use crate::ignored::Ignored;
use crate::settle::{Phase, Raw, Settled, Settler, TooMany};
use crate::signal::{Signal, What};

/// Signals that are taken in before what is due is looked at again.
const MOST_AT_ONCE: usize = 1024;
/// How often a root that is gone is looked for.
const RETURN: Duration = Duration::from_millis(100);
/// The time between two walks after an overflow.
const RESYNC: Duration = Duration::from_millis(250);
/// Looking ahead begins when services had time to start.
const LOOK_AHEAD_AFTER: Duration = Duration::from_secs(2);
/// Bytes that are read ahead at most.
const MOST_READ_AHEAD: u64 = 64 << 20;

/// All that the thread owns.
pub(crate) struct Worker {
    root: PathBuf,
    most_watches: usize,
    inbox: Inbox,
    messages: Receiver<Message>,
    events: mpsc::Sender<Event>,
    folders: Folders,
    contents: Contents,
    settler: Settler,
    coalescer: Coalescer,
    notices: VecDeque<Event>,
    told: Option<Limit>,
    /// How many folders there were when limits were last looked at.
    counted: usize,
    /// When to look whether the root is back.
    lookout: Option<Instant>,
    /// When to walk once more, as track was lost.
    resync: Option<Instant>,
    synced: Instant,
    ahead: Option<LookAhead>,
}

/// Reading files before they change, one folder at a time, when there is nothing else to do.
struct LookAhead {
    from: Instant,
    last: Option<PathBuf>,
    left: u64,
}

impl Worker {
    pub(crate) fn new(
        root: PathBuf,
        named: Vec<PathBuf>,
        ignored: Ignored,
        most_watches: usize,
        inbox: Inbox,
        messages: Receiver<Message>,
        events: mpsc::Sender<Event>,
    ) -> Self {
        let backend = Backend::new(&inbox, most_watches);
        let folders = Folders::new(root.clone(), named, ignored, backend, inbox.clone());
        Self {
            root,
            most_watches,
            inbox,
            messages,
            events,
            folders,
            contents: Contents::default(),
            settler: Settler::default(),
            coalescer: Coalescer::new(),
            notices: VecDeque::new(),
            told: None,
            counted: 0,
            lookout: None,
            resync: None,
            synced: Instant::now(),
            ahead: None,
        }
    }

    /// Runs until the watcher or the receiver is dropped.
    pub(crate) fn run(mut self) {
        let start = Instant::now();
        self.folders.place(&self.root.clone(), Placing::Missing, &mut |file| self.contents.learn(file));
        self.synced = Instant::now();
        self.ahead =
            Some(LookAhead { from: self.synced + LOOK_AHEAD_AFTER, last: None, left: MOST_READ_AHEAD });
        self.notices.push_back(Event::Ready { folders: self.folders.len(), took: start.elapsed() });
        while !self.inbox.is_stopped() && !self.events.is_closed() {
            self.settle();
            if !self.report() {
                return;
            }
            self.hear();
        }
    }

    /// Waits for the next message or deadline, and takes in what there is.
    fn hear(&mut self) {
        let deadline = [
            self.settler.next_deadline(),
            self.folders.backend.poller.next_deadline(),
            self.coalescer.next_deadline().filter(|_| self.events.capacity() > 0),
            self.lookout,
            self.resync,
            self.ahead.as_ref().map(|ahead| ahead.from),
        ];
        let first = match deadline.into_iter().flatten().min() {
            None => self.messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(deadline) => self.messages.recv_timeout(deadline.saturating_duration_since(Instant::now())),
        };
        match first {
            Ok(message) => self.take(message),
            // `self.inbox` keeps the channel connected.
            Err(_) => self.look_ahead(),
        }
        for _ in 1..MOST_AT_ONCE {
            let Ok(message) = self.messages.try_recv() else { break };
            self.take(message);
        }
        let now = Instant::now();
        for signal in self.folders.backend.poller.poll(now) {
            self.take(Message::Signal(signal));
        }
        if self.inbox.take_overflow() {
            self.resync.get_or_insert(self.synced + RESYNC);
        }
        if self.lookout.is_some_and(|time| time <= now) {
            self.look_for_root(now);
        } else if self.resync.is_some_and(|time| time <= now) && self.lookout.is_none() {
            self.lose_track();
        }
    }

    fn take(&mut self, message: Message) {
        let Message::Signal(signal) = message else { return };
        if self.lookout.is_some() {
            return;
        }
        if self.on_signal(&signal).is_err() {
            self.resync.get_or_insert(self.synced + RESYNC);
        }
    }

    fn on_signal(&mut self, signal: &Signal) -> Result<(), TooMany> {
        let path = signal.path.as_path();
        if path == self.root {
            if signal.what == What::Removed {
                self.lose_root();
            }
            return Ok(());
        }
        if !self.folders.links.to(path).is_empty() {
            for link in self.folders.links.to(path).to_vec() {
                self.on_file(&link, signal)?;
            }
        }
        if !path.parent().is_some_and(|folder| self.folders.is_watched(folder)) {
            return Ok(());
        }
        match signal.what {
            What::Removed if self.folders.is_watched(path) => self.on_folder_removed(path, signal.heard),
            What::FolderCreated => self.on_folder(path, signal.heard),
            What::Arrived if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()) => {
                self.on_folder(path, signal.heard)
            }
            _ => self.on_file(path, signal),
        }
    }

    fn on_file(&mut self, path: &Path, signal: &Signal) -> Result<(), TooMany> {
        if !self.folders.admits_file(path) {
            return Ok(());
        }
        let raw = match signal.what {
            What::FileCreated => Raw::Created,
            What::Writing => Raw::Writing,
            What::Arrived if fs::symlink_metadata(path).is_err() => Raw::Removed,
            What::Closed | What::Arrived => Raw::Whole,
            What::Removed | What::FolderCreated => Raw::Removed,
        };
        let known = self.contents.knows(path);
        self.settler.on_event(signal.heard, path, raw, known)
    }

    /// A folder appeared: all that is in it is new. What is being written to it is told of by its watch as well.
    fn on_folder(&mut self, folder: &Path, heard: Instant) -> Result<(), TooMany> {
        if !self.folders.admits_folder(folder) {
            return Ok(());
        }
        // It may have been met already, in the walk of the folder it is in.
        let is_met = self.folders.is_watched(folder);
        let placing = if is_met { Placing::Missing } else { Placing::Again };
        let mut files = Vec::new();
        self.folders.place(folder, placing, &mut |file| files.push(file.to_owned()));
        for file in files {
            let known = is_met && self.contents.knows(&file);
            self.settler.on_event(heard, &file, Raw::Whole, known)?;
        }
        Ok(())
    }

    fn on_folder_removed(&mut self, folder: &Path, heard: Instant) -> Result<(), TooMany> {
        self.folders.remove(folder);
        // The files that went with it are not told of. Should they return as they were, that is a change.
        self.contents.forget_digests();
        if folder.is_dir() {
            return self.on_folder(folder, heard);
        }
        self.settler.on_event(heard, folder, Raw::Removed, true)
    }

    /// Looks at all that has settled.
    fn settle(&mut self) {
        let now = Instant::now();
        while let Some(settled) = self.settler.poll(now) {
            if self.look(&settled).is_err() {
                self.resync.get_or_insert(self.synced + RESYNC);
            }
        }
    }

    fn look(&mut self, settled: &Settled) -> Result<(), TooMany> {
        let path = settled.path.as_path();
        let (look, seen) = self.contents.look(path);
        match look {
            Look::File { changed: false, .. } if settled.known => return Ok(()),
            Look::Gone | Look::File { empty: true, .. }
                if settled.known && settled.phase != Phase::Waited =>
            {
                return self.settler.wait_for_content(Instant::now(), settled);
            }
            Look::File { .. } => {
                self.contents.remember(seen);
                self.changed(settled, if settled.known { ChangeKind::Modified } else { ChangeKind::Created });
            }
            Look::Gone => {
                self.contents.forget(path);
                if settled.known {
                    self.changed(settled, ChangeKind::Removed);
                }
            }
            Look::Folder => return self.on_folder(path, settled.heard),
            Look::Other => {}
        }
        Ok(())
    }

    fn changed(&mut self, settled: &Settled, kind: ChangeKind) {
        let path = settled.path.as_path();
        let relative = path.strip_prefix(&self.root).unwrap_or(path);
        self.coalescer.on_event(Instant::now(), settled.heard, relative, kind);
        if path.file_name().is_some_and(|name| name == ".gitignore")
            && let Some(folder) = path.parent()
        {
            self.folders.reconsider(folder, &mut |file| self.contents.learn(file));
        }
    }

    /// Hands over what is due; `false` when there is no one any more to hand it to.
    fn report(&mut self) -> bool {
        self.tell_limit();
        while let Some(notice) = self.notices.pop_front() {
            match self.events.try_send(notice) {
                Ok(()) => {}
                Err(TrySendError::Full(notice)) => {
                    self.notices.push_front(notice);
                    return true;
                }
                Err(TrySendError::Closed(_)) => return false,
            }
        }
        self.coalescer.set_busy(self.inbox.is_busy());
        if self.events.capacity() == 0 {
            return true;
        }
        match self.coalescer.poll(Instant::now()) {
            Some(batch) => {
                self.inbox.satisfy();
                self.events.try_send(Event::Batch(batch)).is_ok()
            }
            None => true,
        }
    }

    /// Says once that a limit was reached, and once more whenever twice as much goes unnoticed.
    fn tell_limit(&mut self) {
        if self.counted == self.folders.len() {
            return;
        }
        self.counted = self.folders.len();
        if let Some(limit) = self.folders.limit()
            && self.told.as_ref().is_none_or(|told| told.unwatched * 2 < limit.unwatched)
        {
            self.told = Some(limit.clone());
            self.notices.push_back(Event::Limited(limit));
        }
    }

    /// Anything may have changed: walks once more, and says so.
    fn lose_track(&mut self) {
        self.settler.clear();
        self.contents.forget_digests();
        self.folders.resync(&mut |file| self.contents.learn(file));
        self.coalescer.on_overflow(Instant::now());
        self.synced = Instant::now();
        self.resync = None;
    }

    fn lose_root(&mut self) {
        let backend = Backend::new(&self.inbox, self.most_watches);
        self.folders.reset(backend);
        self.settler.clear();
        self.contents = Contents::default();
        self.notices.push_back(Event::RootGone);
        self.lookout = Some(Instant::now());
        self.ahead = None;
    }

    fn look_for_root(&mut self, now: Instant) {
        if self.root.is_dir() {
            self.lookout = None;
            self.lose_track();
        } else {
            self.lookout = Some(now + RETURN);
        }
    }

    /// Reads the files of one more folder, so that the first save of each can be told from one without change.
    fn look_ahead(&mut self) {
        let Some(ahead) = self.ahead.as_mut().filter(|ahead| ahead.from <= Instant::now()) else { return };
        ahead.last = self.folders.after(ahead.last.as_deref());
        let Some(folder) = ahead.last.as_deref().filter(|_| ahead.left > 0) else {
            self.ahead = None;
            return;
        };
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            ahead.left = ahead.left.saturating_sub(self.contents.look_ahead(&entry.path()));
        }
    }
}
