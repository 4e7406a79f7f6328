//! Days, handed in by who checks: a rule never looks at a clock.

use std::fmt;
use std::str::FromStr;

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The first of a month, this many months later.
    #[must_use]
    pub fn plus_months(self, months: u16) -> Self {
        let count = u16::from(self.month) - 1 + months;
        let month = u8::try_from(count % 12 + 1).unwrap_or(1);
        Self { year: self.year.saturating_add(count / 12), month, day: self.day }
    }
}

impl FromStr for Date {
    type Err = String;

    /// Reads `2026-04-30`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a date such as 2026-04-30");
        let mut parts = text.split('-');
        let mut next = || parts.next().and_then(|part| part.parse::<u16>().ok()).ok_or_else(wrong);
        let (year, month, day) = (next()?, next()?, next()?);
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || parts.next().is_some() {
            return Err(wrong());
        }
        // Both fit: they were just held to their bounds.
        Ok(Self { year, month: u8::try_from(month).unwrap_or(1), day: u8::try_from(day).unwrap_or(1) })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_compared_and_moved() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        assert!(date("2026-04-30") < date("2026-05-01"));
        assert_eq!(date("2026-11-21").plus_months(3).to_string(), "2027-02-21");
        for wrong in ["2026", "2026-13-01", "2026-01-00", "2026-01-01-01", "soon"] {
            assert!(wrong.parse::<Date>().is_err(), "{wrong}");
        }
    }
}
