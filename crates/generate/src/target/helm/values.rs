//! The values of a chart: what differs between environments, and nothing else.

use crate::names::identifier;
use crate::print::Node;
use crate::target::kubernetes::{app::Objects, pod, scene::Scene, service};
use crate::{Instance, image, node};

/// Where a service's values are: `.Values.services.api`. Names with dashes could not be written so.
pub(super) fn path(instance: &Instance<'_>) -> String {
    format!(".Values.services.{}", identifier(instance.name.as_str()))
}

/// The values of the app in `scene`.
pub(super) fn of(scene: &Scene<'_>, objects: &Objects) -> Node {
    let deployment = &scene.deployment;
    let services = deployment.instances.iter().map(|instance| {
        (identifier(instance.name.as_str()), values(scene, objects, instance, Some(instance.replicas)))
    });
    let programs = deployment
        .programs
        .iter()
        .map(|instance| (identifier(instance.name.as_str()), values(scene, objects, instance, None)));
    let tag = Node::from(service::TAG).comment("The release's; no image has this one.");
    let host = Node::from(scene.domain().unwrap_or_default());
    node!({
        "tag": tag,
        "host": host,
        "services": (Node::Map(services.chain(programs).collect())),
    })
}

fn values(scene: &Scene<'_>, objects: &Objects, instance: &Instance<'_>, replicas: Option<u32>) -> Node {
    let env = objects.configs.get(&scene.config(instance)).into_iter().flatten();
    let env = env.map(|(key, value)| (key.clone(), Node::from(value))).collect();
    Node::map([
        ("image", Some(image(&scene.deployment, instance.name, scene.input.options).into())),
        ("replicas", replicas.map(Node::from)),
        ("resources", Some(pod::resources(instance.cpu, instance.memory))),
        ("env", Some(Node::Map(env))),
    ])
}
