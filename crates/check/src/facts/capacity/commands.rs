//! What is started in containers, wherever that is said: Dockerfiles, Compose files, Kubernetes manifests, Procfiles.

use parse_dockerfile::{Command, Instruction};
use seaworthy_detect::document::{Node, parse_yaml_stream};

use crate::context::Context;
use crate::facts::infrastructure::compose::is_compose;
use crate::facts::infrastructure::dockerfile::is_dockerfile;
use crate::facts::infrastructure::shell::commands;
use crate::file::{Role, SourceFile, extension, name};

/// One command that keeps running.
pub(super) struct Started {
    /// Its words, without quotes.
    pub(super) words: Vec<String>,
    pub(super) file: String,
    pub(super) line: u32,
    /// Whether it may take all memory; `None` where the file cannot say.
    pub(super) has_limit: Option<bool>,
    /// Copies of it.
    pub(super) replicas: i64,
}

impl Started {
    /// A program of this name is started.
    pub(super) fn runs(&self, program: &str) -> bool {
        self.words.iter().any(|word| word.rsplit('/').next() == Some(program))
    }

    /// The value of an option: `--name value`, `--name=value`, `-n value`, `-n4`.
    pub(super) fn option(&self, names: &[&str]) -> Option<&str> {
        self.words.iter().enumerate().find_map(|(index, word)| {
            names.iter().find_map(|name| {
                let rest = word.strip_prefix(name)?;
                match rest.strip_prefix('=') {
                    Some(value) => Some(value),
                    None if rest.is_empty() => self.words.get(index + 1).map(String::as_str),
                    None if !name.starts_with("--") && rest.bytes().all(|byte| byte.is_ascii_digit()) => {
                        Some(rest)
                    }
                    None => None,
                }
            })
        })
    }
}

/// Every command that files for containers start.
pub(super) fn all(context: &Context<'_>) -> Vec<Started> {
    let mut found = Vec::new();
    for path in context.repository.paths() {
        let own = name(path);
        let is_procfile = own == "Procfile";
        let is_yaml = matches!(extension(path), "yaml" | "yml");
        if !is_procfile && !is_yaml && !is_dockerfile(own) {
            continue;
        }
        if matches!(SourceFile::new(path, "").role, Role::Test | Role::Example) {
            continue;
        }
        let Some(text) = context.repository.source(path) else { continue };
        if is_procfile {
            procfile(path, &text, &mut found);
        } else if is_dockerfile(own) {
            dockerfile(path, &text, &mut found);
        } else if is_compose(own) {
            compose(path, &text, &mut found);
        } else if text.contains("containers:") && text.contains("kind:") && !text.contains("{{") {
            kubernetes(path, &text, &mut found);
        }
    }
    found
}

fn words(text: &str) -> Vec<String> {
    commands(text, true).into_iter().flat_map(|command| command.words).collect()
}

fn procfile(path: &str, text: &str, found: &mut Vec<Started>) {
    for (line, text) in (1..).zip(text.lines()) {
        if let Some((_, command)) = text.split_once(':')
            && !text.starts_with('#')
        {
            let file = path.to_owned();
            found.push(Started { words: words(command), file, line, has_limit: None, replicas: 1 });
        }
    }
}

fn dockerfile(path: &str, text: &str, found: &mut Vec<Started>) {
    let Ok(parsed) = parse_dockerfile::parse(text) else { return };
    let last = parsed.instructions.iter().rev().find_map(|instruction| match instruction {
        Instruction::Cmd(cmd) => Some((&cmd.arguments, cmd.cmd.span.start)),
        _ => None,
    });
    let entry = parsed.instructions.iter().rev().find_map(|instruction| match instruction {
        Instruction::Entrypoint(entry) => Some((&entry.arguments, entry.entrypoint.span.start)),
        _ => None,
    });
    let Some(start) = last.or(entry).map(|(_, start)| start) else { return };
    let of = |command: &Command<'_>| match command {
        Command::Exec(list) => list.value.iter().map(|word| word.value.to_string()).collect(),
        Command::Shell(text) => words(text.value),
        _ => Vec::new(),
    };
    let all: Vec<String> = entry.into_iter().chain(last).flat_map(|(command, _)| of(command)).collect();
    let before = text.get(..start).unwrap_or_default().matches('\n').count();
    let line = u32::try_from(before + 1).unwrap_or(u32::MAX);
    found.push(Started { words: all, file: path.to_owned(), line, has_limit: None, replicas: 1 });
}

/// The words of a command that is a text or a list.
fn node_words(node: &Node) -> Vec<String> {
    if node.is_list() {
        let items: Vec<String> = node.items().iter().filter_map(Node::scalar).collect();
        // `sh -c "..."`: the last word is a command of its own.
        return match items.iter().position(|word| word == "-c").and_then(|at| items.get(at + 1)) {
            Some(script) => words(script),
            None => items,
        };
    }
    node.text().map(words).unwrap_or_default()
}

fn compose(path: &str, text: &str, found: &mut Vec<Started>) {
    let is_for_work = name(path)
        .split(['.', '-', '_'])
        .any(|part| matches!(part, "dev" | "development" | "override" | "local" | "test" | "ci"));
    if is_for_work {
        return;
    }
    for document in parse_yaml_stream(text).unwrap_or_default() {
        for entry in document.get("services").map(Node::entries).unwrap_or_default() {
            let service = &entry.node;
            let Some(command) = service.entries().iter().find(|entry| &*entry.key == "command") else {
                continue;
            };
            let has_limit = service.get("mem_limit").is_some()
                || service.at(&["deploy", "resources", "limits", "memory"]).is_some();
            let replicas =
                service.at(&["deploy", "replicas"]).or_else(|| service.get("scale")).and_then(Node::integer);
            found.push(Started {
                words: node_words(&command.node),
                file: path.to_owned(),
                line: command.line,
                has_limit: Some(has_limit),
                replicas: replicas.unwrap_or(1),
            });
        }
    }
}

fn kubernetes(path: &str, text: &str, found: &mut Vec<Started>) {
    for object in parse_yaml_stream(text).unwrap_or_default() {
        let Some(containers) = object.at(&["spec", "template", "spec", "containers"]) else { continue };
        let replicas = object.at(&["spec", "replicas"]).and_then(Node::integer).unwrap_or(1);
        for container in containers.items() {
            let parts = ["command", "args"];
            let mut entries =
                container.entries().iter().filter(|entry| parts.contains(&&*entry.key)).peekable();
            let Some(line) = entries.peek().map(|entry| entry.line) else { continue };
            let has_limit = container.at(&["resources", "limits", "memory"]).is_some();
            let words = entries.flat_map(|entry| node_words(&entry.node)).collect();
            let file = path.to_owned();
            found.push(Started { words, file, line, has_limit: Some(has_limit), replicas });
        }
    }
}
