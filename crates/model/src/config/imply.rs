//! Dependencies that nobody wrote down, and that follow from the placeholders of a service.

use std::collections::{BTreeMap, BTreeSet};

use super::apply::{Apply, entries};
use super::{Located, Map, ServiceConfig, Span};
use crate::placeholder::{Placeholder, Template};
use crate::{App, Condition, Name, Origin};

/// Dependencies that placeholders imply. A frontend that is told the address of its API, which in turn is
/// told the address of the frontend (for CORS), is common: such circles imply no order.
pub(super) fn dependencies(
    apply: &Apply<'_>,
    said: Option<&Located<Map<Name, ServiceConfig>>>,
    app: &mut App,
    at: &str,
) {
    let mut implied: BTreeMap<(Name, Name), (Condition, Origin)> = BTreeMap::new();
    for (name, config) in entries(said) {
        for (variable, entry) in config.env.iter().flat_map(|env| &env.value) {
            let Ok(template) = Template::parse(entry.value.as_str()) else { continue };
            for (placeholder, _) in template.placeholders() {
                let (need, condition) = match placeholder {
                    Placeholder::Resource { name: need, .. } if app.resources.contains_key(need) => {
                        (need, Condition::ServiceHealthy)
                    }
                    Placeholder::Service { name: need, .. }
                        if need != name && app.services.contains_key(need) =>
                    {
                        (need, Condition::ServiceStarted)
                    }
                    _ => continue,
                };
                let rule = format!("{at}.{name}.env.{}", variable.as_str());
                implied
                    .entry((name.clone(), need.clone()))
                    .or_insert_with(|| (condition, apply.origin(&entry.span, rule)));
            }
        }
    }
    let mut edges: BTreeSet<(Name, Name)> = implied.keys().cloned().collect();
    for (name, service) in &app.services {
        edges.extend(service.depends_on.keys().map(|need| (name.clone(), need.clone())));
    }
    for ((name, need), (condition, origin)) in implied {
        let Some(service) = app.services.get_mut(&name) else { continue };
        // What was said in so many words has its condition already.
        if !service.depends_on.contains_key(&need) && !reaches(&edges, &need, &name) {
            service.depend_on(need, condition, origin);
        }
    }
}

/// Where a service is asked for its address.
pub(super) struct Asked {
    pub(super) span: Span,
    /// The key that asks.
    pub(super) rule: String,
}

/// The services whose address another one is told of.
pub(super) fn asked(said: Option<&Located<Map<Name, ServiceConfig>>>, at: &str) -> BTreeMap<Name, Asked> {
    let mut asked = BTreeMap::new();
    for (name, config) in entries(said) {
        for (variable, entry) in config.env.iter().flat_map(|env| &env.value) {
            let Ok(template) = Template::parse(entry.value.as_str()) else { continue };
            for (placeholder, _) in template.placeholders() {
                let Placeholder::Service { name: other, .. } = placeholder else { continue };
                if other != name {
                    asked.entry(other.clone()).or_insert_with(|| Asked {
                        span: entry.span.clone(),
                        rule: format!("{at}.{name}.env.{}", variable.as_str()),
                    });
                }
            }
        }
    }
    asked
}

/// Whether a path leads from one name to another.
fn reaches(edges: &BTreeSet<(Name, Name)>, from: &Name, to: &Name) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut next = vec![from];
    while let Some(name) = next.pop() {
        if name == to {
            return true;
        }
        for (_, need) in edges.iter().filter(|(user, _)| user == name) {
            if seen.insert(need) {
                next.push(need);
            }
        }
    }
    false
}
