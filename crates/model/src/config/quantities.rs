//! How quantities are read, described and repaired.

use serde_json::{Value as Json, json};

use super::text::{Refusal, Text, text_schema};
use crate::quantity::{Bytes, Cpu, Duration, InvalidQuantity, Percent, Retention};

/// How often: a duration, or a word for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every(pub Duration);

impl From<Every> for Duration {
    fn from(every: Every) -> Self {
        every.0
    }
}

/// How long an answer may take; a number without a unit was meant in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency(pub Duration);

impl From<Latency> for Duration {
    fn from(latency: Latency) -> Self {
        latency.0
    }
}

const HOUR: u64 = 3_600_000;
const OFTEN: [(&str, u64); 3] = [("hourly", HOUR), ("daily", 24 * HOUR), ("weekly", 7 * 24 * HOUR)];

/// A refusal that offers the quantity the text was probably meant to be.
fn refuse(error: &InvalidQuantity, repaired: Option<String>) -> Refusal {
    let refusal = Refusal::new("invalid-quantity", format!("`{}` is not a {}", error.given, error.wanted));
    match repaired {
        Some(text) => refusal.instead(text),
        None => refusal.advice(Some(format!("write it like {}", error.example))),
    }
}

/// The same text with units spelled as short as ours: `10 minutes` becomes `10m`.
fn respell(text: &str, units: &[(&str, &[&str])]) -> Option<String> {
    let mut out = String::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let after = after.trim_start();
        let letters = after.find(|c: char| !c.is_alphabetic() && c != '%').unwrap_or(after.len());
        let word = after[..letters].to_lowercase();
        let (unit, _) = units.iter().find(|(unit, words)| *unit == word || words.contains(&word.as_str()))?;
        if number.is_empty() {
            return None;
        }
        out.push_str(number);
        out.push_str(unit);
        rest = after[letters..].trim_start_matches([' ', ',']);
    }
    (!out.is_empty()).then_some(out)
}

const TIME: &[(&str, &[&str])] = &[
    ("ms", &["milli", "millis", "millisecond", "milliseconds", "msec"]),
    ("s", &["", "sec", "secs", "second", "seconds"]),
    ("m", &["min", "mins", "minute", "minutes"]),
    ("h", &["hr", "hrs", "hour", "hours"]),
    ("d", &["day", "days"]),
    ("w", &["week", "weeks"]),
];
const SIZE: &[(&str, &[&str])] = &[
    ("Ki", &["kibibyte", "kibibytes", "kib"]),
    ("Mi", &["mebibyte", "mebibytes", "mib"]),
    ("Gi", &["gibibyte", "gibibytes", "gib"]),
    ("k", &["kilobyte", "kilobytes", "kilo"]),
    ("M", &["megabyte", "megabytes", "mega", "meg", "megs"]),
    ("G", &["gigabyte", "gigabytes", "giga", "gig", "gigs"]),
    ("", &["byte", "bytes"]),
];
const SHARE: &[(&str, &[&str])] = &[("%", &["", "percent", "pct"])];
const CORES: &[(&str, &[&str])] =
    &[("", &["core", "cores", "cpu", "cpus", "vcpu", "vcpus"]), ("m", &["millicores", "millicpu"])];

impl Text for Duration {
    const WANTED: &'static str = "a duration";
    const EXAMPLE: &'static str = "\"30s\"";

    fn read(text: &str) -> Result<Self, Refusal> {
        Self::parse(text)
            .map_err(|error| refuse(&error, respell(text, TIME).filter(|text| Self::parse(text).is_ok())))
    }

    fn constraints() -> Json {
        json!({
            "description": "A length of time: `30s`, `10m`, `1h30m`, `250ms`; also `d` and `w`.",
            "pattern": r"^\s*([0-9]+(\.[0-9]+)?(ms|s|m|h|d|w)\s*)+$",
        })
    }
}

impl Text for Latency {
    const WANTED: &'static str = "a duration";
    const EXAMPLE: &'static str = "\"300ms\"";

    fn read(text: &str) -> Result<Self, Refusal> {
        let number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        Duration::read(text)
            .map(Self)
            .map_err(|refusal| if number { refusal.instead(format!("{text}ms")) } else { refusal })
    }

    fn constraints() -> Json {
        Duration::constraints()
    }
}

impl Text for Every {
    const WANTED: &'static str = "a duration, or `hourly`, `daily`, `weekly`";
    const EXAMPLE: &'static str = "\"6h\" or \"weekly\"";

    fn read(text: &str) -> Result<Self, Refusal> {
        if let Some((_, millis)) = OFTEN.iter().find(|(word, _)| *word == text) {
            return Ok(Self(Duration::from_millis(*millis)));
        }
        let word = super::suggest::nearest(text, OFTEN.map(|(word, _)| word));
        match (Duration::read(text), word) {
            (Ok(duration), _) if duration.as_millis() == 0 => {
                Err(Refusal::new("out-of-range", "never is not often: the time between is zero"))
            }
            (Ok(duration), _) => Ok(Self(duration)),
            (Err(refusal), Some(word)) => Err(refusal.instead(word.to_owned())),
            (Err(refusal), None) => Err(refusal),
        }
    }

    fn constraints() -> Json {
        json!({
            "description": "How often: a duration such as `6h`, or `hourly`, `daily`, `weekly`.",
            "pattern": r"^(hourly|daily|weekly|\s*([0-9]+(\.[0-9]+)?(ms|s|m|h|d|w)\s*)+)$",
        })
    }
}

impl Text for Bytes {
    const WANTED: &'static str = "a size";
    const EXAMPLE: &'static str = "\"512Mi\"";

