//! Resources: databases, caches, object stores, and their backups.

use seaworthy_model::quantity::{Duration, Retention};
use serde_json::{Value as Json, json};

use super::super::module::Module;
use super::super::module::handle;
use super::super::variables;
use crate::print::hcl::{Body, Value};
use crate::{Backing, Deployment, TemplateError, identifier, label};

const DAY: u64 = 24 * 60 * 60 * 1000;

/// What runs a resource on AWS.
#[derive(Clone, Debug)]
pub(super) enum Store {
    /// RDS.
    Database(Database),
    /// `ElastiCache`, of this engine and version.
    Redis { engine: &'static str, version: &'static str },
    /// `ElastiCache`.
    Memcached { version: &'static str },
    /// S3.
    Bucket,
}

/// A database of RDS.
#[derive(Clone, Debug)]
pub(super) struct Database {
    pub(super) engine: &'static str,
    version: String,
    family: String,
    logs: &'static [&'static str],
    parameters: &'static [(&'static str, &'static str)],
}

impl Store {
    /// What runs it; `None` where AWS has nothing that these files make.
    pub(super) fn of(backing: &Backing<'_>) -> Option<Self> {
        let wanted = backing.resource.version.get().map(String::as_str);
        let tag = || backing.image.as_ref().and_then(|image| image.name.rsplit_once(':')).map(|(_, tag)| tag);
        let digits = |text: &str| {
            text.split(['-', '+'])
                .next()
                .map(str::to_owned)
                .filter(|text| text.starts_with(|c: char| c.is_ascii_digit()))
        };
        let version = wanted.or_else(tag).and_then(digits);
        Some(match backing.kind {
            "postgres" => {
                let version = version.unwrap_or_else(|| "17".to_owned());
                let major = version.split('.').next().unwrap_or("17").to_owned();
                Self::Database(Database {
                    engine: "postgres",
                    family: format!("postgres{major}"),
                    // A patch release that nobody asked for by name follows the minor upgrades.
                    version: major,
                    logs: &["postgresql", "upgrade"],
                    parameters: &[
                        ("rds.force_ssl", "1"),
                        ("log_statement", "ddl"),
                        ("log_min_duration_statement", "1000"),
                    ],
                })
            }
            "mysql" => Self::Database(Database::mysql(
                "mysql",
                if version.is_some_and(|one| one.starts_with("8.0")) { "8.0" } else { "8.4" },
            )),
            "mariadb" => {
                let version = if version.is_some_and(|one| one.starts_with("10")) { "10.11" } else { "11.4" };
                Self::Database(Database::mysql("mariadb", version))
            }
            "redis" => match version.as_deref().and_then(|text| text.split('.').next()) {
                // Redis 8 is not to be had there; Valkey is what speaks its language.
                Some("8") => Self::Redis { engine: "valkey", version: "8.0" },
                _ => Self::Redis { engine: "redis", version: "7.1" },
            },
            "memcached" => Self::Memcached { version: "1.6.22" },
            "s3" => Self::Bucket,
            _ => return None,
        })
    }
}

impl Database {
    fn mysql(engine: &'static str, version: &str) -> Self {
        Self {
            engine,
            version: version.to_owned(),
            family: format!("{engine}{version}"),
            logs: &["error", "slowquery"],
            parameters: &[
                ("require_secure_transport", "1"),
                ("slow_query_log", "1"),
                ("long_query_time", "1"),
            ],
        }
    }
}

/// It is a database of RDS.
pub(super) fn is_database(backing: &Backing<'_>) -> bool {
    matches!(Store::of(backing), Some(Store::Database(_)))
}

