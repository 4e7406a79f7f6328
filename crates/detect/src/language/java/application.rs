//! Configuration files of the frameworks, as flat settings: `application.properties`, `.yml`, `.conf`,
//! `microprofile-config.properties` and Dropwizard's file.

use seaworthy_model::Place;

use crate::document::{Node, parse_yaml_stream};
use crate::repository::{Repository, join};

/// One setting: `server.port` and what it says.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) place: Place,
}

/// Every setting of a module's configuration, the files that count everywhere before those of a profile.
pub(super) fn settings(repo: &Repository, dir: &str) -> Vec<Setting> {
    let resources = join(dir, "src/main/resources");
    let mut files: Vec<String> = Vec::new();
    for folder in [
        resources.clone(),
        join(&resources, "META-INF"),
        join(&resources, "config"),
        join(dir, "config"),
        dir.to_owned(),
    ] {
        let mut found: Vec<String> = repo
            .files_in(&folder)
            .filter(|path| {
                let name = crate::repository::file_name(path);
                let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
                let base = stem.split('-').next().unwrap_or(stem);
                let is_config = matches!(base, "application" | "bootstrap" | "microprofile");
                is_config && matches!(ending, "properties" | "yml" | "yaml" | "conf")
            })
            .map(str::to_owned)
            .collect();
        // `application.yml` before `application-prod.yml`; profiles of tests and development do not count.
        found.retain(|path| {
            !["-test.", "-dev.", "-local.", "-h2.", "-it."].iter().any(|profile| path.contains(profile))
        });
        found.sort_by_key(|path| (path.contains("application-"), path.clone()));
        files.extend(found);
    }
    files.extend(dropwizard_file(repo, dir));
    let mut all = Vec::new();
    for path in files {
        let Some(text) = repo.text(&path) else { continue };
        match path.rsplit('.').next() {
            Some("properties") => properties(&text, &path, &mut all),
            Some("conf") => hocon(&text, &path, &mut all),
            // Build placeholders such as `@version@` make a file no YAML: it is read as far as lines go.
            _ => match parse_yaml_stream(&text) {
                Ok(documents) => documents.iter().for_each(|node| flatten(node, "", &path, &mut all)),
                Err(_) => indented(&text, &path, &mut all),
            },
        }
    }
    all
}

/// The configuration that a Dropwizard app is given as its argument.
pub(super) fn dropwizard_file(repo: &Repository, dir: &str) -> Option<String> {
    let found = repo
        .first_of(dir, ["config.yml", "config.yaml", "configuration.yml", "config/config.yml", "app.yml"])?;
    repo.text(&found).filter(|text| text.contains("Connector"))?;
    Some(found)
}

fn properties(text: &str, path: &str, all: &mut Vec<Setting>) {
    for (line, text) in (1_u32..).zip(text.lines()) {
        let text = text.trim();
        if text.starts_with(['#', '!']) {
            continue;
        }
        let Some(end) = text.find(['=', ':']) else { continue };
        // `%prod.` prefixes are Quarkus' profiles.
        let key = text[..end].trim();
        let key = key.strip_prefix("%prod.").unwrap_or(key);
        if !key.starts_with('%') {
            all.push(Setting {
                key: key.to_owned(),
                value: text[end + 1..].trim().to_owned(),
                place: Place::line(path, line),
            });
        }
    }
}

fn flatten(node: &Node, prefix: &str, path: &str, all: &mut Vec<Setting>) {
    for entry in node.entries() {
        let key = if prefix.is_empty() { entry.key.to_string() } else { format!("{prefix}.{}", entry.key) };
        if let Some(value) = entry.node.scalar() {
            all.push(Setting { key, value, place: Place::line(path, entry.node.line) });
            continue;
        }
        for item in entry.node.items() {
            match item.scalar() {
                Some(value) => {
                    all.push(Setting { key: key.clone(), value, place: Place::line(path, item.line) });
                }
                None => flatten(item, &key, path, all),
            }
        }
        flatten(&entry.node, &key, path, all);
    }
}

/// Nested `key: value` lines by their indentation.
fn indented(text: &str, path: &str, all: &mut Vec<Setting>) {
    let mut above: Vec<(usize, String)> = Vec::new();
    for (line, text) in (1_u32..).zip(text.lines()) {
        let indent = text.len() - text.trim_start().len();
        let Some((key, value)) = text.trim().split_once(':') else { continue };
        if key.starts_with(['#', '-']) {
            continue;
        }
        above.retain(|(known, _)| *known < indent);
        let full = above.iter().map(|(_, key)| key.as_str()).chain([key]).collect::<Vec<_>>().join(".");
        if value.trim().is_empty() {
            above.push((indent, key.to_owned()));
        } else {
            let value = value.trim().trim_matches(['"', '\'']).to_owned();
            all.push(Setting { key: full, value, place: Place::line(path, line) });
        }
    }
}

/// HOCON as Ktor's templates write it: blocks, `key = value`, and a second line `key = ${?NAME}` that overrules
/// the first.
fn hocon(text: &str, path: &str, all: &mut Vec<Setting>) {
    let mut above: Vec<String> = Vec::new();
    for (line, text) in (1_u32..).zip(text.lines()) {
        let text = text.split(" //").next().unwrap_or(text).trim();
        if text.starts_with(['#', '/']) {
            continue;
        }
        if let Some(key) = text.strip_suffix('{') {
            above.push(key.trim().trim_end_matches(['=', ':']).trim().to_owned());
        } else if text.starts_with('}') {
            above.pop();
        } else if let Some((key, value)) = text.split_once(['=', ':']) {
            let key = above.iter().map(String::as_str).chain([key.trim()]).collect::<Vec<_>>().join(".");
            let value = value.trim().trim_matches('"').to_owned();
            all.push(Setting { key, value, place: Place::line(path, line) });
        }
    }
}

