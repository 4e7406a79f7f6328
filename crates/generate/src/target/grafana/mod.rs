//! Grafana: dashboards and their provisioning.

mod dashboard;
mod overview;
mod panel;
mod resources;
mod services;

use dashboard::Dashboard;

use crate::monitor::Monitor;
use crate::names::label;
use crate::node;
use crate::print::{Node, json, yaml};
use crate::{Comment, Header, Input, Output, Target, TemplateError};

pub(super) const TARGET: Target =
    Target { id: "grafana", title: "Grafana: dashboards and their provisioning", by_default: true, make };

/// Where the files of a dashboard folder are mounted.
const MOUNTED: &str = "/etc/grafana/dashboards";

#[allow(clippy::unnecessary_wraps, reason = "every target may fail")]
fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let header = Header { target: TARGET.id, app: input.name() };
    let monitors = Monitor::all(input);
    let root = "deploy/monitoring/grafana";
    let dashboards = [
        Some(overview::dashboard(&monitors)),
        Some(services::dashboard(&monitors))
            .filter(|_| has(&monitors, |one| !one.deployment.instances.is_empty())),
        Some(resources::dashboard(&monitors)).filter(|_| has(&monitors, resources::shows)),
    ];
    for dashboard in dashboards.into_iter().flatten() {
        let path = format!("{root}/dashboards/{}.json", dashboard.name);
        output.noted(&header, path, &json(&dashboard.print(input.name(), &header.note())));
    }
    let provider = node!({
        "apiVersion": 1,
        "providers": [{
            "name": (label(input.name(), 63)),
            "folder": (input.name()),
            "type": "file",
            "allowUiUpdates": false,
            "options": { "path": MOUNTED },
        }],
    });
    let path = format!("{root}/provisioning/dashboards/{}.yaml", label(input.name(), 63));
    output.file(&header, Comment::Hash, path, &yaml(&provider));
    let path = format!("{root}/provisioning/datasources/{}.yaml", label(input.name(), 63));
    output.file(&header, Comment::Hash, path, &yaml(&datasources(&monitors)));
    Ok(())
}

fn has(monitors: &[Monitor<'_>], test: impl Fn(&Monitor<'_>) -> bool) -> bool {
    monitors.iter().any(test)
}

/// One for the Prometheus of each environment.
fn datasources(monitors: &[Monitor<'_>]) -> Node {
    let sources: Vec<Node> = monitors
        .iter()
        .map(|monitor| {
            let app = label(monitor.deployment.name, 20);
            node!({
                "name": (format!("{} {}", monitor.deployment.name, monitor.environment)),
                "uid": (label(&format!("{app}-{}", monitor.environment), 40)),
                "type": "prometheus",
                "access": "proxy",
                "url": (format!("http://{}:9090", monitor.platform.host("prometheus"))),
                "jsonData": { "timeInterval": "30s", "httpMethod": "POST" },
            })
        })
        .collect();
    node!({ "apiVersion": 1, "datasources": sources })
}

/// All names of a kind, over all environments, in order.
fn names(monitors: &[Monitor<'_>], of: impl Fn(&Monitor<'_>) -> Vec<String>) -> Vec<String> {
    let mut names: Vec<_> = monitors.iter().flat_map(of).collect();
    names.sort();
    names.dedup();
    names
}

/// What may choose among names.
fn chooser(name: &'static str, title: &'static str, values: Vec<String>) -> dashboard::Chooser {
    dashboard::Chooser { name, title, values }
}

/// A dashboard, to fill with panels.
fn blank(name: &'static str, title: &'static str) -> Dashboard {
    Dashboard { name, title, choosers: Vec::new(), rows: Vec::new() }
}
