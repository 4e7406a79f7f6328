//! JavaScript and TypeScript: npm, pnpm, yarn (1 and berry), bun and Deno.

mod config;
mod deno;
mod file_routes;
mod nx;
mod package_manager;
mod prisma;
mod scripts;
mod workspace;

use seaworthy_model::{Kind, Origin, Place};

use super::{Language, manifests, runtime_files};
use crate::document::Node;
use crate::framework::Chosen;
use crate::project::{Project, Role, at, at_file};
use crate::repository::{Repository, parent};
use crate::source::Facts;

pub(crate) use package_manager::Manager;

pub(crate) struct JavaScript;

impl Language for JavaScript {
    fn family(&self) -> &'static str {
        "javascript"
    }

    fn projects(&self, repo: &Repository) -> Vec<Project> {
        let workspaces = workspace::find(repo);
        let mut projects: Vec<Project> =
            manifests(repo, "package.json").filter_map(|path| read(repo, path, &workspaces)).collect();
        nx::add_apps(repo, &mut projects);
        for name in ["deno.json", "deno.jsonc"] {
            for path in manifests(repo, name) {
                let dir = parent(path);
                match projects.iter_mut().find(|project| project.dir == dir) {
                    Some(project) => deno::add_tasks(repo, path, project),
                    None => projects.extend(deno::read(repo, path)),
                }
            }
        }
        projects
    }

    fn find_entry(&self, _repo: &Repository, project: &mut Project, facts: &Facts) {
        let has_script = project.service.start.get().is_some() || project.service.dev.get().is_some();
        if project.role == Role::Unknown && (has_script || !facts.listens.is_empty()) {
            project.role = Role::Application;
        }
    }

    fn refine(&self, repo: &Repository, project: &mut Project, facts: &Facts, chosen: Option<&Chosen>) {
        let framework = chosen.map(|chosen| chosen.rule.name.as_str()).unwrap_or_default();
        config::propose(repo, project, framework);
        file_routes::propose(repo, project, framework);
        scripts::propose_ports(project);
        if project.service.kind.get() == Some(&Kind::Static) {
            // What a static site's `start` script runs is its development server.
            project.service.start.retain(|evidence| evidence.origin.rule.contains("production"));
        } else {
            propose_entry(repo, project, facts);
        }
        scripts::add_workers(project);
    }
}

/// Reads one `package.json`.
fn read(repo: &Repository, path: &str, workspaces: &[workspace::Workspace]) -> Option<Project> {
    let document = repo.document(path)?;
    let dir = parent(path);
    let mut project = Project::new(dir, "javascript", path);
    project.name = document.get("name").and_then(Node::text).map(str::to_owned);
    for (table, dev) in [
        ("dependencies", false),
        ("optionalDependencies", false),
        ("devDependencies", true),
        ("peerDependencies", true),
    ] {
        for entry in document.get(table).map(Node::entries).unwrap_or_default() {
            project.depend(&entry.key, entry.line, dev);
        }
    }
    let root = workspaces.iter().find(|workspace| workspace.holds(dir));
    let manager = package_manager::find(repo, dir, &document, root, &mut project.service);
    project.exec = manager.exec();
    scripts::read(&document, path, manager, &mut project);
    language(repo, &mut project);
    runtime(repo, &document, path, &mut project, manager);
    project.role = role(repo, &document, &project, workspaces);
    prisma::read(repo, &mut project);
    meteor(repo, &mut project);
    Some(project)
}

/// TypeScript where a compiler is configured for it or most of the source is in it.
fn language(repo: &Repository, project: &mut Project) {
    let (typescript, javascript, first) = count_source(repo, &project.dir);
    let configured =
        repo.first_of(&project.dir, ["tsconfig.json", "tsconfig.base.json", "tsconfig.app.json"]);
    let (language, origin) = match (first, configured, project.dependency("typescript")) {
        (_, Some(path), _) if typescript > 0 || javascript == 0 => {
            ("typescript", at_file("tsconfig.json is there", &path))
        }
        (Some(_), _, Some(dependency)) => {
            let place = dependency.place.clone().unwrap_or_else(|| project.place());
            ("typescript", Origin::detected("depends on typescript").at(place))
        }
        (Some(path), _, _) if typescript > javascript => {
            ("typescript", at_file("most of its source is TypeScript", &path).likely())
        }
        _ => ("javascript", at_file("package.json is there", &project.manifest)),
    };
    project.service.language.propose(language.to_owned(), origin);
}

/// How many files of TypeScript and of JavaScript there are, and the first of TypeScript.
fn count_source(repo: &Repository, dir: &str) -> (u32, u32, Option<String>) {
    let (mut typescript, mut javascript, mut first) = (0, 0, None);
    for path in repo.under(dir) {
        match path.rsplit_once('.').map(|(_, ending)| ending) {
            Some("ts" | "tsx" | "mts") if !path.ends_with(".d.ts") => {
                typescript += 1;
                first.get_or_insert_with(|| path.to_string());
            }
            Some("js" | "jsx" | "mjs" | "cjs") => javascript += 1,
            _ => {}
        }
    }
    (typescript, javascript, first)
}

