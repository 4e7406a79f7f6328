//! Lockfiles of npm and pnpm.

use seaworthy_detect::document::{Entry, Format, Node};

use super::{Ecosystem, Lockfile, Package, keys, lockfile, text_at, tree};

/// `package-lock.json`, versions 1 to 3.
pub(super) fn package_lock(path: &str, text: &str) -> Option<Lockfile> {
    let document = tree(Format::Json, text)?;
    let mut lock = lockfile(path, Ecosystem::Npm, Vec::new());
    lock.records_origin = true;
    match document.get("packages") {
        Some(packages) => {
            for entry in packages.entries() {
                if entry.key.contains("node_modules/") || entry.key.starts_with("node_modules") {
                    lock.packages.extend(installed(entry));
                } else {
                    // The project itself, or a member of its workspace.
                    for section in ["dependencies", "devDependencies", "optionalDependencies"] {
                        lock.direct.extend(keys(entry.node.get(section)));
                    }
                }
            }
        }
        None => first_version(document.get("dependencies")?, &mut lock.packages, 0),
    }
    Some(lock)
}

fn installed(entry: &Entry) -> Option<Package> {
    let node = &entry.node;
    if node.get("link").and_then(Node::bool) == Some(true) {
        return None;
    }
    let place = entry.key.rsplit_once("node_modules/").map_or(&*entry.key, |(_, name)| name);
    let is = |key: &str| node.get(key).and_then(Node::bool) == Some(true);
    Some(Package {
        // An alias says the name that it stands for.
        name: text_at(node, "name").unwrap_or_else(|| place.to_owned()),
        version: text_at(node, "version")?,
        line: entry.line,
        url: text_at(node, "resolved"),
        has_digest: node.get("integrity").is_some() || is("inBundle"),
        runs_script: is("hasInstallScript"),
        is_dev: is("dev"),
        requires: keys(node.get("dependencies")).chain(keys(node.get("optionalDependencies"))).collect(),
        peers: keys(node.get("peerDependencies")).collect(),
    })
}

/// Packages within packages, as npm 6 wrote them.
fn first_version(dependencies: &Node, packages: &mut Vec<Package>, depth: u32) {
    if depth > 100 {
        return;
    }
    for entry in dependencies.entries() {
        let node = &entry.node;
        if let Some(version) = text_at(node, "version") {
            packages.push(Package {
                name: entry.key.to_string(),
                version,
                line: entry.line,
                url: text_at(node, "resolved"),
                has_digest: node.get("integrity").is_some(),
                is_dev: node.get("dev").and_then(Node::bool) == Some(true),
                requires: keys(node.get("requires")).collect(),
                ..Package::default()
            });
        }
        if let Some(inner) = node.get("dependencies") {
            first_version(inner, packages, depth + 1);
        }
    }
}

/// `pnpm-lock.yaml`, versions 5 to 9.
pub(super) fn pnpm(path: &str, text: &str) -> Option<Lockfile> {
    let document = tree(Format::Yaml, text)?;
    let mut lock = lockfile(path, Ecosystem::Npm, Vec::new());
    lock.records_origin = true;
    let importers = document.get("importers").into_iter().flat_map(Node::entries).map(|entry| &entry.node);
    for importer in importers.chain([&document]) {
        for section in ["dependencies", "devDependencies", "optionalDependencies"] {
            lock.direct.extend(keys(importer.get(section)));
        }
    }
    let needs = |node: &Node| -> Vec<String> {
        keys(node.get("dependencies")).chain(keys(node.get("optionalDependencies"))).collect()
    };
    for entry in document.get("packages").into_iter().flat_map(Node::entries) {
        let Some((name, version)) = pnpm_key(&entry.key) else { continue };
        let resolution = entry.node.get("resolution");
        lock.packages.push(Package {
            name,
            version,
            line: entry.line,
            url: resolution.and_then(|node| text_at(node, "tarball")),
            has_digest: resolution.is_some_and(|node| node.get("integrity").is_some()),
            runs_script: entry.node.get("requiresBuild").and_then(Node::bool) == Some(true),
            is_dev: entry.node.get("dev").and_then(Node::bool) == Some(true),
            requires: needs(&entry.node),
            peers: keys(entry.node.get("peerDependencies")).collect(),
        });
    }
    // Version 9 keeps what packages need apart from what they are.
    let mut by_name: std::collections::HashMap<String, Vec<String>> = std::collections::HashMap::new();
    for entry in document.get("snapshots").into_iter().flat_map(Node::entries) {
        if let Some((name, _)) = pnpm_key(&entry.key) {
            by_name.entry(name).or_default().extend(needs(&entry.node));
        }
    }
    for package in &mut lock.packages {
        if let Some(needed) = by_name.get(&package.name) {
            package.requires.extend(needed.iter().cloned());
        }
    }
    Some(lock)
}

/// `a@1.0.0(peer@2)`, `/a@1.0.0`, `/a/1.0.0_peer@2`.
fn pnpm_key(key: &str) -> Option<(String, String)> {
    let key = key.split('(').next()?;
    let is_old = key.starts_with('/');
    let key = key.trim_start_matches('/');
    let scope = usize::from(key.starts_with('@'));
    if is_old {
        let parts: Vec<&str> = key.split('/').collect();
        if parts.len() == scope + 2 {
            let version = parts[scope + 1].split('_').next()?;
            return Some((parts[..=scope].join("/"), version.to_owned()));
        }
    }
    let at = key[scope..].find('@')? + scope;
    let version = &key[at + 1..];
    version
        .starts_with(|letter: char| letter.is_ascii_digit())
        .then(|| (key[..at].to_owned(), version.to_owned()))
}
