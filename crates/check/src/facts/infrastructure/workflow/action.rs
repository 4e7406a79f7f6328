//! Code of others that steps use.

use seaworthy_detect::document::Node;

use super::Look;
use super::model::{Job, Step};
use crate::rule::Severity;

pub(super) fn check(look: &Look<'_>, job: &Job<'_>, step: &Step<'_>) {
    let Some((uses, line)) = step.uses else { return };
    pinned(look, uses, line);
    let (name, version) = uses.split_once('@').unwrap_or((uses, ""));
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    let newest_dead = match name {
        "actions/upload-artifact" | "actions/download-artifact" => 3,
        "actions/cache" | "actions/cache/save" | "actions/cache/restore" => 2,
        _ => 0,
    };
    if major.is_some_and(|major| major <= newest_dead) && version.len() < 20 {
        look.say("actions-retired-action", line, format!("GitHub fails every run of `{uses}`"));
    }
    if name == "actions/checkout" {
        checkout(look, job, step, line);
    }
    let caches = name == "actions/cache"
        || (name.starts_with("actions/setup-")
            && step.with("cache").is_some_and(|cache| cache.bool() != Some(false)));
    let publishes = look.workflow.jobs.iter().flat_map(Job::scripts).any(|script| {
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
    });
    if caches && publishes && look.workflow.is_release() {
        look.report("actions-cache-in-release", line);
    }
}

/// What is behind a tag or branch can be changed by its owner, or by who takes over the account.
pub(super) fn pinned(look: &Look<'_>, uses: &str, line: u32) {
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
        (true, false) => Severity::High,
        (true, true) | (false, false) => Severity::Medium,
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
    let is_privileged = look.workflow.is_on("pull_request_target") || look.workflow.is_on("workflow_run");
    for key in ["ref", "repository"] {
        if let Some(node) = step.with(key).filter(|node| is_privileged && from_stranger(node)) {
            look.report("actions-untrusted-checkout", node.line);
            break;
        }
    }
    let keeps = step.with("persist-credentials").is_none_or(|node| node.bool() == Some(true));
    let pushes = job.scripts().any(|script| script.contains("git push"))
        || job.steps.iter().any(|step| {
            step.uses.is_some_and(|(uses, _)| uses.contains("commit") || uses.contains("pull-request"))
        });
    if keeps && !pushes {
        look.report("actions-persisted-credentials", line);
    }
}
