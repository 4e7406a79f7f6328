//! Code of others that steps use.

use seaworthy_detect::document::Node;

use super::Look;
use super::harmless;
use super::model::{Job, Step};
use crate::finding::{Draft, Edit};
use crate::mend::block;
use crate::rule::Severity;

pub(super) fn check(look: &Look<'_>, job: &Job<'_>, step: &Step<'_>) {
    let Some((uses, line)) = step.uses else { return };
    pinned(look, uses, line, holds_secrets(job.node));
    let (name, version) = uses.split_once('@').unwrap_or((uses, ""));
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    let newest_dead = match name {
        "actions/upload-artifact" | "actions/download-artifact" => Some(3),
        "actions/cache" | "actions/cache/save" | "actions/cache/restore" => Some(2),
        _ => None,
    };
    if major.zip(newest_dead).is_some_and(|(major, dead)| major <= dead) && version.len() < 20 {
        // Every run fails today: the version that is read the same way can only be better.
        let now = format!("{name}@v4");
        let edit = block::replaced(look.file.path, look.file.text, line, uses, &now);
        let draft = Draft::line("actions-retired-action", look.file.path, line);
        let says = format!("GitHub fails every run of `{uses}`");
        look.sink.report_in(look.file, draft.says(says).mended_if(edit));
    }
    if name == "actions/checkout" {
        checkout(look, job, step, line);
    }
    let caches = name == "actions/cache"
        || (name.starts_with("actions/setup-")
            && step.with("cache").is_some_and(|cache| cache.bool() != Some(false)));
    if caches && look.workflow.is_release() && publishes(look) {
        look.report("actions-cache-in-release", line);
    }
}

/// What is behind a tag or branch can be changed by its owner, or by who takes over the account.
pub(super) fn pinned(look: &Look<'_>, uses: &str, line: u32, has_secrets: bool) {
    let Some((name, version)) = uses.split_once('@') else { return };
    if name.starts_with("./") || name.starts_with("docker://") || version.contains("${{") {
        return;
    }
    let is_digest = version.len() >= 40 && version.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest {
        return;
    }
    let is_own = ["actions/", "github/"].iter().any(|owner| name.starts_with(owner))
        || name.contains("/.github/workflows/");
    let is_branch = matches!(version, "main" | "master" | "develop" | "dev" | "latest" | "HEAD");
    let weight = match (is_branch, is_own) {
        // A branch changes every day, and here there is something to take.
        (true, false) if has_secrets => Severity::High,
        (true, _) | (false, false) => Severity::Medium,
        (false, true) => Severity::Low,
    };
    look.weigh("actions-unpinned", line, weight, format!("`{uses}` is whatever its owner says tomorrow"));
}

fn checkout(look: &Look<'_>, job: &Job<'_>, step: &Step<'_>, line: u32) {
    let from_stranger = |node: &Node| {
        node.text().is_some_and(|text| {
            [
                "github.event.pull_request.head",
                "github.head_ref",
                "github.event.workflow_run.head",
                "refs/pull/",
            ]
            .iter()
            .any(|source| text.contains(source))
        })
    };
    let weight = match (look.workflow.is_on("pull_request_target"), look.workflow.is_on("workflow_run")) {
        (true, _) => Some(Severity::Critical),
        // It may have been asked in a job before whether this is safe.
        (false, true) if !job.needs().is_empty() => Some(Severity::Medium),
        (false, true) => Some(Severity::High),
        (false, false) => None,
    };
    let found =
        ["ref", "repository"].iter().find_map(|key| step.with(key).filter(|node| from_stranger(node)));
    if let (Some(weight), Some(node)) = (weight, found)
        && !job.refuses_forks(step)
    {
        let message = "code of strangers is run with the repository's secrets".to_owned();
        look.weigh("actions-untrusted-checkout", node.line, weight, message);
    }
    let keeps = step.with("persist-credentials").is_none_or(|node| node.bool() == Some(true));
    let pushes = job.scripts().any(|script| script.contains("git push"))
        || job.steps.iter().any(|step| {
            step.uses.is_some_and(|(uses, _)| uses.contains("commit") || uses.contains("pull-request"))
        });
    if keeps && !pushes {
        let edit = harmless::is_job(job).then(|| without_credentials(look, step, line)).flatten();
        let draft = Draft::line("actions-persisted-credentials", look.file.path, line);
        look.sink.report_in(look.file, draft.mended_if(edit));
    }
}

/// The step with the option, where it does not say it otherwise.
fn without_credentials(look: &Look<'_>, step: &Step<'_>, line: u32) -> Option<Edit> {
    let option = "persist-credentials: false";
    if step.with("persist-credentials").is_some() {
        return None;
    }
    match step.node.entries().iter().find(|entry| &*entry.key == "with") {
        Some(with) => block::first_in(look.file.path, look.file.text, with.line, &[option]),
        None => block::beside(look.file.path, look.file.text, line, &["with:", &format!("  {option}")]),
    }
}

/// It is given secrets of the repository, beside the token of the run.
fn holds_secrets(node: &Node) -> bool {
    let in_text = |text: &str| text.contains("secrets.") && !text.trim().ends_with("secrets.GITHUB_TOKEN }}");
    node.text().is_some_and(in_text)
        || node.items().iter().any(holds_secrets)
        || node.entries().iter().any(|entry| holds_secrets(&entry.node))
}

/// A job of the workflow gives something to those who install it.
fn publishes(look: &Look<'_>) -> bool {
    look.workflow.jobs.iter().flat_map(Job::scripts).any(|script| {
        [
            "npm publish",
            "twine upload",
            "docker push",
            "gh release",
            "cargo publish",
            "pnpm publish",
            "uv publish",
            "gem push",
        ]
        .iter()
        .any(|command| script.contains(command))
    }) || look.workflow.jobs.iter().flat_map(|job| &job.steps).any(|step| {
        [
            "pypa/gh-action-pypi-publish",
            "docker/build-push-action",
            "softprops/action-gh-release",
            "goreleaser/goreleaser-action",
        ]
        .iter()
        .any(|action| step.is(action))
    })
}
