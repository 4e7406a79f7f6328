//! A service: a Deployment, or a `StatefulSet` where it keeps files, and what belongs to it.

use std::collections::BTreeMap;

use seaworthy_model::Kind;

use super::edges::{Edges, Peer};
use super::env::{self, PodEnv};
use super::object::{self, Object, Phase};
use super::scene::{Scene, Subject};
use super::{identity, network, pod, route, scaling, volume};
use crate::print::Node;
use crate::{Instance, Output, image, node};

/// The tag of images in derived files. No such image exists: a release puts its own there.
pub(crate) const TAG: &str = "unreleased";

/// A service's objects and the values of its `ConfigMap`.
pub(crate) fn objects(
    scene: &Scene<'_>,
    edges: &Edges,
    instance: &Instance<'_>,
    output: &mut Output,
) -> (Vec<Object>, Vec<(String, String)>) {
    let name = scene.name_of(Subject::Service(instance.name));
    let component = instance.kind.as_str();
    let env = env::of(scene, instance.name.as_str(), &instance.env, output);
    let kept = volume::kept(scene, instance, output);
    lose(scene, edges, instance, !kept.is_empty(), output);

    let mut objects = vec![identity::account(scene, name, component)];
    objects.extend(identity::role(scene, instance, name, output));
    objects.push(workload(scene, instance, name, &env, &kept, output));
    objects.extend(listener(scene, instance, name));
    objects.extend(route::object(scene, instance, name));
    objects.extend(scaling::objects(scene, instance, name, !kept.is_empty()));
    objects.push(network::policy(scene, edges, name, component, instance.port, instance.is_public()));
    (objects, env.config)
}

/// The image of a service, with a tag.
pub(crate) fn tagged_image(scene: &Scene<'_>, instance: &Instance<'_>) -> String {
    format!("{}:{TAG}", image(&scene.deployment, instance.name, scene.input.options))
}

/// The `envFrom` of what runs with a service's environment.
pub(crate) fn env_from(scene: &Scene<'_>, instance: &Instance<'_>, env: &PodEnv) -> Option<Node> {
    // Whether an environment fills what the base leaves open, the reference is the same.
    let is_open =
        instance.env.values().filter_map(crate::Setting::template).any(|text| scene.is_left_open(text));
    let has_any = !env.config.is_empty() || is_open;
    has_any.then(|| node!([{ "configMapRef": { "name": (scene.config(instance)) } }]))
}

