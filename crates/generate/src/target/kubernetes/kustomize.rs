//! The objects as kustomize reads them: a base, and an overlay for each environment that says what differs in it.

use std::collections::{BTreeMap, BTreeSet};

use super::app::Objects;
use super::object::{self, Object};
use super::scene::Scene;
use super::{DIR, HEADER, diff, service};
use crate::print::{Node, yaml, yaml_documents};
use crate::{Comment, Header, Output, image, node};

/// Writes the base.
pub(crate) fn base(scene: &Scene<'_>, objects: &Objects, has_overlays: bool, output: &mut Output) {
    let header = Header { target: HEADER, app: scene.input.name() };
    let files: BTreeSet<_> = objects.files.iter().map(|(file, _)| file.as_str()).collect();
    let mut root = kustomization();
    root.set("resources", Node::list(objects.files.iter().map(|(file, _)| format!("{file}.yaml"))));
    debug_assert_eq!(files.len(), objects.files.len(), "each file has a name of its own");
    let configs = objects
        .configs
        .iter()
        .map(|(name, values)| node!({ "name": (name.as_str()), "literals": (literals(values.iter())) }));
    root.set_filled("configMapGenerator", Node::List(configs.collect()));
    if !has_overlays {
        root.set_filled("images", images(scene));
    }
    let intro = if has_overlays {
        "# What all environments have in common. Apply an overlay, not this.\n".to_owned()
    } else {
        steps(objects, &format!("{DIR}/base"), None)
    };
    let text = format!("{intro}{}", yaml(&root));
    output.file(&header, Comment::Hash, format!("{DIR}/base/kustomization.yaml"), &text);
    for (file, objects) in &objects.files {
        let nodes: Vec<_> = objects.iter().map(|object| object.node.clone()).collect();
        output.file(&header, Comment::Hash, format!("{DIR}/base/{file}.yaml"), &yaml_documents(&nodes));
    }
}

/// Writes the overlay of the environment of `scene`.
pub(crate) fn overlay(scene: &Scene<'_>, base: &Objects, objects: &Objects, output: &mut Output) {
    let (Some((name, _)), Some(namespace)) = (scene.environment(), scene.namespace()) else { return };
    let header = Header { target: HEADER, app: scene.input.name() };
    let dir = format!("{DIR}/overlays/{name}");

    let mut added: BTreeMap<&str, Vec<Node>> = BTreeMap::new();
    let mut patches: BTreeMap<&str, Vec<Node>> = BTreeMap::new();
    for (file, object) in objects.all() {
        match base.find(object.kind, &object.name) {
            None => added.entry(file).or_default().push(object.node.clone()),
            Some(before) => {
                if let Some(patch) = diff::patch(before, object) {
                    patches.entry(file).or_default().push(patch);
                }
            }
        }
    }
    for (file, object) in base.all() {
        if objects.find(object.kind, &object.name).is_none() {
            patches.entry(file).or_default().push(diff::deletion(object));
        }
    }

    let mut root = kustomization();
    root.set("namespace", namespace.as_str());
    let own = added.keys().map(|file| format!("{file}.yaml"));
    let resources = ["namespace.yaml", "../../base"].map(str::to_owned).into_iter().chain(own);
    root.set("resources", Node::list(resources));
    root.set_filled("configMapGenerator", Node::List(configs(base, objects)));
    let paths = patches.keys().map(|file| node!({ "path": (format!("patches/{file}.yaml")) }));
    root.set_filled("patches", Node::List(paths.collect()));
    root.set_filled("images", images(scene));
    let text = format!("{}{}", steps(objects, &dir, Some(&namespace)), yaml(&root));
    output.file(&header, Comment::Hash, format!("{dir}/kustomization.yaml"), &text);
    output.file(
        &header,
        Comment::Hash,
        format!("{dir}/namespace.yaml"),
        &yaml(&namespace_of(scene, &namespace).node),
    );
    for (file, nodes) in added {
        output.file(&header, Comment::Hash, format!("{dir}/{file}.yaml"), &yaml_documents(&nodes));
    }
    for (file, nodes) in patches {
        output.file(&header, Comment::Hash, format!("{dir}/patches/{file}.yaml"), &yaml_documents(&nodes));
    }
}

fn kustomization() -> Node {
    node!({ "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization" })
}

/// The namespace admits nothing that runs with more rights than it needs.
fn namespace_of(scene: &Scene<'_>, namespace: &str) -> Object {
    let mut labels = object::app(scene);
    labels.set("pod-security.kubernetes.io/enforce", "restricted");
    object::bare("v1", "Namespace", namespace, labels, [])
}

/// Where a release puts its tags or digests.
fn images(scene: &Scene<'_>) -> Node {
    let deployment = &scene.deployment;
    let names: BTreeSet<_> = deployment
        .instances
        .iter()
        .chain(&deployment.programs)
        .map(|instance| image(deployment, instance.name, scene.input.options))
        .collect();
    Node::list(names.iter().map(|name| node!({ "name": (name.as_str()), "newTag": (service::TAG) })))
}

/// What the `ConfigMap`s of an environment say otherwise.
fn configs(base: &Objects, objects: &Objects) -> Vec<Node> {
    let empty = Vec::new();
    objects
        .configs
        .iter()
        .filter_map(|(name, values)| {
            let Some(before) = base.configs.get(name) else {
                return Some(node!({ "name": (name.as_str()), "literals": (literals(values.iter())) }));
            };
            let is_gone = before.iter().any(|(key, _)| !values.iter().any(|(known, _)| known == key));
            let (behavior, known) = if is_gone { ("replace", &empty) } else { ("merge", before) };
            let changed: Vec<_> = values.iter().filter(|value| !known.contains(value)).collect();
            (!changed.is_empty() || is_gone).then(|| {
                node!({
                    "name": (name.as_str()),
                    "behavior": behavior,
                    "literals": (literals(changed.into_iter())),
                })
            })
        })
        .collect()
}

/// Kustomize takes away quotes that a value stands in, so one that does gets another pair.
fn literals<'v>(values: impl Iterator<Item = &'v (String, String)>) -> Node {
    Node::list(values.map(|(key, value)| {
        let is_quoted = ['"', '\'']
            .iter()
            .any(|quote| value.len() > 1 && value.starts_with(*quote) && value.ends_with(*quote));
        if is_quoted { format!("{key}=\"{value}\"") } else { format!("{key}={value}") }
    }))
}

/// How a release is made of it by hand; what has no namespace of its own is given one.
fn steps(objects: &Objects, dir: &str, namespace: Option<&str>) -> String {
    let given = if namespace.is_none() { " -n NAMESPACE" } else { "" };
    if !objects.has_release_jobs() {
        return format!("# A release: put its tags into `images`, then\n#   kubectl apply -k {dir}{given}\n");
    }
    let namespace = namespace.unwrap_or("NAMESPACE");
    format!(
        "# A release: put its tags into `images`, then, so that jobs run before the new version does,\n\
         #   kubectl delete job -n {namespace} -l sea/phase=release --ignore-not-found\n\
         #   kubectl apply -k {dir}{given} -l 'sea/phase!=run'\n\
         #   kubectl wait job -n {namespace} -l sea/phase=release --for=condition=complete --timeout=15m\n\
         #   kubectl apply -k {dir}{given} -l sea/phase=run\n"
    )
}
