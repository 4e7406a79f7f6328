//! Templates: the objects, with values where environments differ.

use seaworthy_model::JobTrigger;

use super::marks::{Marks, only};
use super::values::path;
use crate::print::Node;
use crate::target::kubernetes::app::Objects;
use crate::target::kubernetes::object::{self, Object, PHASE, at_mut};
use crate::target::kubernetes::scene::{Scene, Subject};
use crate::target::kubernetes::{route, scaling, volume};
use crate::{Instance, Output, Task, node};

/// The folder of the one container in a Deployment, a `StatefulSet` or a Job.
const CONTAINER: [&str; 5] = ["spec", "template", "spec", "containers", "0"];

/// The same in a `CronJob`.
const CRON_CONTAINER: [&str; 7] = ["spec", "jobTemplate", "spec", "template", "spec", "containers", "0"];

/// The templates of a chart: path below `templates/`, and text.
pub(super) fn all(scene: &Scene<'_>, objects: &Objects) -> Vec<(String, String)> {
    objects
        .files
        .iter()
        .map(|(file, objects)| {
            let service = scene
                .deployment
                .instances
                .iter()
                .find(|one| *file == format!("services/{}", scene.name_of(Subject::Service(one.name))));
            let task =
                scene.deployment.tasks.iter().find(|task| *file == format!("jobs/{}", scene.job(task)));
            let text = match (service, task) {
                (Some(instance), _) => service_of(scene, instance, objects),
                (_, Some(task)) => job_of(scene, task, objects),
                _ => objects.iter().map(|object| Marks::default().print(&bare(object))).collect(),
            };
            (file.replace('/', "-"), text)
        })
        .collect()
}

/// Helm has hooks, and needs no label for what goes first.
fn bare(object: &Object) -> Node {
    let mut node = object.node.clone();
    if let Some(Node::Map(labels)) = at_mut(&mut node, &["metadata", "labels"]) {
        labels.retain(|(key, _)| key != PHASE);
    }
    node
}

fn service_of(scene: &Scene<'_>, instance: &Instance<'_>, objects: &[Object]) -> String {
    let values = path(instance);
    let name = scene.name_of(Subject::Service(instance.name));
    let keeps_files = !volume::kept(scene, instance, &mut Output::default()).is_empty();
    let several = format!("if gt (int {values}.replicas) 1");
    let mut text = config(scene, instance, &scene.config(instance), None);
    for object in objects {
        let mut marks = Marks::default();
        let mut node = bare(object);
        match object.kind {
            "Deployment" | "StatefulSet" => {
                contain(&mut node, &CONTAINER, &values, &mut marks);
                let replicas = if scaling::can_scale(instance, keeps_files) {
                    marks.line(
                        format!("if le (int {values}.replicas) 1"),
                        format!("{{{{ {values}.replicas }}}}"),
                    )
                } else {
                    marks.value(format!("{values}.replicas"))
                };
                set_first(&mut node, &["spec"], "replicas", replicas);
                if has_config(instance) {
                    // A pod does not notice a changed ConfigMap by itself.
                    let digest = marks.value(format!("toJson {values}.env | sha256sum"));
                    if let Some(metadata) = at_mut(&mut node, &["spec", "template", "metadata"]) {
                        metadata.set("annotations", node!({ "checksum/config": digest }));
                    }
                }
                text.push_str(&marks.print(&node));
            }
            "HTTPRoute" | "Ingress" => {
                hosts(scene, instance, &mut node, &mut marks);
                text.push_str(&marks.print(&node));
            }
            "HorizontalPodAutoscaler" | "PodDisruptionBudget" => {}
            "NetworkPolicy" => {
                text.push_str(&scaled(scene, instance, name, keeps_files, &several));
                text.push_str(&marks.print(&node));
            }
            _ => text.push_str(&marks.print(&node)),
        }
    }
    text
}

/// What there is only of a service that runs more than once.
fn scaled(
    scene: &Scene<'_>,
    instance: &Instance<'_>,
    name: &str,
    keeps_files: bool,
    several: &str,
) -> String {
    let values = path(instance);
    let mut text = String::new();
    if scaling::can_scale(instance, keeps_files) {
        let mut marks = Marks::default();
        let mut node = bare(&scaling::autoscaler(scene, instance, name));
        if let Some(spec) = at_mut(&mut node, &["spec"]) {
            spec.set("minReplicas", marks.value(format!("{values}.replicas")));
            spec.set("maxReplicas", marks.value(format!("mul 2 {values}.replicas")));
        }
        text.push_str(&only(several, &marks.print(&node)));
    }
    let budget = bare(&scaling::budget(scene, instance, name));
    text.push_str(&only(several, &Marks::default().print(&budget)));
    text
}

