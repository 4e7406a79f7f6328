//! One OSV record: which versions of which packages, how bad, and mended when.

use std::cmp::Ordering;

use serde::Deserialize;

use super::severity;
use super::version::compare;
use crate::lockfile::Ecosystem;
use crate::rule::Severity;

/// What is known about a vulnerability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advisory {
    /// Its id: `GHSA-...`, `PYSEC-...`, `MAL-...`.
    pub id: String,
    /// Its other names, a CVE among them for most.
    pub aliases: Vec<String>,
    /// What it is, in a line.
    pub summary: String,
    /// How bad it is, where the record says so.
    pub severity: Option<Severity>,
    /// It was taken back.
    pub is_withdrawn: bool,
    /// What it is about.
    pub affected: Vec<Affected>,
}

/// A package with its bad versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    /// Where the package is from.
    pub ecosystem: Ecosystem,
    /// Its normal name.
    pub name: String,
    versions: Vec<String>,
    ranges: Vec<Vec<Event>>,
}

/// A version that an advisory is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit<'a> {
    /// The first sound version after it, where there is one.
    pub fixed: Option<&'a str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    Introduced(String),
    Fixed(String),
    LastAffected(String),
    Limit(String),
}

impl Advisory {
    /// Reads a record; `None` for what is none.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let record: Record = serde_json::from_slice(bytes).ok()?;
        let mut affected = Vec::new();
        let mut severity = severity::of(record.severity.iter(), record.database_specific.as_ref());
        for part in record.affected {
            let own = severity::of(part.severity.iter(), part.database_specific.as_ref());
            severity = severity.max(own);
            let Some(package) = part.package else { continue };
            let Some(ecosystem) = Ecosystem::parse(&package.ecosystem) else { continue };
            affected.push(Affected {
                ecosystem,
                name: ecosystem.normal(&package.name),
                versions: part.versions,
                ranges: part
                    .ranges
                    .into_iter()
                    .filter(|range| range.r#type != "GIT")
                    .map(|range| range.events)
                    .collect(),
            });
        }
        Some(Self {
            id: record.id,
            aliases: record.aliases,
            summary: record.summary.or(record.details.map(|text| first_line(&text))).unwrap_or_default(),
            severity,
            is_withdrawn: record.withdrawn.is_some(),
            affected,
        })
    }

    /// The package does harm by intent.
    pub fn is_malware(&self) -> bool {
        self.id.starts_with("MAL-")
    }

    /// The name that people know: a CVE where there is one.
    pub fn known_as(&self) -> &str {
        self.aliases.iter().find(|alias| alias.starts_with("CVE-")).unwrap_or(&self.id)
    }

    /// What it says of a version of a package; nothing where that is sound.
    pub fn hits(&self, ecosystem: Ecosystem, name: &str, version: &str) -> Option<Hit<'_>> {
        let name = ecosystem.normal(name);
        self.affected
            .iter()
            .filter(|affected| affected.ecosystem == ecosystem && affected.name == name)
            .find_map(|affected| affected.hits(version))
    }
}

impl Affected {
    fn hits(&self, version: &str) -> Option<Hit<'_>> {
        for events in &self.ranges {
            if let Some(hit) = self.range_hits(events, version) {
                return Some(hit);
            }
        }
        // Lists repeat what ranges say, and say it where there is none.
        let is_listed = self.versions.iter().any(|known| {
            known == version || compare(self.ecosystem, known, version) == Some(Ordering::Equal)
        });
        is_listed.then(|| Hit { fixed: self.fixed_after(version) })
    }

    /// Evaluates one range as the schema says: events in order of their versions switch between bad and sound.
    fn range_hits<'e>(&self, events: &'e [Event], version: &str) -> Option<Hit<'e>> {
        let order = |one: &str, other: &str| compare(self.ecosystem, one, other);
        let mut is_bad = false;
        // The latest event at or before the version decides.
        let mut latest: Option<&str> = None;
        for event in events {
            let (at, becomes_bad, is_reached) = match event {
                Event::Introduced(at) if at == "0" => ("0", true, true),
                Event::Introduced(at) => (at.as_str(), true, order(at, version)?.is_le()),
                Event::Fixed(at) => (at.as_str(), false, order(at, version)?.is_le()),
                Event::LastAffected(at) => (at.as_str(), false, order(at, version)?.is_lt()),
                Event::Limit(_) => continue,
            };
            let is_later = match latest {
                None | Some("0") => true,
                Some(_) if at == "0" => false,
                Some(before) => order(before, at)?.is_le(),
            };
            if is_reached && is_later {
                is_bad = becomes_bad;
                latest = Some(at);
            }
        }
        is_bad.then(|| Hit { fixed: self.fixed_in(events, version) })
    }

    fn fixed_in<'e>(&self, events: &'e [Event], version: &str) -> Option<&'e str> {
        events
            .iter()
            .filter_map(|event| match event {
                Event::Fixed(at) if compare(self.ecosystem, at, version) == Some(Ordering::Greater) => {
                    Some(at.as_str())
                }
                _ => None,
            })
            .min_by(|one, other| compare(self.ecosystem, one, other).unwrap_or(Ordering::Equal))
    }

    fn fixed_after(&self, version: &str) -> Option<&str> {
        self.ranges.iter().find_map(|events| self.fixed_in(events, version))
    }
}

