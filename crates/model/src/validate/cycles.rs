//! Services that wait for one another, and environments that come after one another.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{App, Name, Origin};

use super::{Problem, ValidationContext};

/// What each name waits for, and who says so.
type Edges<'a> = BTreeMap<&'a Name, BTreeMap<&'a Name, &'a Origin>>;

pub(super) fn check(app: &App, context: &ValidationContext<'_>, problems: &mut Vec<Problem>) {
    let mut services = Edges::new();
    for (name, service) in &app.services {
        for (need, dependency) in &service.depends_on {
            if let Some(origin) = dependency.condition.origin() {
                services.entry(name).or_default().insert(need, origin);
            }
        }
    }
    for circle in circles(&services) {
        problems.push(
            problem("dependency-cycle", "waits for itself", &circle, &services, context)
                .note("none of them can start first")
                .help(
                    "delete one of these dependencies; a service that copes with a late one needs none"
                        .to_owned(),
                ),
        );
    }
    let mut environments = Edges::new();
    for (name, environment) in &app.environments {
        if let Some(after) = environment.after.winner() {
            environments.entry(name).or_default().insert(&after.value, &after.origin);
        }
    }
    for circle in circles(&environments) {
        problems.push(
            problem("environment-cycle", "comes after itself", &circle, &environments, context)
                .note("a release could reach none of them")
                .help("delete `after` from the environment that comes first".to_owned()),
        );
    }
}

/// The circle spelled out, with a place for each step.
fn problem(
    code: &'static str,
    verb: &str,
    circle: &[&Name],
    edges: &Edges<'_>,
    context: &ValidationContext<'_>,
) -> Problem {
    let steps: Vec<_> = circle.iter().chain(circle.first()).map(|name| name.as_str()).collect();
    let mut problem = Problem::error(code, format!("`{}` {verb}: {}", circle[0], steps.join(" -> ")));
    for (index, from) in circle.iter().enumerate() {
        let to = circle[(index + 1) % circle.len()];
        if let Some(origin) = edges.get(from).and_then(|needs| needs.get(to)) {
            problem = problem.at(context.site(origin, format!("{from} -> {to}")));
        }
    }
    problem
}

/// The shortest circle through each name that is in one; a name is told about once.
pub(super) fn circles<'a, K: Ord, V>(edges: &BTreeMap<&'a K, BTreeMap<&'a K, V>>) -> Vec<Vec<&'a K>> {
    let mut found = Vec::new();
    let mut told = BTreeSet::new();
    for name in edges.keys() {
        if told.contains(*name) {
            continue;
        }
        if let Some(circle) = circle_through(edges, name) {
            told.extend(circle.iter().copied());
            found.push(circle);
        }
    }
    found
}

/// Breadth first from a name back to itself.
fn circle_through<'a, K: Ord, V>(
    edges: &BTreeMap<&'a K, BTreeMap<&'a K, V>>,
    start: &'a K,
) -> Option<Vec<&'a K>> {
    let mut came_from: BTreeMap<&K, &'a K> = BTreeMap::new();
    let mut next = VecDeque::from([start]);
    while let Some(name) = next.pop_front() {
        for need in edges.get(name).into_iter().flat_map(BTreeMap::keys).copied() {
            if need == start {
                let mut circle = vec![name];
                while *circle.last()? != start {
                    circle.push(came_from.get(circle.last()?)?);
                }
                circle.reverse();
                return Some(circle);
            }
            if !came_from.contains_key(need) {
                came_from.insert(need, name);
                next.push_back(need);
            }
        }
    }
    None
}
