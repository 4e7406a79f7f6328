//! Secrets written into files that tell other tools what to do: Compose, pipelines, coding agents.

use seaworthy_detect::document::Node;

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::facts::secrets::{evidence, scan};
use crate::file::{Role, SourceFile, extension};

const COMPOSE: &str = "secret-in-compose";
const PIPELINE: &str = "secret-in-pipeline";
const AGENT: &str = "secret-in-agent-config";

pub(super) static FACT: FileFact = FileFact {
    rules: &[COMPOSE, PIPELINE, AGENT],
    wants: |file| {
        !matches!(file.role, Role::Test | Role::Example | Role::Generated) && rule(file.path).is_some()
    },
    check,
};

/// What a file would break, by its name.
fn rule(path: &str) -> Option<&'static str> {
    let name = crate::file::name(path).to_ascii_lowercase();
    let is_yaml = matches!(extension(path), "yml" | "yaml");
    if is_yaml
        && (name.starts_with("docker-compose")
            || name.starts_with("compose.")
            || name.starts_with("compose-"))
    {
        Some(COMPOSE)
    } else if is_yaml
        && (path.contains(".github/workflows/")
            || path.contains(".github/actions/")
            || path.contains(".circleci/")
            || path.contains(".gitlab/ci/")
            || matches!(
                name.as_str(),
                ".gitlab-ci.yml"
                    | ".travis.yml"
                    | "azure-pipelines.yml"
                    | "bitbucket-pipelines.yml"
                    | "cloudbuild.yaml"
                    | "cloudbuild.yml"
                    | "buildspec.yml"
                    | ".drone.yml"
                    | "appveyor.yml"
            ))
    {
        Some(PIPELINE)
    } else if matches!(
        name.as_str(),
        ".mcp.json" | "mcp.json" | "mcp_config.json" | "claude_desktop_config.json"
    ) || [
        ".claude/settings.json",
        ".claude/settings.local.json",
        ".gemini/settings.json",
        ".codex/config.toml",
        "opencode.json",
    ]
    .iter()
    .any(|end| path.ends_with(end))
    {
        Some(AGENT)
    } else {
        None
    }
}

fn check(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let Some(rule) = rule(file.path) else { return };
    if !context.is_shared(file.path) {
        return;
    }
    let Some(document) = context.repository.document(file.path) else { return };
    walk(&document, "", &mut |name, line, value| {
        let value = value.strip_prefix("Bearer ").unwrap_or(value);
        let is_header =
            rule == AGENT && name.eq_ignore_ascii_case("authorization") && evidence::is_random(value);
        let is_address =
            value.split_once("://").and_then(|(_, rest)| rest.split_once('@')).is_some_and(|(login, _)| {
                login.split_once(':').is_some_and(|(_, password)| {
                    evidence::is_password(password) || evidence::is_random(password)
                })
            });
        if (is_header || is_address || evidence::is_secret_value(name, value)) && !scan::is_known(value) {
            let says = format!(
                "the value of `{name}` is written here, and everyone with the repository can read it"
            );
            sink.report_in(file, scan::hidden(rule, file, line, value).says(says));
        }
    });
}

/// Every text with the name it goes by: `NAME: value`, and `NAME=value` in a list or a command's options.
fn walk(node: &Node, name: &str, found: &mut impl FnMut(&str, u32, &str)) {
    for entry in node.entries() {
        walk(&entry.node, &entry.key, found);
    }
    for item in node.items() {
        walk(item, name, found);
    }
    let Some(text) = node.text() else { return };
    match text.split_once('=') {
        Some((own, value)) if is_variable(own) => found(own, node.line, value),
        _ if !text.contains('\n') => found(name, node.line, text),
        _ => {
            for (line, text) in (node.line..).zip(text.lines()) {
                let text = text.trim().strip_prefix("export ").unwrap_or(text.trim());
                if let Some((own, value)) = text.split_once('=').filter(|(own, _)| is_variable(own)) {
                    found(own, line, value.trim_matches(['"', '\'']));
                }
            }
        }
    }
}

fn is_variable(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
