//! Lockfiles of Python, and pins in requirements.

use seaworthy_detect::document::{Format, Node};

use super::{Ecosystem, Lockfile, Package, keys, lockfile, text_at, tree};

/// `poetry.lock`, `uv.lock`, `pdm.lock`.
pub(super) fn toml_lock(path: &str, text: &str) -> Option<Lockfile> {
    let document = tree(Format::Toml, text)?;
    let mut lock = lockfile(path, Ecosystem::PyPi, Vec::new());
    for node in document.get("package")?.items() {
        let (Some(name), Some(line)) = (text_at(node, "name"), node.get("name").map(|name| name.line)) else {
            continue;
        };
        let requires = match node.get("dependencies") {
            Some(table) if table.is_map() => keys(Some(table)).collect(),
            // uv lists tables, pdm requirements.
            Some(list) => list
                .items()
                .iter()
                .filter_map(|item| {
                    text_at(item, "name")
                        .or_else(|| item.text().map(|text| requirement_name(text).to_owned()))
                })
                .collect(),
            None => Vec::new(),
        };
        let source = node.get("source");
        if source.is_some_and(|source| source.get("virtual").is_some() || source.get("editable").is_some()) {
            lock.direct.extend(requires);
            let groups = node.get("dev-dependencies").into_iter().flat_map(Node::entries);
            lock.direct
                .extend(groups.flat_map(|group| group.node.items()).filter_map(|item| text_at(item, "name")));
            continue;
        }
        let Some(version) = text_at(node, "version") else { continue };
        lock.packages.push(Package {
            name,
            version,
            line,
            is_dev: text_at(node, "category").as_deref() == Some("dev"),
            url: source.and_then(|source| text_at(source, "registry").or_else(|| text_at(source, "url"))),
            requires,
            ..Package::default()
        });
    }
    Some(lock)
}

/// `Pipfile.lock`.
pub(super) fn pipfile_lock(path: &str, text: &str) -> Option<Lockfile> {
    let document = tree(Format::Json, text)?;
    let mut lock = lockfile(path, Ecosystem::PyPi, Vec::new());
    for (section, is_dev) in [("default", false), ("develop", true)] {
        for entry in document.get(section).into_iter().flat_map(Node::entries) {
            let Some(version) = text_at(&entry.node, "version") else { continue };
            lock.packages.push(Package {
                name: entry.key.to_string(),
                version: version.trim_start_matches('=').to_owned(),
                line: entry.line,
                is_dev,
                ..Package::default()
            });
        }
    }
    Some(lock)
}

/// The pins of a `requirements.txt`.
pub(super) fn requirements(path: &str, text: &str) -> Option<Lockfile> {
    let mut lock = lockfile(path, Ecosystem::PyPi, Vec::new());
    for (line, number) in text.lines().zip(1_u32..) {
        let Some((left, right)) = line.split('#').next().and_then(|line| line.split_once("==")) else {
            continue;
        };
        let name = requirement_name(left);
        let version: String = right
            .trim_start_matches('=')
            .trim()
            .chars()
            .take_while(|letter| letter.is_ascii_alphanumeric() || ".!+-_*".contains(*letter))
            .collect();
        if left.contains(';') || name.is_empty() || version.is_empty() || version.contains('*') {
            continue;
        }
        lock.packages.push(Package { name: name.to_owned(), version, line: number, ..Package::default() });
    }
    (!lock.packages.is_empty()).then(|| {
        lock.direct = lock.packages.iter().map(|package| package.name.clone()).collect();
        lock
    })
}

/// The name in front of extras, version and marker.
pub(crate) fn requirement_name(text: &str) -> &str {
    let text = text.trim();
    let end = text
        .find(|letter: char| !letter.is_ascii_alphanumeric() && !"._-".contains(letter))
        .unwrap_or(text.len());
    &text[..end]
}
