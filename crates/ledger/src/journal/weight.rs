//! The share of the traffic that a canary gets.

use std::fmt;
use std::str::FromStr;

/// All of the traffic, in hundredths of a per cent.
const ALL: u16 = 10_000;

/// The share of traffic that a canary gets, above 0 % and up to 100 %, in hundredths of a per cent. As text: `10`,
/// `33.33`, `0.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(u16);

/// A text or number that is no [`Weight`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a share of the traffic is above 0 % and at most 100 %, with two decimals at most")]
pub struct InvalidWeight;

impl Weight {
    /// From per cent; none outside 1 to 100. Weight 0 is an abort.
    pub const fn percent(percent: u8) -> Option<Self> {
        Self::basis_points(percent as u16 * 100)
    }

    /// From hundredths of a per cent; none outside 1 to 10,000.
    pub const fn basis_points(points: u16) -> Option<Self> {
        if points >= 1 && points <= ALL { Some(Self(points)) } else { None }
    }

    /// In hundredths of a per cent.
    pub const fn as_basis_points(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, part) => write!(f, "{whole}.{}", format!("{part:02}").trim_end_matches('0')),
        }
    }
}

impl FromStr for Weight {
    type Err = InvalidWeight;

    fn from_str(text: &str) -> Result<Self, InvalidWeight> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let points = || format!("{whole}{part:0<2}").parse().ok().and_then(Self::basis_points);
        // Only what is written is read: a weight has one text.
        points().filter(|weight| weight.to_string() == text).ok_or(InvalidWeight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weight_survives_being_written() {
        for points in 1..=ALL {
            let weight = Weight::basis_points(points).unwrap();
            assert_eq!(weight.to_string().parse(), Ok(weight));
        }
        let texts = [10, 50, 3333, 10_000].map(|points| Weight::basis_points(points).unwrap().to_string());
        assert_eq!(texts, ["0.1", "0.5", "33.33", "100"]);
        for wrong in
            ["", ".", "0", "100.01", "10.0", "010", "+10", "-1", "33.333", "1e1", "10.", ".5", "10 %"]
        {
            assert_eq!(wrong.parse::<Weight>(), Err(InvalidWeight), "{wrong}");
        }
    }

    /// What a rolling release's steps are: rounded down, as the rollout does.
    #[test]
    fn each_instance_that_is_replaced_raises_the_weight() {
        for instances in 1..=200_u16 {
            let steps: Vec<_> = (1..=instances)
                .map(|replaced| u32::from(replaced) * u32::from(ALL) / u32::from(instances))
                .map(|points| Weight::basis_points(u16::try_from(points).unwrap()).unwrap())
                .collect();
            assert!(steps.is_sorted_by(|a, b| a < b), "{instances}");
        }
    }
}
