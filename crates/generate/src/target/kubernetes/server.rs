//! What is known of the images of resources: which user they are made for, what they write to, how they are asked.
//!
//! Source: the Dockerfiles and entry points of the images, as their registries describe them.

use seaworthy_model::quantity::{Bytes, Cpu};

use crate::{Backing, USER};

/// How a resource's image runs under the restricted profile.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Server {
    /// The user that owns its data.
    pub(crate) user: u32,
    /// The group of that user.
    pub(crate) group: u32,
    /// Folders that it writes to beside its data; `None` where they are not known, and its root file system stays
    /// writable.
    pub(crate) scratch: Option<&'static [&'static str]>,
    /// Environment that it needs in a cluster.
    pub(crate) env: &'static [(&'static str, &'static str)],
    /// A command that tells whether it answers; without one its port is looked at.
    pub(crate) ask: Option<&'static [&'static str]>,
    /// Memory limit.
    pub(crate) memory: Bytes,
    /// CPU limit.
    pub(crate) cpu: Cpu,
    /// Room for its data.
    pub(crate) storage: &'static str,
}

const SMALL: Server = Server {
    user: USER,
    group: USER,
    scratch: None,
    env: &[],
    ask: None,
    memory: Bytes::new(512 << 20),
    cpu: Cpu::from_millicores(500),
    storage: "10Gi",
};

/// A database on a virtual machine of its own kind: Java, .NET, C++ with large caches.
const LARGE: Server = Server { memory: Bytes::new(2 << 30), cpu: Cpu::from_millicores(1000), ..SMALL };

impl Server {
    /// What is known of the image of a resource.
    pub(crate) fn of(backing: &Backing<'_>) -> Self {
        let image = backing.image.as_ref().map_or("", |image| image.name.as_str());
        let is_alpine = image.contains("alpine");
        match backing.kind {
            "postgres" => Self {
                user: if is_alpine { 70 } else { 999 },
                group: if is_alpine { 70 } else { 999 },
                scratch: Some(&["/var/run/postgresql"]),
                // A fresh volume is not empty (`lost+found`), and initdb wants an empty folder.
                env: &[("PGDATA", "/var/lib/postgresql/data/pgdata")],
                ask: Some(&[
                    "sh",
                    "-c",
                    "pg_isready --username=\"$POSTGRES_USER\" --dbname=\"$POSTGRES_DB\"",
                ]),
                memory: Bytes::new(1 << 30),
                cpu: Cpu::from_millicores(1000),
                ..SMALL
            },
            "mysql" => Self {
                scratch: Some(&["/var/run/mysqld"]),
                memory: Bytes::new(1 << 30),
                cpu: Cpu::from_millicores(1000),
                ..own(999)
            },
            "mariadb" => Self {
                scratch: Some(&["/run/mysqld"]),
                ask: Some(&["healthcheck.sh", "--connect", "--innodb_initialized"]),
                memory: Bytes::new(1 << 30),
                cpu: Cpu::from_millicores(1000),
                ..own(999)
            },
            "mongodb" => Self {
                scratch: Some(&["/data/configdb"]),
                memory: Bytes::new(1 << 30),
                cpu: Cpu::from_millicores(1000),
                ..own(999)
            },
            "redis" => Self {
                group: if is_alpine { 1000 } else { 999 },
                scratch: Some(&[]),
                ask: Some(&["redis-cli", "ping"]),
                storage: "2Gi",
                ..own(999)
            },
            "memcached" => Self { scratch: Some(&[]), ..own(11211) },
            "nats" => Self { scratch: Some(&[]), ..SMALL },
            "rabbitmq" => Self {
                user: if is_alpine { 100 } else { 999 },
                group: if is_alpine { 101 } else { 999 },
                memory: Bytes::new(1 << 30),
                storage: "5Gi",
                ..SMALL
            },
            "elasticsearch" | "opensearch" => Self { user: 1000, group: 1000, ..LARGE },
            "clickhouse" => Self { user: 101, group: 101, ..LARGE },
            "neo4j" => Self { user: 7474, group: 7474, ..LARGE },
            "cassandra" => Self { user: 999, group: 999, ..LARGE },
            "cockroachdb" | "weaviate" | "qdrant" | "chroma" => LARGE,
            "sqlserver" => Self { user: 10001, group: 10001, ..LARGE },
            "influxdb" | "dynamodb" => Self { memory: Bytes::new(1 << 30), ..own(1000) },
            _ => SMALL,
        }
    }

    /// Whether its image is known, or taken to be like most.
    pub(crate) fn is_known(backing: &Backing<'_>) -> bool {
        seaworthy_model::image::kinds().any(|kind| kind == backing.kind)
    }
}

fn own(user: u32) -> Server {
    Server { user, group: user, ..SMALL }
}
