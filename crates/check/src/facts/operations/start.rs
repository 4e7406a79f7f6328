//! What a newcomer meets first: a README, one command, a pipeline that tests.

use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::facts::operations::deployed::{Deployed, is_pipeline};
use crate::file::{Role, SourceFile, name};
use crate::finding::Draft;

pub(super) static FACT: Fact = Fact {
    rules: &[
        "readme-missing",
        "readme-many-commands",
        "no-ci",
        "ci-without-tests",
        "published-without-license",
    ],
    whole: true,
    check,
};

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    let repository = context.repository;
    license(context, sink);
    if context.app.services.is_empty() {
        return;
    }
    let readme = repository.files_in(".").find(|path| name(path).to_ascii_lowercase().starts_with("readme"));
    match readme {
        None => sink.report(Draft::file("readme-missing", ".")),
        Some(path) => {
            if let Some((line, count)) = commands(context, path) {
                let says = format!(
                    "{count} commands stand between a clone and the running app, and nothing runs them in one"
                );
                sink.report(Draft::line("readme-many-commands", path, line).says(says));
            }
        }
    }
    pipelines(context, sink);
}

/// Files with which one command starts everything.
const AUTOMATES: [&str; 16] = [
    "Makefile",
    "makefile",
    "justfile",
    "Justfile",
    "Taskfile.yml",
    "Taskfile.yaml",
    "docker-compose.yml",
    "docker-compose.yaml",
    "compose.yaml",
    "compose.yml",
    "devcontainer.json",
    "Procfile",
    "Procfile.dev",
    "seaworthy.toml",
    "Tiltfile",
    "setup",
];

/// The first command and the number of those that a README asks for to run the app.
fn commands(context: &Context<'_>, readme: &str) -> Option<(u32, usize)> {
    let repository = context.repository;
    if AUTOMATES.iter().any(|file| repository.named(file).next().is_some()) {
        return None;
    }
    let text = repository.text(readme)?;
    let (mut is_about, mut is_block, mut first, mut count) = (false, false, None, 0);
    for (number, line) in (1_u32..).zip(text.lines()) {
        let trimmed = line.trim();
        if trimmed.starts_with("```") {
            is_block = !is_block;
        } else if !is_block && line.starts_with('#') {
            let heading = line.to_ascii_lowercase();
            is_about = [
                "install",
                "getting started",
                "setup",
                "set up",
                "run",
                "start",
                "develop",
                "local",
                "usage",
            ]
            .iter()
            .any(|word| heading.contains(word));
        } else if is_block && is_about && is_command(trimmed) {
            first.get_or_insert(number);
            count += trimmed.split("&&").count();
        }
    }
    first.filter(|_| count > 3).map(|line| (line, count))
}

fn is_command(line: &str) -> bool {
    let line = line.trim_start_matches("$ ");
    let word = line.split_whitespace().next().unwrap_or_default();
    matches!(
        word,
        "npm"
            | "pnpm"
            | "yarn"
            | "bun"
            | "npx"
            | "pip"
            | "pip3"
            | "python"
            | "python3"
            | "poetry"
            | "uv"
            | "bundle"
            | "rails"
            | "bin/rails"
            | "rake"
            | "go"
            | "cargo"
            | "docker"
            | "createdb"
            | "psql"
            | "cp"
            | "cd"
            | "export"
            | "source"
            | "composer"
            | "php"
            | "brew"
            | "redis-server"
            | "flask"
            | "uvicorn"
            | "celery"
            | "virtualenv"
            | "dotnet"
            | "mvn"
            | "./gradlew"
            | "./mvnw"
    ) && !line.starts_with("cd ..")
}

fn pipelines(context: &Context<'_>, sink: &Sink<'_>) {
    let repository = context.repository;
    let files: Vec<&str> =
        repository.paths().iter().map(|path| &**path).filter(|path| is_pipeline(path)).collect();
    let Some(first) = files.first() else {
        // A prototype that goes nowhere needs none yet.
        if Deployed::find(context).is_some() {
            sink.report(Draft::file("no-ci", "."));
        }
        return;
    };
    let has_tests = repository.paths().iter().any(|path| {
        let file = SourceFile::new(path, "");
        file.role == Role::Test && file.language.is_some()
    });
    const RUNS: [&str; 14] = [
        "test", "spec", "tox", "nox", "verify", "phpunit", "make ", "just ", "task ", "nx ", "turbo ",
        "gradlew", "mvn ", "uses: ./",
    ];
    let is_run = files.iter().any(|path| {
        repository.text(path).is_some_and(|text| {
            let is_said = |line: &str| {
                !line.trim_start().starts_with('#')
                    && RUNS.iter().any(|word| line.to_ascii_lowercase().replace("latest", "").contains(word))
            };
            text.lines().any(is_said)
        })
    });
    if has_tests && !is_run {
        sink.report(Draft::file("ci-without-tests", first.to_string()));
    }
}

/// A package that is published, and that nobody may use.
fn license(context: &Context<'_>, sink: &Sink<'_>) {
    let repository = context.repository;
    let has_file = repository.files_in(".").any(|path| {
        let name = path.to_ascii_lowercase();
        ["license", "licence", "copying", "unlicense"].iter().any(|start| name.starts_with(start))
    });
    if has_file {
        return;
    }
    for manifest in context.manifests.iter().filter(|manifest| manifest.path.ends_with("package.json")) {
        let Some(document) = repository.document(&manifest.path) else { continue };
        let is_private =
            document.get("private").and_then(seaworthy_detect::document::Node::bool) == Some(true);
        let is_published = document.get("publishConfig").is_some()
            || document.get("files").is_some()
                && document.get("version").is_some()
                && (document.get("main").is_some() || document.get("exports").is_some());
        if is_published && !is_private && document.get("license").is_none() {
            sink.report(Draft::file("published-without-license", manifest.path.clone()));
        }
    }
}
