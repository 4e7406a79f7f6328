//! The types of resources that are known by name, and what placeholders can ask of each.

/// A type of resource that is known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// Its name in `type = "..."`.
    pub name: &'static str,
    /// What `${resources.NAME.…}` knows about one.
    pub attributes: &'static [&'static str],
    /// Whether it keeps data that is worth a backup.
    pub holds_data: bool,
}

const DATABASE: &[&str] = &["url", "host", "port", "username", "password", "name", "database"];
const ADDRESS: &[&str] = &["url", "host", "port"];
const ACCOUNT: &[&str] = &["url", "host", "port", "username", "password"];

/// Every type of resource that is known by name, in order of their names.
pub const RESOURCE_TYPES: &[ResourceType] = &[
    known("cassandra", DATABASE, true),
    known("chroma", ADDRESS, true),
    known("clickhouse", DATABASE, true),
    known("cockroachdb", DATABASE, true),
    known("container", &["host", "port", "url"], true),
    known("dynamodb", &["url", "endpoint", "access_key", "secret_key", "region"], true),
    known("elasticsearch", ACCOUNT, true),
    known("https", &["url", "host", "port"], false),
    known("influxdb", &["url", "host", "port", "username", "password", "token", "name"], true),
    known("kafka", ADDRESS, true),
    known("mariadb", DATABASE, true),
    known("meilisearch", &["url", "host", "port", "key"], true),
    known("memcached", ADDRESS, false),
    known("mongodb", DATABASE, true),
    known("mysql", DATABASE, true),
    known("nats", ADDRESS, true),
    known("neo4j", DATABASE, true),
    known("opensearch", ACCOUNT, true),
    known("oracle", DATABASE, true),
    known("postgres", DATABASE, true),
    known("qdrant", ADDRESS, true),
    known("rabbitmq", ACCOUNT, true),
    known("redis", ADDRESS, true),
    known("s3", &["url", "endpoint", "bucket", "access_key", "secret_key", "region"], true),
    known("smtp", &["url", "host", "port"], false),
    known("sqlite", &["url", "path"], true),
    known("sqlserver", DATABASE, true),
    known("typesense", &["url", "host", "port", "key"], true),
    known("weaviate", ADDRESS, true),
];

const fn known(name: &'static str, attributes: &'static [&'static str], holds_data: bool) -> ResourceType {
    ResourceType { name, attributes, holds_data }
}

impl ResourceType {
    /// The type of this name, if it is known.
    pub fn find(name: &str) -> Option<&'static Self> {
        RESOURCE_TYPES.iter().find(|known| known.name == name)
    }
}
