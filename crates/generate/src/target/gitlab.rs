//! GitLab CI: one pipeline whose scripts are `sea` commands. Each service has jobs of its own, in an image with its runtime.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_model::{Name, Service};

use crate::names::{identifier, label};
use crate::pipeline::{Delivery, Pipeline, RESULTS, Reach, SEA_VERSION, install_sea, lose_download, ssh};
use crate::print::{Node, yaml};
use crate::target::Target;
use crate::{Comment, Header, Input, Output, TemplateError, node};

const ID: &str = "gitlab";

pub(super) const TARGET: Target =
    Target { id: ID, title: "GitLab CI: lint, test, check, build, ship", by_default: false, make };

/// GitLab caches nothing outside of the project's folder: by these variables package managers keep what they fetch in it.
const CACHES: [(&str, &str, &str); 7] = [
    ("npm", "npm_config_cache", ".cache/npm"),
    ("yarn", "YARN_CACHE_FOLDER", ".cache/yarn"),
    ("pip", "PIP_CACHE_DIR", ".cache/pip"),
    ("uv", "UV_CACHE_DIR", ".cache/uv"),
    ("poetry", "POETRY_CACHE_DIR", ".cache/poetry"),
    ("go", "GOMODCACHE", ".cache/go"),
    ("composer", "COMPOSER_CACHE_DIR", ".cache/composer"),
];

/// An image with git and curl, for what needs no runtime.
const PLAIN: (&str, &str) = ("PLAIN_IMAGE", "docker.io/library/buildpack-deps:bookworm-scm");

#[expect(clippy::unnecessary_wraps, reason = "the shape of all targets")]
fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let pipeline = Pipeline::of(input, ID, output);
    lose_download(ID, "among the CI/CD variables of the project or group", output);
    let mut images: BTreeMap<String, String> = BTreeMap::from([(PLAIN.0.to_owned(), PLAIN.1.to_owned())]);
    let mut jobs: Vec<(String, Node)> = Vec::new();
    for (stage, word, services) in [
        ("verify", "lint", &pipeline.lint),
        ("verify", "test", &pipeline.test),
        ("build", "build", &pipeline.build),
    ] {
        for name in services {
            let Some(service) = input.app.services.get(*name) else { continue };
            let image = image(name, service, &mut images, output);
            let step = format!("{name}:{word}");
            jobs.push((step.clone(), job(&pipeline, service, stage, &step, &image)));
        }
    }
    jobs.push(("check".to_owned(), check()));
    jobs.extend(pipeline.deliveries.iter().map(|delivery| {
        let name = format!("ship:{}", delivery.name);
        (name, deploy(delivery, output))
    }));
    let mut stages = vec!["verify"];
    stages.extend((!pipeline.build.is_empty()).then_some("build"));
    stages.extend((!pipeline.deliveries.is_empty()).then_some("ship"));
    let mut document = node!({
        "stages": stages,
        "workflow": {
            // One pipeline for a change: not one for its branch and another for its merge request.
            "rules": [
                { "if": "$CI_PIPELINE_SOURCE == \"merge_request_event\"" },
                { "if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" },
            ],
            "auto_cancel": { "on_new_commit": "interruptible" },
        },
        "variables": (variables(&pipeline.managers, images)),
        "default": {
            "interruptible": true,
            "timeout": "30 minutes",
            "before_script": (install()),
        },
    });
    for (name, job) in jobs {
        document.set(name, job);
    }
    let header = Header { target: ID, app: input.name() };
    output.file(&header, Comment::Hash, ".gitlab-ci.yml", &yaml(&document));
    Ok(())
}

/// Versions, in one place: a digest after the tag (`@sha256:...`) pins an image for good.
fn variables(managers: &BTreeSet<&str>, images: BTreeMap<String, String>) -> Node {
    let mut variables = node!({ "SEA_VERSION": SEA_VERSION });
    for (_, variable, folder) in CACHES.iter().filter(|(manager, _, _)| managers.contains(manager)) {
        variables.set(*variable, format!("$CI_PROJECT_DIR/{folder}"));
    }
    for (name, image) in images {
        variables.set(name, image);
    }
    variables
}

fn install() -> Node {
    let mut lines = install_sea("$CI_PROJECT_DIR/.cache/bin");
    lines.push("export PATH=\"$CI_PROJECT_DIR/.cache/bin:$PATH\"".to_owned());
    Node::list(lines)
}

/// A step of a service.
fn job(pipeline: &Pipeline<'_>, service: &Service, stage: &str, step: &str, image: &str) -> Node {
    let mut job = node!({ "stage": stage, "image": (format!("${image}")) });
    if stage == "verify" {
        // Nothing before it: it starts at once.
        job.set("needs", Node::Flow(Vec::new()));
    }
    let mut cache = Node::Map(Vec::new());
    let key = match pipeline.lockfile(service.path()) {
        Some(lockfile) => node!({ "files": [lockfile], "prefix": (label(step, 60)) }),
        None => Node::from(label(step, 60)),
    };
    cache.set("key", key);
    let manager = service.package_manager.get().map_or("", String::as_str);
    let fetched = CACHES.iter().find(|(known, _, _)| *known == manager).map(|(_, _, folder)| *folder);
    cache.set("paths", Node::list(fetched.into_iter().chain([RESULTS])));
    job.set("cache", cache);
    job.set("script", Node::list([format!("sea ci {step}")]));
    job
}

