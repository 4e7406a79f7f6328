//! Parts of files: `Range` and `If-Range`. Of several ranges none is served: the whole file is a valid answer, and
//! clients that want several are rare while attacks with thousands are not.

use std::time::SystemTime;

use http::header::{HeaderMap, HeaderValue, IF_RANGE, RANGE};

/// What of a file is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ranged {
    Whole,
    Part { start: u64, length: u64 },
    Unsatisfiable,
}

/// What a request asks for of a file of `total` bytes.
pub(crate) fn of(
    headers: &HeaderMap,
    total: u64,
    etag: &HeaderValue,
    modified: Option<SystemTime>,
) -> Ranged {
    let Some(range) = headers.get(RANGE).and_then(|value| value.to_str().ok()) else { return Ranged::Whole };
    if let Some(condition) = headers.get(IF_RANGE) {
        let same_file = condition == etag && !etag.as_bytes().starts_with(b"W/");
        let dated = condition.to_str().ok().and_then(|text| httpdate::parse_http_date(text).ok());
        let same_date = dated.is_some() && dated == modified;
        if !same_file && !same_date {
            return Ranged::Whole;
        }
    }
    parse(range, total).unwrap_or(Ranged::Whole)
}

fn parse(range: &str, total: u64) -> Option<Ranged> {
    let (first, last) = range.strip_prefix("bytes=")?.trim().split_once('-')?;
    let number = |text: &str| {
        let text = text.trim();
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    if first.is_empty() {
        let suffix = number(last).filter(|_| !last.is_empty())?.min(total);
        let part = Ranged::Part { start: total - suffix, length: suffix };
        return Some(if suffix == 0 { Ranged::Unsatisfiable } else { part });
    }
    let start = number(first)?;
    let end = if last.is_empty() { u64::MAX } else { number(last)? };
    if end < start {
        return None;
    }
    if start >= total {
        return Some(Ranged::Unsatisfiable);
    }
    Some(Ranged::Part { start, length: end.min(total - 1) - start + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_ten_bytes() {
        let part = |start, length| Some(Ranged::Part { start, length });
        assert_eq!(parse("bytes=0-3", 10), part(0, 4));
        assert_eq!(parse("bytes=4-", 10), part(4, 6));
        assert_eq!(parse("bytes=-3", 10), part(7, 3));
        assert_eq!(parse("bytes=-99", 10), part(0, 10));
        assert_eq!(parse("bytes=8-99", 10), part(8, 2));
        assert_eq!(parse("bytes=0-99999999999999999999999", 10), part(0, 10));
        assert_eq!(parse("bytes=10-", 10), Some(Ranged::Unsatisfiable));
        assert_eq!(parse("bytes=-0", 10), Some(Ranged::Unsatisfiable));
        assert_eq!(parse("bytes=0-", 0), Some(Ranged::Unsatisfiable));
        for whole in ["bytes=3-1", "bytes=0-1,3-4", "lines=0-1", "bytes=", "bytes=-", "bytes=a-b"] {
            assert_eq!(parse(whole, 10), None, "{whole}");
        }
    }
}
