//! How many pods, where they run, and how many of them may be missing.

use seaworthy_model::Kind;

use super::object::{self, Object, Phase};
use super::scene::Scene;
use crate::print::Node;
use crate::{Instance, node};

/// How busy pods are when more of them are started, in percent of the CPU that they request.
const BUSY_PERCENT: u32 = 80;

/// The number of pods that a workload says itself: none where an autoscaler says it, or every deploy would undo what the
/// autoscaler did.
pub(crate) fn fixed_replicas(instance: &Instance<'_>, keeps_files: bool) -> Option<u32> {
    (!is_scaled(instance, keeps_files)).then_some(instance.replicas)
}

/// More pods may be started of what is known to run more than once: it answers requests and keeps no files.
pub(crate) fn is_scaled(instance: &Instance<'_>, keeps_files: bool) -> bool {
    can_scale(instance, keeps_files) && instance.replicas > 1
}

/// It could run more than once.
pub(crate) fn can_scale(instance: &Instance<'_>, keeps_files: bool) -> bool {
    instance.kind == Kind::Web && !keeps_files
}

/// The autoscaler and the budget of a service that runs more than once.
pub(crate) fn objects(
    scene: &Scene<'_>,
    instance: &Instance<'_>,
    name: &str,
    keeps_files: bool,
) -> Vec<Object> {
    let mut objects = Vec::new();
    if is_scaled(instance, keeps_files) {
        objects.push(autoscaler(scene, instance, name));
    }
    if instance.replicas > 1 {
        objects.push(budget(scene, instance, name));
    }
    objects
}

/// From the replicas of the model to twice as many.
pub(crate) fn autoscaler(scene: &Scene<'_>, instance: &Instance<'_>, name: &str) -> Object {
    let spec = node!({
        "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": name },
        "minReplicas": (instance.replicas),
        "maxReplicas": (instance.replicas.saturating_mul(2)),
        "metrics": [{
            "type": "Resource",
            "resource": {
                "name": "cpu",
                "target": { "type": "Utilization", "averageUtilization": BUSY_PERCENT },
            },
        }],
    });
    let labels = object::labels(scene, name, instance.kind.as_str());
    object::new("autoscaling/v2", "HorizontalPodAutoscaler", name, labels, spec).in_phase(Phase::Run)
}

/// One pod at a time may be taken away when nodes are emptied.
pub(crate) fn budget(scene: &Scene<'_>, instance: &Instance<'_>, name: &str) -> Object {
    let spec = node!({
        "maxUnavailable": 1,
        // A pod that is not ready protects nothing, and must not stop a node from being emptied.
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": { "matchLabels": (object::selector(scene, name)) },
    });
    let labels = object::labels(scene, name, instance.kind.as_str());
    object::new("policy/v1", "PodDisruptionBudget", name, labels, spec)
}

/// Pods of one service on several machines and in several zones, as far as there are any.
pub(crate) fn spread(scene: &Scene<'_>, name: &str) -> Node {
    let over = |topology: &str| {
        node!({
            "maxSkew": 1,
            "topologyKey": topology,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": { "matchLabels": (object::selector(scene, name)) },
        })
    };
    Node::list([over("topology.kubernetes.io/zone"), over("kubernetes.io/hostname")])
}