/// Who signs in: RDS keeps some names for itself, and takes at most sixteen characters for all engines.
pub(super) fn username(backing: &Backing<'_>) -> String {
    let wanted = backing.username.as_deref().or(backing.database.as_deref()).unwrap_or("app");
    let name: String = wanted.chars().take(16).collect();
    let reserved = ["admin", "administrator", "postgres", "public", "rdsadmin", "root", "system", "user"];
    if !reserved.contains(&name.as_str()) && !name.starts_with("pg_") {
        return name;
    }
    match &backing.database {
        Some(database) if !reserved.contains(&database.as_str()) => database.chars().take(16).collect(),
        _ => "app_owner".to_owned(),
    }
}

/// Sizes that environments choose.
pub(super) fn variables(deployment: &Deployment<'_>) -> Body {
    let mut body = Body::new();
    for backing in &deployment.backings {
        let id = handle(backing.name);
        let (kind, described) = match Store::of(backing) {
            Some(Store::Database(_)) => (
                "object({\n    instance_class = optional(string, \"db.t4g.medium\")\n    multi_az       = optional(bool, true)\n    storage_gb     = optional(number, 20)\n    max_storage_gb = optional(number, 200)\n  })",
                "instance, standby and storage",
            ),
            Some(Store::Redis { .. } | Store::Memcached { .. }) => (
                "object({\n    node_type = optional(string, \"cache.t4g.small\")\n    nodes     = optional(number, 2)\n  })",
                "nodes",
            ),
            Some(Store::Bucket) | None => continue,
        };
        let description = format!("Size of {}: {described}", backing.name);
        body = body.append(variables::variable(&id, kind, &description, Some(Value::Object(Body::new()))));
    }
    body
}

pub(super) fn make(module: &mut Module<'_>) -> Result<(), TemplateError> {
    let deployment = module.deployment;
    let mut plans = Vec::new();
    for backing in &deployment.backings {
        let id = handle(backing.name);
        let file = format!("resource_{id}.tf");
        let Some(store) = Store::of(backing) else {
            lose_unknown(module, backing);
            continue;
        };
        lose(module, backing, &store);
        let keep = backing.resource.backup.get().and_then(|backup| backup.keep);
        let days = keep.as_ref().map_or(7, daily_days);
        match store {
            Store::Database(database) => {
                let values = database_values(backing, &database, days.clamp(7, 35));
                module.template("database.tf", &file, values)?;
                plans.extend(plan(backing, &format!("aws_db_instance.{id}.arn")));
            }
            Store::Redis { engine, version } => {
                module.template(
                    "cache.tf",
                    &file,
                    cache_values(backing, engine, version, days.clamp(1, 35)),
                )?;
            }
            Store::Memcached { version } => {
                module.template("cache.tf", &file, cache_values(backing, "memcached", version, 0))?;
            }
            Store::Bucket => {
                let values = json!({
                    "id": id,
                    "short": label(backing.name.as_str(), 10),
                    "retention": days.max(30),
                });
                module.template("bucket.tf", &file, values)?;
            }
        }
    }
    if plans.is_empty() {
        Ok(())
    } else {
        module.template("backup.tf", "backup.tf", json!({ "plans": plans }))
    }
}

fn database_values(backing: &Backing<'_>, database: &Database, retention: u32) -> Json {
    let logs: Vec<_> = database.logs.iter().map(|log| format!("\"{log}\"")).collect();
    json!({
        "id": handle(backing.name),
        "name": backing.name,
        "short": label(backing.name.as_str(), 24),
        "engine": database.engine,
        "version": database.version,
        "family": database.family,
        "parameters": database.parameters,
        "database": backing.database,
        "username": username(backing),
        "password": backing.password.as_deref().map(identifier),
        "retention": retention,
        "logs": logs.join(", "),
    })
}

fn cache_values(backing: &Backing<'_>, engine: &str, version: &str, retention: u32) -> Json {
    json!({
        "id": handle(backing.name),
        "name": backing.name,
        "engine": engine,
        "version": version,
        "port": backing.port(),
        "retention": retention,
        // What asks for host and port alone may not know of TLS.
        "mode": "preferred",
    })
}

