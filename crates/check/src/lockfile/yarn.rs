//! `yarn.lock`: the format of its own of version 1, and the YAML of later ones.

use seaworthy_detect::document::Format;

use super::{Ecosystem, Lockfile, Package, keys, lockfile, text_at, tree};

/// Either format.
pub(super) fn read(path: &str, text: &str) -> Option<Lockfile> {
    if text.contains("\n__metadata:") || text.starts_with("__metadata:") {
        berry(path, text)
    } else {
        Some(classic(path, text))
    }
}

fn berry(path: &str, text: &str) -> Option<Lockfile> {
    let document = tree(Format::Yaml, text)?;
    let mut lock = lockfile(path, Ecosystem::Npm, Vec::new());
    lock.records_origin = true;
    for entry in document.entries().iter().filter(|entry| &*entry.key != "__metadata") {
        let node = &entry.node;
        let Some(resolution) = text_at(node, "resolution") else { continue };
        let Some(at) = resolution[1..].find('@').map(|at| at + 1) else { continue };
        if resolution[at + 1..].starts_with("workspace:") {
            lock.direct.extend(keys(node.get("dependencies")));
            continue;
        }
        let Some(version) = text_at(node, "version") else { continue };
        lock.packages.push(Package {
            name: resolution[..at].to_owned(),
            version,
            line: entry.line,
            has_digest: node.get("checksum").is_some_and(|node| !node.is_null()),
            requires: keys(node.get("dependencies")).collect(),
            peers: keys(node.get("peerDependencies")).collect(),
            ..Package::default()
        });
    }
    Some(lock)
}

fn classic(path: &str, text: &str) -> Lockfile {
    let mut lock = lockfile(path, Ecosystem::Npm, Vec::new());
    lock.records_origin = true;
    let mut is_in_requires = false;
    for (line, number) in text.lines().zip(1_u32..) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let trimmed = line.trim();
        if indent == 0 {
            let first =
                trimmed.trim_end_matches(':').split(", ").next().unwrap_or_default().trim_matches('"');
            let at = first.get(1..).and_then(|rest| rest.find('@')).map_or(first.len(), |at| at + 1);
            // `alias@npm:name@range`
            let aliased = first[at..].strip_prefix("@npm:").and_then(|real| {
                let end = real.get(1..)?.find('@')? + 1;
                Some(&real[..end])
            });
            let name = aliased.unwrap_or(&first[..at]).to_owned();
            lock.packages.push(Package { name, line: number, ..Package::default() });
            is_in_requires = false;
            continue;
        }
        let Some(package) = lock.packages.last_mut() else { continue };
        let (key, value) = trimmed.split_once(' ').unwrap_or((trimmed, ""));
        let (key, value) = (key.trim_matches('"'), value.trim().trim_matches('"'));
        match (indent, key) {
            (2, "version") => value.clone_into(&mut package.version),
            (2, "resolved") => package.url = Some(value.to_owned()),
            (2, "integrity") => package.has_digest = true,
            (2, _) => is_in_requires = matches!(key, "dependencies:" | "optionalDependencies:"),
            _ if is_in_requires => package.requires.push(key.to_owned()),
            _ => {}
        }
    }
    // The digest of early files is the fragment of the address.
    for package in &mut lock.packages {
        package.has_digest |= package.url.as_deref().is_some_and(|url| url.contains('#'));
    }
    lock.packages.retain(|package| !package.version.is_empty());
    lock
}
