//! Variables: missing in one place, in clear in one place, or read by nothing.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_model::{App, Name, Place, Service, Variable};

use super::source::Source;
use super::sources_of;
use crate::drift::{Difference, Kind, Side, side};

/// Variables that one deployment hands over and another does not, secrets in clear, names that nothing reads.
pub(super) fn of_service(app: &App, name: &Name, service: &Service, found: &mut Vec<Difference>) {
    // Code that several services run is not read by all of them.
    let shares_its_folder = app.services.values().filter(|other| other.path() == service.path()).count() > 1;
    let runs_in = sources_of(service);
    let reads_code = service.env.values().any(|variable| !variable.used_at.is_empty());
    for (key, variable) in &service.env {
        let subject = format!("{name}.env.{key}");
        let declared: BTreeMap<Source, &Place> = variable
            .declared_at
            .iter()
            .filter_map(|place| Some((Source::of(&place.file)?, place)))
            .rev()
            .collect();
        by_value(&subject, variable, found);
        if is_own_business(key) {
            continue;
        }
        if variable.used_at.is_empty() {
            let is_plain = variable.value.get().is_none_or(|value| !value.contains("${"));
            if let Some(missed) = missed_by_the_same(service, &declared).filter(|_| reads_code && is_plain) {
                unread(&subject, key, &declared, &missed, name, found);
            }
            continue;
        }
        // Where nobody hands it over, the code's fallback is what everybody means.
        if declared.is_empty() && !variable.required {
            continue;
        }
        for (source, place) in &runs_in {
            let told_elsewhere = declared.keys().any(|known| known.is_deployment() && known != source);
            // A fallback for the address of a database is one for laptops.
            let needed = !has_fallback(variable) || names_a_part(variable);
            let required = variable.required && !shares_its_folder;
            let expected = required || (source.is_deployment() && told_elsewhere && needed);
            if expected && !declared.contains_key(source) && !source.is_partial(key) {
                let used = variable.used_at.first().cloned();
                let others = declared.values().map(|place| side("is set", (*place).clone()));
                let reader = used.clone().map(|place| side("is read", place));
                found.push(Difference {
                    subject: subject.clone(),
                    kind: Kind::Missing,
                    sides: reader
                        .into_iter()
                        .chain(others)
                        .chain([Side { says: None, place: Place::file(&place.file) }])
                        .collect(),
                    obeyed: used.map(|place| format!("the code, which reads it at {place}")),
                    fix: format!("set {key} in {}", place.file),
                });
            }
        }
    }
}

/// It is the address of a resource or of another service.
fn names_a_part(variable: &Variable) -> bool {
    variable.value.get().is_some_and(|value| value.contains("${"))
}

fn has_fallback(variable: &Variable) -> bool {
    variable
        .default
        .all()
        .iter()
        .any(|default| default.origin.place.as_ref().is_some_and(|place| variable.used_at.contains(place)))
}

/// A secret that stands in one place in clear, and in another as a reference.
fn by_value(subject: &str, variable: &Variable, found: &mut Vec<Difference>) {
    if !variable.secret {
        return;
    }
    let deployed = |place: &&Place| Source::of(&place.file).is_some_and(|source| source.is_deployment());
    let written: Vec<&Place> = variable.written_at.iter().filter(deployed).collect();
    let referred: Vec<&Place> = variable
        .declared_at
        .iter()
        .filter(deployed)
        .filter(|place| !variable.written_at.contains(place))
        .collect();
    let (Some(clear), Some(reference)) = (written.first(), referred.first()) else { return };
    found.push(Difference {
        subject: subject.to_owned(),
        kind: Kind::SecretByValue,
        sides: vec![side("its value", (*clear).clone()), side("a reference", (*reference).clone())],
        obeyed: None,
        fix: format!("take the value out of {clear}, refer to it as {reference} does, and change the secret"),
    });
}

/// A variable that the code needs and that the same deployments do not hand over.
fn missed_by_the_same(service: &Service, declared: &BTreeMap<Source, &Place>) -> Option<String> {
    service
        .env
        .iter()
        .filter(|(key, variable)| !variable.used_at.is_empty() && !is_own_business(key))
        .find(|(_, variable)| {
            let known: BTreeSet<Source> =
                variable.declared_at.iter().filter_map(|place| Source::of(&place.file)).collect();
            let elsewhere = known.iter().any(Source::is_deployment);
            (variable.required || elsewhere)
                && declared.keys().all(|source| source.is_deployment() && !known.contains(source))
        })
        .map(|(key, _)| key.clone())
}

fn unread(
    subject: &str,
    key: &str,
    declared: &BTreeMap<Source, &Place>,
    missed: &str,
    service: &Name,
    found: &mut Vec<Difference>,
) {
    let Some((source, place)) = declared.iter().next().filter(|_| !alike(key, missed).is_empty()) else {
        return;
    };
    found.push(Difference {
        subject: subject.to_owned(),
        kind: Kind::Unread,
        sides: vec![side("is set", (*place).clone())],
        obeyed: Some(format!("the code of {service}, which reads {missed} and nothing called {key}")),
        fix: format!("call it {missed} in {}", source.name()),
    });
}

/// Words that two names share: `DB_URL` and `DATABASE_URL` are about the same.
fn alike<'a>(one: &'a str, other: &'a str) -> BTreeSet<&'a str> {
    let words = |name: &'a str| name.split('_').map(|word| if word == "DATABASE" { "DB" } else { word });
    let others: BTreeSet<&str> = words(other).collect();
    words(one).filter(|word| others.contains(word)).collect()
}

/// Variables that say which environment this is, or that platforms set themselves.
fn is_own_business(key: &str) -> bool {
    matches!(
        key,
        "PORT" | "HOST" | "HOSTNAME" | "NODE_ENV" | "CI" | "TZ" | "DEBUG" | "PATH" | "HOME" | "LOG_LEVEL"
    ) || key.ends_with("_ENV")
}
