//! Packages with known vulnerabilities, and packages that do harm by intent.

use std::collections::BTreeSet;

use crate::advisories::{Advisory, Index, PROJECT_FOLDER, compare};
use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::finding::Draft;
use crate::lockfile::{Lockfile, Package};
use crate::rule::Severity;

const VULNERABLE: &str = "vulnerable-dependency";
const MALICIOUS: &str = "malicious-dependency";

pub(super) static FACT: Fact = Fact { rules: &[VULNERABLE, MALICIOUS], whole: true, check };

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    let own = context.repository.root().join(PROJECT_FOLDER);
    let Some(folder) = context.advisories.or_else(|| own.is_dir().then_some(own.as_path())) else { return };
    if context.lockfiles().iter().all(|lock| lock.packages.is_empty()) {
        return;
    }
    let index = Index::open(folder);
    for lock in context.lockfiles() {
        let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
        for package in &lock.packages {
            if seen.insert((&package.name, &package.version)) {
                judge(&index, lock, package, sink);
            }
        }
    }
}

fn judge(index: &Index, lock: &Lockfile, package: &Package, sink: &Sink<'_>) {
    let about = index.about(lock.ecosystem, &package.name);
    let mut hits: Vec<(&Advisory, Option<&str>)> = about
        .iter()
        .filter_map(|advisory| {
            Some((advisory, advisory.hits(lock.ecosystem, &package.name, &package.version)?.fixed))
        })
        .collect();
    if hits.is_empty() {
        return;
    }
    let way = lock.way_to(&package.name);
    let way = if way.len() > 1 { format!("; it comes by {}", way.join(" > ")) } else { String::new() };
    let name = format!("`{}` {}", package.name, package.version);
    if let Some((malware, _)) = hits.iter().find(|(advisory, _)| advisory.is_malware()) {
        let says = format!("{name} does harm by intent ({}): {}{way}", malware.id, malware.summary);
        sink.report(Draft::line(MALICIOUS, &lock.path, package.line).says(says));
        return;
    }
    // The same vulnerability is in several databases.
    let mut known: BTreeSet<&str> = BTreeSet::new();
    hits.sort_by_key(|(advisory, _)| (std::cmp::Reverse(advisory.severity), advisory.known_as()));
    hits.retain(|(advisory, _)| known.insert(advisory.known_as()));
    let worst = hits.iter().filter_map(|(advisory, _)| advisory.severity).max().unwrap_or(Severity::Medium);
    // What only development installs is not what users meet.
    let severity = if package.is_dev { worst.min(Severity::Medium) } else { worst };
    let fixed = hits
        .iter()
        .filter_map(|(_, fixed)| *fixed)
        .max_by(|one, other| compare(lock.ecosystem, one, other).unwrap_or(std::cmp::Ordering::Equal));
    let all_fixed = hits.iter().all(|(_, fixed)| fixed.is_some());
    let mend = match (fixed, all_fixed) {
        (Some(version), true) => format!("mended in {version}"),
        (Some(version), false) => format!("partly mended in {version}"),
        (None, _) => "no mended version is known".to_owned(),
    };
    let ids: Vec<&str> = hits.iter().take(4).map(|(advisory, _)| advisory.known_as()).collect();
    let more =
        if hits.len() > ids.len() { format!(" and {} more", hits.len() - ids.len()) } else { String::new() };
    let says = format!("{name}: {} ({}{more}; {mend}){way}", hits[0].0.summary, ids.join(", "));
    sink.report(Draft::line(VULNERABLE, &lock.path, package.line).says(says).weighs(severity));
}
