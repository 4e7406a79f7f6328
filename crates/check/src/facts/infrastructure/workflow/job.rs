//! Where jobs run, when, and after what.

use seaworthy_detect::document::Node;

use super::Look;
use super::action;
use super::model::Job;
use crate::finding::Draft;
use crate::mend::block;

pub(super) fn check(look: &Look<'_>, job: &Job<'_>) {
    let workflow = look.workflow;
    runner(look, job);
    order(look, job);
    if let Some(uses) = job.node.get("uses") {
        action::pinned(look, uses.text().unwrap_or_default(), uses.line, false);
        if let Some(secrets) = job.node.get("secrets").filter(|node| node.text() == Some("inherit")) {
            look.report("actions-secrets-inherit", secrets.line);
        }
        return;
    }
    let steps_end = job.steps.iter().all(|step| step.node.get("timeout-minutes").is_some());
    if !job.steps.is_empty() && job.node.get("timeout-minutes").is_none() && !steps_end {
        look.report("actions-no-timeout", job.line);
    }
    let waits = workflow.root.get("concurrency").is_some() || job.node.get("concurrency").is_some();
    if job.deploys()
        && workflow.is_on("push")
        && workflow.root.at(&["on", "push", "tags"]).is_none()
        && !waits
    {
        look.say(
            "actions-no-concurrency",
            job.line,
            format!("two runs of `{}` can overtake each other", job.id),
        );
    }
    let of_root = workflow.root.get("env");
    for env in of_root
        .into_iter()
        .chain(job.node.get("env"))
        .chain(job.steps.iter().filter_map(|step| step.node.get("env")))
    {
        if let Some(value) = env.get("ACTIONS_ALLOW_UNSECURE_COMMANDS")
            && value.scalar().as_deref() == Some("true")
        {
            look.report("actions-insecure-commands", value.line);
        }
    }
    for node in std::iter::once(job.node).chain(job.steps.iter().map(|step| step.node)) {
        let Some(condition) = node.get("if") else { continue };
        let text = condition.text().unwrap_or_default();
        let asks_actor = text.contains("github.actor") && text.contains("[bot]") && text.contains("==");
        if asks_actor && (workflow.is_on("pull_request_target") || workflow.is_on("pull_request")) {
            look.report("actions-spoofable-actor", condition.line);
        }
    }
}

fn runner(look: &Look<'_>, job: &Job<'_>) {
    const RETIRED: [&str; 11] = [
        "ubuntu-16.04",
        "ubuntu-18.04",
        "ubuntu-20.04",
        "macos-10.15",
        "macos-11",
        "macos-12",
        "macos-13",
        "windows-2016",
        "windows-2019",
        "macos-latest-large-11",
        "ubuntu-14.04",
    ];
    let Some(runs_on) = job.node.get("runs-on") else { return };
    let labels = runs_on.get("labels").unwrap_or(runs_on).texts();
    let matrix = job.node.at(&["strategy", "matrix"]).map(Node::entries).unwrap_or_default();
    let listed = matrix
        .iter()
        .filter(|entry| labels.iter().any(|label| label.contains(&format!("matrix.{}", entry.key))))
        .flat_map(|entry| entry.node.items())
        .filter_map(|item| Some((item.text()?, item.line)));
    for (label, line) in labels.iter().map(|label| (*label, runs_on.line)).chain(listed) {
        if RETIRED.contains(&label) {
            // No machine takes the job today, so that the next of the same kind can only be better.
            let next = match label.split_once('-') {
                Some(("ubuntu", _)) => Some("ubuntu-22.04"),
                Some(("windows", _)) => Some("windows-2022"),
                _ => None,
            };
            let edit =
                next.and_then(|next| block::replaced(look.file.path, look.file.text, line, label, next));
            let draft = Draft::line("actions-retired-runner", look.file.path, line);
            let says = format!("there is no runner `{label}` any more");
            look.sink.report_in(look.file, draft.says(says).mended_if(edit));
        }
    }
    if labels.contains(&"self-hosted")
        && (look.workflow.is_on("pull_request") || look.workflow.is_on("pull_request_target"))
    {
        look.report("actions-self-hosted-pull-request", runs_on.line);
    }
}

fn order(look: &Look<'_>, job: &Job<'_>) {
    for need in job.needs() {
        let name = need.text().unwrap_or_default();
        if !look.workflow.jobs.iter().any(|other| other.id == name) {
            look.say("actions-unknown-needs", need.line, format!("there is no job `{name}`"));
        }
    }
    let waits = !job.needs().is_empty();
    let others_test = look.workflow.jobs.iter().any(|other| other.id != job.id && other.tests());
    if job.deploys() && !job.tests() && !waits && others_test {
        look.say("actions-deploy-untested", job.line, format!("`{}` does not wait for the tests", job.id));
    }
}
