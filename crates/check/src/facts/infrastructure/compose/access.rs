//! Who can reach what, and with which rights.

use seaworthy_detect::document::Node;

use super::service::Service;
use super::{Look, Tier};
use crate::rule::Severity;

pub(super) fn check(look: &Look<'_>, service: &Service<'_>) {
    rights(look, service);
    if service.is_store() {
        for (port, line) in service.open_ports() {
            let weight = match look.tier {
                Tier::Production => Severity::High,
                Tier::Unclear => Severity::Medium,
                Tier::Development => Severity::Low,
            };
            let message = format!("`{}` is open to the network on port {port}", service.name);
            look.say("compose-database-published", line, weight, message);
        }
    }
    for (name, value, line) in service.environment() {
        if look.tier != Tier::Development && is_weak(name, &value) {
            let weight = if look.tier == Tier::Production { Severity::High } else { Severity::Medium };
            look.say(
                "compose-default-password",
                line,
                weight,
                format!("`{name}` is what everyone tries first"),
            );
        }
        if look.tier == Tier::Production && is_for_development(name, &value) {
            look.report("compose-development-settings", line);
        }
    }
}

fn rights(look: &Look<'_>, service: &Service<'_>) {
    if let Some(entry) = entry(service.node, "privileged")
        && entry.node.bool() == Some(true)
    {
        let weight = if look.tier == Tier::Development { Severity::Medium } else { Severity::High };
        look.say(
            "compose-privileged",
            entry.line,
            weight,
            format!("`{}` may do all that root of the host may", service.name),
        );
    }
    if let Some(entry) = entry(service.node, "network_mode")
        && entry.node.text() == Some("host")
    {
        look.report("compose-host-network", entry.line);
    }
    for capability in service.node.get("cap_add").map(Node::items).unwrap_or_default() {
        let name = capability.text().unwrap_or_default();
        if is_broad(name) {
            look.report("compose-broad-capability", capability.line);
        }
    }
    for mount in service.mounts() {
        if matches!(mount.source, "/var/run/docker.sock" | "/run/docker.sock") {
            let image = service.image().map_or("", |image| image.short());
            // What is made to manage containers is trusted with that knowingly.
            let is_manager =
                ["traefik", "portainer", "watchtower", "autoheal", "proxy", "dozzle", "promtail", "alloy"]
                    .iter()
                    .any(|name| image.contains(name));
            let weight =
                if is_manager || look.tier == Tier::Development { Severity::Medium } else { Severity::High };
            let message = format!("`{}` can do to the host whatever root can", service.name);
            look.say("compose-docker-socket", mount.line, weight, message);
        }
    }
}

/// Capabilities that are as good as root on the host.
pub(in crate::facts::infrastructure) fn is_broad(capability: &str) -> bool {
    let name = capability.strip_prefix("CAP_").unwrap_or(capability);
    matches!(
        name,
        "ALL" | "SYS_ADMIN" | "SYS_MODULE" | "SYS_PTRACE" | "SYS_RAWIO" | "DAC_READ_SEARCH" | "BPF"
    )
}

fn entry<'n>(node: &'n Node, key: &str) -> Option<&'n seaworthy_detect::document::Entry> {
    node.entries().iter().find(|entry| &*entry.key == key)
}

/// A password that stands in every word list.
fn is_weak(name: &str, value: &str) -> bool {
    const WEAK: [&str; 28] = [
        "postgres",
        "password",
        "passwd",
        "root",
        "admin",
        "secret",
        "example",
        "changeme",
        "change_me",
        "change-me",
        "123456",
        "12345678",
        "1234",
        "mysql",
        "test",
        "guest",
        "minioadmin",
        "minio",
        "redis",
        "mongo",
        "user",
        "app",
        "pass",
        "dev",
        "docker",
        "letmein",
        "qwerty",
        "rabbitmq",
    ];
    if name == "POSTGRES_HOST_AUTH_METHOD" {
        return value == "trust";
    }
    if matches!(name, "MYSQL_ALLOW_EMPTY_PASSWORD" | "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD") {
        return matches!(value, "1" | "yes" | "true");
    }
    let is_password = name.ends_with("PASSWORD")
        || name.ends_with("_PASS")
        || name.ends_with("_PASSWD")
        || name == "PGPASSWORD";
    is_password && WEAK.contains(&value.to_ascii_lowercase().as_str())
}

fn is_for_development(name: &str, value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    match name {
        "NODE_ENV" | "RAILS_ENV" | "RACK_ENV" | "FLASK_ENV" | "ASPNETCORE_ENVIRONMENT" | "MIX_ENV" => {
            matches!(value.as_str(), "development" | "dev" | "test")
        }
        "APP_ENV" => matches!(value.as_str(), "local" | "development" | "dev"),
        "FLASK_DEBUG" | "DJANGO_DEBUG" | "APP_DEBUG" | "DEBUG" => matches!(value.as_str(), "1" | "true"),
        _ => false,
    }
}
