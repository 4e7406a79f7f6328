//! `.env.example` and its kin: variables that somebody wrote down for the next person.

use seaworthy_model::{Origin, Place, Variable};

use crate::document::parse_env;
use crate::draft::Draft;
use crate::repository::{Repository, file_name, is_within, parent};
use crate::{resource, secret};

const NAMES: [&str; 9] = [
    ".env.example",
    ".env.sample",
    ".env.template",
    ".env.dist",
    "env.example",
    "example.env",
    ".env.local.example",
    ".env.defaults",
    ".env.development",
];

pub(super) fn import(repo: &Repository, draft: &mut Draft) {
    for name in NAMES.iter().chain(&[".env"]) {
        let paths: Vec<String> = repo.named(name).map(str::to_owned).collect();
        for path in paths {
            let Some(text) = repo.text(&path) else { continue };
            for line in parse_env(&text) {
                if !secret::is_platform(&line.name) {
                    declare(draft, &path, &line.name, &line.value, &line.comment, line.line);
                }
            }
        }
    }
}

/// A variable belongs to the services of its folder that read it; one that nobody reads, to the one service
/// of that folder.
fn declare(draft: &mut Draft, path: &str, name: &str, value: &str, comment: &str, line: u32) {
    let dir = parent(path);
    let place = Place::line(path, line);
    let readers: Vec<usize> = draft
        .services
        .iter()
        .enumerate()
        .filter(|(_, draft)| is_within(dir, draft.service.path()) && draft.service.env.contains_key(name))
        .map(|(index, _)| index)
        .collect();
    let own: Vec<usize> = draft
        .services
        .iter()
        .enumerate()
        .filter(|(_, draft)| draft.service.path() == dir)
        .map(|(index, _)| index)
        .collect();
    let only = (draft.services.len() == 1 && dir == ".").then_some(0);
    let targets =
        if readers.is_empty() { own.into_iter().next().or(only).into_iter().collect() } else { readers };
    for index in targets {
        let service = &mut draft.services[index];
        resource::note_declared(service, name, value, &place);
        let variable = service.service.env.entry(name.to_owned()).or_insert_with(|| Variable {
            secret: secret::is_secret(name),
            public: secret::is_public(name),
            ..Variable::default()
        });
        variable.declared_at.push(place.clone());
        if comment.to_ascii_lowercase().contains("optional") {
            variable.required = false;
        }
        // What stands in `.env` itself is somebody's own value, not a suggestion.
        if file_name(path) != ".env"
            && !value.is_empty()
            && !is_placeholder(value)
            && let Some(shown) = secret::shown_default(name, value)
        {
            variable.default.propose(shown, Origin::detected("an example value").at(place.clone()).likely());
        }
    }
}

/// The value stands for one that the reader is to fill in.
fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    [
        "your",
        "changeme",
        "change-me",
        "change_me",
        "xxx",
        "<",
        "...",
        "replace",
        "todo",
        "example-key",
        "sk-...",
        "here",
    ]
    .iter()
    .any(|word| lower.contains(word))
}
