//! `Cargo.toml`: packages, their binaries, and what they depend on with which features.

use seaworthy_model::Place;

use crate::document::Node;
use crate::language::runtime_files;
use crate::project::{Project, at};
use crate::repository::{Repository, file_name, is_within, join, parent, relative, upwards};

/// A package.
pub(super) struct Package {
    pub(super) project: Project,
    pub(super) binaries: Vec<Binary>,
    pub(super) default_run: Option<String>,
    /// The folder of the workspace it is a member of.
    pub(super) workspace: Option<String>,
}

/// A binary target.
pub(super) struct Binary {
    pub(super) name: String,
    /// Its main file.
    pub(super) path: String,
    /// What shows it.
    pub(super) place: Place,
}

impl Binary {
    /// What is part of this binary only: its file, or the folder of `src/bin/name/main.rs`.
    pub(super) fn root(&self) -> &str {
        match parent(&self.path) {
            dir if file_name(&self.path) == "main.rs" && file_name(dir) != "src" => dir,
            _ => &self.path,
        }
    }
}

impl Package {
    /// The folder that Cargo builds into, seen from the package: the workspace's.
    pub(super) fn target(&self) -> String {
        let Some(root) = &self.workspace else { return "./target".to_owned() };
        match relative(root, &self.project.dir) {
            inner if inner == root || self.project.dir == *root => "./target".to_owned(),
            inner => format!("{}target", "../".repeat(inner.split('/').count())),
        }
    }
}

/// Reads a `Cargo.toml`; `None` for the root of a workspace that is no package itself.
pub(super) fn read(repo: &Repository, path: &str) -> Option<Package> {
    let document = repo.document(path)?;
    let table = document.get("package")?;
    let dir = parent(path);
    let mut project = Project::new(dir, "rust", path);
    project.name = table.get("name").and_then(Node::text).map(str::to_owned);
    let workspace = workspace_of(repo, dir);
    let root = workspace.as_deref().and_then(|dir| repo.document(&join(dir, "Cargo.toml")));
    let shared = root.as_deref().and_then(|root| root.at(&["workspace", "dependencies"]));
    depend(&mut project, &document, shared);
    let platforms = document.get("target").map(Node::entries).unwrap_or_default();
    for platform in platforms {
        depend(&mut project, &platform.node, shared);
    }
    // The oldest Rust that will do; a newer one builds the package as well.
    let inherited = || root.as_deref()?.at(&["workspace", "package", "rust-version"]);
    let root_path = workspace.as_deref().map(|dir| join(dir, "Cargo.toml"));
    let said = match table.get("rust-version") {
        Some(node) if node.is_map() => inherited().zip(root_path.as_deref()),
        other => other.map(|node| (node, path)),
    };
    if let Some((node, path)) = said
        && let Some(version) = node.scalar()
    {
        let origin = at("Cargo.toml rust-version", path, node.line);
        runtime_files::say(&mut project.service, "rust", &format!(">={version}"), origin);
    }
    let binaries = binaries(repo, &document, &project);
    let default_run = table.get("default-run").and_then(Node::text).map(str::to_owned);
    Some(Package { project, binaries, default_run, workspace })
}

