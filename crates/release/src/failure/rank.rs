//! Which match is the first cause, and which others stand beside it.
//!
//! The rank of a signature goes first, since what a machine lacks explains whatever tools say about it, and a cause
//! explains its symptoms. Within a rank the earliest line wins: tools go on after an error, and what they say then follows
//! from it. Symptoms near a cause follow from it; one that stands far from every cause is named beside them, since a cause may be
//! the expected noise of a test. Of two that match the same line the one that demands more knows more.

use super::analysis::Ran;
use super::catalogue::{Catalogue, Entry};
use super::scan::{AFTER, BEFORE, Hit, Scan};
use super::signature::Rank;

/// Causes that are named beside the first one.
const MOST_OTHERS: usize = 4;

/// Lines between two causes that have nothing to do with each other.
const APART: usize = 12;

/// The matches that are causes, the first cause first.
pub(super) fn causes(catalogue: &Catalogue, scan: &Scan, ran: &Ran) -> Vec<Hit> {
    let mut hits: Vec<Hit> = scan
        .hits
        .iter()
        .copied()
        .filter(|hit| applies(catalogue.entry(hit.entry), *hit, scan, ran))
        .collect();
    hits.sort_by_key(|hit| {
        let signature = &catalogue.entry(hit.entry).signature;
        let demands = signature.context.len() + signature.statuses.len().min(1);
        (signature.rank, hit.line, std::cmp::Reverse(demands), hit.entry)
    });
    let mut chosen: Vec<Hit> = Vec::new();
    for hit in hits {
        let Some(first) = chosen.first() else {
            chosen.push(hit);
            continue;
        };
        let explained = catalogue.entry(first.entry).signature.rank == Rank::Machine;
        let known =
            chosen.iter().any(|other| other.entry == hit.entry || other.line.abs_diff(hit.line) <= APART);
        if !explained && !known && chosen.len() <= MOST_OTHERS {
            chosen.push(hit);
        }
    }
    chosen
}

fn applies(entry: &Entry, hit: Hit, scan: &Scan, ran: &Ran) -> bool {
    let signature = &entry.signature;
    let stage =
        signature.stages.is_empty() || ran.stage.is_none_or(|stage| signature.stages.contains(&stage));
    let status = signature.statuses.is_empty()
        || ran.status.is_some_and(|status| signature.statuses.contains(&status));
    stage
        && status
        && entry
            .context
            .iter()
            .all(|context| scan.around(hit.line, BEFORE, AFTER).any(|(_, text)| context.is_match(text)))
}