fn job_of(scene: &Scene<'_>, task: &Task<'_>, objects: &[Object]) -> String {
    let Some(runner) = scene.deployment.image_of(task) else { return String::new() };
    let values = path(runner);
    let is_release = task.on == JobTrigger::Release;
    let hook = is_release.then(|| hook(scene));
    let own = format!("{}-config", scene.job(task));
    let mut text = String::new();
    if is_release || task.service.is_none() {
        text.push_str(&config(scene, runner, &own, hook));
    }
    for object in objects {
        let mut marks = Marks::default();
        let mut object = object.clone();
        object.node = bare(&object);
        if let Some(hook) = hook {
            let is_job = object.kind == "Job";
            annotate(&mut object, hook, is_job);
        }
        match object.kind {
            "Job" => {
                contain(&mut object.node, &CONTAINER, &values, &mut marks);
                let name = [&CONTAINER[..], &["envFrom", "0", "configMapRef"]].concat();
                if let Some(reference) = at_mut(&mut object.node, &name) {
                    reference.set("name", own.as_str());
                }
            }
            "CronJob" => contain(&mut object.node, &CRON_CONTAINER, &values, &mut marks),
            _ => {}
        }
        text.push_str(&marks.print(&object.node));
    }
    text
}

/// The image and the resources of a container.
fn contain(node: &mut Node, container: &[&str], values: &str, marks: &mut Marks) {
    if let Some(container) = at_mut(node, container) {
        container.set("image", marks.value(format!("printf \"%s:%s\" {values}.image .Values.tag | quote")));
        container.set("resources", marks.value(format!("toJson {values}.resources")));
    }
}

/// A service has a `ConfigMap` when the model knows any plain value, in whichever environment.
fn has_config(instance: &Instance<'_>) -> bool {
    instance.env.values().any(|setting| matches!(setting, crate::Setting::Value(_)))
}

fn config(scene: &Scene<'_>, instance: &Instance<'_>, name: &str, hook: Option<&str>) -> String {
    if !has_config(instance) {
        return String::new();
    }
    let mut marks = Marks::default();
    let data = marks.value(format!("toJson {}.env", path(instance)));
    let mut object = object::bare("v1", "ConfigMap", name, object::app(scene), [("data", data)]);
    if let Some(hook) = hook {
        annotate(&mut object, hook, false);
    }
    marks.print(&object.node)
}

/// When jobs of a release run: before anything of an upgrade; at the first installation after a database that the chart
/// itself brings, or the operator that fetches the secrets, is there.
fn hook(scene: &Scene<'_>) -> &'static str {
    if is_after_first(scene) { "post-install,pre-upgrade" } else { "pre-install,pre-upgrade" }
}

/// The first installation has to come before the jobs of the release.
pub(super) fn is_after_first(scene: &Scene<'_>) -> bool {
    scene.backings().next().is_some() || scene.input.options.secret_store.is_some()
}

fn annotate(object: &mut Object, hook: &str, is_job: bool) {
    object.annotate("helm.sh/hook", hook);
    // What the job needs goes before the job.
    object.annotate("helm.sh/hook-weight", if is_job { "0" } else { "-1" });
    object.annotate("helm.sh/hook-delete-policy", "before-hook-creation");
}

/// The domain of a route that names none itself.
fn hosts(scene: &Scene<'_>, instance: &Instance<'_>, node: &mut Node, marks: &mut Marks) {
    let names_one = instance.service.route.get().is_some_and(|route| route::place(route).0.is_some());
    if names_one {
        return;
    }
    if !scene.input.options.ingress {
        set_first(node, &["spec"], "hostnames", marks.line("with .Values.host", "[{{ quote . }}]"));
        return;
    }
    let secret = route::certificate(scene);
    if let Some(rule) = at_mut(node, &["spec", "rules", "0"]) {
        rule.set("host", marks.line("with .Values.host", "{{ quote . }}"));
    }
    let tls =
        marks.line("with .Values.host", format!("[{{hosts: [{{{{ quote . }}}}], secretName: {secret}}}]"));
    set_first(node, &["spec"], "tls", tls);
}

/// Sets an entry, as the first one where it is new.
fn set_first(node: &mut Node, path: &[&str], key: &str, value: Node) {
    let Some(Node::Map(entries)) = at_mut(node, path) else { return };
    entries.retain(|(known, _)| known != key);
    entries.insert(0, (key.to_owned(), value));
}
