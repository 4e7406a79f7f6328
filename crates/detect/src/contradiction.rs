//! Places of a repository that disagree: tomorrow's drift.

use seaworthy_model::{Confidence, Evidence, Kind, Place, Runtime};

use crate::draft::Draft;
use crate::repository::{Repository, parent};
use crate::version;

/// Notes every contradiction, with both places.
pub(crate) fn note(repo: &Repository, draft: &mut Draft) {
    lockfiles(repo, draft);
    let mut found = Vec::new();
    for service in &draft.services {
        let name = service.names.get().map_or("app", |name| name.as_str());
        versions(name, service.service.runtime.all(), &mut found);
        package_managers(name, service.service.package_manager.all(), &mut found);
        if service.service.kind.get() != Some(&Kind::Static) {
            ports(name, service.service.port.all(), &mut found);
        }
    }
    for (code, message, places) in found {
        let is_known = draft.warnings.iter().any(|warning| warning.code == code && warning.places == places);
        if !is_known {
            draft.warn(code, message, places);
        }
    }
}

type Found = Vec<(&'static str, String, Vec<Place>)>;

/// Two places that name versions which cannot both be meant.
fn versions(name: &str, evidence: &[Evidence<Runtime>], found: &mut Found) {
    let said: Vec<_> = evidence
        .iter()
        .filter(|evidence| {
            evidence.origin.confidence >= Confidence::Medium && evidence.value.version.is_some()
        })
        .collect();
    for (index, one) in said.iter().enumerate() {
        for other in &said[index + 1..] {
            if conflict(&one.value, &other.value) {
                let text = |runtime: &Runtime| {
                    runtime.requirement.clone().or_else(|| runtime.version.clone()).unwrap_or_default()
                };
                let places: Vec<Place> =
                    [one, other].iter().filter_map(|evidence| evidence.origin.place.clone()).collect();
                found.push((
                    "version-conflict",
                    format!(
                        "{name}: {} asks for {} {}, {} for {}",
                        place(one),
                        one.value.name,
                        text(&one.value),
                        place(other),
                        text(&other.value)
                    ),
                    places,
                ));
                // One pair says it; the rest of the pairs follow from it.
                return;
            }
        }
    }
}

/// No version can be what both places mean.
fn conflict(one: &Runtime, other: &Runtime) -> bool {
    let (Some(first), Some(second)) = (&one.version, &other.version) else { return false };
    one.name == other.name
        && (!version::admits(one, second) && !version::admits(other, first) || exact_refused(one, other))
}

/// One place names one version, the other a range that refuses it.
fn exact_refused(one: &Runtime, other: &Runtime) -> bool {
    let refused = |exact: &Runtime, range: &Runtime| {
        exact.requirement.is_none()
            && range.requirement.is_some()
            && exact.version.as_deref().is_some_and(|version| !version::admits(range, version))
    };
    refused(one, other) || refused(other, one)
}

/// A manifest that asks for one package manager beside the lockfile of another.
fn package_managers(name: &str, evidence: &[Evidence<String>], found: &mut Found) {
    let said = |evidence: &&Evidence<String>| evidence.origin.confidence == Confidence::High;
    let is_lock = |evidence: &Evidence<String>| {
        let file = evidence.origin.place.as_ref().map_or("", |place| place.file.as_str());
        ["lock", "lockb", "lock.json", "lock.yaml", "shrinkwrap.json"].iter().any(|end| file.ends_with(end))
    };
    let asked = evidence.iter().filter(said).find(|evidence| evidence.origin.rule.contains("packageManager"));
    let Some(asked) = asked else { return };
    let Some(locked) =
        evidence.iter().filter(said).find(|other| is_lock(other) && other.value != asked.value)
    else {
        return;
    };
    let places = [asked, locked].iter().filter_map(|evidence| evidence.origin.place.clone()).collect();
    found.push((
        "package-manager-conflict",
        format!(
            "{name}: {} asks for {}, {} is the lockfile of {}",
            place(asked),
            asked.value,
            place(locked),
            locked.value
        ),
        places,
    ));
}

/// Two places that name different ports.
fn ports(name: &str, evidence: &[Evidence<u16>], found: &mut Found) {
    let mut said = evidence.iter().filter(|evidence| evidence.origin.confidence >= Confidence::Medium);
    let Some(first) = said.next() else { return };
    // Two scripts of one manifest may well differ: development and production.
    let other = said.find(|other| {
        other.value != first.value
            && other.origin.place.as_ref().map(|place| &place.file)
                != first.origin.place.as_ref().map(|place| &place.file)
    });
    if let Some(other) = other {
        let places = [first, other].iter().filter_map(|evidence| evidence.origin.place.clone()).collect();
        found.push((
            "port-conflict",
            format!(
                "{name}: {} says port {}, {} says {}",
                place(first),
                first.value,
                place(other),
                other.value
            ),
            places,
        ));
    }
}

fn place<T>(evidence: &Evidence<T>) -> String {
    match &evidence.origin.place {
        Some(place) => place.to_string(),
        None => evidence.origin.rule.to_string(),
    }
}

/// Lockfiles of two package managers in one folder.
fn lockfiles(repo: &Repository, draft: &mut Draft) {
    const JAVASCRIPT: [&str; 6] =
        ["package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb", "npm-shrinkwrap.json"];
    const PYTHON: [&str; 4] = ["poetry.lock", "uv.lock", "Pipfile.lock", "pdm.lock"];
    for family in [&JAVASCRIPT[..], &PYTHON[..]] {
        let mut dirs: Vec<&str> = family.iter().flat_map(|name| repo.named(name)).map(parent).collect();
        dirs.sort_unstable();
        dirs.dedup();
        for dir in dirs {
            let mut locks: Vec<String> =
                family.iter().filter_map(|name| repo.first_of(dir, [*name])).collect();
            if locks.iter().any(|lock| lock.ends_with("bun.lock")) {
                locks.retain(|lock| !lock.ends_with("bun.lockb"));
            }
            if locks.len() > 1 {
                let message = format!(
                    "{} lock the same dependencies with different package managers",
                    locks.join(" and ")
                );
                draft.warn("two-lockfiles", message, locks.into_iter().map(Place::file));
            }
        }
    }
}
