//! GitHub Actions: one workflow whose steps are `sea` commands, and the action that gets `sea` there.

mod actions;
mod deploy;
mod setup;

use crate::pipeline::{Pipeline, SEA_VERSION, lose_download};
use crate::print::{Node, yaml};
use crate::target::Target;
use crate::{Comment, Header, Input, Output, TemplateError, node};

use actions::{CHECKOUT, SARIF};

pub(super) const ID: &str = "github";

pub(super) const TARGET: Target =
    Target { id: ID, title: "GitHub Actions: lint, test, check, build, ship", by_default: true, make };

/// The runner's image: one that does not change under its name.
const RUNNER: &str = "ubuntu-24.04";

/// The action that is made beside the workflow.
const SETUP: &str = "./.github/actions/sea";

/// zizmor prefers `$/`, which runners of this year understand; GitHub Enterprise Servers of the last ones do not.
const FORM: &str = "zizmor: ignore[self-repository] older servers know this form alone";

#[expect(clippy::unnecessary_wraps, reason = "the shape of all targets")]
fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let pipeline = Pipeline::of(input, ID, output);
    lose_download(ID, "among the variables of the repository or organisation", output);
    let header = Header { target: ID, app: input.name() };
    let action = yaml(&setup::action(&pipeline, output));
    output.file(&header, Comment::Hash, ".github/actions/sea/action.yml", &action);
    let workflow = yaml(&workflow(&pipeline, output));
    output.file(&header, Comment::Hash, ".github/workflows/ci.yml", &workflow);
    Ok(())
}

fn workflow(pipeline: &Pipeline<'_>, output: &mut Output) -> Node {
    let mut jobs: Vec<(String, Node)> = Vec::new();
    let mut gates: Vec<&str> = Vec::new();
    if !pipeline.lint.is_empty() {
        gates.push("lint");
        jobs.push(("lint".to_owned(), job("Lint", "lint", 20, vec![run("Lint", "sea ci lint")])));
    }
    if !pipeline.test.is_empty() {
        gates.push("test");
        jobs.push(("test".to_owned(), test(pipeline.shards())));
    }
    gates.push("check");
    jobs.push(("check".to_owned(), check()));
    if !pipeline.build.is_empty() {
        gates.push("build");
        jobs.push(("build".to_owned(), job("Build", "build", 30, vec![run("Build", "sea ci build")])));
    }
    for delivery in &pipeline.deliveries {
        jobs.push((deploy::id(delivery.name), deploy::job(delivery, &gates, output)));
    }
    node!({
        "name": "CI",
        "on": {
            "push": { "branches": (Node::flow(["main", "master"])) },
            "pull_request": null,
        },
        // Each job says what it needs beyond nothing.
        "permissions": (Node::Map(Vec::new())),
        "concurrency": {
            "group": "ci-${{ github.ref }}",
            // What is pushed to a branch that ships is never left half done.
            "cancel-in-progress": "${{ github.event_name == 'pull_request' }}",
        },
        "env": {
            "SEA_VERSION": SEA_VERSION,
            "SEA_URL": "${{ vars.SEA_URL }}",
            "SEA_SHA256": "${{ vars.SEA_SHA256 }}",
        },
        "jobs": (Node::Map(jobs)),
    })
}

/// A job on a runner, after the steps that all begin with.
fn job(title: &str, key: &str, minutes: u32, steps: Vec<Node>) -> Node {
    let mut all = begin(key, false);
    all.extend(steps);
    node!({
        "name": title,
        "runs-on": RUNNER,
        "timeout-minutes": minutes,
        "permissions": { "contents": (Node::from("read").comment("to check out the sources")) },
        "steps": all,
    })
}

fn begin(key: &str, history: bool) -> Vec<Node> {
    let mut with = Node::Map(Vec::new());
    if history {
        with.set("fetch-depth", 0);
    }
    with.set("persist-credentials", false);
    vec![
        node!({ "name": "Check out", "uses": (CHECKOUT.uses()), "with": with }),
        node!({ "name": "Set up", "uses": (Node::from(SETUP).comment(FORM)), "with": { "key": key } }),
    ]
}

fn run(title: &str, command: &str) -> Node {
    node!({ "name": title, "run": command })
}

/// The tests, split over machines; values reach the shell through its environment, never through its text.
fn test(shards: usize) -> Node {
    if shards < 2 {
        return job("Test", "test", 30, vec![run("Test", "sea ci test")]);
    }
    let step = node!({
        "name": "Test",
        "run": "sea ci test --shard \"$SHARD\"",
        "env": { "SHARD": (format!("${{{{ matrix.shard }}}}/{shards}")) },
    });
    let title = format!("Test (${{{{ matrix.shard }}}} of {shards})");
    let mut job = job(&title, "test-${{ matrix.shard }}", 30, vec![step]);
    let all: Vec<Node> = (1..=shards).map(|shard| Node::from(u64::try_from(shard).unwrap_or(1))).collect();
    insert(
        &mut job,
        "timeout-minutes",
        "strategy",
        node!({ "fail-fast": false, "matrix": { "shard": (Node::Flow(all)) } }),
    );
    job
}

/// The rules, also where GitHub shows findings.
fn check() -> Node {
    let upload = node!({
        "name": "Show findings",
        // Code scanning has to be switched on for a repository, and forks may not write to it.
        "if": "${{ !cancelled() && vars.SEA_CODE_SCANNING == 'true' && github.event.pull_request.head.repo.fork != true }}",
        "uses": (SARIF.uses()),
        "with": { "sarif_file": "check.sarif", "category": "sea" },
    });
    let steps = vec![run("Check", "sea check --format sarif --output check.sarif"), upload];
    let mut job = job("Check", "check", 15, steps);
    job.set(
        "permissions",
        node!({
            "contents": (Node::from("read").comment("to check out the sources")),
            "security-events": (Node::from("write").comment("to show findings in code scanning")),
        }),
    );
    job
}

/// Adds an entry before another one, where a person expects it.
fn insert(job: &mut Node, before: &str, key: &str, value: Node) {
    if let Node::Map(entries) = job {
        let at = entries.iter().position(|(known, _)| known == before).unwrap_or(entries.len());
        entries.insert(at, (key.to_owned(), value));
    }
}
