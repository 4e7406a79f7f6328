//! Placing watches with the system, and what stands in for those that it refuses.

use std::fs;
use std::path::Path;
use std::time::Instant;

use notify::event::Flag;
use notify::{ErrorKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::batch::LimitKind;
use crate::channel::Inbox;
use crate::poll::Poller;
use crate::signal::{Signal, what};

/// How a folder is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The system tells.
    Native,
    /// It is looked at now and then.
    Polled,
    /// Not at all: there are too many.
    Blind,
}

/// There is no such folder, or it may not be read.
#[derive(Debug)]
pub(crate) struct Unreachable;

/// The system's watcher, and the poller for what it refuses.
pub(crate) struct Backend {
    native: Option<RecommendedWatcher>,
    pub(crate) poller: Poller,
    /// How many watches there are, and may be.
    placed: usize,
    most: usize,
    /// The limit that was reached, if one was.
    pub(crate) limit: Option<LimitKind>,
}

impl Backend {
    /// A backend that tells `inbox`, and asks the system for no more than `most` watches.
    pub(crate) fn new(inbox: &Inbox, most: usize) -> Self {
        let teller = inbox.clone();
        let handler = move |event: notify::Result<notify::Event>| tell(&teller, event);
        let native =
            RecommendedWatcher::new(handler, notify::Config::default().with_follow_symlinks(false)).ok();
        let limit = native.is_none().then(|| LimitKind::Instances(sysctl("max_user_instances")));
        Self { native, poller: Poller::default(), placed: 0, most, limit }
    }

    /// Watches a folder, not what is in its folders.
    pub(crate) fn watch(&mut self, folder: &Path) -> Result<Mode, Unreachable> {
        match self.watch_natively(folder) {
            Ok(()) => return Ok(Mode::Native),
            Err(Refused::Unreachable) => return Err(Unreachable),
            Err(Refused::Limit(kind)) => self.limit = self.limit.or(Some(kind)),
        }
        Ok(if self.poller.add(folder) { Mode::Polled } else { Mode::Blind })
    }

    /// Watches a folder if the system does.
    pub(crate) fn watch_natively(&mut self, folder: &Path) -> Result<(), Refused> {
        let Some(native) = &mut self.native else {
            return Err(Refused::Limit(LimitKind::Instances(sysctl("max_user_instances"))));
        };
        if self.placed >= self.most {
            return Err(Refused::Limit(LimitKind::Configured(self.most)));
        }
        match native.watch(folder, RecursiveMode::NonRecursive) {
            Ok(()) => {
                self.placed += 1;
                Ok(())
            }
            Err(error) if matches!(error.kind, ErrorKind::MaxFilesWatch) => {
                Err(Refused::Limit(LimitKind::Watches(sysctl("max_user_watches"))))
            }
            Err(_) => Err(Refused::Unreachable),
        }
    }

    /// Watches a folder no more.
    pub(crate) fn unwatch(&mut self, folder: &Path, mode: Mode) {
        match (mode, &mut self.native) {
            (Mode::Native, Some(native)) => {
                // It fails when the folder is gone, and the watch with it.
                let _ = native.unwatch(folder);
                self.placed = self.placed.saturating_sub(1);
            }
            (Mode::Polled, _) => self.poller.remove(folder),
            _ => {}
        }
    }
}

/// Why the system does not watch a folder.
#[derive(Debug)]
pub(crate) enum Refused {
    Unreachable,
    Limit(LimitKind),
}

/// Runs on the system watcher's thread: it must never wait.
fn tell(inbox: &Inbox, event: notify::Result<notify::Event>) {
    let heard = Instant::now();
    let Ok(event) = event else {
        inbox.overflow();
        return;
    };
    if event.attrs.flag() == Some(Flag::Rescan) {
        inbox.overflow();
    }
    let Some(what) = what(event.kind) else { return };
    for path in event.paths {
        inbox.signal(Signal { path, what, heard });
    }
}

/// The value of one of inotify's limits.
fn sysctl(key: &str) -> Option<u64> {
    fs::read_to_string(format!("/proc/sys/fs/inotify/{key}")).ok()?.trim().parse().ok()
}
