//! Sessions that had an event lately.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Duration;

use crate::Moment;

/// How long a session is out of sight after its first event of a stream, and after any further one.
///
/// At most one event per 10 s is the rule. It is not enough for failures: a client that fails for ever, whichever
/// release it meets (a broken account in a page that polls), falls into one arm by chance and would look like a stream
/// of independent failures there. Simulated, with 2 % of accounts broken, two events for each in five minutes aborted
/// 2.2 % of good canaries, and one 0.4 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// After the first.
    pub first: Duration,
    /// After any further one.
    pub further: Duration,
}

impl Silence {
    /// For the streams of failures: one event for each session in ten minutes.
    pub const OF_FAILURES: Self = Self { first: Duration::from_mins(10), further: Duration::from_mins(10) };
    /// For slow answers, of which every session has some.
    pub const OF_SLOWNESS: Self = Self { first: Duration::from_secs(10), further: Duration::from_mins(10) };
}

/// Remembers which sessions had an event, in bounded memory.
///
/// A muted session is out of the count altogether: its requests are neither events nor exposure. So the share of the
/// exposure stays the chance with which an event falls into an arm, however unevenly requests are spread over sessions.
///
/// There are two generations: when the younger is full, it becomes the older one and what was the older is forgotten.
/// Both arms forget alike, so that an overflow makes the count coarser and never unfair.
#[derive(Debug)]
pub struct Muted {
    young: Generation,
    old: Generation,
    per_generation: usize,
    silence: Silence,
}

type Generation = HashMap<u64, Entry, BuildHasherDefault<AlreadyHashed>>;

#[derive(Clone, Copy, Debug)]
struct Entry {
    until: Moment,
    events: u8,
}

impl Muted {
    /// At most `capacity` sessions are remembered (24 bytes or so for each).
    pub fn new(capacity: usize, silence: Silence) -> Self {
        let per_generation = (capacity / 2).max(1);
        Self { young: Generation::default(), old: Generation::default(), per_generation, silence }
    }

    /// The session is out of sight.
    pub fn is_muted(&self, session: u64, now: Moment) -> bool {
        self.entry(session).is_some_and(|entry| now < entry.until)
    }

    /// The session had an event now, and is out of sight from now on. Says whether it is its first.
    pub fn mute(&mut self, session: u64, now: Moment) -> bool {
        let events = self.entry(session).map_or(0, |entry| entry.events);
        let silence = if events == 0 { self.silence.first } else { self.silence.further };
        if self.young.len() >= self.per_generation && !self.young.contains_key(&session) {
            self.old = std::mem::take(&mut self.young);
        }
        let entry = Entry { until: now.after(silence), events: events.saturating_add(1) };
        self.young.insert(session, entry);
        events == 0
    }

    /// How many sessions are remembered.
    pub fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// No session is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn entry(&self, session: u64) -> Option<Entry> {
        self.young.get(&session).or_else(|| self.old.get(&session)).copied()
    }
}

/// Sessions are numbers from a keyed hash (see [`crate::split`]): no client can choose them, so they need no further hash.
#[derive(Default)]
struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment(seconds * 1000)
    }

    #[test]
    fn silences_grow() {
        let mut muted = Muted::new(16, Silence::OF_SLOWNESS);
        assert!(!muted.is_muted(7, at(0)));
        assert!(muted.mute(7, at(0)));
        assert!(muted.is_muted(7, at(9)) && !muted.is_muted(7, at(10)));
        assert!(!muted.mute(7, at(10)));
        assert!(muted.is_muted(7, at(609)) && !muted.is_muted(7, at(610)));
        muted.mute(7, at(610));
        assert!(muted.is_muted(7, at(1209)) && !muted.is_muted(7, at(1210)));
    }

    #[test]
    fn memory_is_bounded_and_the_youngest_stay() {
        let mut muted = Muted::new(100, Silence::OF_FAILURES);
        for session in 0..10_000 {
            muted.mute(session, at(0));
            assert!(muted.len() <= 100);
        }
        assert!(muted.is_muted(9_999, at(1)) && muted.is_muted(9_951, at(1)));
        assert!(!muted.is_muted(0, at(1)));
    }
}
