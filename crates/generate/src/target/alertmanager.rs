//! Alertmanager: who is told of what, what explains what, and who is next when nobody answers.
//!
//! Alertmanager knows no acknowledgement: whoever takes an alert silences it (`amtool silence add`). A page that nobody
//! silences is repeated, and reaches the second receiver after [`ESCALATION`], since that receiver's groups wait so long
//! before their first notification, and a silenced or resolved alert is not sent.

use seaworthy_model::Name;

use crate::monitor::{Monitor, ONLY, Severity};
use crate::names::label;
use crate::node;
use crate::print::{Node, yaml};
use crate::{Comment, Header, Input, Output, Target, TemplateError};

pub(super) const TARGET: Target = Target {
    id: "alertmanager",
    title: "Alertmanager: routing with escalation, grouping, inhibition",
    by_default: true,
    make,
};

/// Where receivers find their addresses and keys: one file each, handed in from outside.
const SECRETS: &str = "/etc/alertmanager/secrets";

/// How long the first on call has, before the second is told.
const ESCALATION: &str = "20m";

#[allow(clippy::unnecessary_wraps, reason = "every target may fail")]
fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let header = Header { target: TARGET.id, app: input.name() };
    let monitors = Monitor::all(input);
    let body = node!({
        "global": { "resolve_timeout": "5m" },
        "route": (route(&paging(&monitors))),
        "inhibit_rules": (inhibitions(&monitors)),
        "receivers": (receivers(&label(input.name(), 63))),
    });
    output.file(&header, Comment::Hash, "deploy/monitoring/alertmanager/alertmanager.yaml", &yaml(&body));
    output.lose(
        TARGET.id,
        "receivers",
        "The model does not say who is on call.",
        format!(
            "The receivers read their keys and addresses from {SECRETS}: on-call, second-on-call, tickets, heartbeat."
        ),
    );
    Ok(())
}

