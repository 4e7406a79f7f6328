//! Names of images: `registry/name:tag@digest`.

/// A name, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ImageName<'a> {
    /// Without `docker.io/library/` and the like.
    pub(crate) name: &'a str,
    pub(crate) tag: Option<&'a str>,
    pub(crate) digest: Option<&'a str>,
}

impl<'a> ImageName<'a> {
    /// `None` for what is filled in later (`$IMAGE`, `{{ image }}`) or is no image.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        // `postgres:${VERSION:-16}` is known but for its tag.
        if let Some((name, tag)) = text.split_once(':')
            && tag.starts_with('$')
        {
            return Self::parse(name).map(|image| Self { tag: Some(tag), ..image });
        }
        if text.is_empty() || text == "scratch" || text.contains(['$', '{', '<', ' ']) {
            return None;
        }
        let (rest, digest) = text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest)));
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        let name = ["docker.io/library/", "docker.io/", "library/", "public.ecr.aws/docker/library/"]
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix))
            .unwrap_or(name);
        Some(Self { name, tag, digest })
    }

    /// Whatever was pushed last is what runs.
    pub(crate) fn floats(&self) -> bool {
        self.digest.is_none() && self.tag.is_none_or(|tag| tag == "latest")
    }

    /// The last part of the name.
    pub(crate) fn short(&self) -> &'a str {
        self.name.rsplit('/').next().unwrap_or(self.name)
    }

    /// It keeps data and answers queries.
    pub(crate) fn is_store(&self) -> bool {
        STORES.contains(&self.short())
    }
}

/// Images of databases and their kin.
const STORES: [&str; 26] = [
    "postgres",
    "postgresql",
    "postgis",
    "pgvector",
    "timescaledb",
    "mysql",
    "mariadb",
    "mongo",
    "mongodb",
    "redis",
    "redis-stack",
    "redis-stack-server",
    "valkey",
    "keydb",
    "elasticsearch",
    "opensearch",
    "rabbitmq",
    "cassandra",
    "clickhouse-server",
    "cockroach",
    "influxdb",
    "neo4j",
    "couchdb",
    "memcached",
    "mssql",
    "qdrant",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let name = ImageName::parse("docker.io/library/node:20@sha256:ab").unwrap();
        assert_eq!((name.name, name.tag, name.digest), ("node", Some("20"), Some("sha256:ab")));
        let name = ImageName::parse("localhost:5000/app").unwrap();
        assert_eq!((name.name, name.tag), ("localhost:5000/app", None));
        assert!(name.floats() && !name.is_store());
        assert!(ImageName::parse("bitnami/postgresql:16").unwrap().is_store());
        assert!(
            ImageName::parse("postgres:${VERSION:-16}")
                .is_some_and(|image| image.is_store() && !image.floats())
        );
        assert_eq!(ImageName::parse("$IMAGE"), None);
    }
}
