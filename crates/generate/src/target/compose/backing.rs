//! A resource that runs beside the app.

use seaworthy_model::image::Image;

use super::ID;
use super::flavour::Project;
use super::service::{escape, logging};
use super::setting::SECRETS;
use crate::output::Output;
use crate::print::Node;
use crate::{Backing, node};

/// Variables that these images read from a file, under their name with `_FILE` (source: their descriptions).
const FROM_FILE: [&str; 3] = ["POSTGRES_PASSWORD", "MYSQL_ROOT_PASSWORD", "MARIADB_ROOT_PASSWORD"];

/// Images that run the SQL files of this folder when their data is new.
const INIT: [&str; 3] = ["postgres", "mysql", "mariadb"];

pub(super) fn make(project: &Project<'_>, backing: &Backing<'_>, image: &Image, output: &mut Output) -> Node {
    let is_production = project.is_production();
    let secret = backing.password.as_deref();
    let reference = secret.map(|name| format!("${{{name}:?a secret, set it in .env}}")).unwrap_or_default();
    let mut secrets = Vec::new();
    let mut shown = false;
    let variables = backing.environment("\u{1}").into_iter().map(|(name, value)| {
        let is_secret = value.contains('\u{1}');
        match secret {
            Some(secret) if is_secret && is_production && FROM_FILE.contains(&name) => {
                secrets.push(secret.to_owned());
                (format!("{name}_FILE"), Some(Node::from(format!("{SECRETS}/{secret}"))))
            }
            _ => {
                shown |= is_secret;
                let value = escape(&value).replace('\u{1}', &reference);
                (name.to_owned(), Some(Node::from(value)))
            }
        }
    });
    let variables = Node::map(variables.collect::<Vec<_>>());
    if shown && is_production {
        output.lose(
            ID,
            format!("resources.{}", backing.name),
            "its image reads its password from a variable only",
            "it is a variable of the container, which `docker inspect` shows to who may run it",
        );
    }
    let shape = image.shape;
    let command = match (is_production, shape.dev_command) {
        (false, command) if !command.is_empty() => command,
        _ => shape.command,
    };
    let mut volumes = Vec::new();
    if let Some(path) = shape.volume {
        volumes.push(format!("{}-data:{path}", backing.name));
    }
    if let (Some(schema), true) = (backing.resource.schema.get(), INIT.contains(&backing.kind)) {
        volumes.push(format!("./{schema}:/docker-entrypoint-initdb.d/10-schema.sql:ro"));
    }
    if backing.resource.backup.get().is_some() && is_production {
        output.lose(
            ID,
            format!("resources.{}.backup", backing.name),
            "Compose makes no backups",
            "`sea backup` does, from a timer of the host",
        );
    }
    let published = project.published.get(backing.name).zip(backing.port());
    Node::map([
        ("image", Some(Node::from(image.name.as_str()))),
        ("command", Node::flow(command.iter().map(|word| escape(word))).filled()),
        ("environment", variables.filled()),
        ("secrets", Node::list(secrets).filled()),
        ("ports", published.map(|(here, port)| Node::list([format!("127.0.0.1:{here}:{port}")]))),
        ("volumes", Node::list(volumes).filled()),
        ("healthcheck", health(backing)),
        ("restart", is_production.then(|| Node::from("unless-stopped"))),
        ("security_opt", is_production.then(|| Node::flow(["no-new-privileges:true"]))),
        ("logging", Some(logging())),
    ])
}

/// How a resource tells that it is ready, with what its image has.
pub(super) fn health(backing: &Backing<'_>) -> Option<Node> {
    let user = backing.username.as_deref().unwrap_or("root");
    let database = backing.database.as_deref().unwrap_or_default();
    let test: Vec<&str> = match backing.kind {
        "postgres" => vec!["pg_isready", "-U", user, "-d", database],
        "mysql" => vec!["mysqladmin", "ping", "-h", "127.0.0.1", "--silent"],
        "mariadb" => vec!["healthcheck.sh", "--connect", "--innodb_initialized"],
        "redis" => vec!["redis-cli", "ping"],
        "mongodb" => vec!["mongosh", "--quiet", "--eval", "db.adminCommand('ping').ok"],
        "rabbitmq" => vec!["rabbitmq-diagnostics", "-q", "ping"],
        "elasticsearch" | "opensearch" => vec!["curl", "-fsS", "http://127.0.0.1:9200/_cluster/health"],
        "clickhouse" => vec!["clickhouse-client", "--query", "SELECT 1"],
        "meilisearch" => vec!["curl", "-fsS", "http://127.0.0.1:7700/health"],
        _ => return None,
    };
    let test = Node::flow(std::iter::once("CMD").chain(test).map(escape));
    Some(node!({ "test": test, "interval": "5s", "timeout": "3s", "retries": 10, "start_period": "30s" }))
}
