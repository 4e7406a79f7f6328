//! `appsettings.json` and `launchSettings.json`.

use seaworthy_model::Place;

use crate::document::Node;
use crate::repository::{Repository, join};
use crate::resource;

/// One setting, its sections joined by colons as .NET writes them.
pub(super) struct Setting {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) place: Place,
}

/// Every setting that counts everywhere, then those of the environments.
pub(super) fn read(repo: &Repository, dir: &str) -> Vec<Setting> {
    let mut all = Vec::new();
    for name in ["appsettings.json", "appsettings.Production.json", "appsettings.Development.json"] {
        let path = join(dir, name);
        if let Some(document) = repo.has(&path).then(|| repo.document(&path)).flatten() {
            flatten(&document, "", &path, &mut all);
        }
    }
    all
}

fn flatten(node: &Node, prefix: &str, path: &str, all: &mut Vec<Setting>) {
    for entry in node.entries() {
        let key = if prefix.is_empty() { entry.key.to_string() } else { format!("{prefix}:{}", entry.key) };
        match entry.node.scalar() {
            Some(value) => all.push(Setting { key, value, place: Place::line(path, entry.node.line) }),
            None => flatten(&entry.node, &key, path, all),
        }
    }
}

/// The database that a connection string is for: by its form, then by its name.
pub(super) fn database(name: &str, value: &str) -> Option<&'static str> {
    if let Some(found) = resource::of_address(value) {
        return (found != "sqlite").then_some(found);
    }
    let lower = value.to_ascii_lowercase().replace(' ', "");
    let has = |part: &str| lower.contains(part);
    if has("datasource=") && (has(".db") || has(".sqlite") || has(":memory:")) || has("filename=") {
        return None;
    }
    if has("trustservercertificate")
        || has("trusted_connection")
        || has("(localdb)")
        || has("initialcatalog=")
        || has("multipleactiveresultsets")
    {
        return Some("sqlserver");
    }
    if has("port=3306") || has("uid=") && has("server=") {
        return Some("mysql");
    }
    if has("host=") && has("database=") || has("port=5432") {
        return Some("postgres");
    }
    if has(":6379") || has("abortconnect") {
        return Some("redis");
    }
    let name = name.to_ascii_lowercase();
    [
        ("redis", "redis"),
        ("postgres", "postgres"),
        ("mysql", "mysql"),
        ("mongo", "mongodb"),
        ("rabbit", "rabbitmq"),
        ("sqlserver", "sqlserver"),
    ]
    .into_iter()
    .find(|(word, _)| name.contains(word))
    .map(|(_, resource)| resource)
}

/// The plain address of the first profile that runs the project itself.
pub(super) fn launch_port(repo: &Repository, dir: &str) -> Option<(u16, Place)> {
    let path = join(dir, "Properties/launchSettings.json");
    let document = repo.has(&path).then(|| repo.document(&path)).flatten()?;
    let profiles = document.get("profiles")?.entries();
    let runs = |node: &Node| node.get("commandName").and_then(Node::text) == Some("Project");
    let urls = profiles
        .iter()
        .filter(|entry| runs(&entry.node))
        .filter_map(|entry| entry.node.get("applicationUrl"));
    urls.into_iter().find_map(|node| {
        let url = node.text()?.split(';').find(|url| url.starts_with("http://"))?.to_owned();
        Some((port(&url)?, Place::line(&path, node.line)))
    })
}

/// An endpoint of Kestrel in the configuration overrules every other way to say an address.
pub(super) fn kestrel_port(repo: &Repository, dir: &str) -> Option<(u16, Place)> {
    let settings = read(repo, dir);
    let found = settings.iter().filter(|setting| !setting.place.file.contains(".Development."));
    let mut found = found
        .filter(|setting| setting.key.starts_with("Kestrel:Endpoints:") && setting.key.ends_with(":Url"));
    let setting = found.find(|setting| setting.value.starts_with("http://"))?;
    Some((port(&setting.value)?, setting.place.clone()))
}

fn port(url: &str) -> Option<u16> {
    url.trim_end_matches('/').rsplit(':').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::database;

    #[test]
    fn connection_strings_name_their_database() {
        for (name, value, found) in [
            ("Default", "Host=localhost;Database=shop;Username=a", Some("postgres")),
            ("Default", "Server=.;Database=Shop;Trusted_Connection=True", Some("sqlserver")),
            ("Default", "Data Source=app.db", None),
            ("Cache", "localhost:6379", Some("redis")),
            ("Db", "server=localhost;uid=root;database=x", Some("mysql")),
            ("Mongo", "mongodb://localhost/x", Some("mongodb")),
            ("Redis", "", Some("redis")),
            ("Default", "", None),
        ] {
            assert_eq!(database(name, value), found, "{value}");
        }
    }
}
