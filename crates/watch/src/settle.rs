//! When a file has its new content.
//!
//! A save is several events, and how many depends on the editor: truncate, write and close; write a neighbour and
//! rename it over; move the old one away and create a new one. What was written in full to a known file is settled at
//! once; what may be half of a save waits for the other half, for some milliseconds:
//!
//! | seen | what may follow | waits |
//! |---|---|---|
//! | a file is created or written, not closed | more writes, the close | [`OPEN`] after the last write, at most [`LONGEST_OPEN`] |
//! | an unknown file was closed | it is renamed over the one that is meant | [`FRESH`] |
//! | a known file is gone, or empty | its new version | [`GONE`] |
//!
//! A state machine without a clock, and without a file system: whoever drives it looks at what has settled.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a file may stay open after a write before it is looked at all the same.
pub(crate) const OPEN: Duration = Duration::from_millis(100);
/// How long a file that is written to without a pause is waited for.
pub(crate) const LONGEST_OPEN: Duration = Duration::from_secs(1);
/// How long a new file waits, as it may be a temporary one.
pub(crate) const FRESH: Duration = Duration::from_millis(30);
/// How long a missing or empty file waits for its new version.
pub(crate) const GONE: Duration = Duration::from_millis(50);
/// More files in between than this are no longer told apart.
const MOST_PENDING: usize = 8192;

/// What the system said of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Raw {
    /// A file was created; its content follows.
    Created,
    /// Content was written; the file is still open.
    Writing,
    /// A file was closed after writing, or moved here: it is whole.
    Whole,
    /// It was deleted or moved away.
    Removed,
}

/// A path to look at now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) path: PathBuf,
    /// When the first of its events was heard of.
    pub(crate) heard: Instant,
    /// Whether it was there before these events.
    pub(crate) known: bool,
    pub(crate) phase: Phase,
}

/// How far a save has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Whoever writes the file has not closed it.
    Open,
    /// It was closed, or moved here.
    Whole,
    /// It has been waited for: what is there now, if only an empty file or nothing, is what is meant.
    Waited,
}

#[derive(Debug)]
struct Pending {
    deadline: Instant,
    heard: Instant,
    known: bool,
    phase: Phase,
}

/// Files between two states.
#[derive(Debug, Default)]
pub(crate) struct Settler {
    pending: HashMap<Arc<Path>, Pending>,
    deadlines: BTreeSet<(Instant, Arc<Path>)>,
}

