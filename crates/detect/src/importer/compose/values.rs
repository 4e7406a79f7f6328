//! The short and long forms of Compose values.

use seaworthy_model::quantity::Duration;
use seaworthy_model::{Condition, Probe, ProbeAction, WatchAction, WatchRule};

use crate::document::{Node, Value, parse_env};
use crate::repository::{Repository, resolve};

/// The text with `${NAME:-default}` and `${NAME-default}` replaced by their defaults; `$$` is `$`. What has no
/// default stays.
pub(crate) fn interpolated(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(index) = rest.find('$') {
        out.push_str(&rest[..index]);
        rest = &rest[index..];
        if let Some(after) = rest.strip_prefix("$$") {
            out.push('$');
            rest = after;
        } else if let Some((inner, after)) = rest.strip_prefix("${").and_then(|rest| rest.split_once('}')) {
            match inner.split_once(":-").or_else(|| inner.split_once('-')) {
                Some((_, default)) if !default.contains("${") => out.push_str(default),
                _ => {
                    out.push_str("${");
                    out.push_str(inner);
                    out.push('}');
                }
            }
            rest = after;
        } else {
            out.push('$');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

/// A volume of a service.
pub(super) struct Mount {
    pub(super) source: String,
    pub(super) target: String,
    /// A named volume, which keeps data, not a folder of the repository.
    pub(super) is_named: bool,
    pub(super) line: u32,
}

pub(super) fn mounts(node: &Node) -> Vec<Mount> {
    let volumes = node.get("volumes").map(Node::items).unwrap_or_default();
    volumes.iter().filter_map(mount).collect()
}

fn mount(node: &Node) -> Option<Mount> {
    let (source, target) = if let Value::Text(text) = &node.value {
        let text = interpolated(text);
        let mut parts = text.split(':');
        let (first, second) = (parts.next()?.to_owned(), parts.next().map(str::to_owned));
        match second {
            Some(target) => (first, target),
            // An anonymous volume: it shields a folder of the image and keeps nothing.
            None => return None,
        }
    } else {
        let text = |key: &str| node.get(key).and_then(Node::scalar);
        if text("type").is_some_and(|kind| kind == "tmpfs") {
            return None;
        }
        (text("source").unwrap_or_default(), text("target")?)
    };
    let is_named = !source.is_empty() && !source.starts_with(['.', '/', '~', '$']);
    Some(Mount { source, target, is_named, line: node.line })
}

/// `entrypoint` and `command` as one shell text.
pub(super) fn command(node: &Node) -> Option<(String, u32)> {
    let part = |key: &str| {
        let node = node.get(key)?;
        let text = match &node.value {
            Value::Text(text) => text.to_string(),
            Value::List(items) => {
                items.iter().filter_map(Node::scalar).map(|word| quoted(&word)).collect::<Vec<_>>().join(" ")
            }
            _ => return None,
        };
        Some((interpolated(&text), node.line))
    };
    match (part("entrypoint"), part("command")) {
        (Some((entry, line)), Some((command, _))) => Some((unwrapped(&format!("{entry} {command}")), line)),
        (Some((text, line)), None) | (None, Some((text, line))) => Some((unwrapped(&text), line)),
        (None, None) => None,
    }
}

/// `sh -c "..."` is what it runs.
pub(crate) fn unwrapped(text: &str) -> String {
    let text = text.trim();
    for shell in ["sh -c ", "bash -c ", "/bin/sh -c ", "/bin/bash -c ", "bash -lc "] {
        if let Some(rest) = text.strip_prefix(shell) {
            let rest = rest.trim();
            let inner = ['"', '\''].iter().find_map(|quote| rest.strip_prefix(*quote)?.strip_suffix(*quote));
            return inner.unwrap_or(rest).trim().to_owned();
        }
    }
    text.to_owned()
}

/// A word of a command as the shell reads it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,$~{}[]*".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// `environment` and `env_file`; a variable without a value is taken from the caller's environment.
pub(super) fn environment(repo: &Repository, dir: &str, node: &Node) -> Vec<(String, Option<String>, u32)> {
    let mut found: Vec<(String, Option<String>, u32)> = Vec::new();
    if let Some(node) = node.get("environment") {
        for entry in node.entries() {
            found.push((
                entry.key.to_string(),
                entry.node.scalar().map(|text| interpolated(&text)),
                entry.line,
            ));
        }
        for item in node.items() {
            let Some(text) = item.text() else { continue };
            match text.split_once('=') {
                Some((name, value)) => {
                    found.push((name.trim().to_owned(), Some(interpolated(value)), item.line));
                }
                None => found.push((text.trim().to_owned(), None, item.line)),
            }
        }
    }
    if let Some(node) = node.get("env_file") {
        let paths =
            node.texts().into_iter().chain(node.items().iter().filter_map(|item| item.get("path")?.text()));
        for path in paths.filter_map(|path| resolve(dir, path)) {
            for line in repo.text(&path).map(|text| parse_env(&text)).unwrap_or_default() {
                if !found.iter().any(|(name, _, _)| *name == line.name) {
                    found.push((line.name, None, node.line));
                }
            }
        }
    }
    found
}

pub(super) fn depends_on(node: &Node) -> Vec<(String, Condition, u32)> {
    let mut found = Vec::new();
    for key in ["depends_on", "links"] {
        let Some(node) = node.get(key) else { continue };
        for item in node.items() {
            if let Some(text) = item.text() {
                let name = text.split(':').next().unwrap_or(text);
                found.push((name.to_owned(), Condition::ServiceStarted, item.line));
            }
        }
        for entry in node.entries() {
            let condition = match entry.node.get("condition").and_then(Node::text) {
                Some("service_healthy") => Condition::ServiceHealthy,
                Some("service_completed_successfully") => Condition::ServiceCompletedSuccessfully,
                _ => Condition::ServiceStarted,
            };
            found.push((entry.key.to_string(), condition, entry.line));
        }
    }
    found
}

/// The first port inside the container that is published or exposed.
pub(super) fn port(node: &Node) -> Option<(u16, u32)> {
    let published = node.get("ports").map(Node::items).unwrap_or_default().iter().find_map(|item| {
        let text = match item.get("target") {
            Some(target) => target.scalar()?,
            None => item.scalar()?,
        };
        let text = interpolated(&text);
        let inner = text.split('/').next()?.rsplit(':').next()?.split('-').next()?;
        Some((inner.parse().ok()?, item.line))
    });
    published.or_else(|| {
        let item = node.get("expose")?.items().first()?;
        Some((interpolated(&item.scalar()?).split('/').next()?.parse().ok()?, item.line))
    })
}

/// A health check; one that asks for a path is an HTTP probe.
pub(super) fn probe(node: &Node) -> Option<(Probe, u32)> {
    if node.get("disable").and_then(Node::bool) == Some(true) {
        return None;
    }
    let test = node.get("test")?;
    let command = match &test.value {
        Value::Text(text) => text.to_string(),
        Value::List(items) => {
            let words: Vec<String> = items.iter().filter_map(Node::scalar).collect();
            match words.first().map(String::as_str) {
                Some("NONE") | None => return None,
                Some("CMD-SHELL") => words[1..].join(" "),
                Some("CMD") => words[1..].iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
                Some(_) => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
            }
        }
        _ => return None,
    };
    let duration =
        |key: &str| node.get(key).and_then(Node::scalar).and_then(|text| Duration::parse(&text).ok());
    let mut probe = Probe::new(action(&interpolated(&command)));
    probe.period = duration("interval");
    probe.timeout = duration("timeout");
    probe.initial_delay = duration("start_period");
    probe.failure_threshold =
        node.get("retries").and_then(Node::integer).and_then(|count| u32::try_from(count).ok());
    Some((probe, test.line))
}

/// What a health command asks: the path of an address of this machine in it, or the command itself.
pub(crate) fn action(command: &str) -> ProbeAction {
    for host in
        ["http://localhost", "http://127.0.0.1", "http://0.0.0.0", "https://localhost", "http://[::1]"]
    {
        if let Some((_, rest)) = command.split_once(host) {
            let end = rest.find([' ', '\'', '"', ')', '|', ';', '`']).unwrap_or(rest.len());
            let path = rest[..end].find('/').map_or("/", |start| &rest[start..end]);
            return ProbeAction::Http(path.to_owned());
        }
    }
    ProbeAction::Exec(command.to_owned())
}

pub(super) fn watch(node: &Node) -> Vec<WatchRule> {
    let rules = node.at(&["develop", "watch"]).map(Node::items).unwrap_or_default();
    rules
        .iter()
        .filter_map(|rule| {
            let action = match rule.get("action")?.text()? {
                "rebuild" => WatchAction::Rebuild,
                "restart" => WatchAction::Restart,
                "sync" => WatchAction::Sync,
                "sync+restart" => WatchAction::SyncRestart,
                "sync+exec" => WatchAction::SyncExec,
                _ => return None,
            };
            let exec = rule.at(&["exec", "command"]).map(|node| match node.text() {
                Some(text) => text.to_owned(),
                None => node.items().iter().filter_map(Node::scalar).collect::<Vec<_>>().join(" "),
            });
            Some(WatchRule {
                path: rule.get("path")?.text()?.trim_start_matches("./").to_owned(),
                action,
                target: rule.get("target").and_then(Node::text).map(str::to_owned),
                exec,
                ignore: rule
                    .get("ignore")
                    .map(Node::texts)
                    .unwrap_or_default()
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_filled_in() {
        assert_eq!(interpolated("${A:-1}:${B-2}-${C}$$D"), "1:2-${C}$D");
        assert_eq!(interpolated("${unclosed"), "${unclosed");
    }

    #[test]
    fn health_commands_and_their_paths() {
        assert_eq!(
            action("curl -f http://localhost:3000/health || exit 1"),
            ProbeAction::Http("/health".to_owned())
        );
        assert_eq!(action("wget -q --spider http://127.0.0.1/"), ProbeAction::Http("/".to_owned()));
        assert_eq!(action("pg_isready"), ProbeAction::Exec("pg_isready".to_owned()));
    }

    #[test]
    fn commands_are_what_a_shell_runs() {
        assert_eq!(unwrapped("sh -c 'npm run build && npm start'"), "npm run build && npm start");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("--port=80"), "--port=80");
    }
}
