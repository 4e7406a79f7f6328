//! Crystal: `shard.yml`.

use seaworthy_model::Runtime;

use super::{Language, manifests, runtime_files};
use crate::document::Node;
use crate::project::{Project, Role, at, at_file};
use crate::repository::{Repository, parent};

pub(crate) struct Crystal;

impl Language for Crystal {
    fn family(&self) -> &'static str {
        "crystal"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        manifests(repo, "shard.yml").filter_map(|path| read(repo, path)).collect()
    }
}

fn read(repo: &Repository, path: &str) -> Option<Project> {
    let document = repo.document(path)?;
    let dir = parent(path);
    let mut project = Project::new(dir, "crystal", path);
    project.name = document.get("name").and_then(Node::text).map(str::to_owned);
    for (table, dev) in [("dependencies", false), ("development_dependencies", true)] {
        for entry in document.get(table).map(Node::entries).unwrap_or_default() {
            project.depend(&entry.key, entry.line, dev);
        }
    }
    let origin = || at_file("shard.yml is there", path);
    let service = &mut project.service;
    service.language.propose("crystal".to_owned(), origin());
    service.package_manager.propose("shards".to_owned(), origin());
    service.install.propose("shards install".to_owned(), origin());
    service.test.propose("crystal spec".to_owned(), origin().likely());
    runtime_files::propose(repo, dir, "crystal", &[], &[".crystal-version"], service);
    if let Some(node) = document.get("crystal")
        && let Some(text) = node.scalar()
    {
        runtime_files::say(service, "crystal", &text, at("shard.yml crystal", path, node.line));
    }
    service.runtime.propose(Runtime::new("crystal", None), origin().guess());
    // Of several targets the one that is called as the shard is, else the first.
    let targets = document.get("targets").map(Node::entries).unwrap_or_default();
    let named = targets.iter().find(|target| Some(&*target.key) == project.name.as_deref());
    if let Some(target) = named.or(targets.first()) {
        let origin = || at("shard.yml targets", path, target.line);
        project.role = Role::Application;
        let build = format!("shards build {} --release", target.key);
        service.build.propose(build, origin());
        service.start.propose(format!("bin/{}", target.key), origin());
        if let Some(main) = target.node.get("main").and_then(Node::text) {
            service.dev.propose(format!("crystal run {main}"), origin().likely());
        }
    } else {
        let name = project.name.clone().unwrap_or_default();
        if let Some(main) = repo.first_of(dir, [format!("src/{name}.cr").as_str()])
            && ["kemal", "lucky", "grip", "amber", "athena"]
                .iter()
                .any(|known| project.dependencies.contains_key(*known))
        {
            let origin = || at_file("the usual entry point", &main).likely();
            let file = crate::repository::relative(dir, &main);
            project.role = Role::Application;
            let build = format!("crystal build --release -o bin/{name} {file}");
            service.build.propose(build, origin());
            service.start.propose(format!("bin/{name}"), origin());
            service.dev.propose(format!("crystal run {file}"), origin());
        } else {
            project.role = Role::Library;
        }
    }
    if project.has("ameba") {
        let origin = at_file("depends on ameba", path).likely();
        project.service.lint.propose("bin/ameba".to_owned(), origin);
    }
    Some(project)
}