fn workload(
    scene: &Scene<'_>,
    instance: &Instance<'_>,
    name: &str,
    env: &PodEnv,
    kept: &BTreeMap<String, String>,
    output: &mut Output,
) -> Object {
    let has_token = identity::client(scene.input.sources, instance).is_some();
    let mut container = Node::map([
        ("name", Some(name.into())),
        ("image", Some(tagged_image(scene, instance).into())),
        ("ports", instance.port.map(|port| node!([{ "name": "http", "containerPort": port }]))),
        ("envFrom", env_from(scene, instance, env)),
        ("env", Node::List(env.entries.clone()).filled()),
        ("resources", Some(pod::resources(instance.cpu, instance.memory))),
    ]);
    for (key, probe) in pod::probes(scene, instance.name.as_str(), &instance.probes, instance.port, output) {
        container.set(key, probe);
    }
    let mut grace = pod::whole_seconds(instance.grace);
    if instance.port.is_some() {
        grace += pod::DRAIN_SECONDS;
        // SIGTERM comes when load balancers have heard that this pod ends.
        container.set("lifecycle", node!({ "preStop": { "sleep": { "seconds": (pod::DRAIN_SECONDS) } } }));
    }
    container.set("securityContext", pod::container_security(true));
    container.set("volumeMounts", Node::List(volume::mounts(kept)));

    let template = node!({
        "metadata": { "labels": (object::labels(scene, name, instance.kind.as_str())) },
        "spec": {
            "serviceAccountName": name,
            "automountServiceAccountToken": has_token,
            // Variables such as DB_PORT would otherwise appear out of nowhere, for every Service of the namespace.
            "enableServiceLinks": false,
            "securityContext": (pod::own_security(!kept.is_empty())),
            "terminationGracePeriodSeconds": grace,
            "topologySpreadConstraints": (scaling::spread(scene, name)),
            "containers": [container],
            "volumes": [(volume::scratch("tmp"))],
        },
    });
    let labels = object::labels(scene, name, instance.kind.as_str());
    let selector = node!({ "matchLabels": (object::selector(scene, name)) });
    let replicas = scaling::fixed_replicas(instance, !kept.is_empty());
    let mut object = if kept.is_empty() {
        // A new pod is ready before an old one goes.
        let strategy =
            node!({ "type": "RollingUpdate", "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": 0 } });
        let spec = Node::map([
            ("replicas", replicas.map(Node::from)),
            ("revisionHistoryLimit", Some(5.into())),
            ("strategy", Some(strategy)),
            ("selector", Some(selector)),
            ("template", Some(template)),
        ]);
        object::new("apps/v1", "Deployment", name, labels, spec)
    } else {
        let spec = Node::map([
            ("replicas", replicas.map(Node::from)),
            ("revisionHistoryLimit", Some(5.into())),
            ("serviceName", Some(name.into())),
            ("selector", Some(selector)),
            ("template", Some(template)),
            ("volumeClaimTemplates", Some(node!([(volume::claim("1Gi"))]))),
        ]);
        object::new("apps/v1", "StatefulSet", name, labels, spec)
    };
    if instance.probes.readiness.is_none() {
        object.skip_checks(&[
            ("CKV_K8S_8", "it listens on nothing that could be asked; when it ends, it is started again"),
            ("CKV_K8S_9", "it takes no requests that it would have to be ready for"),
        ]);
    }
    object.in_phase(Phase::Run)
}

fn listener(scene: &Scene<'_>, instance: &Instance<'_>, name: &str) -> Option<Object> {
    let port = instance.port?;
    let spec = node!({
        "selector": (object::selector(scene, name)),
        "ports": [{ "name": "http", "port": port, "targetPort": "http", "appProtocol": "http" }],
    });
    Some(object::new("v1", "Service", name, object::labels(scene, name, instance.kind.as_str()), spec))
}

/// What of a service Kubernetes has no words for.
fn lose(scene: &Scene<'_>, edges: &Edges, instance: &Instance<'_>, keeps_files: bool, output: &mut Output) {
    let name = instance.name;
    if !instance.service.depends_on.is_empty() && instance.kind != Kind::Static {
        output.lose(
            scene.target,
            format!("{name}.depends_on"),
            "Kubernetes starts all pods at once, in no order",
            "a pod that ends because something is not there yet is started again, and requests reach it when its \
             readiness probe passes",
        );
    }
    if keeps_files && instance.replicas > 1 {
        output.lose(
            scene.target,
            format!("{name}.replicas"),
            format!("it keeps files, and {} pods cannot share a volume", instance.replicas),
            "each pod has a volume of its own",
        );
    }
    let secrets: Vec<_> = instance
        .env
        .iter()
        .filter(|(key, setting)| {
            let model = instance.service.env.get(**key).and_then(|variable| variable.value.get());
            let is_address = model.is_some_and(|value| value.contains("${resources."));
            matches!(setting, crate::Setting::Secret { .. }) && !is_address
        })
        .map(|(key, _)| *key)
        .collect();
    let pod = scene.name_of(Subject::Service(name));
    let has_way_out =
        edges.from(pod).any(|peer| matches!(peer, Peer::Outside(ports) if ports.contains(&443)));
    if !secrets.is_empty() && !has_way_out && instance.kind != Kind::Static {
        output.lose(
            scene.target,
            format!("{name}.network"),
            format!("the model does not say whom it calls outside of the app, if anyone, with {}", secrets.join(", ")),
            "its network policy allows no such call: declare what it calls as a resource (`type = \"https\"`) and \
             name it in `depends_on`",
        );
    }
}
