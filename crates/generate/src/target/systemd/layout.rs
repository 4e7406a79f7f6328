//! Which units there are, on which ports, with which folders.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_model::{Kind, Name, PortSetting};

use super::{below, plain};
use crate::{Deployment, Instance, label};

/// Where everything is.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// The app's name, its user and its folder.
    pub(super) app: String,
    services: BTreeMap<Name, Place>,
}

#[derive(Clone, Debug, Default)]
struct Place {
    /// Ports of its instances; empty for workers.
    ports: Vec<u16>,
    /// Instances of a template unit: their names, which are ports where there are any.
    instances: Vec<String>,
}

/// A folder that outlives releases.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mount {
    /// Below the release.
    pub(super) inside: String,
    /// Where the data is.
    pub(super) state: String,
}

impl Layout {
    pub(super) fn of(deployment: &Deployment<'_>) -> Self {
        // Linux allows 31 characters for users.
        let app = label(deployment.name, 31);
        let mut taken: BTreeSet<u16> = deployment.instances.iter().filter_map(|one| one.port).collect();
        let mut services = BTreeMap::new();
        for instance in
            deployment.instances.iter().filter(|one| one.kind != Kind::Static && one.start.is_some())
        {
            let mut place = Place::default();
            let settable = matches!(instance.service.port_setting.get(), Some(PortSetting::Env(_)));
            match instance.port {
                Some(port) => {
                    place.ports.push(port);
                    if settable && instance.replicas > 1 {
                        let mut next = port;
                        while place.ports.len() < instance.replicas as usize && next < u16::MAX {
                            next += 1;
                            if taken.insert(next) {
                                place.ports.push(next);
                            }
                        }
                        place.instances = place.ports.iter().map(u16::to_string).collect();
                    }
                }
                None if instance.replicas > 1 => {
                    place.instances = (1..=instance.replicas).map(|number| number.to_string()).collect();
                }
                None => {}
            }
            services.insert(instance.name.clone(), place);
        }
        Self { app, services }
    }

    /// A process of it runs here.
    pub(super) fn runs(&self, instance: &Instance<'_>) -> bool {
        self.services.contains_key(instance.name)
    }

    /// It is a template unit, whose instances are named by their port or number.
    pub(super) fn is_template(&self, name: &Name) -> bool {
        self.services.get(name).is_some_and(|place| !place.instances.is_empty())
    }

    /// The file of its unit.
    pub(super) fn unit_file(&self, name: &Name) -> String {
        let at = if self.is_template(name) { "@" } else { "" };
        format!("{}-{}{at}.service", self.app, plain(name))
    }

    /// Its units.
    pub(super) fn units(&self, name: &Name) -> Vec<String> {
        let base = format!("{}-{}", self.app, plain(name));
        match self.services.get(name) {
            Some(place) if place.instances.is_empty() => vec![format!("{base}.service")],
            Some(place) => place.instances.iter().map(|one| format!("{base}@{one}.service")).collect(),
            None => Vec::new(),
        }
    }

    /// All units of services.
    pub(super) fn all_units(&self) -> Vec<String> {
        self.services.keys().flat_map(|name| self.units(name)).collect()
    }

    /// The unit of a job, without an ending. A job may have the name of a service.
    pub(super) fn job(&self, name: &Name) -> String {
        format!("{}-job-{}", self.app, plain(name))
    }

    /// The port of its first instance.
    pub(super) fn port(&self, name: &Name) -> Option<u16> {
        self.services.get(name)?.ports.first().copied()
    }

    /// Where the proxy reaches it.
    pub(super) fn upstreams(&self, instance: &Instance<'_>) -> Vec<String> {
        let ports = self.services.get(instance.name).map(|place| place.ports.as_slice()).unwrap_or_default();
        ports.iter().map(|port| format!("127.0.0.1:{port}")).collect()
    }

    /// The folder with the files of a static site.
    pub(super) fn files(&self, instance: &Instance<'_>) -> Option<String> {
        let folder = below(&self.app, instance.path());
        (instance.kind == Kind::Static).then(|| match instance.service.static_dir.get().map(String::as_str) {
            None | Some(".") => folder,
            Some(dir) => format!("{folder}/{dir}"),
        })
    }

    /// Folders of a service that outlive releases.
    pub(super) fn mounts(&self, instance: &Instance<'_>) -> Vec<Mount> {
        let own = |path: &&str| !path.starts_with('/') && !path.split('/').any(|part| part == "..");
        let volumes = instance.service.volumes.iter().map(|volume| volume.path.trim_start_matches("./"));
        volumes
            .filter(own)
            .filter(|path| !path.is_empty() && *path != ".")
            .map(|path| Mount {
                inside: if instance.path() == "." {
                    path.to_owned()
                } else {
                    format!("{}/{path}", instance.path())
                },
                state: format!("/var/lib/{}/{}/{path}", self.app, plain(instance.name)),
            })
            .collect()
    }
}

/// The unit that a distribution's package of a resource brings (Debian's names).
pub(super) fn package(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "postgres" => "postgresql.service",
        "mysql" | "mariadb" => "mariadb.service",
        "redis" => "redis-server.service",
        "memcached" => "memcached.service",
        "rabbitmq" => "rabbitmq-server.service",
        "nats" => "nats-server.service",
        _ => return None,
    })
}
