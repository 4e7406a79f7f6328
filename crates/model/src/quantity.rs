//! Durations, sizes and shares as types: parsed once at the edge, trusted inside, printed as they are written.

use std::fmt;

use serde::{Serialize, Serializer};

/// Why a text is no quantity of the wanted sort.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a {wanted}; write it like {example}")]
pub struct InvalidQuantity {
    /// What was given.
    pub given: String,
    /// What was wanted: `duration`, `size`, ...
    pub wanted: &'static str,
    /// How one is written.
    pub example: &'static str,
}

macro_rules! serialize_as_text {
    ($($type:ty),+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}
serialize_as_text!(Duration, Bytes, Percent, Cpu, Retention);

/// A length of time in whole milliseconds, written `1h30m`, `10s`, `250ms`; days are 24 hours, weeks 7 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    millis: u64,
}

impl Duration {
    const UNITS: [(&'static str, u64); 6] =
        [("w", 7 * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

    /// A duration of this many milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self { millis }
    }

    /// Its length in milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.millis
    }

    /// Reads `1h30m`, `1.5s`, `250ms`.
    pub fn parse(text: &str) -> Result<Self, InvalidQuantity> {
        Self::read(text).ok_or_else(|| InvalidQuantity {
            given: text.to_owned(),
            wanted: "duration",
            example: "`30s`, `10m`, `1h30m` or `250ms`",
        })
    }

    fn read(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let mut millis = 0_u64;
        if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            let (number, after) = split_number(rest)?;
            let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
            let (_, unit) = Self::UNITS.iter().find(|(name, _)| *name == &after[..letters])?;
            millis = millis.checked_add(scale(number, *unit)?)?;
            rest = after[letters..].trim_start();
        }
        Some(Self { millis })
    }
}

impl From<Duration> for std::time::Duration {
    fn from(duration: Duration) -> Self {
        Self::from_millis(duration.millis)
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.millis == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.millis;
        for (name, unit) in Self::UNITS {
            if rest >= unit {
                write!(f, "{}{name}", rest / unit)?;
                rest %= unit;
            }
        }
        Ok(())
    }
}

/// A size in bytes, written as Kubernetes does: `512Mi`, `1Gi`, `500M`; `512MB` is read as `512M`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(u64);

impl Bytes {
    const UNITS: [(&'static str, u64); 9] = [
        ("Ti", 1 << 40),
        ("Gi", 1 << 30),
        ("Mi", 1 << 20),
        ("Ki", 1 << 10),
        ("T", 1_000_000_000_000),
        ("G", 1_000_000_000),
        ("M", 1_000_000),
        ("k", 1_000),
        ("", 1),
    ];

    /// A size of this many bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The size in bytes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Reads `512Mi`, `1.5Gi`, `500M`, `512MB`, `100kB`, `1024`.
    pub fn parse(text: &str) -> Result<Self, InvalidQuantity> {
        Self::read(text).ok_or_else(|| InvalidQuantity {
            given: text.to_owned(),
            wanted: "size",
            example: "`512Mi`, `1Gi` or `500M`",
        })
    }

    fn read(text: &str) -> Option<Self> {
        let (number, unit) = split_number(text.trim())?;
        let unit = unit.trim_start();
        let unit = unit.strip_suffix(['B', 'b']).unwrap_or(unit);
        let (_, factor) = Self::UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
        scale(number, *factor).map(Self)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The shortest exact spelling: 512000000 is both 512M and 500000Ki.
        let exact = Self::UNITS
            .iter()
            .filter(|(_, unit)| self.0 > 0 && self.0.is_multiple_of(*unit))
            .max_by_key(|(_, unit)| *unit);
        match exact {
            Some((name, unit)) => write!(f, "{}{name}", self.0 / unit),
            None => f.write_str("0"),
        }
    }
}

/// A share from 0 % to 100 %, exact to a ten-thousandth of a percent, written `99.95%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent {
    /// Millionths.
    millionths: u32,
}

impl Percent {
    /// The whole.
    pub const HUNDRED: Self = Self { millionths: 1_000_000 };

    /// The share as a number from 0 to 1.
    pub fn as_fraction(self) -> f64 {
        f64::from(self.millionths) / 1e6
    }

    /// Reads `10%`, `99.95%`, `99.95 %`.
    pub fn parse(text: &str) -> Result<Self, InvalidQuantity> {
        Self::read(text).ok_or_else(|| InvalidQuantity {
            given: text.to_owned(),
            wanted: "percentage",
            example: "`99.9%`",
        })
    }

    fn read(text: &str) -> Option<Self> {
        let number = text.trim().strip_suffix('%')?.trim_end();
        let (number, rest) = split_number(number)?;
        let millionths = u32::try_from(scale(number, 10_000)?).ok()?;
        (rest.is_empty() && millionths <= 1_000_000).then_some(Self { millionths })
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.millionths / 10_000, self.millionths % 10_000);
        if part == 0 {
            return write!(f, "{whole}%");
        }
        write!(f, "{whole}.{}%", format!("{part:04}").trim_end_matches('0'))
    }
}

/// An amount of CPU in thousandths of a core, written `0.5`, `2` or `500m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cpu {
    millicores: u64,
}

impl Cpu {
    /// An amount in thousandths of a core.
    pub const fn from_millicores(millicores: u64) -> Self {
        Self { millicores }
    }

    /// The amount in thousandths of a core.
    pub const fn as_millicores(self) -> u64 {
        self.millicores
    }

