//! Which days are looked at.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// Whole calendar days of a time zone. A day has 23 or 25 hours where clocks change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    first: Date,
    days: u16,
    zone: TimeZone,
    /// Where each day begins, and where the last one ends.
    edges: Vec<Timestamp>,
}

/// Why days are no window.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{days} days from {first} are no window; name 1 to 3660 days between the years 1 and 9000")]
pub struct WindowError {
    first: Date,
    days: u16,
}

impl Window {
    /// `days` days, of which this is the first.
    pub fn new(first: Date, days: u16, zone: TimeZone) -> Result<Self, WindowError> {
        let wrong = WindowError { first, days };
        if !(1..=3660).contains(&days) || !(1..=9000).contains(&first.year()) {
            return Err(wrong);
        }
        let edges = (0..=days)
            .map(|day| {
                first.checked_add(i32::from(day).days())?.to_zoned(zone.clone()).map(|day| day.timestamp())
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| wrong)?;
        Ok(Self { first, days, zone, edges })
    }

    /// The `days` days up to today, today included.
    pub fn trailing(now: Timestamp, days: u16, zone: TimeZone) -> Result<Self, WindowError> {
        let today = now.to_zoned(zone.clone()).date();
        let first = today.saturating_sub((i32::from(days) - 1).days());
        Self::new(first, days, zone)
    }

    /// As many days right before.
    pub fn previous(&self) -> Result<Self, WindowError> {
        Self::new(self.first.saturating_sub(i32::from(self.days).days()), self.days, self.zone.clone())
    }

    /// The first day.
    pub const fn first(&self) -> Date {
        self.first
    }

    /// The last day.
    pub fn last(&self) -> Date {
        self.first.saturating_add((i32::from(self.days) - 1).days())
    }

    /// How many days.
    pub const fn days(&self) -> u16 {
        self.days
    }

    /// The time zone.
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// When it begins.
    pub fn start(&self) -> Timestamp {
        self.edges.first().copied().unwrap_or(Timestamp::MIN)
    }

    /// Which of its days a time is in, from 0; none outside.
    pub fn day(&self, at: Timestamp) -> Option<usize> {
        let day = self.edges.partition_point(|edge| *edge <= at).checked_sub(1)?;
        (day < usize::from(self.days)).then_some(day)
    }

    /// Whether a time is in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.day(at).is_some()
    }
}
