//! When the next order is due. Pure: the time comes from outside, and chance from a hash of the name, so that a host
//! that starts again and again asks no more often than one that runs on.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::store::Attempts;

/// After the first failure; doubled with each one that follows. An authority counts failed tests of a name by the hour
/// (Let's Encrypt: five); this way there are never more than three.
const FIRST_PAUSE: Duration = Duration::from_mins(10);
/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_hours(12);
/// After "too often" without a time.
const LIMITED_PAUSE: Duration = Duration::from_hours(1);
/// Between two orders of the same certificate, whatever its dates say: where the clock is wrong, a new certificate may be
/// as good as over.
const BETWEEN_SUCCESSES: Duration = Duration::from_hours(24);
/// Certificates of others are warned about this long before they end.
const WARNING: Duration = Duration::from_hours(14 * 24);

/// When a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// From.
    pub from: Timestamp,
    /// Until.
    pub until: Timestamp,
}

impl Validity {
    /// Whether it is over, or nearly: its owner is to be told.
    #[must_use]
    pub fn ends_soon(&self, now: Timestamp) -> bool {
        now >= later(self.until, WARNING, -1)
    }

    /// Whether it is valid.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        (self.from..self.until).contains(&now)
    }
}

/// When the certificate of a name is to be renewed: when a third of its life is left, and up to a sixtieth of it before
/// that, so that the certificates of a host do not fall due together.
#[must_use]
pub fn renewal(name: &str, validity: Validity) -> Timestamp {
    let life = validity.until.duration_since(validity.from);
    let life = Duration::try_from(life).unwrap_or_default();
    later(validity.until, life / 3 + part(name, life / 60), -1)
}

/// When the next order for a name is due; it may be long past. `validity` is that of the certificate there is, if it is one
/// that needs no change.
#[must_use]
pub fn next(name: &str, validity: Option<Validity>, attempts: &Attempts) -> Timestamp {
    let wanted = validity.map_or(Timestamp::MIN, |validity| renewal(name, validity));
    let Some(last) = attempts.last else { return wanted };
    let allowed = if attempts.failures == 0 {
        later(last, BETWEEN_SUCCESSES, 1)
    } else {
        let pause = pause(attempts);
        later(last, pause + part(name, pause / 10), 1)
    };
    // Without one that will do, a success before says nothing: other names are asked for now.
    let allowed = if attempts.failures == 0 && validity.is_none() { wanted } else { allowed };
    wanted.max(allowed).max(attempts.retry.unwrap_or(Timestamp::MIN))
}

fn pause(attempts: &Attempts) -> Duration {
    let doublings = attempts.failures.saturating_sub(1).min(16);
    let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
    if attempts.was_limited { pause.max(LIMITED_PAUSE) } else { pause }
}

/// A part of a time that is always the same for a name.
fn part(name: &str, of: Duration) -> Duration {
    let hash = Sha256::digest(name.as_bytes());
    // A fraction of 65,536 steps.
    let step = u32::from(u16::from_be_bytes([hash[0], hash[1]]));
    of / (1 << 16) * step
}

/// A moment later, or earlier with -1; the first or last there is where it would be beyond.
fn later(moment: Timestamp, by: Duration, sign: i32) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    let moved = if sign < 0 { moment.checked_sub(by) } else { moment.checked_add(by) };
    moved.unwrap_or(if sign < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const DAY: i64 = 24 * 3600;

    fn ninety_days() -> Validity {
        Validity { from: at("2026-01-01T00:00:00Z"), until: at("2026-04-01T00:00:00Z") }
    }

    #[test]
    fn a_third_of_the_life_is_left_when_it_is_renewed() {
        for name in ["a.test", "b.test", "shop.example"] {
            let left = ninety_days().until.duration_since(renewal(name, ninety_days())).as_secs();
            assert!((30 * DAY..=30 * DAY + 3 * DAY / 2).contains(&left), "{name}: {left}");
            assert_eq!(renewal(name, ninety_days()), renewal(name, ninety_days()));
        }
        assert_ne!(renewal("a.test", ninety_days()), renewal("b.test", ninety_days()));
        let week = Validity { until: at("2026-01-07T16:00:00Z"), ..ninety_days() };
        let left = week.until.duration_since(renewal("a.test", week)).as_hours();
        assert!((53..=56).contains(&left), "short ones too: {left} h");
    }

    #[test]
    fn without_a_certificate_it_is_due_at_once() {
        assert_eq!(next("a.test", None, &Attempts::default()), Timestamp::MIN);
    }

    #[test]
    fn failures_make_the_pauses_longer_up_to_half_a_day() {
        let now = at("2026-01-01T00:00:00Z");
        let minutes = |failures, was_limited| {
            let attempts = Attempts { failures, last: Some(now), was_limited, ..Attempts::default() };
            next("a.test", None, &attempts).duration_since(now).as_mins()
        };
        for (failures, least) in [(1, 10), (2, 20), (3, 40), (7, 640), (8, 720), (60, 720), (u32::MAX, 720)] {
            let waited = minutes(failures, false);
            assert!((least..=least + least / 10).contains(&waited), "{failures}: {waited}");
        }
        assert!(minutes(1, true) >= 60);
        // Whatever happens: at most four orders within an hour of the first.
        let within: i64 = (1..4).map(|failures| minutes(failures, false)).sum();
        assert!(within >= 60);
    }

    #[test]
    fn what_the_authority_says_is_kept_to() {
        let now = at("2026-01-01T00:00:00Z");
        let retry = at("2026-01-03T00:00:00Z");
        let attempts = Attempts { failures: 1, last: Some(now), retry: Some(retry), ..Attempts::default() };
        assert_eq!(next("a.test", None, &attempts), retry);
    }

    #[test]
    fn a_new_certificate_that_is_as_good_as_over_is_not_ordered_again_at_once() {
        // The clock of this host is years ahead.
        let now = at("2030-01-01T00:00:00Z");
        let attempts = Attempts { last: Some(now), ..Attempts::default() };
        assert_eq!(next("a.test", Some(ninety_days()), &attempts), at("2030-01-02T00:00:00Z"));
        assert_eq!(next("a.test", None, &attempts), Timestamp::MIN, "other names are asked for at once");
    }

    #[test]
    fn owners_are_warned_a_fortnight_before() {
        let validity = ninety_days();
        assert!(
            !validity.ends_soon(at("2026-03-17T23:59:59Z")) && validity.ends_soon(at("2026-03-18T00:00:00Z"))
        );
        assert!(validity.holds(at("2026-03-31T00:00:00Z")) && !validity.holds(validity.until));
    }
}
