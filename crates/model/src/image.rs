//! Images of resources: which one, its port, its volume, what its environment is called.

use crate::Resource;

/// An image, and how a resource runs from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Image and tag.
    pub name: String,
    /// How it runs.
    pub shape: Shape,
}

/// How a type of resource runs from its image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The port inside.
    pub port: u16,
    /// Where it keeps its data inside.
    pub volume: Option<&'static str>,
    /// Its environment; `{user}`, `{password}` and `{database}` are filled in.
    pub env: &'static [(&'static str, &'static str)],
    /// What it runs, where not what the image says.
    pub command: &'static [&'static str],
    /// What it runs for development, where its data may be lost with the machine.
    pub dev_command: &'static [&'static str],
    /// The scheme of its address.
    pub scheme: &'static str,
    /// Who signs in: nobody, whoever we say (empty) or a name that cannot be changed.
    pub username: Option<&'static str>,
    /// What goes before the made-up password, where an image demands more kinds of characters.
    pub password_prefix: &'static str,
    /// Its address names a database.
    pub has_database: bool,
}

struct Known {
    kind: &'static str,
    repository: &'static str,
    tag: &'static str,
    shape: Shape,
}

const PLAIN: Shape = Shape {
    port: 0,
    volume: None,
    env: &[],
    command: &[],
    dev_command: &[],
    scheme: "http",
    username: None,
    password_prefix: "",
    has_database: false,
};

