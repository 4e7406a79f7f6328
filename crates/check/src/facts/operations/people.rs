//! What people need at night: who is asked, what is done, how it is taken back, where it is tried first.

use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::facts::operations::deployed::{Deployed, deploys, is_document, is_pipeline, is_script};
use crate::file::{extension, name};
use crate::finding::Draft;

pub(super) static FACT: Fact = Fact {
    rules: &["no-runbook", "no-owner", "no-rollback", "only-production", "no-changelog", "deploy-by-hand"],
    whole: true,
    check,
};

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    let Some(deployed) = Deployed::find(context) else { return };
    let report = |rule: &'static str, file: &str| sink.report(Draft::file(rule, file));
    let has_runbook = deployed.has_path(&[
        "runbook",
        "playbook",
        "oncall",
        "on-call",
        "incident",
        "docs/operations",
        "docs/ops",
    ]) || deployed
        .is_written(is_document, &["runbook", "# operations", "# troubleshooting", "# incident", "on-call"]);
    if !has_runbook {
        report("no-runbook", ".");
    }
    let has_owner = deployed.has_path(&["codeowners", "maintainers", "catalog-info.yaml"])
        || context.repository.named("OWNERS").next().is_some()
        || deployed.is_written(
            is_document,
            &["maintainer", "maintained by", "owned by", "owner:", "contact:", "on-call"],
        );
    if !has_owner {
        report("no-owner", ".");
    }
    rollback(&deployed, sink);
    environments(&deployed, sink);
    let has_changelog = deployed.has_path(&[
        "changelog",
        "history.md",
        "news.md",
        "releases.md",
        ".changeset/",
        "release-please",
        "releaserc",
        "cliff.toml",
        "goreleaser",
        "release-drafter",
    ]) || deployed.depends_on(&[
        "semantic-release",
        "changesets",
        "standard-version",
        "release-it",
    ]) || deployed.is_written(
        is_pipeline,
        &["gh release", "action-gh-release", "create-release", "sentry-cli releases", "generate-notes"],
    );
    if !has_changelog {
        report("no-changelog", ".");
    }
    by_hand(&deployed, sink);
}

/// Commands with which people deploy without a platform that remembers the release before.
const OWN_WAYS: [&str; 12] = [
    "kubectl apply",
    "kubectl set image",
    "helm upgrade",
    "docker compose up",
    "docker-compose up",
    "docker stack deploy",
    "rsync ",
    "scp ",
    "pm2 restart",
    "pm2 reload",
    "systemctl restart",
    "aws ecs update-service",
];

/// What says that somebody thought of the way back.
const WAYS_BACK: [&str; 9] = [
    "rollback",
    "roll back",
    "roll-back",
    "rollout undo",
    "--atomic",
    "--rollback-on-failure",
    "previous release",
    "revert",
    "blue-green",
];

/// The first line of a script or pipeline that deploys in a way of its own, where nothing says how that is taken back.
fn rollback(deployed: &Deployed<'_>, sink: &Sink<'_>) {
    let repository = deployed.context.repository;
    let is_there = |path: &str| is_script(path) || is_document(path) || deploys(path);
    if deployed.is_written(is_there, &WAYS_BACK) || !deployed.context.app.environments.is_empty() {
        return;
    }
    for path in repository.paths().iter().map(|path| &**path).filter(|path| is_script(path)) {
        let is_for_deploy = path.contains("deploy") || path.contains("release") || is_pipeline(path);
        let Some(text) = repository.text(path).filter(|_| is_for_deploy) else { continue };
        let line = (1_u32..).zip(text.lines()).find(|(_, line)| {
            let line = line.trim_start();
            // What a pipeline starts to test against is no deployment.
            !line.starts_with('#')
                && OWN_WAYS.iter().any(|way| line.contains(way))
                && (path.contains("deploy") || path.contains("release") || text.contains("deploy"))
        });
        if let Some((line, _)) = line {
            sink.report(Draft::line("no-rollback", path, line));
            return;
        }
    }
}

/// The first place that names production, where nothing names another environment to try a release in.
fn environments(deployed: &Deployed<'_>, sink: &Sink<'_>) {
    const OTHERS: [&str; 11] = [
        "staging",
        "stage",
        "preview",
        "qa",
        "uat",
        "preprod",
        "pre-production",
        "sandbox",
        "review",
        "canary",
        "demo",
    ];
    let repository = deployed.context.repository;
    let is_other = |text: &str| {
        let lower = text.to_ascii_lowercase();
        lower.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| OTHERS.contains(&word))
    };
    let mut production = None;
    for path in repository.paths().iter().map(|path| &**path) {
        let is_about = deploys(path)
            || is_pipeline(path)
            || extension(path) == "tfvars"
            || name(path).contains("compose")
            || name(path).starts_with(".env");
        if !is_about {
            continue;
        }
        // Hosts of their own that make a preview of every branch.
        if is_other(path) || matches!(name(path), "vercel.json" | "render.yaml") {
            return;
        }
        let parts = path.split(['/', '.', '-', '_']);
        if parts.clone().any(|part| matches!(part, "prod" | "production"))
            && production.is_none()
            && !name(path).starts_with(".env")
        {
            production = Some((path, None));
        }
        let Some(text) = repository.text(path) else { continue };
        if is_pipeline(path)
            || name(path) == "fly.toml"
            || extension(path) == "yml"
            || extension(path) == "yaml"
        {
            for (number, line) in (1_u32..).zip(text.lines()) {
                let line = line.trim();
                // `stage:` is how GitLab calls the steps of a pipeline.
                if is_other(line) && !line.starts_with(['#']) && !line.starts_with("stage") {
                    return;
                }
                let says = line.starts_with("environment: prod")
                    || line.starts_with("name: prod")
                    || line.starts_with("namespace: prod");
                if says && production.is_none() {
                    production = Some((path, Some(number)));
                }
            }
        }
    }
    let environments = &deployed.context.app.environments;
    if environments.keys().any(|name| !matches!(name.as_str(), "production" | "prod" | "local")) {
        return;
    }
    match production {
        Some((path, Some(line))) => sink.report(Draft::line("only-production", path, line)),
        Some((path, None)) => sink.report(Draft::file("only-production", path)),
        None if !environments.is_empty() => {
            sink.report(Draft::file("only-production", seaworthy_detect::CONFIG_FILE));
        }
        None => {}
    }
}

/// A script that people start to deploy, where no pipeline does.
fn by_hand(deployed: &Deployed<'_>, sink: &Sink<'_>) {
    if deployed.is_written(
        is_pipeline,
        &["deploy", "fly ", "flyctl", "vercel", "heroku", "kubectl", "helm ", "publish", "push: true"],
    ) {
        return;
    }
    for manifest in deployed.context.manifests {
        let script = manifest.scripts.iter().find(|(name, text)| {
            (*name == "deploy" || name.starts_with("deploy:"))
                && !text.contains("echo ")
                && !text.trim().is_empty()
        });
        if let Some((script, _)) = script {
            let repository = deployed.context.repository;
            let line = repository.text(&manifest.path).and_then(|text| {
                (1_u32..)
                    .zip(text.lines())
                    .find(|(_, line)| line.contains(&format!("\"{script}\"")))
                    .map(|(number, _)| number)
            });
            sink.report(Draft::line("deploy-by-hand", manifest.path.clone(), line.unwrap_or(1)));
            return;
        }
    }
    let script = deployed.context.repository.paths().iter().find(|path| name(path) == "deploy.sh");
    if let Some(path) = script {
        sink.report(Draft::file("deploy-by-hand", path.to_string()));
    }
}
