//! What an unknown failure wrote that the last success did not.
//!
//! Two runs never write the same: times, durations, hashes, addresses and counters differ. A line is compared without its
//! numbers, its hexadecimal words and its temporary paths.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, BufRead};
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::analysis::Line;
use super::catalogue::Catalogue;
use super::lines::each_line;

/// Different lines of the success that are remembered: 16 MB at most.
const MOST_KNOWN: usize = 1 << 20;

/// Lines that are told: where it began to differ, and where it ended.
const FIRST: usize = 20;
const LAST: usize = 10;

/// What differs from run to run: temporary paths; identifiers and hashes; numbers with their units.
static CHANGING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let temporary = r"(?:/private)?/(?:tmp|var/folders|var/tmp)/[^\s:'\x22)]*";
    let hash = r"\b(?:sha[0-9]+[:-]|0x)?[0-9a-fA-F]{7,}\b";
    let identifier = r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b";
    let number = r"[0-9][0-9.,:]*(?:T[0-9:.]+Z?)?\s?(?:[mun\xb5]?s|ms|min|[kKMG]i?B|%)?";
    Regex::new(&format!("(?-u){temporary}|{identifier}|{hash}|{number}")).ok()
});

/// The lines of `log` that `good` does not have, consequences left out.
pub(super) fn differences(
    catalogue: &Catalogue,
    log: &mut dyn BufRead,
    good: &mut dyn BufRead,
) -> io::Result<Vec<Line>> {
    let mut known = HashSet::new();
    each_line(good, |_, text| {
        if known.len() < MOST_KNOWN {
            known.insert(normal(text));
        }
    })?;
    let mut first = Vec::new();
    let mut last = std::collections::VecDeque::new();
    each_line(log, |number, text| {
        if text.is_empty() || catalogue.is_consequence(text) || known.contains(&normal(text)) {
            return;
        }
        if first.len() < FIRST {
            first.push(Line::new(number, text));
            return;
        }
        if last.len() == LAST {
            last.pop_front();
        }
        last.push_back(Line::new(number, text));
    })?;
    first.extend(last);
    Ok(first)
}

/// A line without what differs from run to run.
fn normal(text: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    match &*CHANGING {
        Some(changing) => changing.replace_all(text.trim_ascii(), &b"\0"[..]).hash(&mut hasher),
        None => text.hash(&mut hasher),
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_hashes_paths_and_counters_make_no_difference() {
        for (one, other) in [
            ("built in 1.32s", "built in 987ms"),
            ("2026-11-21T10:00:01.123Z started", "2026-11-22T23:59:59.9Z started"),
            ("writing /tmp/build-x7Ya/out.js", "writing /tmp/build-qq1/out.js"),
            ("image sha256:9f86d081884c7d65", "image sha256:60303ae22b998861"),
            ("request 550e8400-e29b-41d4-a716-446655440000", "request 6fa459ea-ee8a-3ca4-894e-db77e160355e"),
            ("12 modules transformed, 4 kB", "1,310 modules transformed, 12.5 kB"),
        ] {
            assert_eq!(normal(one.as_bytes()), normal(other.as_bytes()), "{one} / {other}");
        }
        assert_ne!(normal(b"copied assets"), normal(b"copied styles"));
    }
}
