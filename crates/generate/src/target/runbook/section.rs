//! One section: a way to fail, with what the model knows of those that can fail so.

use std::collections::BTreeMap;

use seaworthy_model::{JobTrigger, Name};
use serde::Serialize;

use crate::monitor::{Alert, Mode, Monitor, callees, recording};
use crate::names::label;
use crate::text::{cell, list, or_dash};
use crate::{Input, Task, TemplateError};

/// A section of the runbook.
#[derive(Serialize)]
pub(super) struct Section {
    title: &'static str,
    anchor: String,
    alerts: Vec<Detection>,
    body: String,
}

/// What detects it.
#[derive(Serialize, PartialEq, Eq)]
struct Detection {
    name: &'static str,
    severity: String,
    of: String,
}

/// What a section's template is given.
#[derive(Serialize)]
struct Values<'a> {
    flag: &'a str,
    namespace: Option<&'a str>,
    /// It runs on a host, where disks can be looked at.
    host: bool,
    names: String,
    first: String,
    subjects: Vec<BTreeMap<&'static str, Value>>,
    domains: String,
    list: Vec<String>,
    migrations: String,
    connections: String,
    /// An alert is about what is promised.
    promised: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    List(Vec<String>),
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Renders the section of `mode`, with commands for the environment `main`.
pub(super) fn section(
    input: &Input<'_>,
    monitors: &[Monitor<'_>],
    main: &Monitor<'_>,
    mode: Mode,
    flag: &str,
    namespace: Option<&str>,
) -> Result<Section, TemplateError> {
    let alerts: Vec<Alert<'_>> =
        monitors.iter().flat_map(Monitor::alerts).filter(|alert| alert.mode == mode).collect();
    let mut names: Vec<&Name> = alerts.iter().filter_map(|alert| Some(alert.subject.label()?.1)).collect();
    if mode == Mode::BadDeploy {
        names = main.deployment.instances.iter().map(|instance| instance.name).collect();
    }
    names.sort();
    names.dedup();
    let mut domains: Vec<_> = monitors.iter().filter_map(Monitor::domain).map(str::to_owned).collect();
    domains.dedup();
    let has_connections =
        monitors.iter().flat_map(Monitor::alerts).any(|alert| alert.mode == Mode::Connections);
    let promised = alerts.iter().any(|alert| alert.objective.is_some());
    let values = Values {
        promised,
        flag,
        namespace,
        host: monitors.iter().any(|monitor| !monitor.platform.is_kubernetes()),
        names: list(&names),
        first: names.first().map(ToString::to_string).unwrap_or_default(),
        subjects: names.iter().map(|name| subject(main, name)).collect(),
        domains: domains.join(", "),
        list: domains,
        migrations: migrations(main),
        connections: if has_connections { Mode::Connections.anchor() } else { "escalation".to_owned() },
    };
    let body = input.templates.render(&mode.template(), values)?;
    Ok(Section { title: mode.title(), anchor: mode.anchor(), alerts: detections(&alerts), body })
}

/// Each alert once for its severity, with all that it is about.
fn detections(alerts: &[Alert<'_>]) -> Vec<Detection> {
    let mut found: Vec<(&'static str, &'static str, Vec<&Name>)> = Vec::new();
    for alert in alerts {
        let subject = alert.subject.label().map(|(_, name)| name);
        match found
            .iter_mut()
            .find(|(name, severity, _)| *name == alert.name && *severity == alert.severity.as_str())
        {
            Some((_, _, names)) => names.extend(subject),
            None => found.push((alert.name, alert.severity.as_str(), subject.into_iter().collect())),
        }
    }
    found
        .into_iter()
        .map(|(name, severity, mut names)| {
            names.sort();
            names.dedup();
            let of = if names.is_empty() { String::new() } else { format!(": {}", list(&names)) };
            Detection { name, severity: severity.to_owned(), of }
        })
        .collect()
}

/// What is known of a service, resource or job.
fn subject(main: &Monitor<'_>, name: &Name) -> BTreeMap<&'static str, Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    let mut values: BTreeMap<&'static str, Value> = BTreeMap::new();
    for key in
        ["needs", "memory", "cpu", "users", "kind", "backup", "look", "every", "keep", "drill", "when", "run"]
    {
        values.insert(key, text(""));
    }
    values.insert("list", Value::List(Vec::new()));
    values.insert("workers", Value::List(Vec::new()));
    values.insert("name", Value::Text(name.to_string()));
    values.insert("label", Value::Text(label(name.as_str(), 63)));
    if let Some(instance) = main.deployment.instance(name) {
        let needs = callees(instance);
        let needs = if needs.is_empty() { "nothing that the model knows".to_owned() } else { list(needs) };
        values.insert("needs", needs.into());
        values.insert("memory", instance.memory.to_string().into());
        values.insert("cpu", instance.cpu.to_string().into());
    }
    if let Some(backing) = main.deployment.backing(name) {
        let users = main.dependents(name);
        values.insert("kind", text(backing.kind));
        values.insert("list", Value::List(users.iter().map(ToString::to_string).collect()));
        values.insert(
            "users",
            if users.is_empty() { text("nothing that the model knows") } else { list(users).into() },
        );
        let workers = recording::workers(main, name);
        values.insert("workers", Value::List(workers.iter().map(|it| it.name.to_string()).collect()));
        values.insert("look", text(look(backing.kind)));
        if let Some(backup) = backing.resource.backup.get() {
            values.insert("backup", format!("one every {}", backup.every).into());
            values.insert("every", backup.every.to_string().into());
            let keep = backup.keep.as_ref().map(ToString::to_string);
            values.insert("keep", or_dash(keep.unwrap_or_default()).into());
            let drill = backup.drill.map(|drill| format!("every {drill}"));
            values.insert("drill", drill.unwrap_or_else(|| "none".to_owned()).into());
        }
    }
    if let Some(task) = main.deployment.tasks.iter().find(|task| task.name == name) {
        values.insert("when", when(task).into());
        values.insert("run", cell(task.run).into());
    }
    values
}

/// When a job runs, for people.
pub(super) fn when(task: &Task<'_>) -> String {
    match (task.schedule, task.on) {
        (Some(schedule), _) => format!("`{schedule}` ({})", task.timezone.unwrap_or("UTC")),
        (None, JobTrigger::Release) => "before each release".to_owned(),
        (None, _) => "by hand".to_owned(),
    }
}

/// What shows who holds connections.
fn look(kind: &str) -> &'static str {
    match kind {
        "postgres" => {
            "SELECT state, usename, application_name, count(*) FROM pg_stat_activity GROUP BY 1, 2, 3;"
        }
        "mysql" | "mariadb" => "SHOW PROCESSLIST;",
        "redis" => "CLIENT LIST",
        _ => "",
    }
}

/// What to know of migrations before going back.
fn migrations(main: &Monitor<'_>) -> String {
    let migrated: Vec<_> = main
        .deployment
        .backings
        .iter()
        .filter(|backing| {
            backing.resource.migrations.get().is_some() || backing.resource.schema.get().is_some()
        })
        .map(|backing| backing.name)
        .collect();
    if migrated.is_empty() {
        "There are no migrations that the model knows: going back changes code alone.".to_owned()
    } else {
        format!(
            "Going back does not undo migrations of {}. The old code has to bear the new tables: if it does not, mend \
             forward.",
            list(migrated)
        )
    }
}
