//! Times and durations as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A time of this machine's zone, to the second: `2026-11-21 12:04:11`.
pub(crate) fn time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A time in RFC 3339, read again; as it is where it is none.
pub(crate) fn written(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), time)
}

/// A duration as people say it: in its largest unit, and the next where that says more.
pub(crate) fn span(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (1.., 1.., _) => format!("{days} d {hours} h"),
        (1.., ..) => format!("{days} d"),
        (_, 1.., 1..) => format!("{hours} h {minutes} min"),
        (_, 1.., _) => format!("{hours} h"),
        (_, _, 1..) => format!("{minutes} min"),
        _ => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_their_largest_units() {
        for (seconds, text) in [
            (5, "5 s"),
            (60, "1 min"),
            (3_600, "1 h"),
            (5_400, "1 h 30 min"),
            (86_400, "1 d"),
            (100_000, "1 d 3 h"),
        ] {
            assert_eq!(span(seconds), text);
        }
    }
}