fn runtime(repo: &Repository, document: &Node, path: &str, project: &mut Project, manager: Manager) {
    let dir = project.dir.clone();
    let tool = if manager == Manager::Bun && project.scripts.values().any(|script| runs_on_bun(&script.text))
    {
        "bun"
    } else {
        "node"
    };
    let service = &mut project.service;
    let files: &[&str] = if tool == "node" { &[".nvmrc", ".node-version"] } else { &[".bun-version"] };
    runtime_files::propose(repo, &dir, tool, &["nodejs"], files, service);
    for keys in [["volta", tool], ["engines", tool]] {
        if let Some(node) = document.at(&keys)
            && let Some(text) = node.scalar()
        {
            let rule = format!("package.json {}.{}", keys[0], keys[1]);
            runtime_files::say(service, tool, &text, at(rule, path, node.line));
        }
    }
    if let Some(engine) = document.at(&["devEngines", "runtime"])
        && engine.get("name").and_then(Node::text) == Some(tool)
        && let Some(version) = engine.get("version").and_then(Node::scalar)
    {
        runtime_files::say(service, tool, &version, at("package.json devEngines", path, engine.line));
    }
    if let Some(root) = (dir != ".").then(|| repo.first_of(".", ["package.json"])).flatten()
        && let Some(document) = repo.document(&root)
        && let Some(node) = document.at(&["engines", tool])
        && let Some(text) = node.scalar()
    {
        runtime_files::say(
            service,
            tool,
            &text,
            at("package.json engines of the root", &root, node.line).likely(),
        );
    }
    let convention = seaworthy_model::Runtime::new(tool, None);
    service.runtime.propose(convention, at_file("package.json is there", path).guess());
}

fn runs_on_bun(text: &str) -> bool {
    text.starts_with("bun ") || text.starts_with("bunx --bun")
}

fn role(repo: &Repository, document: &Node, project: &Project, workspaces: &[workspace::Workspace]) -> Role {
    let is_root = workspaces.iter().any(|workspace| workspace.root == project.dir);
    let own_source = ["src", "app", "pages", "server", "index.html", "index.js", "server.js", "public"]
        .iter()
        .any(|name| crate::framework::has_file(repo, project, name).is_some());
    if is_root && !own_source {
        return Role::Workspace;
    }
    let orchestrates = project.scripts.values().any(|script| {
        ["turbo ", "nx ", "lerna ", "--filter", "--workspace", "-w ", "concurrently"]
            .iter()
            .any(|word| script.text.contains(word))
    });
    if orchestrates && !own_source && project.dependencies.len() < 6 {
        return Role::Workspace;
    }
    let exports =
        ["exports", "module", "types", "typings", "files"].iter().any(|key| document.get(key).is_some());
    let is_private = document.get("private").and_then(Node::bool) == Some(true);
    let is_member =
        workspaces.iter().any(|workspace| workspace.holds(&project.dir) && workspace.root != project.dir);
    let has_page = crate::framework::has_file(repo, project, "index.html").is_some();
    let has_start = project.service.start.get().is_some();
    let in_packages =
        project.dir.split('/').any(|part| matches!(part, "packages" | "libs" | "lib" | "shared"));
    if exports && !has_page && !has_start && (is_member || !is_private)
        || is_member && in_packages && !has_start && !has_page && project.service.dev.get().is_none()
    {
        return Role::Library;
    }
    Role::Unknown
}

/// Meteor brings `MongoDB` as a package of its own.
fn meteor(repo: &Repository, project: &mut Project) {
    let Some(path) = repo.first_of(&project.dir, [".meteor/packages"]) else { return };
    let Some(text) = repo.text(&path) else { return };
    let line = (1_u32..)
        .zip(text.lines())
        .find(|(_, line)| line.split('@').next().is_some_and(|name| name.trim() == "mongo"));
    if let Some((line, _)) = line {
        project.depend("mongodb", line, false);
        if let Some(dependency) = project.dependencies.get_mut("mongodb") {
            dependency.place = Some(Place::line(path, line));
        }
    }
}

/// The start command where no script says one: `node` on the entry point.
fn propose_entry(repo: &Repository, project: &mut Project, facts: &Facts) {
    if project.service.start.get().is_some() && project.service.framework.get().is_none() {
        return;
    }
    let document = repo.document(&project.manifest);
    let main = document.as_deref().and_then(|document| document.get("main")).and_then(|node| {
        let text = node.text()?;
        let path = repo.first_of(&project.dir, [text, &format!("{text}.js"), &format!("{text}/index.js")])?;
        Some((path, node.line))
    });
    let usual = [
        "server.js",
        "index.js",
        "app.js",
        "main.js",
        "src/server.js",
        "src/index.js",
        "src/app.js",
        "src/main.js",
        "server.mjs",
        "index.mjs",
        "src/index.mjs",
        "server/index.js",
        "bin/www",
        "server.ts",
        "index.ts",
        "src/server.ts",
        "src/index.ts",
        "src/app.ts",
        "src/main.ts",
        "server/index.ts",
    ];
    let listening: Vec<&str> = facts.listens.iter().map(|listen| listen.place.file.as_str()).collect();
    let (entry, origin) = if let Some((path, line)) = main {
        (path, at("package.json main", &project.manifest, line).likely())
    } else if let Some(path) = usual
        .iter()
        .filter_map(|name| repo.first_of(&project.dir, [*name]))
        .min_by_key(|path| !listening.contains(&path.as_str()))
    {
        let origin = Origin::detected("the usual entry point").at(Place::file(path.clone())).guess();
        (path, origin)
    } else {
        return;
    };
    let entry = crate::repository::relative(&project.dir, &entry).to_owned();
    let is_typescript = entry.rsplit_once('.').is_some_and(|(_, ending)| ending == "ts");
    let runtime = project.service.runtime.get().map_or("node", |runtime| runtime.name.as_str());
    let command = match (is_typescript, runtime) {
        (_, "bun") => format!("bun {entry}"),
        (false, _) => format!("node {entry}"),
        (true, _) if project.has("tsx") => project.exec(&format!("tsx {entry}")),
        (true, _) if project.has("ts-node") => project.exec(&format!("ts-node {entry}")),
        (true, _) => return,
    };
    project.service.start.propose(command, origin);
}
