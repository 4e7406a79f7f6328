//! Lockfiles of Rust, Go, Ruby, PHP, .NET and the JVM.

use seaworthy_detect::document::{Format, Node};

use super::{Ecosystem, Lockfile, Package, keys, lockfile, text_at, tree};

/// `Cargo.lock`.
pub(super) fn cargo(path: &str, text: &str) -> Option<Lockfile> {
    let document = tree(Format::Toml, text)?;
    let mut lock = lockfile(path, Ecosystem::Cargo, Vec::new());
    for node in document.get("package")?.items() {
        let name_node = node.get("name");
        let (Some(name), Some(version)) = (text_at(node, "name"), text_at(node, "version")) else { continue };
        let requires: Vec<String> = node
            .get("dependencies")
            .into_iter()
            .flat_map(Node::items)
            .filter_map(Node::text)
            .filter_map(|text| text.split(' ').next().map(str::to_owned))
            .collect();
        let source = text_at(node, "source");
        // Members of the workspace have no source.
        if source.is_none() {
            lock.direct.extend(requires);
            continue;
        }
        let line = name_node.map_or(1, |name| name.line);
        lock.packages.push(Package { name, version, line, url: source, requires, ..Package::default() });
    }
    Some(lock)
}

/// `go.mod`: since Go 1.17 it lists every module, the indirect ones marked.
pub(super) fn go_mod(path: &str, text: &str) -> Lockfile {
    let mut lock = lockfile(path, Ecosystem::Go, Vec::new());
    let mut is_in_block = false;
    for (line, number) in text.lines().zip(1_u32..) {
        let (code, comment) = line.split_once("//").unwrap_or((line, ""));
        let mut words = code.split_whitespace();
        let Some(first) = words.next() else { continue };
        let (name, version) = match (is_in_block, first) {
            (_, ")") => {
                is_in_block = false;
                continue;
            }
            (false, "require") => match words.next() {
                Some("(") => {
                    is_in_block = true;
                    continue;
                }
                Some(name) => (name, words.next()),
                None => continue,
            },
            (true, name) => (name, words.next()),
            _ => continue,
        };
        let Some(version) = version.and_then(|version| version.strip_prefix('v')) else { continue };
        if comment.trim() != "indirect" {
            lock.direct.insert(name.to_owned());
        }
        lock.packages.push(Package {
            name: name.to_owned(),
            version: version.to_owned(),
            line: number,
            ..Package::default()
        });
    }
    lock
}

/// `Gemfile.lock`.
pub(super) fn gemfile_lock(path: &str, text: &str) -> Lockfile {
    let mut lock = lockfile(path, Ecosystem::RubyGems, Vec::new());
    let mut section = "";
    let mut remote: Option<String> = None;
    for (line, number) in text.lines().zip(1_u32..) {
        let indent = line.len() - line.trim_start().len();
        let trimmed = line.trim();
        match (section, indent) {
            (_, 0) => {
                section = trimmed;
                remote = None;
            }
            ("DEPENDENCIES", 2) => {
                let name = trimmed.split([' ', '!']).next().unwrap_or_default();
                lock.direct.insert(name.to_owned());
            }
            ("GEM", 2) => remote = trimmed.strip_prefix("remote: ").map(str::to_owned).or(remote),
            ("GEM", 4) => {
                let Some((name, version)) = trimmed.split_once(" (") else { continue };
                let version = version.trim_end_matches(')');
                // What follows a dash is the platform.
                let version = version.split('-').next().unwrap_or(version);
                lock.packages.push(Package {
                    name: name.to_owned(),
                    version: version.to_owned(),
                    line: number,
                    url: remote.clone(),
                    ..Package::default()
                });
            }
            ("GEM", 6) => {
                let name = trimmed.split(' ').next().unwrap_or_default();
                if let Some(package) = lock.packages.last_mut() {
                    package.requires.push(name.to_owned());
                }
            }
            _ => {}
        }
    }
    lock
}

/// `composer.lock`.
pub(super) fn composer(path: &str, text: &str) -> Option<Lockfile> {
    let document = tree(Format::Json, text)?;
    let mut lock = lockfile(path, Ecosystem::Packagist, Vec::new());
    for (section, is_dev) in [("packages", false), ("packages-dev", true)] {
        for node in document.get(section).into_iter().flat_map(Node::items) {
            let (Some(name), Some(version)) = (text_at(node, "name"), text_at(node, "version")) else {
                continue;
            };
            lock.packages.push(Package {
                name,
                version: version.trim_start_matches('v').to_owned(),
                line: node.get("name").map_or(node.line, |name| name.line),
                is_dev,
                requires: keys(node.get("require")).collect(),
                ..Package::default()
            });
        }
    }
    Some(lock)
}

/// `NuGet`'s `packages.lock.json`.
pub(super) fn nuget(path: &str, text: &str) -> Option<Lockfile> {
    let document = tree(Format::Json, text)?;
    let mut lock = lockfile(path, Ecosystem::NuGet, Vec::new());
    for framework in document.get("dependencies")?.entries() {
        for entry in framework.node.entries() {
            let Some(version) = text_at(&entry.node, "resolved") else { continue };
            if text_at(&entry.node, "type").as_deref() == Some("Direct") {
                lock.direct.insert(entry.key.to_string());
            }
            let package = Package {
                name: entry.key.to_string(),
                version,
                line: entry.line,
                requires: keys(entry.node.get("dependencies")).collect(),
                ..Package::default()
            };
            // The same version for another framework is the same package.
            let is_known =
                |known: &Package| (&known.name, &known.version) == (&package.name, &package.version);
            if !lock.packages.iter().any(is_known) {
                lock.packages.push(package);
            }
        }
    }
    Some(lock)
}

/// `gradle.lockfile`: `group:artifact:version=configurations`.
pub(super) fn gradle(path: &str, text: &str) -> Lockfile {
    let mut lock = lockfile(path, Ecosystem::Maven, Vec::new());
    for (line, number) in text.lines().zip(1_u32..) {
        let Some((coordinates, configurations)) = line.split_once('=') else { continue };
        let Some((name, version)) = coordinates.rsplit_once(':') else { continue };
        if line.starts_with('#') || !name.contains(':') {
            continue;
        }
        lock.packages.push(Package {
            name: name.to_owned(),
            version: version.to_owned(),
            line: number,
            is_dev: configurations.split(',').all(|name| name.starts_with("test")),
            ..Package::default()
        });
    }
    lock
}
