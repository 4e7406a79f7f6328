//! Variables that hold the address of a resource: their value is the resource's, wherever it runs.

use std::collections::BTreeMap;

use seaworthy_model::placeholder::ResourceType;
use seaworthy_model::{Name, Origin, Resource, Service, Variable};

use crate::resource;

/// Databases that a plain `DATABASE_URL` can mean.
const DATABASES: [&str; 5] = ["postgres", "mysql", "mariadb", "mongodb", "sqlserver"];

/// Sets every variable that can only be the address of one resource that the service depends on.
pub(crate) fn connect(service: &mut Service, resources: &BTreeMap<Name, Resource>) {
    let needed: Vec<(&Name, &str)> = resources
        .iter()
        .filter(|(name, _)| service.depends_on.contains_key(*name))
        .filter_map(|(name, resource)| Some((name, resource.r#type.get()?.as_str())))
        .collect();
    let mut found = Vec::new();
    for (variable, known) in &service.env {
        if known.value.get().is_some() || known.used_at.is_empty() {
            continue;
        }
        let Some(types) = meant(variable, known) else { continue };
        let mut candidates = needed.iter().filter(|(_, kind)| types.contains(kind));
        if let (Some((name, kind)), None) = (candidates.next(), candidates.next())
            && ResourceType::find(kind).is_some_and(|kind| kind.attributes.contains(&"url"))
        {
            let index = if *kind == "redis" { redis_index(known) } else { "" };
            found.push((variable.clone(), format!("${{resources.{name}.url}}{index}")));
        }
    }
    for (variable, placeholder) in found {
        let Some(known) = service.env.get_mut(&variable) else { continue };
        let mut origin = Origin::detected(format!("{variable} holds the address of it")).likely();
        origin.place = known.used_at.first().or(known.declared_at.first()).cloned();
        known.value.propose(placeholder, origin);
    }
}

/// The types of resources that a variable can be the address of, by its fallback or its name.
fn meant(name: &str, variable: &Variable) -> Option<Vec<&'static str>> {
    if let Some(default) = variable.default.get() {
        let (scheme, rest) = default.split_once("://")?;
        // With a driver in the scheme the address is written for one library, which the plain one is not.
        if scheme.contains(['+', ':']) || !is_local(rest) {
            return None;
        }
        return resource::of_address(default).filter(|kind| *kind != "sqlite").map(|kind| vec![kind]);
    }
    let (system, _) = ["_URL", "_URI"].iter().find_map(|end| Some((name.strip_suffix(end)?, end)))?;
    let system = system.rsplit_once('_').map_or(system, |(_, last)| last);
    Some(match system {
        "DATABASE" | "DB" | "DIRECT" => DATABASES.to_vec(),
        "POSTGRES" | "POSTGRESQL" | "PG" => vec!["postgres"],
        "MYSQL" => vec!["mysql", "mariadb"],
        "MONGO" | "MONGODB" => vec!["mongodb"],
        "REDIS" | "CACHE" => vec!["redis"],
        "AMQP" | "RABBITMQ" => vec!["rabbitmq"],
        "BROKER" => vec!["redis", "rabbitmq"],
        "SMTP" | "MAIL" => vec!["smtp"],
        "NATS" => vec!["nats"],
        _ => return None,
    })
}

/// The number of the database in a Redis address: `/1`. Several of them share one server.
fn redis_index(variable: &Variable) -> &str {
    let default = variable.default.get().map_or("", String::as_str);
    let Some((_, rest)) = default.split_once("://") else { return "" };
    let index = rest.find('/').map_or("", |slash| &rest[slash..]);
    let is_number = index.len() > 1 && index[1..].bytes().all(|byte| byte.is_ascii_digit());
    if is_number { index } else { "" }
}

/// The address is one of this machine, as an example or a fallback for development is.
fn is_local(rest: &str) -> bool {
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = host.split(['/', '?']).next().unwrap_or(host);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    matches!(
        host,
        "localhost"
            | "127.0.0.1"
            | "0.0.0.0"
            | "[::1]"
            | "host.docker.internal"
            | "db"
            | "redis"
            | "postgres"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, default: Option<&str>) -> Option<Vec<&'static str>> {
        let mut variable = Variable::default();
        if let Some(default) = default {
            variable.default.propose(default.to_owned(), Origin::detected("test"));
        }
        meant(name, &variable)
    }

    #[test]
    fn variables_and_what_they_are_the_address_of() {
        assert_eq!(of("DATABASE_URL", None), Some(DATABASES.to_vec()));
        assert_eq!(of("SHOP_REDIS_URL", None), Some(vec!["redis"]));
        assert_eq!(of("QUEUE", Some("redis://localhost:6379/1")), Some(vec!["redis"]));
        assert_eq!(of("DATABASE_URL", Some("postgres://u:***@localhost:5432/x")), Some(vec!["postgres"]));
        assert_eq!(of("DATABASE_URL", Some("postgres://u@db.example.com/x")), None);
        assert_eq!(of("DATABASE_URL", Some("postgresql+asyncpg://localhost/x")), None);
        assert_eq!(of("DATABASE_URL", Some("sqlite:///x.db")), None);
        assert_eq!(of("API_URL", None), None);
        assert_eq!(of("DATABASE_DSN", None), None);
        let mut variable = Variable::default();
        variable.default.propose("redis://localhost:6379/1".to_owned(), Origin::detected("test"));
        assert_eq!(redis_index(&variable), "/1");
    }
}
