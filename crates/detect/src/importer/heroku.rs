//! `app.json` and `heroku.yml` (Heroku): add-ons are resources, the formation says how many of each process.

use std::collections::BTreeSet;

use seaworthy_model::{JobTrigger, Kind};

use super::process::{Process, Said, find_or_add, provide_type, set};
use super::reader::{self, Reader};
use crate::document::Node;
use crate::draft::Draft;
use crate::repository::{Repository, parent};

/// Add-ons by the type of resource that they are; anything else is a service of somebody else's.
const ADDONS: [(&str, &str); 22] = [
    ("heroku-postgresql", "postgres"),
    ("timescale", "postgres"),
    ("crunchy", "postgres"),
    ("heroku-redis", "redis"),
    ("rediscloud", "redis"),
    ("redistogo", "redis"),
    ("openredis", "redis"),
    ("upstash-redis", "redis"),
    ("heroku-kafka", "kafka"),
    ("cloudkarafka", "kafka"),
    ("cloudamqp", "rabbitmq"),
    ("jawsdb-maria", "mariadb"),
    ("jawsdb", "mysql"),
    ("cleardb", "mysql"),
    ("mongolab", "mongodb"),
    ("ormongo", "mongodb"),
    ("memcachier", "memcached"),
    ("memcachedcloud", "memcached"),
    ("bonsai", "elasticsearch"),
    ("searchbox", "elasticsearch"),
    ("bucketeer", "s3"),
    ("sendgrid", "smtp"),
];

pub(super) fn add_started(repo: &Repository, dirs: &mut BTreeSet<String>) {
    for path in reader::files(repo, &["heroku.yml"]) {
        dirs.insert(parent(&path).to_owned());
    }
}

pub(super) fn import(repo: &Repository, draft: &mut Draft) {
    for path in reader::files(repo, &["app.json"]) {
        let Some(document) = repo.document(&path) else { continue };
        let keys = ["addons", "formation", "scripts", "buildpacks", "stack"];
        let is_heroku = document.get("expo").is_none()
            && (keys.iter().any(|key| document.get(key).is_some())
                || document.get("env").is_some_and(Node::is_map));
        if is_heroku {
            let mut reader = Reader::new("app.json", &path);
            reader.check(&document, "", &["addons", "env", "formation", "scripts", "success_url"]);
            app_json(draft, &mut reader, &document);
            reader.finish(draft);
        }
    }
    for path in reader::files(repo, &["heroku.yml"]) {
        let Some(document) = repo.document(&path) else { continue };
        let mut reader = Reader::new("heroku.yml", &path);
        reader.check(&document, "", &["setup", "build", "release", "run"]);
        heroku_yml(repo, draft, &mut reader, &document);
        reader.finish(draft);
    }
}

fn app_json(draft: &mut Draft, reader: &mut Reader<'_>, document: &Node) {
    addons(draft, reader, document.get("addons"));
    let dir = parent(reader.file).to_owned();
    let here: Vec<usize> =
        (0..draft.services.len()).filter(|index| draft.services[*index].service.path() == dir).collect();
    for entry in document.get("env").map(Node::entries).unwrap_or_default() {
        let value = entry.node.get("value").unwrap_or(&entry.node).scalar();
        let is_generated = entry.node.get("generator").and_then(Node::text) == Some("secret");
        let said = match value {
            _ if is_generated => Said::Generated,
            Some(value) => Said::Value(value),
            None => Said::Nothing,
        };
        let origin = reader.origin("env", entry.line);
        // A variable belongs to the processes that read it; one that nobody reads, to the first.
        let readers: Vec<usize> = here
            .iter()
            .copied()
            .filter(|index| draft.services[*index].service.env.contains_key(&*entry.key))
            .collect();
        let targets = if readers.is_empty() { here.first().copied().into_iter().collect() } else { readers };
        for index in targets {
            set(&mut draft.services[index], &entry.key, &said, &origin);
            if let Some(variable) = draft.services[index].service.env.get_mut(&*entry.key)
                && entry.node.get("required").and_then(Node::bool) == Some(false)
            {
                variable.required = false;
            }
        }
    }
    for entry in document.get("formation").map(Node::entries).unwrap_or_default() {
        reader.check(&entry.node, &format!("formation.{}", entry.key), &["quantity"]);
        let Some(node) = entry.node.get("quantity") else { continue };
        let name = seaworthy_model::Name::from_text(&entry.key);
        let index = here
            .iter()
            .copied()
            .find(|index| draft.services[*index].is_called(&name))
            .or_else(|| here.first().copied().filter(|_| &*entry.key == "web"));
        if let Some(index) = index
            && let Some(count) = node.integer().and_then(|count| u32::try_from(count).ok())
        {
            let origin = reader.origin(&format!("formation.{}", entry.key), node.line);
            draft.services[index].service.replicas.propose(count, origin);
        }
    }
    for entry in document.get("scripts").map(Node::entries).unwrap_or_default() {
        match (&*entry.key, reader::command(&entry.node)) {
            ("postdeploy", Some(run)) => {
                let origin = reader.origin("scripts.postdeploy", entry.line);
                let index = here.first().copied();
                let job = Reader::job(draft, "postdeploy", index, run, origin.clone());
                job.on.propose(JobTrigger::Manual, origin);
            }
            _ => reader.leave(format!("scripts.{}", entry.key), entry.line),
        }
    }
}

