//! `.github/actions/sea`: what every job needs first, in one place.

use std::collections::BTreeSet;

use super::actions::{Action, CACHE, GO, JAVA, NODE, PYTHON};
use crate::pipeline::{self, Pipeline, install_sea};
use crate::print::Node;
use crate::{Output, node};

/// Where `sea` is put: a folder that is on the search path of GitHub's runners, so that no step has to change that.
const FOLDER: &str = "$HOME/.local/bin";

/// The composite action.
pub(super) fn action(pipeline: &Pipeline<'_>, output: &mut Output) -> Node {
    let mut steps: Vec<Node> =
        pipeline.runtimes.iter().filter_map(|(name, versions)| runtime(name, versions, output)).collect();
    steps.push(cache(pipeline));
    let lines = install_sea(FOLDER);
    steps.push(node!({ "name": "Install sea", "shell": "bash", "run": (lines.join("\n") + "\n") }));
    node!({
        "name": "Set up sea",
        "description": "The runtimes of the app, what is cached, and the pinned version of sea",
        "inputs": { "key": { "description": "What tells the cache of this job from others", "required": true } },
        "runs": { "using": "composite", "steps": steps },
    })
}

/// The step that sets a runtime up.
fn runtime(name: &str, versions: &BTreeSet<&str>, output: &mut Output) -> Option<Node> {
    let (action, title, key): (Action, _, _) = match name {
        "node" => (NODE, "Node", "node-version"),
        "python" => (PYTHON, "Python", "python-version"),
        "go" => (GO, "Go", "go-version"),
        "java" => (JAVA, "Java", "java-version"),
        _ => {
            output.lose(
                super::ID,
                format!("runtime {name}"),
                "no action that is pinned here sets it up",
                format!("the {name} that the runner's image has runs it; add a step to .seaworthy/templates or a job of your own"),
            );
            return None;
        }
    };
    let newest = versions.iter().max_by_key(|version| numbers(version));
    if versions.len() > 1 {
        let all: Vec<&str> = versions.iter().copied().collect();
        output.lose(
            super::ID,
            format!("runtime {name}"),
            format!("services ask for {}, and a job has one", all.join(" and ")),
            format!("{} runs all of them", newest.copied().unwrap_or_default()),
        );
    }
    let mut with = Node::Map(Vec::new());
    match newest {
        Some(version) => with.set(key, *version),
        None if name == "node" => with.set(key, "lts/*"),
        None => with.set(key, if name == "go" { "stable" } else { "3.x" }),
    }
    match name {
        "java" => {
            if newest.is_none() {
                with.set(key, "21");
            }
            with.set("distribution", "temurin");
        }
        // The cache below is keyed by what the app locks; one beside it would be restored twice.
        "go" => with.set("cache", false),
        _ => {}
    }
    Some(node!({ "name": (format!("Set up {title}")), "uses": (action.uses()), "with": with }))
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// What package managers fetched, and results that are known: keyed by what is locked.
fn cache(pipeline: &Pipeline<'_>) -> Node {
    let mut paths: Vec<&str> = pipeline.managers.iter().filter_map(|name| pipeline::cache(name)).collect();
    paths.push(pipeline::RESULTS);
    let names: BTreeSet<&str> =
        pipeline.lockfiles.iter().map(|path| path.rsplit('/').next().unwrap_or(path)).collect();
    let locked = if names.is_empty() {
        "unlocked".to_owned()
    } else {
        let patterns: Vec<String> = names.iter().map(|name| format!("'**/{name}'")).collect();
        format!("${{{{ hashFiles({}) }}}}", patterns.join(", "))
    };
    let machine = "${{ runner.os }}-${{ runner.arch }}";
    // Of the same job and the same lockfiles: results of an older commit are looked through, and those that hold taken.
    let same = format!("sea-${{{{ inputs.key }}}}-{machine}-{locked}-");
    node!({
        "name": "Restore what is cached",
        "uses": (CACHE.uses()),
        "with": {
            "path": (paths.join("\n") + "\n"),
            "key": (format!("{same}${{{{ github.sha }}}}")),
            "restore-keys": same,
        },
    })
}
