//! The environment of a pod: plain values in a `ConfigMap`, the rest by reference to a Secret.

use std::collections::{BTreeMap, BTreeSet};

use super::scene::Scene;
use crate::print::Node;
use crate::{Output, Setting, node};

/// The environment of a pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PodEnv {
    /// Names and values of the `ConfigMap`.
    pub(crate) config: Vec<(String, String)>,
    /// Entries of the container's `env`: references to the Secret first, then what is composed of them, because
    /// `$(NAME)` names only what stands before it.
    pub(crate) entries: Vec<Node>,
}

/// The environment of the service `owner`.
pub(crate) fn of(
    scene: &Scene<'_>,
    owner: &str,
    env: &BTreeMap<&str, Setting>,
    output: &mut Output,
) -> PodEnv {
    let mut pod = PodEnv::default();
    let mut references: BTreeMap<String, Node> = BTreeMap::new();
    let mut composed = Vec::new();
    let mut parts = BTreeSet::new();
    for (key, setting) in env {
        match setting {
            Setting::Secret { name, optional } => {
                references.insert((*key).to_owned(), reference(scene, key, name, *optional));
            }
            Setting::Value(template) if scene.is_left_open(template) => {}
            Setting::Value(template) => match scene.resolve(template, str::to_owned, |_| String::new()) {
                Some(value) => pod.config.push(((*key).to_owned(), value)),
                None => {
                    references.insert((*key).to_owned(), missing(scene, owner, key, output));
                }
            },
            Setting::Composed(template) if scene.is_left_open(template) => {}
            Setting::Composed(template) => {
                let mut used = Vec::new();
                let value = scene.resolve(template, escape, |secret| {
                    used.push(secret.to_owned());
                    format!("$({})", part(env, secret))
                });
                match (value, used.as_slice()) {
                    // A secret as it is.
                    (Some(value), [secret]) if value == format!("$({})", part(env, secret)) => {
                        references.insert((*key).to_owned(), reference(scene, key, secret, false));
                    }
                    (Some(value), _) => {
                        parts.extend(used);
                        composed.push(node!({ "name": (*key), "value": value }));
                    }
                    (None, _) => {
                        references.insert((*key).to_owned(), missing(scene, owner, key, output));
                    }
                }
            }
            Setting::Missing => {
                references.insert((*key).to_owned(), missing(scene, owner, key, output));
            }
        }
    }
    for secret in parts {
        let variable = part(env, &secret);
        let node = reference(scene, &variable, &secret, false);
        references.insert(variable, node);
    }
    pod.entries.extend(references.into_values());
    pod.entries.extend(composed);
    pod
}

/// The variable that holds a secret which others are composed of: named like it, unless that is something else already.
fn part(env: &BTreeMap<&str, Setting>, secret: &str) -> String {
    match env.get(secret) {
        None => secret.to_owned(),
        Some(Setting::Secret { name, .. }) if name == secret => secret.to_owned(),
        Some(_) => format!("SECRET_{secret}"),
    }
}

/// An entry that takes its value from the app's Secret.
pub(crate) fn reference(scene: &Scene<'_>, variable: &str, key: &str, optional: bool) -> Node {
    let from = Node::map([
        ("name", Some(scene.secret().into())),
        ("key", Some(key.into())),
        ("optional", optional.then(|| true.into())),
    ]);
    node!({ "name": variable, "valueFrom": { "secretKeyRef": from } })
}

/// Text that Kubernetes must not expand.
pub(crate) fn escape(text: &str) -> String {
    text.replace("$(", "$$(")
}

fn missing(scene: &Scene<'_>, owner: &str, key: &str, output: &mut Output) -> Node {
    output.lose(
        scene.target,
        format!("{owner}.env.{key}"),
        "nothing in the repository says its value",
        format!("the Secret {} must hold it: pods do not start without it", scene.secret()),
    );
    reference(scene, key, key, false)
}
