//! Resources: databases, caches and object stores.

use seaworthy_model::quantity::Retention;
use serde_json::{Value as Json, json};

use super::super::module::Module;
use super::super::module::handle;
use super::super::variables;
use crate::print::hcl::{Body, Value};
use crate::{Backing, Deployment, TemplateError, identifier};

const HOUR: u64 = 60 * 60 * 1000;

/// Checks of Postgres that are left out, each with its reason.
const POSTGRES_SKIPS: [&str; 7] = [
    "CKV_GCP_6:`ssl_mode` refuses what is not encrypted; certificates of clients would be one more secret",
    "CKV_GCP_79:the version is the one that the app is written for",
    "CKV_GCP_108:names of hosts are looked up once for each connection, and are all inside the network",
    "CKV_GCP_109:what a statement was is in the insights; the log holds errors and changes of tables",
    "CKV_GCP_110:an audit log of every statement is a choice of whoever pays for it",
    "CKV_GCP_111:changes of tables are logged; all statements would be personal data in the log",
    "CKV2_GCP_13:addresses of clients are inside the network",
];

const MYSQL_SKIPS: [&str; 2] = [POSTGRES_SKIPS[0], POSTGRES_SKIPS[1]];

const POSTGRES_FLAGS: [(&str, &str); 7] = [
    ("log_checkpoints", "on"),
    ("log_connections", "on"),
    ("log_disconnections", "on"),
    ("log_lock_waits", "on"),
    ("log_min_error_statement", "error"),
    ("log_statement", "ddl"),
    ("log_temp_files", "0"),
];

