//! Who talks to whom: the edges of the model, and no other. Network policies are written from them.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_model::Kind;
use seaworthy_model::placeholder::{Placeholder, Template};

use super::identity;
use super::scene::{Scene, Subject, runs_here};
use crate::{Backing, Instance};

/// Where a pod reaches to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    /// Another pod, on its port; on any where nobody knows the port.
    Pod {
        /// Its name.
        name: String,
        /// Its port.
        port: Option<u16>,
    },
    /// Something outside of the app, on these ports.
    Outside(Vec<u16>),
}

/// The edges of an app.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edges {
    /// By the name of the pod that opens the connection.
    out: BTreeMap<String, BTreeSet<Peer>>,
}

impl Edges {
    /// The edges of what runs in `scene`.
    pub(crate) fn of(scene: &Scene<'_>) -> Self {
        let mut edges = Self::default();
        for instance in &scene.deployment.instances {
            let name = scene.name_of(Subject::Service(instance.name));
            edges.out.entry(name.to_owned()).or_default().extend(peers(scene, instance));
        }
        for backing in scene.backings() {
            edges.out.entry(scene.name_of(Subject::Resource(backing.name)).to_owned()).or_default();
        }
        for task in &scene.deployment.tasks {
            let Some(runner) = scene.deployment.image_of(task) else { continue };
            let mut peers = peers(scene, runner);
            let template = Template::parse(task.run).unwrap_or_default();
            for (placeholder, _) in template.placeholders() {
                match placeholder {
                    Placeholder::Service { name, .. } => {
                        let named = scene.deployment.instance(name);
                        peers.extend(named.and_then(|instance| service(scene, instance)));
                    }
                    Placeholder::Resource { name, .. } => {
                        let named = scene.deployment.backing(name);
                        peers.extend(named.and_then(|backing| resource(scene, backing)));
                    }
                    Placeholder::Secret(_) | Placeholder::Environment(_) => {}
                }
            }
            edges.out.entry(scene.job(task).to_owned()).or_default().extend(peers);
        }
        edges
    }

    /// Where the pod of this name reaches to.
    pub(crate) fn from(&self, name: &str) -> impl Iterator<Item = &Peer> {
        self.out.get(name).into_iter().flatten()
    }

    /// Names of the pods that reach to the pod of this name.
    pub(crate) fn to(&self, name: &str) -> impl Iterator<Item = &str> {
        self.out
            .iter()
            .filter(move |(_, peers)| {
                peers.iter().any(|peer| matches!(peer, Peer::Pod { name: known, .. } if known == name))
            })
            .map(|(from, _)| from.as_str())
    }
}

/// What a service reaches. A static site reaches nothing: what its pages call, browsers call.
fn peers(scene: &Scene<'_>, instance: &Instance<'_>) -> BTreeSet<Peer> {
    if instance.kind == Kind::Static {
        return BTreeSet::new();
    }
    let deployment = &scene.deployment;
    let services = instance.needs.iter().filter_map(|name| deployment.instance(name));
    let resources = instance.needs.iter().filter_map(|name| deployment.backing(name));
    let api = identity::client(scene.input.sources, instance).map(|_| Peer::Outside(vec![443, 6443]));
    services
        .filter_map(|other| service(scene, other))
        .chain(resources.filter_map(|backing| resource(scene, backing)))
        .chain(api)
        .collect()
}

/// A worker listens on nothing, so nobody reaches it.
fn service(scene: &Scene<'_>, instance: &Instance<'_>) -> Option<Peer> {
    instance.port?;
    let name = scene.name_of(Subject::Service(instance.name)).to_owned();
    Some(Peer::Pod { name, port: instance.port })
}

fn resource(scene: &Scene<'_>, backing: &Backing<'_>) -> Option<Peer> {
    if backing.kind == "sqlite" {
        return None;
    }
    if runs_here(backing) {
        let name = scene.name_of(Subject::Resource(backing.name)).to_owned();
        return Some(Peer::Pod { name, port: backing.port() });
    }
    // Ports as IANA has them (RFC 6409 and RFC 8314 for mail), and those that the makers name.
    Some(Peer::Outside(match backing.kind {
        "smtp" => vec![25, 465, 587],
        "kafka" => vec![9092, 9093, 9094],
        "oracle" => vec![1521],
        _ => vec![443],
    }))
}
