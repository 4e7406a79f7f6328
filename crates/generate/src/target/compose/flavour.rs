//! What both files know: who is in them, under which names and on which ports.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_model::{Kind, Name};

use super::super::dockerfile::{self, Image};
use crate::{Backing, Deployment, Input, Instance, label};

/// Which of the two files it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavour {
    /// On the machine of who writes the app.
    Development,
    /// On a host that serves it.
    Production,
}

/// An app as one of the files sees it.
pub(super) struct Project<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) deployment: &'a Deployment<'a>,
    pub(super) flavour: Flavour,
    /// The images of services, by their names.
    pub(super) images: BTreeMap<&'a Name, Image>,
    /// The ports of this machine, by the names of services and resources.
    pub(super) published: BTreeMap<&'a Name, u16>,
}

impl<'a> Project<'a> {
    pub(super) fn new(input: &'a Input<'a>, deployment: &'a Deployment<'a>, flavour: Flavour) -> Self {
        let images = deployment
            .images()
            .map(|instance| (instance.name, dockerfile::image(input, deployment, instance)))
            .collect();
        let published = publish(deployment, flavour);
        Self { input, deployment, flavour, images, published }
    }

    pub(super) fn is_production(&self) -> bool {
        self.flavour == Flavour::Production
    }

    /// The name of a task among the services: one of its own where a service has the same.
    pub(super) fn task_name(&self, name: &Name) -> String {
        let is_taken = self.deployment.instances.iter().any(|instance| instance.name == name)
            || self.deployment.backing(name).is_some();
        if is_taken { format!("{name}-job") } else { name.to_string() }
    }

    /// What domain people reach it at: that of the environment, else one that has to be said.
    pub(super) fn domain(&self) -> String {
        let production = Name::from_text("production");
        let said =
            self.input.app.environments.get(&production).and_then(|environment| environment.domain.get());
        match (self.flavour, said) {
            (Flavour::Development, _) => "localhost".to_owned(),
            (Flavour::Production, Some(domain)) => domain.clone(),
            (Flavour::Production, None) => "${DOMAIN:?the public domain}".to_owned(),
        }
    }

    /// What the environment is called.
    pub(super) fn environment(&self) -> &'static str {
        if self.is_production() { "production" } else { "development" }
    }

    /// Named volumes of a service, each with the folder that it is mounted at: services of one folder share them.
    pub(super) fn volumes_of(&self, instance: &Instance<'_>) -> Vec<(String, String)> {
        let Some(image) = self.images.get(instance.name) else { return Vec::new() };
        let first = self.deployment.images().find(|other| other.path() == instance.path());
        let owner = first.map_or(instance.name, |first| first.name);
        let folder = &image.folder;
        image
            .volumes
            .iter()
            .map(|path| {
                let name = path.strip_prefix(folder.as_str()).unwrap_or(path);
                let owner = if path == "/data" { "data".to_owned() } else { format!("{owner}{name}") };
                (label(&owner, 63), path.clone())
            })
            .collect()
    }

    /// The resources that run beside the app.
    pub(super) fn backings(&self) -> impl Iterator<Item = (&Backing<'a>, &seaworthy_model::image::Image)> {
        self.deployment.backings.iter().filter_map(|backing| Some((backing, backing.image.as_ref()?)))
    }
}

/// A port of this machine for everything that is reached from it: its own where it is free, else the next.
fn publish<'a>(deployment: &'a Deployment<'a>, flavour: Flavour) -> BTreeMap<&'a Name, u16> {
    let mut taken = BTreeSet::new();
    let mut ports = BTreeMap::new();
    let mut add = |name: &'a Name, port: u16, width: u16| {
        // Ports below 1024 belong to root.
        let mut free = if port < 1024 { port + 8000 } else { port };
        while (free..free + width).any(|port| taken.contains(&port)) {
            free += 1;
        }
        taken.extend(free..free + width);
        ports.insert(name, free);
    };
    let is_dev = flavour == Flavour::Development;
    let services = deployment
        .instances
        .iter()
        .filter(|instance| is_dev || instance.is_public() || instance.kind == Kind::Static);
    for instance in services {
        if let Some(port) = instance.port {
            let width = if is_dev { 1 } else { u16::try_from(instance.replicas.max(1)).unwrap_or(1) };
            add(instance.name, port, width);
        }
    }
    if is_dev {
        for backing in &deployment.backings {
            if let (Some(port), true) = (backing.port(), backing.image.is_some()) {
                add(backing.name, port, 1);
            }
        }
    }
    ports
}
