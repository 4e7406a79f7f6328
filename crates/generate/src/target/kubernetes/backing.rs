//! A resource that runs beside the app: a `StatefulSet` with a volume, or a Deployment where it keeps nothing.

use super::edges::Edges;
use super::object::{self, Object};
use super::scene::{Scene, Subject};
use super::server::Server;
use super::{env, identity, network, pod, volume};
use crate::print::Node;
use crate::{Backing, Output, USER, node};

/// The objects of a resource.
pub(crate) fn objects(
    scene: &Scene<'_>,
    edges: &Edges,
    backing: &Backing<'_>,
    output: &mut Output,
) -> Vec<Object> {
    let name = scene.name_of(Subject::Resource(backing.name));
    lose(scene, backing, output);
    let mut objects = vec![identity::account(scene, name, backing.kind)];
    objects.extend(workload(scene, backing, name));
    objects.push(listener(scene, backing, name));
    objects.push(network::policy(scene, edges, name, backing.kind, backing.port(), false));
    objects
}

fn workload(scene: &Scene<'_>, backing: &Backing<'_>, name: &str) -> Option<Object> {
    let image = backing.image.as_ref()?;
    let server = Server::of(backing);
    let data = image.shape.volume;
    let port_name = port_name(backing);

    let mut env = Vec::new();
    let secret = backing.password.as_deref();
    // What holds the password is a reference, or is composed of one that stands before it.
    for (key, value) in backing.environment("\0") {
        match (value.as_str(), secret) {
            ("\0", Some(secret)) => env.push(env::reference(scene, key, secret, false)),
            (text, Some(secret)) if text.contains('\0') => {
                env.insert(0, env::reference(scene, secret, secret, false));
                env.push(node!({ "name": key, "value": (text.replace('\0', &format!("$({secret})"))) }));
            }
            (text, _) => env.push(node!({ "name": key, "value": (env::escape(text)) })),
        }
    }
    env.extend(server.env.iter().map(|(key, value)| node!({ "name": (*key), "value": (*value) })));

    let mut mounts = Vec::new();
    let mut volumes = Vec::new();
    for (index, path) in std::iter::once(&"/tmp").chain(server.scratch.unwrap_or_default()).enumerate() {
        let volume = if index == 0 { "tmp".to_owned() } else { format!("run-{index}") };
        mounts.push(node!({ "name": (volume.as_str()), "mountPath": (*path) }));
        volumes.push(volume::scratch(&volume));
    }
    mounts.extend(data.map(|path| node!({ "name": (volume::CLAIM), "mountPath": path })));

    let mut container = Node::map([
        ("name", Some(name.into())),
        ("image", Some(image.name.as_str().into())),
        ("args", Node::flow(image.shape.command.iter().copied()).filled()),
        ("ports", backing.port().map(|port| node!([{ "name": port_name, "containerPort": port }]))),
        ("env", Node::List(env).filled()),
        ("resources", Some(pod::resources(server.cpu, server.memory))),
    ]);
    let action = match (server.ask, backing.port()) {
        (Some(command), _) => Some(node!({ "exec": { "command": (Node::flow(command.iter().copied())) } })),
        (None, Some(_)) => Some(node!({ "tcpSocket": { "port": port_name } })),
        (None, None) => None,
    };
    if let Some(action) = action {
        // The first start of a database, or the recovery after a crash, may take minutes.
        for (key, period, failures) in
            [("startupProbe", 5, 60), ("readinessProbe", 5, 3), ("livenessProbe", 20, 3)]
        {
            let mut probe = action.clone();
            probe.set("periodSeconds", period);
            probe.set("timeoutSeconds", 5);
            probe.set("failureThreshold", failures);
            container.set(key, probe);
        }
    }
    container.set("securityContext", pod::container_security(server.scratch.is_some()));
    container.set("volumeMounts", Node::List(mounts));

    let labels = || object::labels(scene, name, backing.kind);
    let template = node!({
        "metadata": { "labels": (labels()) },
        "spec": {
            "serviceAccountName": name,
            "automountServiceAccountToken": false,
            "enableServiceLinks": false,
            "securityContext": (pod::security(server.user, server.group, data.is_some())),
            // A database writes down what it has in memory before it ends.
            "terminationGracePeriodSeconds": 60,
            "containers": [container],
            "volumes": (Node::List(volumes)),
        },
    });
    let selector = node!({ "matchLabels": (object::selector(scene, name)) });
    let mut object = if data.is_some() {
        let spec = node!({
            "replicas": 1,
            "revisionHistoryLimit": 5,
            "serviceName": name,
            "selector": selector,
            "template": template,
            "volumeClaimTemplates": [(volume::claim(server.storage))],
        });
        object::new("apps/v1", "StatefulSet", name, labels(), spec)
    } else {
        let spec = node!({
            "replicas": 1,
            "revisionHistoryLimit": 5,
            "selector": selector,
            "template": template,
        });
        object::new("apps/v1", "Deployment", name, labels(), spec)
    };
    let mut skipped = Vec::new();
    if server.user < 10_000 {
        skipped.push(("CKV_K8S_40", "the user that the image is made for"));
    }
    if server.scratch.is_none() {
        skipped.push(("CKV_K8S_22", "the image writes to places of its own"));
    }
    if server.ask.is_none() && backing.port().is_none() {
        skipped.push(("CKV_K8S_8", "nobody knows what it listens on"));
        skipped.push(("CKV_K8S_9", "nobody knows what it listens on"));
    }
    object.skip_checks(&skipped);
    Some(object)
}

/// Headless: there is one pod, and its address is all that its users need.
fn listener(scene: &Scene<'_>, backing: &Backing<'_>, name: &str) -> Object {
    let port_name = port_name(backing);
    let spec = Node::map([
        ("clusterIP", Some("None".into())),
        ("selector", Some(object::selector(scene, name))),
        (
            "ports",
            backing.port().map(|port| node!([{ "name": port_name, "port": port, "targetPort": port_name }])),
        ),
    ]);
    object::new("v1", "Service", name, object::labels(scene, name, backing.kind), spec)
}

/// At most 15 characters (RFC 6335).
fn port_name<'a>(backing: &Backing<'a>) -> &'a str {
    backing.kind.get(..15).unwrap_or(backing.kind).trim_end_matches('-')
}

fn lose(scene: &Scene<'_>, backing: &Backing<'_>, output: &mut Output) {
    let name = backing.name;
    if backing.resource.backup.get().is_some() {
        output.lose(
            scene.target,
            format!("{name}.backup"),
            "Kubernetes has no backups of what is in a volume",
            "`sea` makes them, wherever the resource runs",
        );
    }
    if !Server::is_known(backing) {
        output.lose(
            scene.target,
            name.as_str(),
            "nothing is known of its image: neither its user nor what it writes to",
            format!("it runs as user {USER} with a writable root file system; patch what it needs"),
        );
    }
    if backing.port().is_none() {
        output.lose(
            scene.target,
            format!("{name}.port"),
            "nobody knows what it listens on",
            "it has no probe, and its network policy allows every port to those that need it",
        );
    }
}