    /// Reads `0.5`, `2` or `500m`.
    pub fn parse(text: &str) -> Result<Self, InvalidQuantity> {
        Self::read(text).ok_or_else(|| InvalidQuantity {
            given: text.to_owned(),
            wanted: "CPU amount",
            example: "`0.5`, `2` or `500m`",
        })
    }

    fn read(text: &str) -> Option<Self> {
        let (number, unit) = split_number(text.trim())?;
        let millicores = match unit {
            "" => scale(number, 1_000)?,
            "m" => scale(number, 1)?,
            _ => return None,
        };
        (millicores > 0).then_some(Self { millicores })
    }
}

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.millicores / 1_000, self.millicores % 1_000);
        if part == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{}", format!("{part:03}").trim_end_matches('0'))
    }
}

/// How many backups are kept: `7d 4w 6m` is seven daily, four weekly and six monthly ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Retention {
    /// Hourly backups kept.
    pub hourly: u32,
    /// Daily backups kept.
    pub daily: u32,
    /// Weekly backups kept.
    pub weekly: u32,
    /// Monthly backups kept.
    pub monthly: u32,
    /// Yearly backups kept.
    pub yearly: u32,
}

impl Retention {
    /// Reads `7d 4w 6m`; units `h`, `d`, `w`, `m`, `y`, each at most once.
    pub fn parse(text: &str) -> Result<Self, InvalidQuantity> {
        Self::read(text).ok_or_else(|| InvalidQuantity {
            given: text.to_owned(),
            wanted: "retention",
            example: "`7d 4w 6m` (seven daily, four weekly, six monthly)",
        })
    }

    fn read(text: &str) -> Option<Self> {
        let mut kept = Self::default();
        for part in text.split_whitespace() {
            let unit = part.chars().last()?;
            let count: u32 = part[..part.len() - unit.len_utf8()].parse().ok()?;
            let slot = match unit {
                'h' => &mut kept.hourly,
                'd' => &mut kept.daily,
                'w' => &mut kept.weekly,
                'm' => &mut kept.monthly,
                'y' => &mut kept.yearly,
                _ => return None,
            };
            if *slot != 0 || count == 0 {
                return None;
            }
            *slot = count;
        }
        (kept != Self::default()).then_some(kept)
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.hourly, 'h'),
            (self.daily, 'd'),
            (self.weekly, 'w'),
            (self.monthly, 'm'),
            (self.yearly, 'y'),
        ];
        let mut space = "";
        for (count, unit) in parts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{space}{count}{unit}")?;
            space = " ";
        }
        Ok(())
    }
}

/// A decimal number as (digits, power of ten to divide by), with what follows it.
fn split_number(text: &str) -> Option<((u64, u32), &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || (part.is_empty() && number.contains('.')) || part.contains('.') {
        return None;
    }
    let part = part.trim_end_matches('0');
    let digits = format!("{whole}{part}").parse().ok()?;
    Some(((digits, u32::try_from(part.len()).ok()?), rest))
}

/// `number * unit`, when that is a whole number that fits.
fn scale((digits, decimals): (u64, u32), unit: u64) -> Option<u64> {
    let divisor = 10_u128.checked_pow(decimals)?;
    let product = u128::from(digits) * u128::from(unit);
    if product % divisor != 0 {
        return None;
    }
    u64::try_from(product / divisor).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written_the_same_way() {
        for (text, millis, written) in [
            ("30s", 30_000, "30s"),
            ("1h30m", 5_400_000, "1h30m"),
            ("90m", 5_400_000, "1h30m"),
            ("1.5s", 1_500, "1s500ms"),
            ("250ms", 250, "250ms"),
            ("0s", 0, "0s"),
            ("1w 2d", 777_600_000, "1w2d"),
        ] {
            let duration = Duration::parse(text).unwrap();
            assert_eq!(duration.as_millis(), millis, "{text}");
            assert_eq!(duration.to_string(), written, "{text}");
        }
        for text in ["", "s", "10", "10 parsecs", "-1s", "1..5s", "1.s", "99999999999999999999s", "0.0001ms"]
        {
            assert!(Duration::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_and_written_the_same_way() {
        for (text, bytes, written) in [
            ("512Mi", 512 << 20, "512Mi"),
            ("1.5Gi", 1536 << 20, "1536Mi"),
            ("500M", 500_000_000, "500M"),
            ("512MB", 512_000_000, "512M"),
            ("100kB", 100_000, "100k"),
            ("1024", 1024, "1Ki"),
            ("0", 0, "0"),
            ("1000", 1000, "1k"),
        ] {
            let size = Bytes::parse(text).unwrap();
            assert_eq!(size.get(), bytes, "{text}");
            assert_eq!(size.to_string(), written, "{text}");
        }
        for text in ["", "Mi", "12 parsecs", "1.0000001k", "99999999Ti"] {
            assert!(Bytes::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shares_cpu_and_retention() {
        assert_eq!(Percent::parse("99.95%").unwrap().to_string(), "99.95%");
        assert_eq!(Percent::parse("100 %").unwrap(), Percent::HUNDRED);
        assert!(Percent::parse("101%").is_err());
        assert!(Percent::parse("5").is_err());
        assert_eq!(Cpu::parse("0.5").unwrap().as_millicores(), 500);
        assert_eq!(Cpu::parse("1500m").unwrap().to_string(), "1.5");
        assert!(Cpu::parse("0").is_err());
        assert_eq!(Retention::parse("7d 4w 6m").unwrap().to_string(), "7d 4w 6m");
        assert!(Retention::parse("7d 7d").is_err());
        assert!(Retention::parse("").is_err());
    }
}
