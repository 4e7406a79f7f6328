//! What manifests say together: copies, budgets, scaling, networks, names.

use seaworthy_detect::document::Node;

use super::object::{Object, objects};
use crate::context::{Context, Sink};
use crate::file::{Role, SourceFile, name};
use crate::finding::Draft;

/// An object and the file that it stands in.
struct Placed<'p> {
    path: &'p str,
    object: Object,
}

pub(super) fn check(context: &Context<'_>, sink: &Sink<'_>) {
    let repository = context.repository;
    let mut all: Vec<Placed<'_>> = Vec::new();
    for path in repository.with_extension("yaml").chain(repository.with_extension("yml")) {
        let Some(text) = repository.source(path) else { continue };
        let file = SourceFile::new(path, &text);
        if super::is_candidate(&file) && !matches!(file.role, Role::Test | Role::Example) {
            all.extend(objects(&text).into_iter().map(|object| Placed { path, object }));
        }
    }
    if all.is_empty() {
        return;
    }
    let has_kustomization = repository.paths().iter().any(|path| name(path).starts_with("kustomization."));
    let look = Whole { all: &all, sink, has_kustomization };
    for placed in &all {
        look.copies(placed);
        look.scaling(placed);
        look.selection(placed);
    }
    look.network();
    look.names();
}

struct Whole<'w> {
    all: &'w [Placed<'w>],
    sink: &'w Sink<'w>,
    has_kustomization: bool,
}

impl Whole<'_> {
    fn say(&self, rule: &'static str, placed: &Placed<'_>, line: u32, message: String) {
        self.sink.report(Draft::line(rule, placed.path, line).says(message));
    }

    fn of_kind<'k>(&'k self, kind: &'k str) -> impl Iterator<Item = &'k Placed<'k>> {
        self.all.iter().filter(move |placed| placed.object.kind == kind)
    }

    /// An autoscaler that says how many copies there are.
    fn is_scaled(&self, object: &Object) -> bool {
        let target = |placed: &Placed<'_>| {
            placed.object.node.at(&["spec", "scaleTargetRef", "name"]).and_then(Node::text)
                == Some(&object.name)
        };
        self.of_kind("HorizontalPodAutoscaler").any(target) || self.of_kind("ScaledObject").any(target)
    }

    fn copies(&self, placed: &Placed<'_>) {
        let object = &placed.object;
        if object.kind != "Deployment" || !object.listens() || self.is_scaled(object) {
            return;
        }
        let replicas = object.node.at(&["spec", "replicas"]);
        // Overlays of Kustomize may say it.
        if replicas.is_none() && self.has_kustomization {
            return;
        }
        let is_single_by_nature = object.node.at(&["spec", "strategy", "type"]).and_then(Node::text)
            == Some("Recreate")
            || object
                .pod()
                .and_then(|pod| pod.get("volumes"))
                .map(Node::items)
                .unwrap_or_default()
                .iter()
                .any(|volume| volume.get("persistentVolumeClaim").is_some());
        match replicas.map_or(Some(1), Node::integer) {
            Some(1) if !is_single_by_nature => {
                let line = replicas.map_or(object.line, |node| node.line);
                let message = format!("`{}` is gone while its one pod is moved", object.name);
                self.say("k8s-single-replica", placed, line, message);
            }
            Some(2..) => {
                let has_budget = self.of_kind("PodDisruptionBudget").any(|budget| {
                    selects(budget.object.node.at(&["spec", "selector", "matchLabels"]), object)
                });
                if !has_budget {
                    let message = format!("all pods of `{}` may be taken down at once", object.name);
                    self.say("k8s-no-disruption-budget", placed, object.line, message);
                }
            }
            _ => {}
        }
    }

    fn scaling(&self, placed: &Placed<'_>) {
        let object = &placed.object;
        if matches!(object.kind.as_str(), "Deployment" | "StatefulSet")
            && let Some(entry) = object.node.get("spec").and_then(|spec| {
                spec.entries().iter().find(|entry| &*entry.key == "replicas" && !entry.node.is_null())
            })
            && self.is_scaled(object)
        {
            let message = format!(
                "every deployment sets `{}` back to {} pods",
                object.name,
                entry.node.scalar().unwrap_or_default()
            );
            self.say("k8s-autoscaler-fights-replicas", placed, entry.line, message);
        }
    }

    /// A service without a pod refuses every connection.
    fn selection(&self, placed: &Placed<'_>) {
        let object = &placed.object;
        if object.kind != "Service" || object.api != "v1" {
            return;
        }
        let Some(selector) =
            object.node.at(&["spec", "selector"]).filter(|selector| !selector.entries().is_empty())
        else {
            return;
        };
        let folder =
            |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
        let mut near = self
            .all
            .iter()
            .filter(|other| {
                other.object.containers().next().is_some() && folder(other.path) == folder(placed.path)
            })
            .peekable();
        if near.peek().is_some() && !self.all.iter().any(|other| selects(Some(selector), &other.object)) {
            let message = format!("no pod of this repository has the labels that `{}` selects", object.name);
            let spec = object.node.get("spec").map(Node::entries).unwrap_or_default();
            let line =
                spec.iter().find(|entry| &*entry.key == "selector").map_or(selector.line, |entry| entry.line);
            self.say("k8s-service-selects-nothing", placed, line, message);
        }
    }

    fn network(&self) {
        let has_policy = self.all.iter().any(|placed| placed.object.kind.contains("NetworkPolicy"));
        let first = self
            .all
            .iter()
            .find(|placed| placed.object.is_workload() && placed.object.containers().next().is_some());
        if let Some(placed) = first.filter(|_| !has_policy) {
            let message = "every pod of the cluster can reach every port of these".to_owned();
            self.say("k8s-no-network-policy", placed, placed.object.line, message);
        }
    }

    /// Without a namespace everything lands in whatever the person's context names.
    fn names(&self) {
        if self.has_kustomization {
            return;
        }
        for placed in self.all.iter().filter(|placed| placed.object.containers().next().is_some()) {
            if placed.object.namespace().is_none_or(|namespace| namespace == "default") {
                let message = format!("`{}` lands in whatever namespace is current", placed.object.name);
                self.say("k8s-no-namespace", placed, placed.object.line, message);
            }
        }
    }
}

/// Every label that is wanted is on the pods.
fn selects(wanted: Option<&Node>, object: &Object) -> bool {
    let (Some(wanted), Some(labels)) = (wanted, object.labels()) else { return false };
    object.containers().next().is_some()
        && wanted
            .entries()
            .iter()
            .all(|entry| labels.get(&entry.key).and_then(Node::scalar) == entry.node.scalar())
}
