//! Libraries of a workspace: what they read and need, the services that depend on them read and need.

use std::collections::BTreeSet;

use crate::project::Project;
use crate::source::Facts;

/// Lends to every project the dependencies, variables and code facts of the workspace's own libraries that it
/// depends on, directly or through another.
pub(crate) fn lend_libraries(projects: &mut [Project], all_facts: &mut [Facts]) {
    for index in 0..projects.len() {
        let lenders = libraries_of(projects, index);
        for lender in lenders {
            let library = projects[lender].clone();
            let borrower = &mut projects[index];
            for (name, dependency) in library.dependencies {
                borrower.dependencies.entry(name).or_insert(dependency);
            }
            for (name, variable) in library.service.env {
                match borrower.service.env.entry(name) {
                    std::collections::btree_map::Entry::Vacant(entry) => {
                        entry.insert(variable);
                    }
                    std::collections::btree_map::Entry::Occupied(mut entry) => {
                        entry.get_mut().used_at.extend(variable.used_at);
                    }
                }
            }
            let uses = all_facts[lender].uses.clone();
            all_facts[index].uses.extend(uses);
        }
    }
}

/// The projects without a process of their own that `index` depends on, transitively, nearest first.
fn libraries_of(projects: &[Project], index: usize) -> Vec<usize> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::from([index]);
    let mut waiting = vec![index];
    while let Some(current) = waiting.pop() {
        for (other, project) in projects.iter().enumerate() {
            let is_needed = project.family == projects[index].family
                && project
                    .name
                    .as_ref()
                    .is_some_and(|name| projects[current].dependencies.contains_key(name));
            if is_needed && project.service.framework.get().is_none() && seen.insert(other) {
                found.push(other);
                waiting.push(other);
            }
        }
    }
    found
}
