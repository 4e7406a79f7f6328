//! Several projects in one folder: one of them runs, the others prepare something for it.

use seaworthy_model::Kind;

use crate::project::{Project, Role};
use crate::source::Facts;

/// Joins the projects of each folder: a back end with its own front-end build is one service, the build part of it.
pub(crate) fn join(projects: &mut Vec<Project>, all_facts: &mut Vec<Facts>) {
    let rank = |project: &Project| match (project.service.kind.get(), project.role) {
        (Some(Kind::Web), _) if project.service.framework.get().is_some() => 0,
        (Some(Kind::Worker), _) => 1,
        (Some(Kind::Web), _) => 2,
        (Some(Kind::Static), _) => 3,
        (_, Role::Application) => 4,
        _ => 5,
    };
    let mut index = 0;
    while index < projects.len() {
        let dir = projects[index].dir.clone();
        let mut same: Vec<usize> =
            (index..projects.len()).filter(|other| projects[*other].dir == dir).collect();
        if same.len() < 2 {
            index += 1;
            continue;
        }
        let leader = *same.iter().min_by_key(|other| (rank(&projects[**other]), **other)).unwrap_or(&index);
        same.retain(|other| *other != leader);
        for other in same.into_iter().rev() {
            let assistant = projects.remove(other);
            let facts = all_facts.remove(other);
            let leader = if other < leader { leader - 1 } else { leader };
            // A library beside an app prepares nothing that runs; a package of assets is built into it.
            let is_apart = assistant.role == Role::Library && assistant.family != "javascript";
            if !is_apart || assistant.family == projects[leader].family {
                assist(&mut projects[leader], &assistant);
            }
            let keeps = assistant.service.kind.get() != Some(&Kind::Static)
                || assistant.family == projects[leader].family;
            if keeps {
                all_facts[leader].absorb(facts);
            }
        }
        index += 1;
    }
}

/// Adds what an assistant project prepares to the project that runs.
fn assist(leader: &mut Project, assistant: &Project) {
    let joined = [
        (&mut leader.service.install, &assistant.service.install),
        (&mut leader.service.build, &assistant.service.build),
    ];
    for (field, other) in joined {
        let Some(added) = other.winner() else { continue };
        match field.winner().cloned() {
            Some(own) if own.value != added.value => {
                field.propose(format!("{} && {}", own.value, added.value), own.origin.clone());
                let combined = format!("{} && {}", own.value, added.value);
                field.retain(|evidence| evidence.value == combined);
            }
            Some(_) => {}
            None => field.propose(added.value.clone(), added.origin.clone()),
        }
    }
    for (name, variable) in &assistant.service.env {
        leader.service.env.entry(name.clone()).or_insert_with(|| variable.clone());
    }
    for (name, dependency) in &assistant.dependencies {
        leader.dependencies.entry(name.clone()).or_insert_with(|| dependency.clone());
    }
}
