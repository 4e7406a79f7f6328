//! The share of the traffic that an arm gets.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The new release's share of the traffic, in hundredths of a per cent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Weight(u16);

impl Weight {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Everything.
    pub const ALL: Self = Self(10_000);

    /// A share in hundredths of a per cent; `None` above 10,000.
    pub const fn basis_points(points: u16) -> Option<Self> {
        if points <= 10_000 { Some(Self(points)) } else { None }
    }

    /// A share in per cent; what is above 100 is 100.
    pub const fn percent(percent: u8) -> Self {
        if percent >= 100 { Self::ALL } else { Self(percent as u16 * 100) }
    }

    /// `part` of `whole`, rounded down; all of it when `whole` is 0.
    pub fn fraction(part: u32, whole: u32) -> Self {
        match u64::from(part).saturating_mul(10_000).checked_div(u64::from(whole)) {
            Some(points) => Self(u16::try_from(points.min(10_000)).unwrap_or(10_000)),
            None => Self::ALL,
        }
    }

    /// The share in hundredths of a per cent.
    pub const fn as_basis_points(self) -> u16 {
        self.0
    }

    /// The share as a number from 0 to 1.
    pub fn as_fraction(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }

    /// What is left for the other arm.
    #[must_use]
    pub const fn rest(self) -> Self {
        Self(10_000 - self.0)
    }
}

/// A weight above the whole.
#[derive(Debug, thiserror::Error)]
#[error("a weight is at most 10,000 hundredths of a per cent, not {0}")]
pub struct TooHeavy(u16);

impl TryFrom<u16> for Weight {
    type Error = TooHeavy;

    fn try_from(points: u16) -> Result<Self, TooHeavy> {
        Self::basis_points(points).ok_or(TooHeavy(points))
    }
}

impl From<Weight> for u16 {
    fn from(weight: Weight) -> Self {
        weight.0
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole}%"),
            (whole, part) => write!(f, "{whole}.{}%", format!("{part:02}").trim_end_matches('0')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_as_people_write_it() {
        assert_eq!(Weight::percent(10).to_string(), "10%");
        assert_eq!(Weight::fraction(1, 3).to_string(), "33.33%");
        assert_eq!(Weight::basis_points(50).unwrap().to_string(), "0.5%");
    }

    #[test]
    fn never_above_the_whole() {
        assert_eq!(Weight::basis_points(10_001), None);
        assert_eq!(Weight::fraction(5, 3), Weight::ALL);
        assert_eq!(Weight::fraction(0, 0), Weight::ALL);
        assert!(serde_json::from_str::<Weight>("10001").is_err());
        assert_eq!(serde_json::to_string(&Weight::percent(10).rest()).unwrap(), "9000");
    }
}
