//! What an app consists of, as `CycloneDX` 1.6 (<https://cyclonedx.org/docs/1.6/json/>). Pure, and the same for the same
//! lockfiles: it is part of what an artifact's digest is made from, so neither time nor tool is in it.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_check::lockfile::{Ecosystem, Lockfile};
use serde_json::{Value, json};

use super::purl::purl;

/// A version of a package, in however many lockfiles.
#[derive(Default)]
struct Component {
    name: String,
    version: String,
    /// Only development needs it, by all lockfiles that have it.
    is_dev: bool,
    lockfiles: BTreeSet<String>,
    needs: BTreeSet<String>,
}

/// The list of all that the lockfiles of an app name.
pub fn sbom(app: &str, version: &str, lockfiles: &[Lockfile]) -> Value {
    let mut components: BTreeMap<String, Component> = BTreeMap::new();
    let mut direct: BTreeSet<String> = BTreeSet::new();
    for lockfile in lockfiles {
        let ecosystem = lockfile.ecosystem;
        let urls = urls(lockfile);
        let find = |name: &String| urls.get(&ecosystem.normal(name)).into_iter().flatten().cloned();
        direct.extend(lockfile.direct.iter().flat_map(find));
        for package in &lockfile.packages {
            let component = components
                .entry(purl(ecosystem, package))
                .or_insert_with(|| Component { is_dev: true, ..Component::default() });
            component.name.clone_from(&package.name);
            component.version.clone_from(&package.version);
            component.is_dev &= package.is_dev;
            component.lockfiles.insert(lockfile.path.clone());
            // Of several versions of one name a lockfile does not always say which is meant.
            for name in &package.requires {
                let mut meant = find(name);
                if let (Some(url), None) = (meant.next(), meant.next()) {
                    component.needs.insert(url);
                }
            }
        }
    }
    let root = format!("pkg:generic/{app}@{version}");
    let mut dependencies = vec![json!({ "ref": root, "dependsOn": direct })];
    for (url, component) in &components {
        let needs: Vec<&String> = component.needs.iter().filter(|need| *need != url).collect();
        dependencies.push(json!({ "ref": url, "dependsOn": needs }));
    }
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": { "type": "application", "bom-ref": root, "name": app, "version": version },
        },
        "components": components.iter().map(|(url, component)| described(url, component)).collect::<Vec<_>>(),
        "dependencies": dependencies,
    })
}

/// The URLs of the versions that a lockfile has of each name.
fn urls(lockfile: &Lockfile) -> BTreeMap<String, BTreeSet<String>> {
    let mut urls: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in &lockfile.packages {
        let name = Ecosystem::normal(lockfile.ecosystem, &package.name);
        urls.entry(name).or_default().insert(purl(lockfile.ecosystem, package));
    }
    urls
}

fn described(url: &str, component: &Component) -> Value {
    let properties: Vec<Value> = component
        .lockfiles
        .iter()
        .map(|path| json!({ "name": "seaworthy:lockfile", "value": path }))
        .collect();
    let mut described = json!({
        "type": "library",
        "bom-ref": url,
        "name": component.name,
        "version": component.version,
        "purl": url,
        "scope": if component.is_dev { "excluded" } else { "required" },
        "properties": properties,
    });
    // A scope of npm is what CycloneDX calls a group.
    if let Some((group, name)) = component.name.split_once('/').filter(|(group, _)| group.starts_with('@')) {
        described["group"] = group.into();
        described["name"] = name.into();
    }
    described
}