/// Types of resources and their images (source: the description of each on its registry).
const IMAGES: &[Known] = &[
    Known {
        kind: "postgres",
        repository: "postgres",
        tag: "17",
        shape: Shape {
            port: 5432,
            volume: Some("/var/lib/postgresql/data"),
            env: &[
                ("POSTGRES_USER", "{user}"),
                ("POSTGRES_PASSWORD", "{password}"),
                ("POSTGRES_DB", "{database}"),
            ],
            dev_command: &["postgres", "-c", "fsync=off", "-c", "full_page_writes=off"],
            scheme: "postgresql",
            username: Some(""),
            has_database: true,
            ..PLAIN
        },
    },
    Known {
        kind: "mysql",
        repository: "mysql",
        tag: "8",
        shape: Shape {
            port: 3306,
            volume: Some("/var/lib/mysql"),
            env: &[("MYSQL_ROOT_PASSWORD", "{password}"), ("MYSQL_DATABASE", "{database}")],
            scheme: "mysql",
            username: Some("root"),
            has_database: true,
            ..PLAIN
        },
    },
    Known {
        kind: "mariadb",
        repository: "mariadb",
        tag: "11",
        shape: Shape {
            port: 3306,
            volume: Some("/var/lib/mysql"),
            env: &[("MARIADB_ROOT_PASSWORD", "{password}"), ("MARIADB_DATABASE", "{database}")],
            scheme: "mysql",
            username: Some("root"),
            has_database: true,
            ..PLAIN
        },
    },
    Known {
        kind: "mongodb",
        repository: "mongo",
        tag: "7",
        shape: Shape {
            port: 27017,
            volume: Some("/data/db"),
            scheme: "mongodb",
            has_database: true,
            ..PLAIN
        },
    },
    Known {
        kind: "redis",
        repository: "redis",
        tag: "7",
        shape: Shape { port: 6379, volume: Some("/data"), scheme: "redis", ..PLAIN },
    },
    Known {
        kind: "memcached",
        repository: "memcached",
        tag: "1",
        shape: Shape { port: 11211, scheme: "memcached", ..PLAIN },
    },
    Known {
        kind: "rabbitmq",
        repository: "rabbitmq",
        tag: "3",
        shape: Shape {
            port: 5672,
            volume: Some("/var/lib/rabbitmq"),
            env: &[("RABBITMQ_DEFAULT_USER", "{user}"), ("RABBITMQ_DEFAULT_PASS", "{password}")],
            scheme: "amqp",
            username: Some(""),
            ..PLAIN
        },
    },
    Known {
        kind: "nats",
        repository: "nats",
        tag: "2",
        shape: Shape {
            port: 4222,
            volume: Some("/data"),
            command: &["-js", "-sd", "/data"],
            scheme: "nats",
            ..PLAIN
        },
    },
    Known {
        kind: "elasticsearch",
        repository: "docker.elastic.co/elasticsearch/elasticsearch",
        tag: "8.15.3",
        shape: Shape {
            port: 9200,
            volume: Some("/usr/share/elasticsearch/data"),
            env: &[
                ("discovery.type", "single-node"),
                ("xpack.security.enabled", "false"),
                ("ES_JAVA_OPTS", "-Xms512m -Xmx512m"),
            ],
            ..PLAIN
        },
    },
    Known {
        kind: "opensearch",
        repository: "opensearchproject/opensearch",
        tag: "2",
        shape: Shape {
            port: 9200,
            volume: Some("/usr/share/opensearch/data"),
            env: &[
                ("discovery.type", "single-node"),
                ("DISABLE_SECURITY_PLUGIN", "true"),
                ("OPENSEARCH_JAVA_OPTS", "-Xms512m -Xmx512m"),
            ],
            ..PLAIN
        },
    },
    Known {
        kind: "clickhouse",
        repository: "clickhouse/clickhouse-server",
        tag: "24.8",
        shape: Shape {
            port: 8123,
            volume: Some("/var/lib/clickhouse"),
            env: &[
                ("CLICKHOUSE_USER", "{user}"),
                ("CLICKHOUSE_PASSWORD", "{password}"),
                ("CLICKHOUSE_DB", "{database}"),
            ],
            username: Some(""),
            has_database: true,
            ..PLAIN
        },
    },
    Known {
        kind: "qdrant",
        repository: "qdrant/qdrant",
        tag: "v1.12.4",
        shape: Shape { port: 6333, volume: Some("/qdrant/storage"), ..PLAIN },
    },
    Known {
        kind: "chroma",
        repository: "chromadb/chroma",
        tag: "0.5.20",
        shape: Shape { port: 8000, volume: Some("/chroma/chroma"), ..PLAIN },
    },
    Known {
        kind: "weaviate",
        repository: "semitechnologies/weaviate",
        tag: "1.27.6",
        shape: Shape {
            port: 8080,
            volume: Some("/var/lib/weaviate"),
            env: &[
                ("AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED", "true"),
                ("PERSISTENCE_DATA_PATH", "/var/lib/weaviate"),
            ],
            ..PLAIN
        },
    },
    Known {
        kind: "meilisearch",
        repository: "getmeili/meilisearch",
        tag: "v1.11",
        shape: Shape {
            port: 7700,
            volume: Some("/meili_data"),
            env: &[("MEILI_MASTER_KEY", "{password}"), ("MEILI_NO_ANALYTICS", "true")],
            ..PLAIN
        },
    },
    Known {
        kind: "typesense",
        repository: "typesense/typesense",
        tag: "27.1",
        shape: Shape {
            port: 8108,
            volume: Some("/data"),
            env: &[("TYPESENSE_API_KEY", "{password}"), ("TYPESENSE_DATA_DIR", "/data")],
            ..PLAIN
        },
    },
    Known {
        kind: "neo4j",
        repository: "neo4j",
        tag: "5",
        shape: Shape {
            port: 7687,
            volume: Some("/data"),
            env: &[("NEO4J_AUTH", "neo4j/{password}")],
            scheme: "bolt",
            username: Some("neo4j"),
            ..PLAIN
        },
    },
    Known {
        kind: "cockroachdb",
        repository: "cockroachdb/cockroach",
        tag: "v24.2.4",
        shape: Shape {
            port: 26257,
            volume: Some("/cockroach/cockroach-data"),
            env: &[("COCKROACH_DATABASE", "{database}")],
            command: &["start-single-node", "--insecure"],
            scheme: "postgresql",
            has_database: true,
            ..PLAIN
        },
    },
    Known {
        kind: "sqlserver",
        repository: "mcr.microsoft.com/mssql/server",
        tag: "2022-latest",
        shape: Shape {
            port: 1433,
            volume: Some("/var/opt/mssql"),
            env: &[("ACCEPT_EULA", "Y"), ("MSSQL_SA_PASSWORD", "{password}")],
            password_prefix: "Aa-",
            scheme: "sqlserver",
            username: Some("sa"),
            ..PLAIN
        },
    },
    Known {
        kind: "cassandra",
        repository: "cassandra",
        tag: "5",
        shape: Shape { port: 9042, volume: Some("/var/lib/cassandra"), scheme: "cassandra", ..PLAIN },
    },
    Known {
        kind: "dynamodb",
        repository: "amazon/dynamodb-local",
        tag: "2.5.3",
        shape: Shape { port: 8000, ..PLAIN },
    },
    Known {
        kind: "influxdb",
        repository: "influxdb",
        tag: "2",
        shape: Shape {
            port: 8086,
            volume: Some("/var/lib/influxdb2"),
            env: &[
                ("DOCKER_INFLUXDB_INIT_MODE", "setup"),
                ("DOCKER_INFLUXDB_INIT_USERNAME", "{user}"),
                ("DOCKER_INFLUXDB_INIT_PASSWORD", "{password}"),
                ("DOCKER_INFLUXDB_INIT_ADMIN_TOKEN", "{password}"),
                ("DOCKER_INFLUXDB_INIT_ORG", "{database}"),
                ("DOCKER_INFLUXDB_INIT_BUCKET", "{database}"),
            ],
            username: Some(""),
            has_database: true,
            ..PLAIN
        },
    },
];

impl Image {
    /// The image for a resource of this type: the one that the repository names, else the usual one in the version
    /// that it asks for.
    pub fn find(kind: &str, image: Option<&str>, version: Option<&str>) -> Option<Self> {
        let known = IMAGES.iter().find(|known| known.kind == kind);
        let name = match (image, known) {
            (Some(image), _) => image.to_owned(),
            (None, Some(known)) => {
                let tag = version.filter(|version| version.starts_with(|c: char| c.is_ascii_digit()));
                format!("{}:{}", known.repository, tag.unwrap_or(known.tag))
            }
            (None, None) => return None,
        };
        Some(Self { name, shape: known.map_or(PLAIN, |known| known.shape) })
    }

    /// The image that a resource of the model runs from.
    pub fn of(resource: &Resource) -> Option<Self> {
        let text = |field: &crate::Field<String>| field.get().cloned();
        Self::find(
            resource.r#type.get()?,
            text(&resource.image).as_deref(),
            text(&resource.version).as_deref(),
        )
    }
}

/// Types of resources that have an image.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    IMAGES.iter().map(|known| known.kind)
}