/// More files are between two states than can be kept track of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl Settler {
    /// Takes an event that was heard of at `heard`. `known` says whether the file was there before.
    pub(crate) fn on_event(
        &mut self,
        heard: Instant,
        path: &Path,
        raw: Raw,
        known: bool,
    ) -> Result<(), TooMany> {
        let before = self.remove(path);
        let first = before.as_ref().map_or(heard, |pending| pending.heard);
        let known = before.as_ref().map_or(known, |pending| pending.known);
        let (deadline, phase) = match raw {
            // At once, unless another event is here already.
            Raw::Whole if known => (heard, Phase::Whole),
            Raw::Whole => (heard + FRESH, Phase::Whole),
            Raw::Created | Raw::Writing => ((heard + OPEN).min(first + LONGEST_OPEN), Phase::Open),
            Raw::Removed if known => (heard + GONE, Phase::Waited),
            // A temporary file came and went.
            Raw::Removed => return Ok(()),
        };
        self.insert(path, Pending { deadline, heard: first, known, phase })
    }

    /// A known file is empty, which may be the first half of a save.
    pub(crate) fn wait_for_content(&mut self, now: Instant, settled: &Settled) -> Result<(), TooMany> {
        let deadline = match settled.phase {
            Phase::Open => now.max(settled.heard + LONGEST_OPEN),
            _ => now + GONE,
        };
        let (heard, known) = (settled.heard, settled.known);
        self.insert(&settled.path, Pending { deadline, heard, known, phase: Phase::Waited })
    }

    /// The next path that has been waited for long enough.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<Settled> {
        let path = self.deadlines.first().filter(|(deadline, _)| *deadline <= now)?.1.clone();
        let pending = self.remove(&path)?;
        Some(Settled {
            path: path.to_path_buf(),
            heard: pending.heard,
            known: pending.known,
            phase: pending.phase,
        })
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn insert(&mut self, path: &Path, pending: Pending) -> Result<(), TooMany> {
        if self.pending.len() >= MOST_PENDING {
            return Err(TooMany);
        }
        let path: Arc<Path> = path.into();
        self.deadlines.insert((pending.deadline, path.clone()));
        self.pending.insert(path, pending);
        Ok(())
    }

    fn remove(&mut self, path: &Path) -> Option<Pending> {
        let (path, pending) = self.pending.remove_entry(path)?;
        self.deadlines.remove(&(pending.deadline, path));
        Some(pending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "app.py";

    fn at(start: Instant, milliseconds: u64) -> Instant {
        start + Duration::from_millis(milliseconds)
    }

    fn settled(start: Instant, phase: Phase) -> Settled {
        Settled { path: FILE.into(), heard: start, known: true, phase }
    }

    #[test]
    fn a_write_in_place_settles_when_it_is_closed() {
        let (mut settler, start) = (Settler::default(), Instant::now());
        assert_eq!(settler.on_event(start, FILE.as_ref(), Raw::Writing, true), Ok(()));
        assert_eq!(settler.on_event(at(start, 3), FILE.as_ref(), Raw::Whole, true), Ok(()));
        assert_eq!(settler.poll(at(start, 3)), Some(settled(start, Phase::Whole)));
        assert_eq!(settler.next_deadline(), None);
    }

    #[test]
    fn a_backup_by_rename_is_one_change() {
        let (mut settler, start) = (Settler::default(), Instant::now());
        assert_eq!(settler.on_event(start, FILE.as_ref(), Raw::Removed, true), Ok(()));
        assert_eq!(settler.on_event(at(start, 1), FILE.as_ref(), Raw::Created, false), Ok(()));
        assert_eq!(settler.poll(at(start, 30)), None);
        assert_eq!(settler.on_event(at(start, 40), FILE.as_ref(), Raw::Whole, false), Ok(()));
        assert_eq!(settler.poll(at(start, 40)), Some(settled(start, Phase::Whole)));
    }

    #[test]
    fn a_temporary_file_leaves_no_trace() {
        let (mut settler, start) = (Settler::default(), Instant::now());
        for raw in [Raw::Created, Raw::Writing, Raw::Whole, Raw::Removed] {
            assert_eq!(settler.on_event(start, FILE.as_ref(), raw, false), Ok(()));
        }
        assert_eq!(settler.poll(at(start, 5000)), None);
    }

    #[test]
    fn a_removed_file_settles_after_a_moment() {
        let (mut settler, start) = (Settler::default(), Instant::now());
        assert_eq!(settler.on_event(start, FILE.as_ref(), Raw::Removed, true), Ok(()));
        assert_eq!(settler.poll(at(start, 49)), None);
        assert_eq!(settler.poll(at(start, 50)), Some(settled(start, Phase::Waited)));
        assert_eq!(settler.poll(at(start, 5000)), None);
    }

    #[test]
    fn a_file_that_is_written_to_for_ever_settles_now_and_then() {
        let (mut settler, start) = (Settler::default(), Instant::now());
        let mut seen = 0;
        for millisecond in 0..10_000 {
            let now = at(start, millisecond);
            assert_eq!(settler.on_event(now, FILE.as_ref(), Raw::Writing, true), Ok(()));
            seen += usize::from(settler.poll(now).is_some());
        }
        assert_eq!(seen, 9);
    }

    #[test]
    fn memory_is_bounded() {
        let (mut settler, start) = (Settler::default(), Instant::now());
        let refused = (0..2 * MOST_PENDING)
            .filter(|n| settler.on_event(start, Path::new(&n.to_string()), Raw::Created, false).is_err())
            .count();
        assert_eq!(refused, MOST_PENDING);
    }
}