    fn read(text: &str) -> Result<Self, Refusal> {
        let size = Self::parse(text)
            .map_err(|error| refuse(&error, respell(text, SIZE).filter(|text| Self::parse(text).is_ok())))?;
        // `memory = 512` is half a kilobyte, and was meant to be half a gigabyte.
        if size.get() < 1 << 20 {
            let number = text.trim().trim_end_matches(|c: char| !c.is_ascii_digit());
            let mebibytes = format!("{number}Mi");
            return Err(Refusal::new("out-of-range", format!("`{text}` is less than any program needs"))
                .instead(Self::parse(&mebibytes).is_ok_and(|size| size.get() >= 1 << 20).then_some(mebibytes))
                .note("a number without a unit is bytes"));
        }
        Ok(size)
    }

    fn constraints() -> Json {
        json!({
            "description": "A size in bytes: `512Mi`, `1Gi`, `500M`.",
            "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*([TtGgMmKk][Ii]?)?[Bb]?\s*$",
        })
    }
}

impl Text for Percent {
    const WANTED: &'static str = "a percentage";
    const EXAMPLE: &'static str = "\"99.9%\"";

    fn read(text: &str) -> Result<Self, Refusal> {
        Self::parse(text)
            .map_err(|error| refuse(&error, respell(text, SHARE).filter(|text| Self::parse(text).is_ok())))
    }

    fn constraints() -> Json {
        json!({
            "description": "A share from `0%` to `100%`.",
            "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*%\s*$",
        })
    }
}

impl Text for Cpu {
    const WANTED: &'static str = "an amount of CPU";
    const EXAMPLE: &'static str = "0.5";
    const NUMBER: bool = true;

    fn read(text: &str) -> Result<Self, Refusal> {
        Self::parse(text)
            .map_err(|error| refuse(&error, respell(text, CORES).filter(|text| Self::parse(text).is_ok())))
    }

    fn constraints() -> Json {
        json!({
            "description": "An amount of CPU in cores: `0.5`, `2`, or `500m` for half of one.",
            "pattern": r"^\s*[0-9]+(\.[0-9]+)?m?\s*$",
            "exclusiveMinimum": 0,
        })
    }
}

impl Text for Retention {
    const WANTED: &'static str = "what is kept";
    const EXAMPLE: &'static str = "\"7d 4w 6m\"";

    fn read(text: &str) -> Result<Self, Refusal> {
        Self::parse(text).map_err(|error| refuse(&error, None))
    }

    fn constraints() -> Json {
        json!({
            "description": "How many backups are kept: `7d 4w 6m` is seven daily, four weekly, six monthly.",
            "pattern": r"^\s*([1-9][0-9]*[hdwmy]\s*)+$",
        })
    }
}

text_schema!(
    Duration as Duration,
    Every as Every,
    Latency as Latency,
    Bytes as Size,
    Percent as Percentage,
    Cpu as Cpu,
    Retention as Retention,
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::text::Instead;

    fn repaired<T: Text>(text: &str) -> Option<String> {
        match T::read(text) {
            Err(Refusal { instead: Instead::Text(text), .. }) => Some(text),
            _ => None,
        }
    }

    #[test]
    fn a_quantity_in_other_words_is_respelled() {
        assert_eq!(repaired::<Duration>("10 minutes").as_deref(), Some("10m"));
        assert_eq!(repaired::<Duration>("1 hour, 30 min").as_deref(), Some("1h30m"));
        assert_eq!(repaired::<Duration>("30").as_deref(), Some("30s"));
        assert_eq!(repaired::<Duration>("soon"), None);
        assert_eq!(repaired::<Every>("weekley").as_deref(), Some("weekly"));
        assert_eq!(repaired::<Bytes>("512 megabytes").as_deref(), Some("512M"));
        assert_eq!(repaired::<Percent>("99.9").as_deref(), Some("99.9%"));
        assert_eq!(repaired::<Percent>("101"), None);
        assert_eq!(repaired::<Cpu>("2 cores").as_deref(), Some("2"));
    }

    proptest! {
        #[test]
        fn quantities_print_as_they_are_read(
            millis in 0..u64::MAX / 2,
            bytes: u64,
            share in 0_u32..=1_000_000,
            cpu in 1_u64..1 << 40,
            kept in proptest::array::uniform5(0_u32..100),
        ) {
            let duration = Duration::from_millis(millis);
            prop_assert_eq!(Duration::parse(&duration.to_string()), Ok(duration));
            let size = Bytes::new(bytes);
            prop_assert_eq!(Bytes::parse(&size.to_string()), Ok(size));
            let share = Percent::parse(&format!("{}.{:04}%", share / 10_000, share % 10_000)).unwrap();
            prop_assert_eq!(Percent::parse(&share.to_string()), Ok(share));
            let cpu = Cpu::parse(&format!("{cpu}m")).unwrap();
            prop_assert_eq!(Cpu::parse(&cpu.to_string()), Ok(cpu));
            let [hourly, daily, weekly, monthly, yearly] = kept;
            let kept = Retention { hourly, daily, weekly, monthly, yearly };
            if kept != Retention::default() {
                prop_assert_eq!(Retention::parse(&kept.to_string()), Ok(kept));
            }
        }

        #[test]
        fn any_text_is_read_or_refused_without_panic(text in "\\PC{0,12}|[0-9.]{0,4} ?[a-zA-Z%é]{0,6}") {
            let _ = (Duration::read(&text), Every::read(&text), Bytes::read(&text));
            let _ = (Percent::read(&text), Cpu::read(&text), Retention::read(&text));
        }
    }
}
