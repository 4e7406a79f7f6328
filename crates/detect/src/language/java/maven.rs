//! `pom.xml`: modules, what they inherit, depend on and are built by.

use std::collections::BTreeMap;

use seaworthy_model::Place;

use super::{Build, Tool, say_release};
use crate::document::{Element, parse_xml};
use crate::language::manifests;
use crate::project::{Project, Role};
use crate::repository::{Repository, extension, join, parent, resolve};

/// A parent of a parent of a parent: no build inherits deeper within one repository.
const MOST_PARENTS: usize = 8;

/// Every module with a `pom.xml`.
pub(super) fn projects(repo: &Repository) -> Vec<(Project, Build)> {
    let poms: BTreeMap<String, Element> = manifests(repo, "pom.xml")
        .filter_map(|path| {
            let text = repo.text(path)?;
            match parse_xml(&text) {
                Ok(pom) => Some((path.to_owned(), pom)),
                Err(error) => {
                    repo.warn("malformed-file", error.message, path, error.line);
                    None
                }
            }
        })
        .collect();
    poms.keys().map(|path| read(path, &poms)).collect()
}

fn read(path: &str, poms: &BTreeMap<String, Element>) -> (Project, Build) {
    let dir = parent(path);
    let mut project = Project::new(dir, "java", path);
    let chain = inheritance(path, poms);
    let properties = properties(&chain);
    let filled = |text: &str| substitute(text, &properties);
    let own = &poms[path];
    let text_of = |name: &str| own.child(name).map(|element| filled(&element.text));
    let artifact = text_of("artifactId").unwrap_or_else(|| "app".to_owned());
    let version =
        text_of("version").or_else(|| own.at(&["parent", "version"]).map(|element| filled(&element.text)));
    project.name = Some(artifact.clone());
    let artifacts: Vec<&str> = poms
        .values()
        .filter_map(|pom| pom.child("artifactId"))
        .map(|element| element.text.as_str())
        .collect();
    let mut has_siblings = false;
    for (path, pom) in &chain {
        for dependency in pom.at(&["dependencies"]).map(|list| &*list.children).unwrap_or_default() {
            let part =
                |name: &str| dependency.child(name).map(|element| filled(&element.text)).unwrap_or_default();
            let (group, name) = (part("groupId"), part("artifactId"));
            has_siblings |= artifacts.contains(&name.as_str());
            let dev = part("scope") == "test";
            let known = project.dependencies.entry(format!("{group}:{name}")).or_default();
            known.dev = dev;
            known.place = Some(Place::line(*path, dependency.line));
        }
    }
    let mut plugins = Vec::new();
    let mut archive = None;
    for (path, pom) in &chain {
        for plugin in pom.at(&["build", "plugins"]).map(|list| &*list.children).unwrap_or_default() {
            if let Some(name) = plugin.child("artifactId") {
                plugins.push(name.text.clone());
            }
            let configured = ["release", "source"].iter().find_map(|key| plugin.at(&["configuration", key]));
            if let Some(element) = configured
                && plugin.child("artifactId").is_some_and(|name| name.text == "maven-compiler-plugin")
            {
                say_release(
                    &mut project,
                    &filled(&element.text),
                    "maven-compiler-plugin's release".to_owned(),
                    Place::line(*path, element.line),
                );
            }
        }
        if let Some(element) = pom.at(&["build", "finalName"]) {
            archive.get_or_insert_with(|| filled(&element.text));
        }
        for key in [
            "maven.compiler.release",
            "java.version",
            "maven.compiler.source",
            "maven.compiler.target",
            "jdk.version",
            "release.version",
        ] {
            if let Some(element) = pom.at(&["properties", key]) {
                say_release(
                    &mut project,
                    &filled(&element.text),
                    format!("pom.xml {key}"),
                    Place::line(*path, element.line),
                );
            }
        }
    }
    let packaging = text_of("packaging").unwrap_or_else(|| "jar".to_owned());
    if packaging == "pom" {
        project.role = Role::Workspace;
    }
    let root = chain.last().map_or(dir, |(path, _)| parent(path)).to_owned();
    let root = aggregator(path, poms).unwrap_or(root);
    let build =
        Build { tool: Tool::Maven, root, artifact, version, archive, packaging, plugins, has_siblings };
    (project, build)
}

/// A module's own pom and those it inherits from, as far as they are in the repository.
fn inheritance<'a>(path: &'a str, poms: &'a BTreeMap<String, Element>) -> Vec<(&'a str, &'a Element)> {
    let mut chain = vec![(path, &poms[path])];
    while chain.len() < MOST_PARENTS {
        let Some((path, pom)) = chain.last().copied() else { break };
        let Some(named) = pom.child("parent") else { break };
        let place = named.child("relativePath").map_or("../pom.xml", |element| element.text.trim());
        let above = resolve(parent(path), place);
        let above =
            above.map(|path| if extension(&path) == Some("xml") { path } else { join(&path, "pom.xml") });
        let found = above.and_then(|path| poms.get_key_value(&path)).filter(|(_, pom)| {
            // The default path may lead to a pom that is somebody else's.
            pom.child("artifactId").map(|name| &name.text) == named.child("artifactId").map(|name| &name.text)
        });
        match found {
            Some((path, pom)) if !chain.iter().any(|(known, _)| known == path) => chain.push((path, pom)),
            _ => break,
        }
    }
    chain
}

/// The folder of the topmost pom that lists this one among its modules.
fn aggregator(path: &str, poms: &BTreeMap<String, Element>) -> Option<String> {
    let lists = |above: &str, pom: &Element| {
        let modules = pom.child("modules").map(|list| &*list.children).unwrap_or_default();
        modules
            .iter()
            .any(|module| resolve(parent(above), &module.text).is_some_and(|dir| dir == parent(path)))
    };
    let (above, _) = poms.iter().find(|(above, pom)| above.as_str() != path && lists(above, pom))?;
    // Aggregators may be aggregated themselves; a cycle ends where the paths stop becoming shorter.
    let next = if parent(above).len() < parent(path).len() || parent(above) == "." {
        aggregator_above(above, poms)
    } else {
        None
    };
    Some(next.unwrap_or_else(|| parent(above).to_owned()))
}

fn aggregator_above(path: &str, poms: &BTreeMap<String, Element>) -> Option<String> {
    if parent(path) == "." { None } else { aggregator(path, poms) }
}

fn properties(chain: &[(&str, &Element)]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (_, pom) in chain.iter().rev() {
        for property in pom.child("properties").map(|list| &*list.children).unwrap_or_default() {
            found.insert(property.name.clone(), property.text.clone());
        }
        for name in ["version", "artifactId", "groupId"] {
            if let Some(element) = pom.child(name) {
                found.insert(format!("project.{name}"), element.text.clone());
            }
        }
    }
    found
}

/// The text with every known `${property}` in its place.
fn substitute(text: &str, properties: &BTreeMap<String, String>) -> String {
    let mut text = text.trim().to_owned();
    // A property may name another one; a cycle must end.
    for _ in 0..5 {
        let Some(start) = text.find("${") else { break };
        let Some(length) = text[start..].find('}') else { break };
        let Some(value) = properties.get(&text[start + 2..start + length]) else { break };
        text.replace_range(start..=start + length, value);
    }
    text
}