/// Add-ons, written as `plan` or as a table with `plan`.
fn addons(draft: &mut Draft, reader: &mut Reader<'_>, node: Option<&Node>) {
    for item in node.map(Node::items).unwrap_or_default() {
        let Some(plan) = item.text().or_else(|| item.get("plan")?.text()) else { continue };
        let addon = plan.split(':').next().unwrap_or(plan);
        match ADDONS.iter().find(|(known, _)| addon.starts_with(known)) {
            Some((_, kind)) => {
                let version = item.at(&["options", "version"]).and_then(Node::scalar);
                provide_type(draft, kind, kind, version, &reader.origin("addons", item.line));
            }
            None => reader.leave(format!("addons {addon}"), item.line),
        }
    }
}

fn heroku_yml(repo: &Repository, draft: &mut Draft, reader: &mut Reader<'_>, document: &Node) {
    addons(draft, reader, document.at(&["setup", "addons"]));
    let dir = parent(reader.file).to_owned();
    let mut names: Vec<(String, u32)> = Vec::new();
    for keys in [&["run"][..], &["build", "docker"]] {
        for entry in document.at(keys).map(Node::entries).unwrap_or_default() {
            if !names.iter().any(|(known, _)| *known == *entry.key) {
                names.push((entry.key.to_string(), entry.line));
            }
        }
    }
    names.retain(|(name, _)| name != "release");
    let mut taken = Vec::new();
    for (name, line) in &names {
        let dockerfile = document.at(&["build", "docker", name]).and_then(Node::text);
        let folder = dockerfile.and_then(|file| reader::built_folder(repo, &dir, file));
        let process = Process {
            name,
            dir: folder.as_deref().unwrap_or(&dir),
            kind: Some(if name == "web" { Kind::Web } else { Kind::Worker }),
            is_one_of_many: names.len() > 1 && name != "web",
        };
        let origin = reader.origin(&format!("run.{name}"), *line);
        let index = find_or_add(draft, &process, &mut taken, &origin);
        let run = document.at(&["run", name]);
        if let Some(node) = run
            && let Some(text) = reader::command(node.get("command").unwrap_or(node))
        {
            draft.services[index].service.start.propose(single(node, text), origin);
        }
        for entry in document.at(&["setup", "config"]).map(Node::entries).unwrap_or_default() {
            if let Some(value) = entry.node.scalar() {
                let origin = reader.origin("setup.config", entry.line);
                set(&mut draft.services[index], &entry.key, &Said::Value(value), &origin);
            }
        }
    }
    if let Some(release) = document.get("release")
        && let Some(index) = taken.first()
    {
        let node = release.get("command").unwrap_or(release);
        if let Some(run) = reader::command(node) {
            reader.release(draft, *index, single(node, run), "release", node.line);
        }
    }
}

/// A list of one is a shell text, not a word of one.
fn single(node: &Node, text: String) -> String {
    let list = node.get("command").unwrap_or(node).items();
    match list {
        [only] => only.text().map_or(text, str::to_owned),
        _ => text,
    }
}
