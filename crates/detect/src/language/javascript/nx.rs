//! Nx workspaces without a `package.json` per app: `project.json` names the apps, the root's manifest holds
//! everybody's dependencies.

use seaworthy_model::Origin;

use crate::document::Node;
use crate::project::{Project, Role, at};
use crate::repository::{Repository, parent};

/// Adds a project for every app of an Nx workspace that has no manifest of its own.
pub(super) fn add_apps(repo: &Repository, projects: &mut Vec<Project>) {
    if repo.first_of(".", ["nx.json"]).is_none() {
        return;
    }
    let Some(root) = projects.iter().position(|project| project.dir == ".") else { return };
    let mut added = Vec::new();
    for path in super::manifests(repo, "project.json") {
        let dir = parent(path);
        let Some(document) = repo.document(path) else { continue };
        let is_app = document.get("projectType").and_then(Node::text) == Some("application");
        if is_app
            && dir != "."
            && !projects.iter().any(|project| project.dir == dir)
            && !dir.ends_with("-e2e")
        {
            added.push(app(repo, path, &document, &projects[root]));
        }
    }
    if !added.is_empty() {
        projects[root].role = Role::Workspace;
        projects.extend(added);
    }
}

fn app(repo: &Repository, path: &str, document: &Node, root: &Project) -> Project {
    let dir = parent(path);
    let mut project = Project::new(dir, "javascript", path);
    let name = document.get("name").and_then(Node::text).unwrap_or(crate::repository::file_name(dir));
    project.name = Some(name.to_owned());
    project.exec = root.exec;
    project.service.runtime = root.service.runtime.clone();
    project.service.package_manager = root.service.package_manager.clone();
    project.service.install = root.service.install.clone();
    project.dependencies = used_dependencies(repo, dir, document, root);
    super::language(repo, &mut project);
    let targets = document.get("targets").or_else(|| document.get("architect"));
    for target in ["serve", "dev", "build", "test", "lint"] {
        let Some(node) = targets.and_then(|targets| targets.get(target)) else { continue };
        let service = &mut project.service;
        let field = match target {
            "build" => &mut service.build,
            "test" => &mut service.test,
            "lint" => &mut service.lint,
            _ => &mut service.dev,
        };
        let origin = at(format!("project.json target {target}"), path, node.line);
        field.propose(format!("{} nx {target} {name}", root.exec), origin);
    }
    if let Some(port) = targets.and_then(|targets| targets.at(&["serve", "options", "port"]))
        && let Some(number) = port.integer().and_then(|port| u16::try_from(port).ok())
    {
        project.service.port.propose(number, at("project.json serve port", path, port.line));
    }
    let origin = Origin::detected("project.json says it is an application").at(project.place());
    project.role = Role::Application;
    project.service.path.propose(dir.to_owned(), origin);
    project
}

/// Of the workspace's dependencies those that the app's own source or executors name.
fn used_dependencies(
    repo: &Repository,
    dir: &str,
    document: &Node,
    root: &Project,
) -> std::collections::BTreeMap<String, crate::project::Dependency> {
    let mut text = String::new();
    for entry in
        document.get("targets").or_else(|| document.get("architect")).map(Node::entries).unwrap_or_default()
    {
        text.push_str(
            entry
                .node
                .get("executor")
                .or_else(|| entry.node.get("builder"))
                .and_then(Node::text)
                .unwrap_or(""),
        );
        text.push(' ');
    }
    let entries = [
        "src/main.ts",
        "src/main.js",
        "src/server.ts",
        "src/app/app.module.ts",
        "src/main.tsx",
        "src/index.ts",
    ];
    for entry in entries {
        if let Some(source) = repo.first_of(dir, [entry]).and_then(|path| repo.text(&path)) {
            text.push_str(&source);
        }
    }
    // Executors name their framework: `@nx/next:server`, `@angular-devkit/build-angular:dev-server`.
    let by_executor = [
        ("angular", "@angular/core"),
        ("@nx/next", "next"),
        ("@nx/vite", "vite"),
        ("@nx/remix", "@remix-run/node"),
    ];
    root.dependencies
        .iter()
        .filter(|(name, _)| {
            text.contains(&format!("\"{name}\""))
                || text.contains(&format!("'{name}'"))
                || by_executor.iter().any(|(executor, known)| known == name && text.contains(executor))
        })
        .map(|(name, dependency)| (name.clone(), dependency.clone()))
        .collect()
}