/// What runs a resource on Google Cloud.
#[derive(Clone, Debug)]
pub(super) enum Store {
    /// Cloud SQL.
    Postgres { version: String },
    /// Cloud SQL.
    MySql { version: &'static str },
    /// Memorystore.
    Redis { version: &'static str },
    /// Memorystore.
    Memcached,
    /// Cloud Storage.
    Bucket,
}

impl Store {
    /// What runs it; `None` where Google Cloud has nothing that these files make.
    pub(super) fn of(backing: &Backing<'_>) -> Option<Self> {
        let tag = || backing.image.as_ref().and_then(|image| image.name.rsplit_once(':')).map(|(_, tag)| tag);
        let version = backing.resource.version.get().map(String::as_str).or_else(tag).unwrap_or_default();
        let major = version.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        Some(match backing.kind {
            "postgres" => {
                let major = if major.is_empty() { "17" } else { major };
                Self::Postgres { version: format!("POSTGRES_{major}") }
            }
            "mysql" if version.starts_with("8.0") => Self::MySql { version: "MYSQL_8_0" },
            "mysql" => Self::MySql { version: "MYSQL_8_4" },
            "redis" if major == "6" => Self::Redis { version: "REDIS_6_X" },
            "redis" => Self::Redis { version: "REDIS_7_2" },
            "memcached" => Self::Memcached,
            "s3" => Self::Bucket,
            _ => return None,
        })
    }
}

/// It runs in Google's own network, which has to be joined to the app's.
pub(super) fn is_private_service(backing: &Backing<'_>) -> bool {
    matches!(Store::of(backing), Some(store) if !matches!(store, Store::Bucket))
}

/// Who signs in: Cloud SQL keeps some names for itself.
pub(super) fn username(backing: &Backing<'_>) -> String {
    let reserved = ["postgres", "root"];
    let names = [backing.username.as_deref(), backing.database.as_deref()];
    let name = names.into_iter().flatten().find(|name| !reserved.contains(name)).unwrap_or("app");
    name.chars().take(32).collect()
}

/// Sizes that environments choose.
pub(super) fn variables(deployment: &Deployment<'_>) -> Body {
    let mut body = Body::new();
    for backing in &deployment.backings {
        let (kind, described) = match Store::of(backing) {
            Some(Store::Postgres { .. } | Store::MySql { .. }) => (
                "object({\n    tier             = optional(string, \"db-custom-2-7680\")\n    highly_available = optional(bool, true)\n    storage_gb       = optional(number, 20)\n    max_storage_gb   = optional(number, 200)\n  })",
                "machine, standby and storage",
            ),
            Some(Store::Redis { .. }) => (
                "object({\n    memory_gb        = optional(number, 1)\n    highly_available = optional(bool, true)\n  })",
                "memory and standby",
            ),
            Some(Store::Memcached) => (
                "object({\n    memory_gb = optional(number, 1)\n    nodes     = optional(number, 1)\n  })",
                "memory and nodes",
            ),
            Some(Store::Bucket) | None => continue,
        };
        let description = format!("Size of {}: {described}", backing.name);
        let name = handle(backing.name);
        body = body.append(variables::variable(&name, kind, &description, Some(Value::Object(Body::new()))));
    }
    body
}

pub(super) fn make(module: &mut Module<'_>) -> Result<(), TemplateError> {
    let deployment = module.deployment;
    for backing in &deployment.backings {
        let id = handle(backing.name);
        let file = format!("resource_{id}.tf");
        let Some(store) = Store::of(backing) else {
            lose_unknown(module, backing);
            continue;
        };
        lose(module, backing, &store);
        match &store {
            Store::Postgres { version } => {
                module.template(
                    "database.tf",
                    &file,
                    database(backing, version, &POSTGRES_SKIPS, &POSTGRES_FLAGS),
                )?;
            }
            Store::MySql { version } => {
                let flags = [("local_infile", "off"), ("slow_query_log", "on")];
                module.template("database.tf", &file, database(backing, version, &MYSQL_SKIPS, &flags))?;
            }
            Store::Redis { version } => {
                let every =
                    backing.resource.backup.get().map_or(24 * HOUR, |backup| backup.every.as_millis());
                let period = match every / HOUR {
                    0..6 => "ONE_HOUR",
                    6..12 => "SIX_HOURS",
                    12..24 => "TWELVE_HOURS",
                    _ => "TWENTY_FOUR_HOURS",
                };
                let values = json!({ "id": id, "name": backing.name, "version": version, "period": period, "memcached": false });
                module.template("cache.tf", &file, values)?;
            }
            Store::Memcached => {
                module.template(
                    "cache.tf",
                    &file,
                    json!({ "id": id, "name": backing.name, "memcached": true }),
                )?;
            }
            Store::Bucket => {
                let retention = daily(backing).max(30);
                module.template(
                    "bucket.tf",
                    &file,
                    json!({ "id": id, "name": backing.name, "retention": retention }),
                )?;
            }
        }
    }
    Ok(())
}

fn database(backing: &Backing<'_>, version: &str, skips: &[&str], flags: &[(&str, &str)]) -> Json {
    json!({
        "id": handle(backing.name),
        "name": backing.name,
        "version": version,
        "postgres": version.starts_with("POSTGRES"),
        "skips": skips,
        "flags": flags,
        "retained": daily(backing).clamp(7, 365),
        "database": backing.database,
        "username": username(backing),
        "password": backing.password.as_deref().map(identifier),
    })
}

/// Days over which backups are kept: one a day is all there is, so weeks and months count as their days.
fn daily(backing: &Backing<'_>) -> u32 {
    let keep = backing.resource.backup.get().and_then(|backup| backup.keep);
    keep.map_or(7, |Retention { hourly, daily, weekly, monthly, yearly }| {
        [hourly.div_ceil(24), daily, weekly * 7, monthly * 31, yearly * 366].into_iter().max().unwrap_or(7)
    })
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
    if matches!(store, Store::Postgres { .. } | Store::MySql { .. }) {
        module.lose(
            format!("{name}.url"),
            "the database takes connections with TLS only, and its certificate is signed by an authority of its own",
            "make the image trust the instance's server certificate where a driver checks it",
        );
    }
    let Some(backup) = backing.resource.backup.get() else { return };
    if matches!(store, Store::Postgres { .. } | Store::MySql { .. }) {
        module.lose(
            format!("{name}.backup"),
            "Cloud SQL makes one backup a day, and keeps a number of them instead of days, weeks and months",
            format!(
                "{} of them are kept, and every moment of the last seven days can be restored",
                daily(backing).clamp(7, 365)
            ),
        );
    }
    if backup.drill.is_some() {
        module.lose(
            format!("{name}.backup.drill"),
            "nothing tries a restore",
            "try one by hand: clone the instance",
        );
    }
}
