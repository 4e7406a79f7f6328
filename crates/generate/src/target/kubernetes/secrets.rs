//! Secrets: which there have to be, never what they are.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::object::{self, Object};
use super::scene::Scene;
use crate::print::Node;
use crate::{Output, node};

/// The keys of the app's Secret that objects refer to, and whether pods start without them.
pub(crate) fn keys<'n>(objects: impl Iterator<Item = &'n Node>) -> BTreeMap<String, bool> {
    let mut keys = BTreeMap::new();
    objects.for_each(|node| collect(node, &mut keys));
    keys
}

fn collect(node: &Node, keys: &mut BTreeMap<String, bool>) {
    match node {
        Node::Map(entries) => {
            let reference = node.get("secretKeyRef");
            if let Some(Node::Text(key)) = reference.and_then(|reference| reference.get("key")) {
                let optional = reference.and_then(|reference| reference.get("optional"));
                let is_optional = optional == Some(&Node::Bool(true));
                keys.entry(key.clone()).and_modify(|known| *known &= is_optional).or_insert(is_optional);
            }
            for (_, value) in entries {
                collect(value, keys);
            }
        }
        Node::List(items) => items.iter().for_each(|item| collect(item, keys)),
        Node::Commented(inner, _) => collect(inner, keys),
        _ => {}
    }
}

/// The object that has the External Secrets operator fill the Secret, where a project names a store.
pub(crate) fn external(
    scene: &Scene<'_>,
    keys: &BTreeMap<String, bool>,
    output: &mut Output,
) -> Option<Object> {
    let store = scene.input.options.secret_store.as_deref()?;
    let optional: Vec<_> =
        keys.iter().filter(|(_, optional)| **optional).map(|(key, _)| key.as_str()).collect();
    if !optional.is_empty() {
        output.lose(
            scene.target,
            "secrets",
            format!(
                "External Secrets takes all of its keys or none, and pods start without {}",
                optional.join(", ")
            ),
            "they are not asked for: add them to the ExternalSecret once the store has them",
        );
    }
    let app = crate::label(scene.deployment.name, 63);
    let data: Vec<_> = keys
        .iter()
        .filter(|(_, optional)| !**optional)
        .map(|(key, _)| {
            node!({
                "secretKey": (key.as_str()),
                "remoteRef": { "key": (app.as_str()), "property": (key.as_str()) },
            })
        })
        .collect();
    if data.is_empty() {
        return None;
    }
    let name = scene.secret();
    let spec = node!({
        "refreshInterval": "1h",
        "secretStoreRef": { "kind": "SecretStore", "name": store },
        "target": { "name": (name.as_str()), "creationPolicy": "Owner" },
        "data": (Node::List(data)),
    });
    Some(object::new("external-secrets.io/v1", "ExternalSecret", &name, object::app(scene), spec))
}

/// The file that lists the keys for a person to fill in.
pub(crate) fn example(scene: &Scene<'_>, keys: &BTreeMap<String, bool>) -> Option<String> {
    if keys.is_empty() || scene.input.options.secret_store.is_some() {
        return None;
    }
    let mut text = format!(
        "# What the Secret {secret} must hold in every namespace that the app runs in. Copy this file out of the\n\
         # repository, fill it in, and:\n\
         #   kubectl --namespace NAMESPACE create secret generic {secret} --from-env-file FILE\n\
         # A password is part of an address: letters and digits only.\n",
        secret = scene.secret()
    );
    for (key, is_optional) in keys {
        // Writing to a string cannot fail.
        let _ = match is_optional {
            true => writeln!(text, "\n# Pods start without it.\n#{key}="),
            false => writeln!(text, "\n{key}="),
        };
    }
    Some(text)
}
