//! Values of the model as TOML.

use std::collections::BTreeMap;

use crate::config::decode::{quoted, quoted_key};
use crate::config::words::{every, word};
use crate::placeholder::Template;
use crate::quantity::Duration;
use crate::{
    Backup, Condition, Dependency, Name, Probe, ProbeAction, SecretSource, Strategy, Variable, WatchRule,
};

pub(super) fn text(value: &impl ToString) -> String {
    quoted(&value.to_string())
}

pub(super) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let items: Vec<_> = texts.into_iter().map(quoted).collect();
    format!("[{}]", items.join(", "))
}

fn inline_table(entries: &[(&str, String)]) -> String {
    let entries: Vec<_> =
        entries.iter().map(|(key, value)| format!("{} = {value}", quoted_key(key))).collect();
    format!("{{ {} }}", entries.join(", "))
}

pub(super) fn backup(backup: &Backup) -> String {
    let mut entries = vec![("every", quoted(&every(backup.every)))];
    entries.extend(backup.keep.map(|keep| ("keep", text(&keep))));
    entries.extend(backup.drill.map(|drill| ("drill", quoted(&every(drill)))));
    inline_table(&entries)
}

pub(super) fn probe(probe: &Probe) -> String {
    let mut entries = vec![match &probe.action {
        ProbeAction::Http(path) if probe.is_plain() => return quoted(path),
        ProbeAction::Http(path) => ("http", quoted(path)),
        ProbeAction::Tcp(0) => ("tcp", "true".to_owned()),
        ProbeAction::Tcp(port) => ("tcp", port.to_string()),
        ProbeAction::Exec(command) => ("exec", quoted(command)),
        ProbeAction::Log(pattern) => ("log", quoted(pattern)),
    }];
    let durations =
        [("period", probe.period), ("timeout", probe.timeout), ("initial_delay", probe.initial_delay)];
    entries.extend(durations.into_iter().filter_map(|(key, value)| Some((key, text(&value?)))));
    let counts =
        [("failure_threshold", probe.failure_threshold), ("success_threshold", probe.success_threshold)];
    entries.extend(counts.into_iter().filter_map(|(key, value)| Some((key, value?.to_string()))));
    inline_table(&entries)
}

pub(super) fn strategy(strategy: &Strategy) -> String {
    let watch = |watch: &Option<Duration>| watch.map(|watch| ("watch", text(&watch)));
    match strategy {
        Strategy::Rolling => quoted("rolling"),
        Strategy::BlueGreen { watch: None } => quoted("blue-green"),
        Strategy::BlueGreen { watch: kept } => {
            let mut entries = vec![("type", quoted("blue-green"))];
            entries.extend(watch(kept));
            inline_table(&entries)
        }
        Strategy::Canary { steps, watch: kept } => {
            let steps: Vec<_> = steps.iter().map(ToString::to_string).collect();
            let mut entries = vec![("canary", list(steps.iter().map(String::as_str)))];
            entries.extend(watch(kept));
            inline_table(&entries)
        }
    }
}

/// One source as it is, several as a list.
pub(super) fn secret_sources(sources: &[SecretSource]) -> String {
    let source = |source: &SecretSource| match source {
        SecretSource::Age => quoted("age"),
        SecretSource::Env => quoted("env"),
        SecretSource::File(path) => inline_table(&[("file", quoted(path))]),
        SecretSource::Command(words) => inline_table(&[("command", list(words.iter().map(String::as_str)))]),
    };
    match sources {
        [only] => source(only),
        several => format!("[{}]", several.iter().map(source).collect::<Vec<_>>().join(", ")),
    }
}

pub(super) fn watch(rules: &[WatchRule]) -> String {
    let rules: Vec<_> = rules
        .iter()
        .map(|rule| {
            let mut entries = vec![("path", quoted(&rule.path)), ("action", quoted(word(rule.action)))];
            entries.extend(rule.target.as_ref().map(|target| ("target", quoted(target))));
            entries.extend(rule.exec.as_ref().map(|exec| ("exec", quoted(exec))));
            if !rule.ignore.is_empty() {
                entries.push(("ignore", list(rule.ignore.iter().map(String::as_str))));
            }
            inline_table(&entries)
        })
        .collect();
    format!("[{}]", rules.join(", "))
}

/// A list where every condition is the usual one, else a table.
pub(super) fn depends_on(needs: &BTreeMap<Name, Dependency>, usual: impl Fn(&Name) -> Condition) -> String {
    let condition = |dependency: &Dependency| dependency.condition.get().copied();
    if needs.iter().all(|(name, need)| condition(need).is_none_or(|said| said == usual(name))) {
        return list(needs.keys().map(Name::as_str));
    }
    let entries: Vec<_> = needs
        .iter()
        .map(|(name, need)| {
            let said = condition(need).unwrap_or_else(|| usual(name));
            (name.as_str(), inline_table(&[("condition", quoted(said.as_str()))]))
        })
        .collect();
    inline_table(&entries)
}

/// Bounds by percentile.
pub(super) fn latency(bounds: &BTreeMap<String, Duration>) -> String {
    let entries: Vec<_> = bounds.iter().map(|(key, bound)| (key.as_str(), text(bound))).collect();
    inline_table(&entries)
}

/// A secret in clear becomes a placeholder; what another tool would put in stands for itself here.
pub(super) fn variable(name: &str, variable: &Variable, value: &str) -> String {
    match Template::parse(value) {
        Ok(template) if !variable.secret || template.placeholders().next().is_some() => quoted(value),
        Err(_) if !variable.secret => quoted(&Template::escape(value)),
        _ => quoted(&format!("${{secrets.{name}}}")),
    }
}
