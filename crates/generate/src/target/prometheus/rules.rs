//! Rules, as data.

use crate::monitor::{Alert, Monitor, Severity, recording};
use crate::names::label;
use crate::node;
use crate::print::Node;

/// How often rules are evaluated. Windows of five minutes need several looks each.
const INTERVAL: &str = "30s";

/// Recording rules.
pub(super) fn recording(monitor: &Monitor<'_>) -> Node {
    let groups = recording::groups(monitor).into_iter().filter(|group| !group.recordings.is_empty());
    let groups: Vec<Node> = groups
        .map(|group| {
            let rules: Vec<Node> = group
                .recordings
                .into_iter()
                .map(|rule| {
                    let labels = rule.labels.into_iter().map(|(key, value)| (key, Some(value.into())));
                    node!({
                        "record": (rule.record),
                        "expr": (rule.expr),
                        "labels": (Node::map(labels)),
                    })
                })
                .collect();
            node!({ "name": (group.name), "interval": INTERVAL, "rules": rules })
        })
        .collect();
    node!({ "groups": groups })
}

/// Alerting rules, in one group for each thing that they are about.
pub(super) fn alerting(monitor: &Monitor<'_>) -> Node {
    let mut groups: Vec<(String, Vec<Node>)> = Vec::new();
    for alert in monitor.alerts() {
        let name = match alert.subject.label() {
            Some((kind, subject)) => format!("{kind}-{subject}"),
            None => "environment".to_owned(),
        };
        let rule = rule(monitor, &alert);
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, rules)) => rules.push(rule),
            None => groups.push((name, vec![rule])),
        }
    }
    let groups: Vec<Node> = groups
        .into_iter()
        .map(|(name, rules)| node!({ "name": name, "interval": INTERVAL, "rules": rules }))
        .collect();
    node!({ "groups": groups })
}

fn rule(monitor: &Monitor<'_>, alert: &Alert<'_>) -> Node {
    Node::map([
        ("alert", Some(alert.name.into())),
        ("expr", Some(alert.expr.as_str().into())),
        ("for", alert.wait.map(Node::from)),
        ("labels", Some(labels(alert))),
        (
            "annotations",
            Some(node!({
                "summary": (alert.summary.as_str()),
                "description": (alert.description.as_str()),
                "runbook_url": (alert.mode.url()),
                "dashboard": (dashboard(monitor, alert)),
            })),
        ),
    ])
}

/// The labels that routing and inhibition read.
fn labels(alert: &Alert<'_>) -> Node {
    let subject = alert.subject.label().map(|(key, name)| (key, Some(name.as_str().into())));
    let fixed = [
        ("severity", Some(alert.severity.as_str().into())),
        (
            "kind",
            (alert.severity != Severity::Heartbeat)
                .then(|| if alert.symptom { "symptom".into() } else { "cause".into() }),
        ),
        ("window", alert.window.map(Node::from)),
        ("objective", alert.objective.as_ref().map(Node::from)),
    ];
    Node::map(fixed.into_iter().chain(subject))
}

/// The dashboard that shows what the alert is about, relative to Grafana's address.
fn dashboard(monitor: &Monitor<'_>, alert: &Alert<'_>) -> String {
    let app = label(monitor.deployment.name, 28);
    match alert.subject.label() {
        Some((kind @ "service", name)) => format!("/d/{app}-services?var-{kind}={name}"),
        Some((kind @ "resource", name)) => format!("/d/{app}-resources?var-{kind}={name}"),
        _ => format!("/d/{app}-overview"),
    }
}
