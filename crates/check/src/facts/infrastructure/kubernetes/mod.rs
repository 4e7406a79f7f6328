//! Kubernetes manifests: what a cluster is told, and what it would need to be told besides.

mod access;
mod object;
mod pod;
mod probe;
mod whole;

use seaworthy_detect::document::Node;

use crate::context::{Context, Sink};
use crate::facts::{Fact, FileFact};
use crate::file::{Role, SourceFile, extension};
use crate::finding::Draft;
use crate::mend::block;
use crate::rule::Severity;
use object::{Object, objects};

/// What one manifest says.
pub(super) static FILE_FACT: FileFact = FileFact {
    rules: &[
        "k8s-no-requests",
        "k8s-no-memory-limit",
        "k8s-no-readiness-probe",
        "k8s-liveness-same-as-readiness",
        "k8s-liveness-needs-dependencies",
        "k8s-runs-as-root",
        "k8s-privileged",
        "k8s-privilege-escalation",
        "k8s-broad-capability",
        "k8s-host-path",
        "k8s-host-namespace",
        "k8s-image-floating",
        "k8s-secret-as-value",
        "k8s-service-account-token",
        "k8s-selector-mismatch",
        "k8s-removed-api",
        "k8s-committed-secret",
        "k8s-database-exposed",
        "k8s-cluster-admin",
        "k8s-ingress-without-tls",
        "k8s-cronjob-overlap",
    ],
    wants: |file| is_candidate(file) && !matches!(file.role, Role::Test | Role::Example),
    check,
};

/// What several manifests say together.
pub(super) static FACT: Fact = Fact {
    rules: &[
        "k8s-single-replica",
        "k8s-no-disruption-budget",
        "k8s-autoscaler-fights-replicas",
        "k8s-service-selects-nothing",
        "k8s-no-network-policy",
        "k8s-no-namespace",
    ],
    whole: true,
    check: whole::check,
};

/// By its ending and two words; a template of Helm is no YAML until it is filled in.
fn is_candidate(file: &SourceFile<'_>) -> bool {
    matches!(extension(file.path), "yaml" | "yml")
        && file.has("apiVersion:")
        && file.has("kind:")
        && !file.has("{{")
}

fn check(_: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let look = Look { file, sink };
    for object in &objects(file.text) {
        pod::check(&look, object);
        access::check(&look, object);
        removed(&look, object);
        selector(&look, object);
        if object.kind == "CronJob" && object.node.at(&["spec", "concurrencyPolicy"]).is_none() {
            look.report("k8s-cronjob-overlap", object.line);
        }
    }
}

struct Look<'l> {
    file: &'l SourceFile<'l>,
    sink: &'l Sink<'l>,
}

impl Look<'_> {
    fn report(&self, rule: &'static str, line: u32) {
        self.sink.report_in(self.file, Draft::line(rule, self.file.path, line));
    }

    fn say(&self, rule: &'static str, line: u32, message: String) {
        self.sink.report_in(self.file, Draft::line(rule, self.file.path, line).says(message));
    }

    fn weigh(&self, rule: &'static str, line: u32, weight: Severity, message: String) {
        self.sink.report_in(self.file, Draft::line(rule, self.file.path, line).weighs(weight).says(message));
    }
}

/// Versions that current clusters answer with "no matches for kind"
/// (<https://kubernetes.io/docs/reference/using-api/deprecation-guide/>).
fn removed(look: &Look<'_>, object: &Object) {
    let now = match (object.api.as_str(), object.kind.as_str()) {
        (
            "extensions/v1beta1" | "apps/v1beta1" | "apps/v1beta2",
            "Deployment" | "DaemonSet" | "ReplicaSet" | "StatefulSet",
        ) => "apps/v1",
        ("extensions/v1beta1" | "networking.k8s.io/v1beta1", "Ingress" | "IngressClass")
        | ("extensions/v1beta1", "NetworkPolicy") => "networking.k8s.io/v1",
        ("batch/v1beta1" | "batch/v2alpha1", "CronJob") => "batch/v1",
        ("policy/v1beta1", "PodDisruptionBudget") => "policy/v1",
        ("autoscaling/v2beta1" | "autoscaling/v2beta2", "HorizontalPodAutoscaler") => "autoscaling/v2",
        ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition") => "apiextensions.k8s.io/v1",
        (
            "rbac.authorization.k8s.io/v1beta1" | "rbac.authorization.k8s.io/v1alpha1",
            "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding",
        ) => "rbac.authorization.k8s.io/v1",
        ("policy/v1beta1", "PodSecurityPolicy") => "nothing; use pod security admission",
        _ => return,
    };
    let line = object.node.get("apiVersion").map_or(object.line, |node| node.line);
    let says = format!("`{}` `{}` is gone; it is now {now}", object.api, object.kind);
    let edit = has_same_fields(object)
        .then(|| block::replaced(look.file.path, look.file.text, line, &object.api, now))
        .flatten();
    let draft = Draft::line("k8s-removed-api", look.file.path, line);
    look.sink.report_in(look.file, draft.says(says).mended_if(edit));
}

/// What is written for the old version is read by the new one as it stands (the same guide): only the name is another.
fn has_same_fields(object: &Object) -> bool {
    match (object.api.as_str(), object.kind.as_str()) {
        // An empty selector was nothing and is everything.
        ("policy/v1beta1", "PodDisruptionBudget") => object
            .node
            .at(&["spec", "selector", "matchLabels"])
            .is_some_and(|labels| !labels.entries().is_empty()),
        // A selector has to be written since, and two defaults are others in the oldest.
        ("apps/v1beta2", "Deployment" | "DaemonSet" | "ReplicaSet" | "StatefulSet") => {
            object.node.at(&["spec", "selector"]).is_some()
        }
        ("batch/v1beta1", "CronJob")
        | ("autoscaling/v2beta2", "HorizontalPodAutoscaler")
        | ("extensions/v1beta1", "NetworkPolicy")
        | ("networking.k8s.io/v1beta1", "IngressClass") => true,
        (api, _) => api == "rbac.authorization.k8s.io/v1beta1",
    }
}

/// Every label that is selected by must be on the pods.
fn selector(look: &Look<'_>, object: &Object) {
    if !object.is_workload() {
        return;
    }
    let Some(wanted) = object.node.at(&["spec", "selector", "matchLabels"]) else { return };
    let labels = object.node.at(&["spec", "template", "metadata", "labels"]);
    for entry in wanted.entries() {
        let label = labels.and_then(|labels| labels.get(&entry.key)).and_then(Node::scalar);
        if label != entry.node.scalar() {
            let message = format!("no pod of the template has the label `{}` with this value", entry.key);
            look.say("k8s-selector-mismatch", entry.line, message);
        }
    }
}