/// Declared and found binaries: `[[bin]]`, `src/main.rs`, `src/bin/*.rs`, `src/bin/*/main.rs`.
fn binaries(repo: &Repository, document: &Node, project: &Project) -> Vec<Binary> {
    let mut found: Vec<Binary> = Vec::new();
    for node in document.get("bin").map(Node::items).unwrap_or_default() {
        let Some(name) = node.get("name").and_then(Node::text) else { continue };
        let said = node.get("path").and_then(Node::text).map(str::to_owned);
        let usual = || {
            let by_name = vec![format!("src/bin/{name}.rs"), format!("src/bin/{name}/main.rs")];
            by_name.into_iter().chain(["src/main.rs".to_owned()]).collect()
        };
        let places: Vec<String> = said.map_or_else(usual, |path| vec![path]);
        let path = repo.first_of(&project.dir, places.iter().map(String::as_str));
        if let Some(path) = path {
            let place = Place::line(&project.manifest, node.line);
            found.push(Binary { name: name.to_owned(), path, place });
        }
    }
    let mut add = |name: &str, path: &str| {
        if !found.iter().any(|known| known.path == path) {
            found.push(Binary { name: name.to_owned(), path: path.to_owned(), place: Place::file(path) });
        }
    };
    if let Some(path) = repo.first_of(&project.dir, ["src/main.rs"]) {
        add(project.name.as_deref().unwrap_or("app"), &path);
    }
    let dir = join(&project.dir, "src/bin");
    for path in repo.under(&dir) {
        let inner = relative(&dir, path);
        match inner.split_once('/') {
            None => {
                if let Some(name) = inner.strip_suffix(".rs") {
                    add(name, path);
                }
            }
            Some((name, "main.rs")) => add(name, path),
            Some(_) => {}
        }
    }
    found
}

/// Dependencies, and each of their features as a name of its own: `sqlx[postgres]`.
fn depend(project: &mut Project, table: &Node, shared: Option<&Node>) {
    for (kind, dev) in [("dependencies", false), ("dev-dependencies", true), ("build-dependencies", true)] {
        for entry in table.get(kind).map(Node::entries).unwrap_or_default() {
            let inherits = entry.node.get("workspace").and_then(Node::bool) == Some(true);
            let inherited = if inherits { shared.and_then(|shared| shared.get(&entry.key)) } else { None };
            let tables = [Some(&entry.node), inherited];
            let tables = || tables.iter().copied().flatten();
            let renamed = tables().find_map(|node| node.get("package").and_then(Node::text));
            let name = renamed.unwrap_or(&entry.key).to_owned();
            project.depend(&name, entry.line, dev);
            for feature in tables().filter_map(|node| node.get("features")).flat_map(Node::items) {
                if let Some(text) = feature.text() {
                    let line = if inherits { entry.line } else { feature.line };
                    project.depend(&format!("{name}[{text}]"), line, dev);
                }
            }
        }
    }
}

/// The nearest workspace whose members include the folder.
fn workspace_of(repo: &Repository, dir: &str) -> Option<String> {
    upwards(dir).find_map(|above| {
        let document = repo.document(&repo.first_of(above, ["Cargo.toml"])?)?;
        let workspace = document.get("workspace")?;
        let inner = relative(above, dir);
        let matches = |key: &str| {
            let patterns = workspace.get(key).map(Node::items).unwrap_or_default();
            patterns.iter().filter_map(Node::text).any(|pattern| is_member(pattern, inner))
        };
        // Path dependencies inside the workspace's folder are members too, so only `exclude` speaks against it.
        let counts = above == dir || matches("members") || is_within(above, dir) && !matches("exclude");
        counts.then(|| above.to_owned())
    })
}

fn is_member(pattern: &str, dir: &str) -> bool {
    let pattern = pattern.trim_end_matches('/').trim_start_matches("./");
    let (mut pattern, mut dir) = (pattern.split('/'), dir.split('/'));
    loop {
        match (pattern.next(), dir.next()) {
            (None, None) | (Some("**"), _) => return true,
            (Some(part), Some(name)) => match part.split_once('*') {
                Some((start, end)) if name.starts_with(start) && name.ends_with(end) => {}
                None if part == name => {}
                _ => return false,
            },
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_member;

    #[test]
    fn members_by_pattern() {
        for (pattern, dir, is) in [
            ("crates/*", "crates/api", true),
            ("crates/*", "crates/api/inner", false),
            ("api", "api", true),
            ("./api/", "api", true),
            ("svc-*", "svc-a", true),
            ("svc-*", "api", false),
        ] {
            assert_eq!(is_member(pattern, dir), is, "{pattern} {dir}");
        }
    }
}