/// An environment variable that a value names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Placeholder {
    pub(super) name: String,
    pub(super) default: Option<String>,
    pub(super) optional: bool,
}

/// Environment variables that a value names, with what stands in for them: `${NAME:default}`, `${NAME:-default}`,
/// `${?NAME}`, `$NAME:default`.
pub(super) fn placeholders(value: &str) -> Vec<Placeholder> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Some(start) = rest.find('$') {
        rest = &rest[start + 1..];
        let (inner, has_brace) = match rest.strip_prefix('{') {
            Some(inner) => (inner, true),
            None => (rest, false),
        };
        let optional = inner.starts_with('?');
        let inner = inner.trim_start_matches('?');
        let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
        let (name, after) = inner.split_at(end);
        // Properties of the framework itself have dots and small letters.
        if name.len() < 2
            || !name.starts_with(|c: char| c.is_ascii_uppercase())
            || name.contains(|c: char| c.is_ascii_lowercase())
            || after.starts_with('.')
        {
            continue;
        }
        let default = after.strip_prefix(':').map(|default| {
            let default = default.strip_prefix('-').unwrap_or(default);
            let default =
                if has_brace { closing(default).map_or(default, |end| &default[..end]) } else { default };
            default.trim_matches('"').to_owned()
        });
        let optional = optional || default.is_some();
        found.push(Placeholder { name: name.to_owned(), default, optional });
    }
    found
}

/// The end of a default that may hold placeholders itself.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (index, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(index),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The value as it is when no variable is set.
pub(super) fn plain(value: &str) -> String {
    let Some(start) = value.find('$') else { return value.to_owned() };
    let inner = value[start + 1..].trim_start_matches('{');
    let Some((_, default)) = inner.split_once(':') else { return value[..start].to_owned() };
    let default = default.strip_prefix('-').unwrap_or(default);
    let (default, rest) = match closing(default) {
        Some(end) => (&default[..end], default.get(end + 1..).unwrap_or_default()),
        None => (default, ""),
    };
    format!("{}{default}{rest}", &value[..start])
}

/// Settings that name a resource, whatever they say.
pub(super) fn resource(setting: &Setting) -> Option<&'static str> {
    let starts = |prefix: &str| setting.key.starts_with(prefix);
    let known = [
        ("spring.data.redis.", "redis"),
        ("spring.redis.", "redis"),
        ("quarkus.redis.hosts", "redis"),
        ("spring.rabbitmq.", "rabbitmq"),
        ("spring.kafka.bootstrap-servers", "kafka"),
        ("kafka.bootstrap.servers", "kafka"),
        ("spring.data.mongodb.", "mongodb"),
        ("quarkus.mongodb.connection-string", "mongodb"),
        ("spring.elasticsearch.uris", "elasticsearch"),
        ("spring.mail.host", "smtp"),
        ("quarkus.mailer.host", "smtp"),
    ];
    if let Some((_, resource)) = known.iter().find(|(prefix, _)| starts(prefix)) {
        return Some(resource);
    }
    if setting.key.ends_with("datasource.db-kind") || setting.key == "database.driverClass" {
        return ["postgres", "mysql", "mariadb"].into_iter().find(|name| setting.value.contains(name));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_in_values() {
        let of = |text: &str| -> Vec<(String, Option<String>, bool)> {
            let found = placeholders(text).into_iter();
            found.map(|found| (found.name, found.default, found.optional)).collect()
        };
        let one = |name: &str, default: Option<&str>, optional| {
            (name.to_owned(), default.map(str::to_owned), optional)
        };
        assert_eq!(of("${PORT:8080}"), [one("PORT", Some("8080"), true)]);
        assert_eq!(of("${DB_URL}"), [one("DB_URL", None, false)]);
        assert_eq!(of("${spring.application.name}"), []);
        assert_eq!(of("${?PORT}"), [one("PORT", None, true)]);
        assert_eq!(
            of("jdbc:postgresql://${DB_HOST:localhost}:${DB_PORT:5432}/x"),
            [one("DB_HOST", Some("localhost"), true), one("DB_PORT", Some("5432"), true)]
        );
        assert_eq!(of("$PORT:8080"), [one("PORT", Some("8080"), true)]);
        assert_eq!(plain("${PORT:8080}"), "8080");
        assert_eq!(plain("${URL:jdbc:postgresql://localhost/x}"), "jdbc:postgresql://localhost/x");
    }

    #[test]
    fn files_that_are_not_quite_yaml() {
        let mut all = Vec::new();
        indented("app:\n  version: @v@\nserver:\n  port: 81\n", "a.yml", &mut all);
        assert_eq!(
            all.iter().map(|s| (s.key.as_str(), s.value.as_str())).collect::<Vec<_>>(),
            [("app.version", "@v@"), ("server.port", "81")]
        );
        all.clear();
        hocon("ktor {\n  deployment {\n    port = 8080\n    port = ${?PORT}\n  }\n}\n", "a.conf", &mut all);
        assert_eq!(all[1].key, "ktor.deployment.port");
    }
}