fn check() -> Node {
    node!({
        "stage": "verify",
        "image": (format!("${}", PLAIN.0)),
        "needs": (Node::Flow(Vec::new())),
        "script": ["sea check --format sarif --output check.sarif"],
        "artifacts": {
            "when": "always",
            "paths": ["check.sarif"],
            "expire_in": "30 days",
        },
    })
}

/// The variable that names the image of a service's runtime.
fn image(
    name: &Name,
    service: &Service,
    images: &mut BTreeMap<String, String>,
    output: &mut Output,
) -> String {
    let Some(runtime) = service.runtime.get() else { return PLAIN.0.to_owned() };
    let version = runtime.version.as_deref();
    let repository = match runtime.name.as_str() {
        "node" => ("node", "-bookworm", "lts"),
        "python" => ("python", "-bookworm", "3"),
        "go" => ("golang", "-bookworm", "1"),
        "ruby" => ("ruby", "-bookworm", "3"),
        "rust" => ("rust", "-bookworm", "1"),
        "php" => ("php", "-cli-bookworm", "8"),
        "java" => ("eclipse-temurin", "-jdk", "21"),
        "elixir" => ("elixir", "", "1"),
        other => {
            output.lose(
                ID,
                format!("{name}.runtime"),
                format!("no image with {other} is known here"),
                format!("its jobs run in {}; name another one in the variable {}", PLAIN.1, PLAIN.0),
            );
            return PLAIN.0.to_owned();
        }
    };
    let (repository, suffix, newest) = repository;
    let version = version.unwrap_or(newest);
    let variable = format!("{}_IMAGE", identifier(&format!("{}_{version}", runtime.name)).to_uppercase());
    images.insert(variable.clone(), format!("docker.io/library/{repository}:{version}{suffix}"));
    variable
}

/// The job that ships to an environment.
fn deploy(delivery: &Delivery<'_>, output: &mut Output) -> Node {
    let mut environment = node!({ "name": (delivery.name.as_str()) });
    if let Some(url) = &delivery.url {
        environment.set("url", url);
    }
    let mut rule = node!({ "if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" });
    if delivery.after.is_some() {
        // Promotion is a person's word.
        rule.set("when", "manual");
    }
    let mut job = node!({
        "stage": "ship",
        "image": (format!("${}", PLAIN.0)),
        "timeout": "1 hour",
        "interruptible": false,
        "resource_group": (delivery.name.as_str()),
        "environment": environment,
        "rules": [rule],
    });
    if let Some(after) = delivery.after {
        job.set("needs", Node::list([format!("ship:{after}")]));
    }
    let mut script = Vec::new();
    match delivery.reach {
        Reach::Kubernetes => {
            // What clouds' libraries look for: a token that GitLab signs for this job, and the role it stands for.
            job.set("id_tokens", node!({ "SEA_ID_TOKEN": { "aud": "https://gitlab.com" } }));
            job.set(
                "variables",
                node!({
                    "GIT_DEPTH": "0",
                    "AWS_WEB_IDENTITY_TOKEN_FILE": "$CI_PROJECT_DIR/.cache/id-token",
                    "AWS_ROLE_SESSION_NAME": "sea-$CI_PIPELINE_ID",
                }),
            );
            script.push(
                "(umask 077 && printf '%s' \"$SEA_ID_TOKEN\" > \"$AWS_WEB_IDENTITY_TOKEN_FILE\")".to_owned(),
            );
            output.lose(
                ID,
                format!("environments.{}", delivery.name),
                "the model does not name the cloud of its cluster",
                format!(
                    "set AWS_ROLE_ARN (and KUBECONFIG as a file) for the environment {}; another cloud takes the token from SEA_ID_TOKEN",
                    delivery.name
                ),
            );
        }
        Reach::Ssh => {
            job.set("variables", node!({ "GIT_DEPTH": "0" }));
            script.extend(ssh());
            output.lose(
                ID,
                format!("environments.{}", delivery.name),
                "SSH knows no identity tokens: a key has to be kept",
                format!(
                    "set SSH_KEY (masked, protected) and SSH_KNOWN_HOSTS for the environment {}",
                    delivery.name
                ),
            );
        }
    }
    let named: Vec<&str> = delivery.secrets.iter().chain(&delivery.missing).map(String::as_str).collect();
    if !named.is_empty() {
        output.lose(
            ID,
            format!("environments.{}.variables", delivery.name),
            "GitLab hands variables to jobs by their scope, not by name",
            format!("set {} for the environment {}, and for no other", named.join(", "), delivery.name),
        );
    }
    script.push(format!("sea ship --env {}", delivery.name));
    job.set("script", Node::list(script));
    job
}
