//! The objects of a manifest.

use seaworthy_detect::document::{Node, parse_yaml_stream};

use crate::facts::infrastructure::image::ImageName;

/// One document, or one item of a `List`.
pub(super) struct Object {
    pub(super) api: String,
    pub(super) kind: String,
    pub(super) name: String,
    /// Where it begins.
    pub(super) line: u32,
    pub(super) node: Node,
}

/// Every object of a text; none where it is no YAML.
pub(super) fn objects(text: &str) -> Vec<Object> {
    let mut all = Vec::new();
    for node in parse_yaml_stream(text).unwrap_or_default() {
        if node.get("kind").and_then(Node::text) == Some("List") {
            let items = node.get("items").map(Node::items).unwrap_or_default();
            all.extend(items.iter().cloned().filter_map(Object::new));
        } else {
            all.extend(Object::new(node));
        }
    }
    all
}

impl Object {
    fn new(node: Node) -> Option<Self> {
        let text = |path: &[&str]| node.at(path).and_then(Node::text).map(str::to_owned);
        let (api, kind) = (text(&["apiVersion"])?, text(&["kind"])?);
        let name = text(&["metadata", "name"]).unwrap_or_default();
        let kind_line = node.get("kind").map_or(node.line, |kind| kind.line);
        Some(Self { api, kind, name, line: kind_line, node })
    }

    /// It keeps pods running.
    pub(super) fn is_workload(&self) -> bool {
        matches!(self.kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
            && (self.api.starts_with("apps/") || self.api.starts_with("extensions/"))
    }

    /// What its pods are.
    pub(super) fn pod(&self) -> Option<&Node> {
        match self.kind.as_str() {
            "Pod" if self.api == "v1" => self.node.get("spec"),
            "Job" if self.api.starts_with("batch/") => self.node.at(&["spec", "template", "spec"]),
            "CronJob" => self.node.at(&["spec", "jobTemplate", "spec", "template", "spec"]),
            _ if self.is_workload() => self.node.at(&["spec", "template", "spec"]),
            _ => None,
        }
    }

    /// Its containers that say all about themselves: one without an image is a patch.
    pub(super) fn containers(&self) -> impl Iterator<Item = &Node> {
        let list = self.pod().and_then(|pod| pod.get("containers")).map(Node::items).unwrap_or_default();
        list.iter().filter(|container| container.get("image").is_some())
    }

    /// It answers requests.
    pub(super) fn listens(&self) -> bool {
        self.containers()
            .any(|container| container.get("ports").is_some_and(|ports| !ports.items().is_empty()))
    }

    pub(super) fn labels(&self) -> Option<&Node> {
        match self.kind.as_str() {
            "Pod" => self.node.at(&["metadata", "labels"]),
            _ => self.node.at(&["spec", "template", "metadata", "labels"]),
        }
    }

    pub(super) fn namespace(&self) -> Option<&str> {
        self.node.at(&["metadata", "namespace"]).and_then(Node::text)
    }
}

/// What it is called, for messages.
pub(super) fn name_of(container: &Node) -> &str {
    container.get("name").and_then(Node::text).unwrap_or("the container")
}

/// The image that it runs.
pub(super) fn image_of(container: &Node) -> Option<ImageName<'_>> {
    ImageName::parse(container.get("image")?.text()?)
}
