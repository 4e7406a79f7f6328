//! How services start, stay up, and keep what they hold.

use seaworthy_detect::document::Node;

use super::service::{Service, is_code};
use super::{Look, Tier};
use crate::finding::Draft;
use crate::rule::Severity;

pub(super) fn check(look: &Look<'_>, service: &Service<'_>) {
    order(look, service);
    copies(look, service);
    if look.tier != Tier::Development && !service.is_partial() {
        endurance(look, service);
    }
    if look.tier == Tier::Production {
        for mount in service.mounts().iter().filter(|mount| is_code(service, mount)) {
            look.report("compose-source-mount", mount.line);
        }
    }
}

/// A database takes seconds until it answers; what starts at the same time fails.
fn order(look: &Look<'_>, service: &Service<'_>) {
    for (name, condition, line) in service.dependencies() {
        let is_store = look.compose.service(name).is_some_and(Service::is_store);
        if is_store && matches!(condition, None | Some("service_started")) {
            let message = format!("`{}` starts before `{name}` answers", service.name);
            look.say("compose-dependency-not-awaited", line, Severity::Medium, message);
        }
    }
    if service.is_store()
        && look.compose.is_needed(service.name)
        && service.get(&["healthcheck"]).is_none()
        && !service.is_partial()
    {
        let rule = "compose-database-without-healthcheck";
        let lines = question(service).map(|test| {
            [
                "healthcheck:".to_owned(),
                format!("  test: {test}"),
                "  interval: 10s".to_owned(),
                "  timeout: 5s".to_owned(),
                "  retries: 5".to_owned(),
            ]
        });
        let lines = lines.as_ref().map(|lines| lines.each_ref().map(String::as_str));
        let edit = lines.and_then(|lines| look.added(service, &lines));
        let draft = Draft::line(rule, look.file.path, service.line).mended_if(edit);
        look.sink.report_in(look.file, draft);
    }
}

/// The question that tells whether a database answers, where its image has the tool and nothing changes where it listens.
/// While the image of PostgreSQL is set up it answers on its socket only, and that is not meant.
fn question(service: &Service<'_>) -> Option<&'static str> {
    let is_changed =
        ["command", "entrypoint", "network_mode"].iter().any(|key| service.get(&[key]).is_some())
            || service.environment().any(|(name, ..)| name == "PGPORT");
    let image = service.image().filter(|_| !is_changed)?;
    match image.name {
        "postgres" => Some(r#"["CMD-SHELL", "pg_isready -h 127.0.0.1 -U \"$${POSTGRES_USER:-postgres}\""]"#),
        "redis" => Some(r#"["CMD", "redis-cli", "ping"]"#),
        _ => None,
    }
}

fn copies(look: &Look<'_>, service: &Service<'_>) {
    let count = |path: &[&str]| service.get(path).and_then(Node::integer).unwrap_or(1);
    let is_several = count(&["deploy", "replicas"]) > 1 || count(&["scale"]) > 1;
    if let Some(entry) = service.node.entries().iter().find(|entry| &*entry.key == "container_name")
        && is_several
    {
        look.report("compose-name-with-replicas", entry.line);
    }
    if let (Some(image), Some(node)) = (service.image(), service.node.get("image"))
        && image.floats()
        && service.get(&["build"]).is_none()
        && look.tier != Tier::Development
    {
        look.report("compose-image-floating", node.line);
    }
}

fn endurance(look: &Look<'_>, service: &Service<'_>) {
    let weight = if look.tier == Tier::Production { Severity::Medium } else { Severity::Low };
    let has = |path: &[&str]| service.get(path).is_some();
    let is_job = look.compose.is_job(service);
    if !is_job && !has(&["restart"]) && !has(&["deploy", "restart_policy"]) {
        let message = format!("`{}` stays down once it has crashed or the host was restarted", service.name);
        // What others reach or keep things in is no job that ends.
        let stays = service.is_store() || service.node.get("ports").is_some();
        let edit = stays.then(|| look.added(service, &["restart: unless-stopped"])).flatten();
        let draft = Draft::line("compose-no-restart", look.file.path, service.line);
        look.sink.report_in(look.file, draft.weighs(weight).says(message).mended_if(edit));
    }
    if !is_job && !has(&["mem_limit"]) && !has(&["deploy", "resources", "limits", "memory"]) {
        let message = format!("`{}` may take all memory of the host", service.name);
        look.say("compose-no-memory-limit", service.line, weight, message);
    }
    let driver = service.get(&["logging", "driver"]).and_then(Node::text);
    let rotates = match driver {
        None | Some("json-file") => has(&["logging", "options", "max-size"]),
        Some(_) => true,
    };
    if !is_job && !rotates {
        let message = format!("the log of `{}` grows until the disk is full", service.name);
        look.say("compose-no-log-rotation", service.line, weight, message);
    }
    if let Some(home) = service.image().and_then(|image| data_folder(image.short())) {
        let is_kept = service.all_mounts().iter().any(|mount| {
            let is_named = !mount.source.is_empty();
            is_named
                && (mount.target.starts_with(home) || home.starts_with(mount.target.trim_end_matches('/')))
        });
        if !is_kept && !has(&["tmpfs"]) {
            let weight = if look.tier == Tier::Production { Severity::High } else { Severity::Medium };
            let message = format!("the data of `{}` goes with its container", service.name);
            look.say("compose-database-without-volume", service.line, weight, message);
        }
    }
}

/// Where databases that people store things in keep them.
fn data_folder(image: &str) -> Option<&'static str> {
    Some(match image {
        "postgres" | "postgis" | "pgvector" | "timescaledb" => "/var/lib/postgresql",
        "mysql" | "mariadb" => "/var/lib/mysql",
        "mongo" => "/data/db",
        "couchdb" => "/opt/couchdb/data",
        "neo4j" => "/data",
        "clickhouse-server" => "/var/lib/clickhouse",
        _ => return None,
    })
}
