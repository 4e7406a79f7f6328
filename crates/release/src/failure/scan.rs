//! Where signatures match, in one pass.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufRead};

use super::catalogue::Catalogue;
use super::lines::each_line;

/// Lines before a match that are looked at and kept.
pub(super) const BEFORE: usize = 20;

/// Lines after a match.
pub(super) const AFTER: usize = 40;

/// Matches of one signature that are kept: the first ones, since causes come first.
const MOST: u8 = 8;

/// A line that a signature matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// Its number, from 1.
    pub(super) line: usize,
    /// The entry of the catalogue.
    pub(super) entry: usize,
}

/// What was found in a log.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Matches, in the order of the log.
    pub(super) hits: Vec<Hit>,
    /// Lines around them, by their number.
    pub(super) kept: BTreeMap<usize, Vec<u8>>,
}

impl Scan {
    /// The kept lines around one.
    pub(super) fn around(
        &self,
        line: usize,
        before: usize,
        after: usize,
    ) -> impl Iterator<Item = (usize, &[u8])> {
        let range = line.saturating_sub(before)..=line.saturating_add(after);
        self.kept.range(range).map(|(number, text)| (*number, text.as_slice()))
    }

    /// The text of a line that was kept.
    pub(super) fn text(&self, line: usize) -> &[u8] {
        self.kept.get(&line).map_or(&[], Vec::as_slice)
    }
}

/// Looks for every signature in every line.
pub(super) fn scan(catalogue: &Catalogue, log: &mut dyn BufRead) -> io::Result<Scan> {
    let mut found = Scan::default();
    let mut counts = vec![0u8; catalogue.len()];
    let mut last: VecDeque<(usize, Vec<u8>)> = VecDeque::with_capacity(BEFORE + 1);
    let mut keep_until = 0;
    each_line(log, |number, text| {
        let before = found.hits.len();
        for entry in catalogue.matching(text) {
            let seen = found.hits[before..].iter().any(|hit| hit.entry == entry);
            if counts[entry] < MOST && !seen {
                counts[entry] += 1;
                found.hits.push(Hit { line: number, entry });
            }
        }
        if found.hits.len() > before {
            keep_until = number + AFTER;
            found.kept.extend(last.drain(..));
        }
        if number <= keep_until {
            found.kept.insert(number, text.to_vec());
            return;
        }
        // Lines are reused, so that a large log costs no allocation for each.
        let mut slot = if last.len() == BEFORE { last.pop_front() } else { None }.unwrap_or_default();
        slot.0 = number;
        slot.1.clear();
        slot.1.extend_from_slice(text);
        last.push_back(slot);
    })?;
    Ok(found)
}