/// Ecosystems and normal names of a record's packages, and nothing else of it.
pub(super) fn names(bytes: &[u8]) -> Vec<(Ecosystem, String)> {
    #[derive(Deserialize)]
    struct Names {
        #[serde(default)]
        affected: Vec<Part>,
    }
    #[derive(Deserialize)]
    struct Part {
        package: Option<PackageName>,
    }
    let Ok(names) = serde_json::from_slice::<Names>(bytes) else { return Vec::new() };
    names
        .affected
        .into_iter()
        .filter_map(|part| part.package)
        .filter_map(|package| {
            let ecosystem = Ecosystem::parse(&package.ecosystem)?;
            Some((ecosystem, ecosystem.normal(&package.name)))
        })
        .collect()
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(160).collect()
}

#[derive(Deserialize)]
struct Record {
    id: String,
    #[serde(default)]
    aliases: Vec<String>,
    summary: Option<String>,
    details: Option<String>,
    withdrawn: Option<String>,
    #[serde(default)]
    severity: Vec<severity::Score>,
    #[serde(default)]
    affected: Vec<AffectedPart>,
    database_specific: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct AffectedPart {
    package: Option<PackageName>,
    #[serde(default)]
    ranges: Vec<Range>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    severity: Vec<severity::Score>,
    database_specific: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct PackageName {
    ecosystem: String,
    name: String,
}

#[derive(Deserialize)]
struct Range {
    r#type: String,
    #[serde(default)]
    events: Vec<Event>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advisory(ecosystem: &str, events: &str, versions: &str) -> Advisory {
        let text = format!(
            r#"{{"id":"GHSA-x","aliases":["CVE-2020-1"],"affected":[{{"package":{{"ecosystem":"{ecosystem}","name":"p"}},"ranges":[{{"type":"ECOSYSTEM","events":{events}}}],"versions":{versions}}}]}}"#
        );
        Advisory::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn ranges_are_evaluated_event_by_event() {
        let npm = advisory(
            "npm",
            r#"[{"introduced":"0"},{"fixed":"1.2.3"},{"introduced":"2.0.0"},{"fixed":"2.1.0"}]"#,
            "[]",
        );
        let hits = |version| npm.hits(Ecosystem::Npm, "p", version).map(|hit| hit.fixed);
        assert_eq!(hits("1.0.0"), Some(Some("1.2.3")));
        assert_eq!(hits("1.2.3"), None);
        assert_eq!(hits("1.9.0"), None);
        assert_eq!(hits("2.0.0"), Some(Some("2.1.0")));
        assert_eq!(hits("2.1.0"), None);
        assert_eq!(hits("2.1.0-rc.1"), Some(Some("2.1.0")));
        assert_eq!(npm.hits(Ecosystem::PyPi, "p", "1.0.0"), None);
        assert_eq!(npm.known_as(), "CVE-2020-1");
        let last = advisory("PyPI", r#"[{"introduced":"1.0"},{"last_affected":"1.5"}]"#, r#"["0.9rc1"]"#);
        let hits = |version| last.hits(Ecosystem::PyPi, "P", version).map(|hit| hit.fixed);
        assert_eq!(hits("1.5"), Some(None));
        assert_eq!(hits("1.5.0"), Some(None));
        assert_eq!(hits("1.6"), None);
        assert_eq!(hits("0.9.rc1"), Some(None));
        assert_eq!(hits("0.8"), None);
    }
}
