//! An object of Kubernetes: its head, its labels.

use super::scene::Scene;
use crate::names::label;
use crate::node;
use crate::print::Node;

/// The label that tells in which step of a release an object is applied, see [`Phase`].
pub(crate) const PHASE: &str = "sea/phase";

/// The steps of a release: first what has no phase (accounts, policies, databases), with the jobs of the release; when
/// those are through, what runs the new version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Jobs that run before a release.
    Release,
    /// What runs the app's own images.
    Run,
}

/// An object, with what others need to know of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Object {
    /// Its kind: `Deployment`.
    pub(crate) kind: &'static str,
    /// Its name.
    pub(crate) name: String,
    /// All of it.
    pub(crate) node: Node,
}

/// An object with a `spec`.
pub(crate) fn new(api: &str, kind: &'static str, name: &str, labels: Node, spec: Node) -> Object {
    bare(api, kind, name, labels, [("spec", spec)])
}

/// An object whose fields are not in a `spec`.
pub(crate) fn bare<const N: usize>(
    api: &str,
    kind: &'static str,
    name: &str,
    labels: Node,
    fields: [(&str, Node); N],
) -> Object {
    let mut node = node!({
        "apiVersion": api,
        "kind": kind,
        "metadata": { "name": name, "labels": labels },
    });
    for (key, value) in fields {
        node.set(key, value);
    }
    Object { kind, name: name.to_owned(), node }
}

impl Object {
    /// Puts it into a step of a release.
    pub(crate) fn in_phase(mut self, phase: Phase) -> Self {
        let value = match phase {
            Phase::Release => "release",
            Phase::Run => "run",
        };
        if let Some(labels) = at_mut(&mut self.node, &["metadata", "labels"]) {
            labels.set(PHASE, value);
        }
        self
    }

    /// Adds an annotation.
    pub(crate) fn annotate(&mut self, key: &str, value: impl Into<Node>) {
        if let Some(metadata) = at_mut(&mut self.node, &["metadata"]) {
            let mut annotations = metadata.get("annotations").cloned().unwrap_or(Node::Map(Vec::new()));
            annotations.set(key, value);
            metadata.set("annotations", annotations);
        }
    }

    /// Tells checkov that a check does not apply to it, and why.
    pub(crate) fn skip_checks(&mut self, checks: &[(&str, &str)]) {
        for (index, (check, reason)) in checks.iter().enumerate() {
            self.annotate(&format!("checkov.io/skip{}", index + 1), format!("{check}={reason}"));
        }
    }
}

/// The labels that Kubernetes recommends (<https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/>).
pub(crate) fn labels(scene: &Scene<'_>, name: &str, component: &str) -> Node {
    node!({
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": (part_of(scene)),
    })
}

/// The label of what is the whole app's.
pub(crate) fn app(scene: &Scene<'_>) -> Node {
    node!({ "app.kubernetes.io/part-of": (part_of(scene)) })
}

/// What selects the pods of a name. It can never change, so it holds nothing that could.
pub(crate) fn selector(scene: &Scene<'_>, name: &str) -> Node {
    node!({ "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": (part_of(scene)) })
}

fn part_of(scene: &Scene<'_>) -> String {
    label(scene.deployment.name, 63)
}

/// The value at a path of keys; a number is the index into a list.
pub(crate) fn at_mut<'n>(node: &'n mut Node, path: &[&str]) -> Option<&'n mut Node> {
    let Some((first, rest)) = path.split_first() else { return Some(node) };
    let next = match node {
        Node::Map(entries) => entries.iter_mut().find(|(key, _)| key == first).map(|(_, value)| value),
        Node::List(items) => items.get_mut(first.parse::<usize>().ok()?),
        Node::Commented(inner, _) => return at_mut(inner, path),
        _ => None,
    };
    at_mut(next?, rest)
}
