//! What makes one object of another, as a strategic merge patch: what an overlay says of a base.
//!
//! Lists whose items have a key that Kubernetes merges them by are patched item by item, as long as their keys are the
//! same; all others are replaced whole. See
//! <https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/>.

use super::object::Object;
use crate::node;
use crate::print::Node;

/// Lists that are merged by a key of their items.
const MERGED: [(&str, &[&str]); 6] = [
    ("containers", &["name"]),
    ("env", &["name"]),
    ("ports", &["containerPort", "port"]),
    ("topologySpreadConstraints", &["topologyKey"]),
    ("volumeMounts", &["mountPath"]),
    ("volumes", &["name"]),
];

/// The patch that makes `to` of `from`; `None` when they are the same.
pub(crate) fn patch(from: &Object, to: &Object) -> Option<Node> {
    let Node::Map(changes) = merge(&plain(&from.node), &plain(&to.node), None)? else { return None };
    let mut patch = head(from);
    for (key, value) in changes {
        if key == "metadata" {
            let Node::Map(fields) = value else { continue };
            let mut metadata = node!({ "name": (from.name.as_str()) });
            for (key, value) in fields {
                metadata.set(key, value);
            }
            patch.set("metadata", metadata);
        } else {
            patch.set(key, value);
        }
    }
    Some(patch)
}

/// What values say otherwise: an empty map where they are the same.
pub(crate) fn values(from: &Node, to: &Node) -> Node {
    merge(&plain(from), &plain(to), None).unwrap_or_else(|| Node::Map(Vec::new()))
}

/// The patch that takes an object away.
pub(crate) fn deletion(object: &Object) -> Node {
    let mut patch = head(object);
    patch.set("$patch", "delete");
    patch
}

fn head(object: &Object) -> Node {
    node!({
        "apiVersion": (object.node.get("apiVersion").cloned().unwrap_or(Node::Null)),
        "kind": (object.kind),
        "metadata": { "name": (object.name.as_str()) },
    })
}

fn merge(from: &Node, to: &Node, key: Option<&str>) -> Option<Node> {
    if from == to {
        return None;
    }
    match (from, to) {
        (Node::Map(old), Node::Map(new)) => {
            let gone =
                old.iter().filter(|(key, _)| to.get(key).is_none()).map(|(key, _)| (key.clone(), Node::Null));
            let changed = new.iter().filter_map(|(key, value)| match from.get(key) {
                Some(before) => Some((key.clone(), merge(before, value, Some(key))?)),
                None => Some((key.clone(), value.clone())),
            });
            Some(Node::Map(changed.chain(gone).collect()))
        }
        (Node::List(old), Node::List(new)) => {
            let Some((_, by)) = MERGED.iter().find(|(list, _)| Some(*list) == key) else {
                return Some(to.clone());
            };
            Some(items(old, new, by).unwrap_or_else(|| {
                let replace = node!({ "$patch": "replace" });
                Node::List(std::iter::once(replace).chain(new.iter().cloned()).collect())
            }))
        }
        _ => Some(to.clone()),
    }
}

/// Patches of the items that differ, when both lists have the same keys in the same order.
fn items(old: &[Node], new: &[Node], by: &[&str]) -> Option<Node> {
    let by = by.iter().find(|by| old.first().is_some_and(|item| item.get(by).is_some()))?;
    if old.len() != new.len() || !old.iter().zip(new).all(|(old, new)| old.get(by) == new.get(by)) {
        return None;
    }
    let changed = old.iter().zip(new).filter_map(|(old, new)| {
        let Node::Map(fields) = merge(old, new, None)? else { return None };
        let mut item = Node::Map(vec![((*by).to_owned(), new.get(by)?.clone())]);
        for (key, value) in fields {
            item.set(key, value);
        }
        Some(item)
    });
    Some(Node::List(changed.collect()))
}

/// Without comments, which are no part of what an object says.
fn plain(node: &Node) -> Node {
    match node {
        Node::Commented(inner, _) => plain(inner),
        Node::List(items) | Node::Flow(items) => Node::List(items.iter().map(plain).collect()),
        Node::Map(entries) => {
            Node::Map(entries.iter().map(|(key, value)| (key.clone(), plain(value))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(node: Node) -> Object {
        Object { kind: "Deployment", name: "api".to_owned(), node }
    }

    #[test]
    fn a_patch_says_what_differs_and_nothing_else() {
        let base = node!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": { "name": "api", "labels": { "a": "1" } },
            "spec": {
                "replicas": 1,
                "list": ["a"],
                "containers": [{ "name": "api", "image": "x", "env": [{ "name": "A", "value": "1" }] }],
            },
        });
        let same = object(base.clone());
        assert_eq!(patch(&same, &same), None);
        let changed = object(node!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": { "name": "api", "labels": { "a": "2" } },
            "spec": {
                "list": ["b"],
                "containers": [{
                    "name": "api",
                    "image": "x",
                    "env": [{ "name": "B", "value": "1" }, { "name": "A", "value": "1" }],
                }],
            },
        }));
        insta::assert_snapshot!(crate::print::yaml(&patch(&same, &changed).unwrap()));
    }
}
