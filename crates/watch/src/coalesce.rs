//! When changes are reported: at once after a quiet period, gathered while they keep coming.
//!
//! A state machine without a clock: whoever drives it says what time it is.
//!
//! - *Leading edge*: the first change after a silence is due at once.
//! - Changes that follow are gathered until they pause. The longer a burst, the longer the silence that ends it
//!   ([`SHORTEST_SILENCE`] to [`LONGEST_SILENCE`]), so that one slow write does not cut a checkout in two.
//! - A burst that does not pause is cut after [`FIRST_CUT`], then after twice as long, up to [`LAST_CUT`]:
//!   whatever the rate, what changed is reported within that time.
//! - While the consumer is busy nothing is due; all is gathered until it is done.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::batch::{Batch, Change, ChangeKind};

/// The silence that ends a burst of few changes.
pub const SHORTEST_SILENCE: Duration = Duration::from_millis(50);
/// The silence that ends a burst of many changes.
pub const LONGEST_SILENCE: Duration = Duration::from_millis(200);
/// How much longer the silence gets with each change of a burst.
const SILENCE_PER_CHANGE: Duration = Duration::from_millis(5);
/// How long changes that do not pause are gathered at first.
pub const FIRST_CUT: Duration = Duration::from_millis(1250);
/// How long changes that do not pause are gathered at most.
pub const LAST_CUT: Duration = Duration::from_secs(5);
/// More changed paths than this are no longer told apart.
pub const MOST_CHANGES: usize = 4096;

/// Gathers changes and says when they are due.
#[derive(Debug, Default)]
pub struct Coalescer {
    gathered: Gathered,
    burst: Burst,
    busy: bool,
}

impl Coalescer {
    /// Nothing gathered, nothing heard of, consumer free.
    pub fn new() -> Self {
        Self::default()
    }

    /// A file changed: reported at `now`, first heard of at `heard`.
    pub fn on_event(&mut self, now: Instant, heard: Instant, path: &Path, kind: ChangeKind) {
        self.gathered.open(now, heard, self.burst.is_over(now));
        self.burst.on_event(now);
        self.gathered.add(path, kind);
    }

    /// Track was lost of what changed: any file may have.
    pub fn on_overflow(&mut self, now: Instant) {
        self.gathered.open(now, now, self.burst.is_over(now));
        self.burst.on_event(now);
        self.gathered.overflow();
    }

    /// The consumer is at work (`true`) or has time again (`false`).
    pub fn set_busy(&mut self, busy: bool) {
        self.busy = busy;
    }

    /// The changes, if they are due.
    pub fn poll(&mut self, now: Instant) -> Option<Batch> {
        let deadline = self.next_deadline()?;
        if deadline > now {
            return None;
        }
        let cut = !self.gathered.leading && !self.burst.is_over(now);
        self.burst.on_batch(cut);
        self.gathered.take()
    }

    /// When [`poll`](Self::poll) will have something, as far as is known. `None` while nothing is gathered or the
    /// consumer is busy.
    pub fn next_deadline(&self) -> Option<Instant> {
        let opened = self.gathered.opened.filter(|_| !self.busy)?;
        if self.gathered.leading {
            return Some(opened);
        }
        let cut = opened + self.burst.cut();
        Some(self.burst.end().map_or(cut, |end| end.min(cut)))
    }
}

/// Changes that are not reported yet.
#[derive(Debug, Default)]
struct Gathered {
    /// When the first of them came in; `None` when there are none.
    opened: Option<Instant>,
    heard: Option<Instant>,
    /// They began after a silence.
    leading: bool,
    changes: Vec<Change>,
    places: HashMap<PathBuf, usize>,
    overflow: bool,
}

impl Gathered {
    fn open(&mut self, now: Instant, heard: Instant, leading: bool) {
        if self.opened.is_none() {
            self.opened = Some(now);
            self.leading = leading;
        }
        self.heard = Some(self.heard.map_or(heard, |first| first.min(heard)));
    }

    fn add(&mut self, path: &Path, kind: ChangeKind) {
        if self.overflow {
            return;
        }
        if let Some(change) = self.places.get(path).and_then(|place| self.changes.get_mut(*place)) {
            change.kind = change.kind.then(kind);
        } else if self.changes.len() < MOST_CHANGES {
            self.places.insert(path.to_owned(), self.changes.len());
            self.changes.push(Change { path: path.to_owned(), kind });
        } else {
            self.overflow();
        }
    }

    fn overflow(&mut self) {
        self.overflow = true;
        self.changes = Vec::new();
        self.places = HashMap::new();
    }

    fn take(&mut self) -> Option<Batch> {
        let gathered = std::mem::take(self);
        let first_event = gathered.heard?;
        Some(Batch { changes: gathered.changes, overflow: gathered.overflow, first_event })
    }
}

/// Changes without a silence between them.
#[derive(Debug, Default)]
struct Burst {
    last: Option<Instant>,
    changes: u32,
    /// Batches that were cut off it so far.
    cuts: u32,
}

impl Burst {
    fn silence(&self) -> Duration {
        (SHORTEST_SILENCE + SILENCE_PER_CHANGE * self.changes.saturating_sub(1).min(1000))
            .min(LONGEST_SILENCE)
    }

    fn cut(&self) -> Duration {
        (FIRST_CUT * (1 << self.cuts.min(8))).min(LAST_CUT)
    }

    fn end(&self) -> Option<Instant> {
        self.last.map(|last| last + self.silence())
    }

    fn is_over(&self, now: Instant) -> bool {
        self.end().is_none_or(|end| end <= now)
    }

    fn on_event(&mut self, now: Instant) {
        if self.is_over(now) {
            *self = Self::default();
        }
        self.changes = self.changes.saturating_add(1);
        self.last = Some(self.last.map_or(now, |last| last.max(now)));
    }

    fn on_batch(&mut self, cut: bool) {
        if cut {
            self.cuts += 1;
        }
    }
}
