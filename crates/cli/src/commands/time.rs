//! Times as people type them.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo, Timestamp};

use crate::exit::Mistake;

/// A time, a date, or how long ago: `10m`, `2h 30m`, `7d`, `2026-11-21`, `2026-11-21T12:00:00Z`. Without an offset it is the
/// time of this machine's zone, and a date is its beginning.
pub(crate) fn read(option: &str, text: &str) -> anyhow::Result<Timestamp> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let civil = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(Date::into));
    if let Ok(time) = civil.and_then(|civil: DateTime| civil.to_zoned(TimeZone::system())) {
        return Ok(time.timestamp());
    }
    let ago = text.parse::<Span>().ok().and_then(|span| {
        let ago = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
        Timestamp::now().checked_sub(ago).ok()
    });
    ago.ok_or_else(|| {
        Mistake {
            message: format!("`{text}` is neither a time nor how long ago"),
            help: Some(format!("{option} 10m, {option} 7d, or {option} 2026-11-21T12:00:00Z")),
        }
        .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let read = |text| read("--since", text);
        assert_eq!(read("2026-11-21T12:00:00Z").unwrap().to_string(), "2026-11-21T12:00:00Z");
        for (text, seconds) in [("10m", 600), ("7d", 7 * 86_400), ("1w", 7 * 86_400)] {
            let ago = Timestamp::now().duration_since(read(text).unwrap()).as_secs();
            // The clock is read twice.
            assert!((seconds - 1..seconds + 60).contains(&ago), "{text}: {ago}");
        }
        let day = read("2026-11-22").unwrap().duration_since(read("2026-11-21").unwrap());
        assert!((23..=25).contains(&day.as_hours()), "{day:?}");
        assert!(read("yesterday-ish").is_err());
    }
}
