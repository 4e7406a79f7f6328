//! Places of a repository that disagree: tomorrow's drift.

use seaworthy_model::{
    Confidence, Evidence, Kind, Place, PortSetting, Probe, ProbeAction, Resource, Runtime, Service,
};

use crate::draft::Draft;
use crate::importer::kubernetes;
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
            ports(name, &service.service, &mut found);
            probes(name, &service.service, &mut found);
        }
    }
    for (name, resource) in &draft.resources {
        resource_versions(name.as_str(), resource, &mut found);
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
            if !version::runtimes_agree(&one.value, &other.value) {
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
fn ports(name: &str, service: &Service, found: &mut Found) {
    let mut said = service.port.all().iter().filter(|evidence| counts(evidence));
    let Some(first) = said.next() else { return };
    // Two scripts of one manifest may well differ: development and production.
    let other = said.find(|other| {
        other.value != first.value
            && !is_overruled(service, first.value, other)
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

/// What is said, not merely usual; a manifest says so too, although it never wins.
fn counts<T>(evidence: &Evidence<T>) -> bool {
    evidence.origin.confidence >= Confidence::Medium || is_deployed(evidence)
}

fn is_deployed<T>(evidence: &Evidence<T>) -> bool {
    evidence.origin.rule.starts_with(kubernetes::TITLE)
}

/// The code reads its port from a variable, and this is what a file sets it to, or what the code falls back to
/// although a file sets it to `port`.
fn is_overruled(service: &Service, port: u16, evidence: &Evidence<u16>) -> bool {
    let Some(PortSetting::Env(variable)) = service.port_setting.get() else { return false };
    let Some(variable) = service.env.get(variable) else { return false };
    let Some(place) = &evidence.origin.place else { return false };
    // Where a file sets the variable itself, each place may well choose its own.
    if variable.declared_at.contains(place) {
        return true;
    }
    let is_fallback = variable.used_at.contains(place);
    let set_to = |known: &Evidence<String>| known.value.parse() == Ok(port);
    is_fallback && (variable.value.all().iter().any(set_to) || variable.default.all().iter().any(set_to))
}

/// A path that a manifest asks for and the code, as far as is known, does not serve.
fn probes(name: &str, service: &Service, found: &mut Found) {
    let path = |evidence: &Evidence<Probe>| match &evidence.value.action {
        ProbeAction::Http(path) => Some(path.trim_end_matches('/').to_owned()),
        _ => None,
    };
    let of_code: Vec<(&Evidence<Probe>, String)> = [&service.readiness, &service.liveness]
        .into_iter()
        .flat_map(seaworthy_model::Field::all)
        .filter(|evidence| !is_deployed(evidence))
        .filter_map(|evidence| Some((evidence, path(evidence)?)))
        .collect();
    let Some((served, served_path)) = of_code.first() else { return };
    for field in [&service.readiness, &service.liveness, &service.startup] {
        let asked = field.all().iter().filter(|evidence| is_deployed(evidence));
        for (evidence, asked) in asked.filter_map(|evidence| Some((evidence, path(evidence)?))) {
            if !of_code.iter().any(|(_, known)| *known == asked) {
                found.push((
                    "probe-conflict",
                    format!(
                        "{name}: {} asks for {asked}, {} says {served_path}",
                        place(evidence),
                        place(served)
                    ),
                    [evidence, *served].iter().filter_map(|known| known.origin.place.clone()).collect(),
                ));
            }
        }
    }
}

/// Two places that name versions of one resource.
fn resource_versions(name: &str, resource: &Resource, found: &mut Found) {
    let said = resource.version.all();
    let Some(first) = said.first() else { return };
    if let Some(other) = said.iter().find(|other| !version::versions_agree(&first.value, &other.value)) {
        let kind = resource.r#type.get().map_or("version", String::as_str);
        found.push((
            "version-conflict",
            format!(
                "{name}: {} asks for {kind} {}, {} for {}",
                place(first),
                first.value,
                place(other),
                other.value
            ),
            [first, other].iter().filter_map(|known| known.origin.place.clone()).collect(),
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
