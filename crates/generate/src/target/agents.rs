//! AGENTS.md: how to run, test and check; what not to commit.

use std::collections::BTreeSet;

use seaworthy_model::{Field, Service};
use serde::Serialize;

use crate::text::{code, tidy};
use crate::{Comment, Header, Input, Output, Target, TemplateError};

pub(super) const TARGET: Target = Target {
    id: "agents",
    title: "AGENTS.md: how to run, test and check, and what not to commit",
    by_default: true,
    make,
};

#[derive(Serialize)]
struct Page<'a> {
    app: &'a str,
    services: Vec<Row>,
    install: String,
    checks: Vec<String>,
    databases: Vec<Database>,
    secrets: String,
    ignored: Vec<String>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    path: String,
    dev: String,
    build: String,
    test: String,
    lint: String,
}

#[derive(Serialize)]
struct Database {
    name: String,
    schema: String,
}

fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let header = Header { target: TARGET.id, app: input.name() };
    let services = &input.app.services;
    let command = |field: &Field<String>| field.get().map_or_else(|| "-".to_owned(), |text| code(text));
    let rows = services.iter().map(|(name, service)| Row {
        name: name.to_string(),
        path: code(service.path()),
        dev: command(if service.dev.get().is_some() { &service.dev } else { &service.start }),
        build: command(&service.build),
        test: command(&service.test),
        lint: command(&service.lint),
    });
    // In the order of services, each once.
    let mut checks = Vec::new();
    for service in services.values() {
        for field in [&service.lint, &service.test] {
            let line = field.get().map(|text| within(service, text));
            checks.extend(line.filter(|line| !checks.contains(line)));
        }
    }
    let installs: BTreeSet<_> = services
        .values()
        .filter_map(|service| service.install.get())
        .map(|text| crate::text::cell(text))
        .collect();
    let databases = input.app.resources.iter().filter_map(|(name, resource)| {
        let schema = resource.migrations.get().or(resource.schema.get())?;
        Some(Database { name: name.to_string(), schema: code(schema) })
    });
    let names: Vec<_> = input.deployment().secrets().into_iter().map(|name| format!("`{name}`")).collect();
    let page = Page {
        app: input.name(),
        services: rows.collect(),
        install: if installs.len() == 1 {
            installs.into_iter().next().unwrap_or_default()
        } else {
            "sea up".to_owned()
        },
        checks,
        databases: databases.collect(),
        secrets: if names.is_empty() {
            String::new()
        } else {
            format!(" Secrets of this app: {}.", names.join(", "))
        },
        ignored: ignored(input),
    };
    let text = input.templates.render("agents/agents.md", page)?;
    output.file(&header, Comment::Html, "AGENTS.md", &tidy(&text));
    Ok(())
}

/// The command in the service's folder.
fn within(service: &Service, command: &str) -> String {
    let command = command.split_whitespace().collect::<Vec<_>>().join(" ");
    match service.path() {
        "." => command,
        path => format!("(cd {path} && {command})"),
    }
}

/// What tools leave behind, by the languages that are there.
fn ignored(input: &Input<'_>) -> Vec<String> {
    let languages: BTreeSet<_> = input
        .app
        .services
        .values()
        .filter_map(|service| service.language.get())
        .map(String::as_str)
        .collect();
    let mut all = Vec::new();
    for (language, what) in [
        ("javascript", "`node_modules/` and what builds make."),
        ("typescript", "`node_modules/` and what builds make."),
        ("python", "`.venv/`, `__pycache__/`."),
        ("rust", "`target/`."),
        ("java", "`target/`, `build/`."),
        ("kotlin", "`build/`."),
        ("ruby", "`vendor/bundle/`, `log/`, `tmp/`."),
        ("php", "`vendor/`."),
        ("elixir", "`_build/`, `deps/`."),
    ] {
        if languages.contains(language) && !all.contains(&what.to_owned()) {
            all.push(what.to_owned());
        }
    }
    all
}