/// Days over which daily backups are kept.
fn daily_days(keep: &Retention) -> u32 {
    let hours = keep.hourly.div_ceil(24);
    keep.daily.max(hours).max(1)
}

/// The backup plan of a database: snapshots for what `keep` names, beside the moments of the last days that RDS can
/// restore anyway.
fn plan(backing: &Backing<'_>, arn: &str) -> Option<Json> {
    let backup = backing.resource.backup.get()?;
    let keep = backup.keep.unwrap_or(Retention { hourly: 0, daily: 7, weekly: 0, monthly: 0, yearly: 0 });
    let hours = (backup.every.as_millis() / (DAY / 24)).clamp(1, 24);
    let mut rules = Vec::new();
    let mut rule = |name: &str, schedule: String, days: u32| {
        rules.push(json!({ "name": name, "schedule": schedule, "days": days }));
    };
    if hours < 24 {
        let frequent = keep.hourly.div_ceil(24).max(1);
        rule("frequent", format!("cron(0 0/{hours} * * ? *)"), frequent);
    }
    let classes = [
        ("daily", "cron(0 5 * * ? *)", keep.daily, 1),
        ("weekly", "cron(0 5 ? * SUN *)", keep.weekly, 7),
        ("monthly", "cron(0 5 1 * ? *)", keep.monthly, 31),
        ("yearly", "cron(0 5 1 1 ? *)", keep.yearly, 366),
    ];
    for (name, schedule, count, days) in classes {
        if count > 0 {
            rule(name, schedule.to_owned(), count * days);
        }
    }
    Some(json!({
        "id": handle(backing.name),
        "name": backing.name,
        "resource": arn,
        "rules": rules,
        "drill": backup.drill.map(drill),
    }))
}

/// When a restore is tried: daily, weekly or monthly, whichever is not rarer than asked for.
fn drill(every: Duration) -> Json {
    let days = every.as_millis() / DAY;
    let schedule = match days {
        0..7 => "cron(0 8 * * ? *)",
        7..28 => "cron(0 8 ? * MON *)",
        _ => "cron(0 8 1 * ? *)",
    };
    json!({ "schedule": schedule, "window": days.clamp(1, 365) })
}

fn lose_unknown(module: &mut Module<'_>, backing: &Backing<'_>) {
    let name = backing.name;
    match backing.kind {
        "sqlite" => module.lose(
            format!("{name}.type"),
            "a container's disk is gone with it, and the file of the database on it",
            "use Postgres, or run the app on one host (`sea generate systemd`)",
        ),
        "smtp" => module.lose(
            format!("{name}.type"),
            "no mail server is made",
            "its address is a secret to be filled in",
        ),
        kind => module.lose(
            format!("{name}.type"),
            format!("no {kind} is made"),
            "run it elsewhere: its host is a variable, what must not be seen a secret",
        ),
    }
}

fn lose(module: &mut Module<'_>, backing: &Backing<'_>, store: &Store) {
    let name = backing.name;
    match store {
        Store::Database(_) => module.lose(
            format!("{name}.url"),
            "the database takes connections with TLS only, and its certificate is signed by Amazon's own authority",
            "make the image trust Amazon's global bundle of certificates where a driver checks it",
        ),
        Store::Redis { .. } => module.lose(
            format!("{name}.url"),
            "its address begins with rediss://: there is TLS on the way",
            "clients that know host and port only may still come without; set transit_encryption_mode to \"required\" when none does",
        ),
        Store::Memcached { .. } | Store::Bucket => {}
    }
    if let Some(backup) = backing.resource.backup.get() {
        let restores_itself = matches!(store, Store::Database(_));
        if backup.drill.is_some() && !restores_itself {
            module.lose(
                format!("{name}.backup.drill"),
                "AWS Backup tries no restore of it",
                "try one by hand",
            );
        }
    }
}