/// Environments whose pages wake somebody: the last of each line of promotion. In the others a page is a ticket.
pub(super) fn paging(monitors: &[Monitor<'_>]) -> Vec<String> {
    let follows = |name: &str| {
        monitors.iter().any(|monitor| {
            let after = monitor.settings.and_then(|settings| settings.after.get());
            after.map(Name::as_str) == Some(name)
        })
    };
    let mut names: Vec<_> =
        monitors.iter().map(|monitor| monitor.environment.to_owned()).filter(|name| !follows(name)).collect();
    // Where no order is said, the environment of that name is meant.
    if names.iter().any(|name| name == ONLY) {
        names.retain(|name| name == ONLY);
    }
    names
}

fn route(paging: &[String]) -> Node {
    let page = |more: Vec<(&str, Node)>| {
        let matchers = vec![
            matcher("severity", "=", Severity::Page.as_str()),
            matcher("environment", "=~", &paging.join("|")),
        ];
        let mut route = node!({ "matchers": matchers });
        for (key, value) in more {
            route.set(key, value);
        }
        route
    };
    node!({
        "receiver": "tickets",
        "group_by": ["app", "environment", "alertname", "service", "resource", "scheduled_job"],
        "group_wait": "1m",
        "group_interval": "10m",
        "repeat_interval": "1d",
        "routes": [
            {
                "receiver": "heartbeat",
                "matchers": [(matcher("severity", "=", Severity::Heartbeat.as_str()))],
                "group_wait": "0s",
                "group_interval": "1m",
                "repeat_interval": "1m",
            },
            (page(vec![
                ("receiver", Node::from("second-on-call")),
                // One notification for all that happens at once, and not before the first on call had time.
                ("group_by", node!(["app", "environment"])),
                ("group_wait", Node::from(ESCALATION)),
                ("group_interval", Node::from("10m")),
                ("repeat_interval", Node::from("30m")),
                ("continue", Node::from(true)),
            ])),
            (page(vec![
                ("receiver", Node::from("on-call")),
                ("group_wait", Node::from("15s")),
                ("group_interval", Node::from("5m")),
                ("repeat_interval", Node::from("10m")),
            ])),
        ],
    })
}

/// A matcher; its value in quotes, as Alertmanager wants them.
fn matcher(label: &str, operator: &str, value: &str) -> Node {
    Node::from(format!("{label}{operator}\"{value}\""))
}

fn inhibitions(monitors: &[Monitor<'_>]) -> Vec<Node> {
    let mut rules = vec![
        // Who is paged needs no ticket for the same thing.
        node!({
            "source_matchers": [(matcher("severity", "=", Severity::Page.as_str()))],
            "target_matchers": [(matcher("severity", "=", Severity::Ticket.as_str()))],
            "equal": ["app", "environment", "alertname", "service", "resource", "scheduled_job"],
        }),
        // What does not run at all fails its probes and its promises, too.
        node!({
            "source_matchers": [(matcher("alertname", "=", "ServiceDown"))],
            "target_matchers": [
                (matcher("kind", "=", "symptom")),
                (matcher("alertname", "!=", "ServiceDown")),
            ],
            "equal": ["app", "environment", "service"],
        }),
    ];
    // What a thing that is down explains, in any environment.
    let mut known: Vec<(&'static str, &str, &str, Vec<&str>)> = Vec::new();
    for monitor in monitors {
        let services = monitor.deployment.instances.iter().map(|instance| ("service", instance.name));
        let resources = monitor.deployment.backings.iter().map(|backing| ("resource", backing.name));
        for (kind, name) in resources.chain(services) {
            let alerts = if kind == "service" { "ServiceDown" } else { "DatabaseDown|DependencyDown" };
            let dependents: Vec<_> = monitor.dependents(name).into_iter().map(Name::as_str).collect();
            let entry = (alerts, kind, name.as_str(), dependents);
            if !entry.3.is_empty() && !known.contains(&entry) {
                known.push(entry);
            }
        }
    }
    for (alerts, kind, name, dependents) in known {
        rules.push(node!({
            "source_matchers": [(matcher("alertname", "=~", alerts)), (matcher(kind, "=", name))],
            "target_matchers": [
                (matcher("kind", "=", "symptom")),
                (matcher("service", "=~", &dependents.join("|"))),
            ],
            "equal": ["app", "environment"],
        }));
    }
    rules
}

/// Slots: what they send to is in files, which hold all that is secret.
fn receivers(app: &str) -> Vec<Node> {
    let pager = |name: &str| {
        node!({
            "name": name,
            "pagerduty_configs": [{
                "routing_key_file": (format!("{SECRETS}/{name}")),
                "severity": "critical",
                "description": "{{ .CommonLabels.environment }}: {{ (index .Alerts 0).Annotations.summary }}",
                "details": {
                    "description": "{{ (index .Alerts 0).Annotations.description }}",
                    "runbook": "{{ (index .Alerts 0).Annotations.runbook_url }}",
                    "dashboard": "{{ (index .Alerts 0).Annotations.dashboard }}",
                },
            }],
        })
    };
    let hook = |name: &str, channel: &str, text: &str, resolved: bool| {
        node!({
            "name": name,
            "slack_configs": [{
                "api_url_file": (format!("{SECRETS}/{name}")),
                "channel": channel,
                "send_resolved": resolved,
                "title": "{{ .CommonLabels.environment }}: {{ .CommonLabels.alertname }} ({{ .Status }})",
                "text": text,
            }],
        })
    };
    let list = "{{ range .Alerts }}{{ .Annotations.summary }}. {{ .Annotations.description }} See {{ .Annotations.runbook_url }}\n{{ end }}";
    let channel = format!("#{app}-alerts");
    vec![
        pager("on-call"),
        pager("second-on-call"),
        hook("tickets", &channel, list.trim_end(), true),
        hook("heartbeat", &channel, "alive", false),
    ]
}
