//! What is scraped.
//!
//! Addresses are those that the exporters have by convention beside the app: `NAME-exporter` for a resource's own,
//! `otel-collector`, `blackbox-exporter`, `pushgateway`.

use seaworthy_model::ProbeAction;

use crate::monitor::{Monitor, Platform, is_outside, metrics, recording, resources};
use crate::names::label;
use crate::node;
use crate::print::Node;

/// Where Kubernetes puts the credentials of a pod.
const CREDENTIALS: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The configuration of an environment.
pub(super) fn configuration(monitor: &Monitor<'_>) -> Node {
    let mut jobs = vec![otel(monitor)];
    match &monitor.platform {
        Platform::Kubernetes { namespace } => jobs.extend(kubernetes(namespace)),
        Platform::Containers { .. } => {
            jobs.push(fixed("cadvisor", "cadvisor:8080"));
            jobs.push(fixed("node", "node-exporter:9100"));
        }
    }
    jobs.extend(exporters(monitor));
    jobs.extend(queues(monitor));
    jobs.extend(probes(monitor));
    jobs.extend(certificates(monitor));
    if is_pushed_to(monitor) {
        let mut job = fixed("pushgateway", &format!("{}:9091", monitor.platform.host("pushgateway")));
        job.set("honor_labels", true);
        jobs.push(job);
    }
    node!({
        "global": {
            "scrape_interval": "30s",
            "evaluation_interval": "30s",
            "external_labels": {
                "app": (label(monitor.deployment.name, 63)),
                "environment": (monitor.environment),
            },
        },
        "rule_files": ["recording.yaml", "alerts.yaml"],
        "alerting": {
            "alertmanagers": [{
                "static_configs": [{
                    "targets": [(format!("{}:9093", monitor.platform.host("alertmanager")))],
                }],
            }],
        },
        "scrape_configs": jobs,
    })
}

/// Something tells of its successes itself.
pub(super) fn is_pushed_to(monitor: &Monitor<'_>) -> bool {
    let jobs = !monitor.platform.is_kubernetes()
        && monitor.deployment.tasks.iter().any(|task| task.schedule.is_some());
    jobs || monitor.deployment.backings.iter().any(|backing| backing.resource.backup.get().is_some())
}

fn fixed(name: &str, target: &str) -> Node {
    node!({ "job_name": name, "static_configs": [{ "targets": [target] }] })
}

/// What services tell of themselves, through the collector.
fn otel(monitor: &Monitor<'_>) -> Node {
    let mut job = fixed("otel-collector", &format!("{}:8889", monitor.platform.host("otel-collector")));
    job.set("honor_labels", true);
    job
}

fn kubernetes(namespace: &str) -> Vec<Node> {
    let own = |label: &str| node!({ "source_labels": [label], "regex": namespace, "action": "keep" });
    let kubelet = |name: &str, path: &str| {
        node!({
            "job_name": name,
            "scheme": "https",
            "metrics_path": path,
            "kubernetes_sd_configs": [{ "role": "node" }],
            "authorization": { "credentials_file": (format!("{CREDENTIALS}/token")) },
            "tls_config": { "ca_file": (format!("{CREDENTIALS}/ca.crt")) },
            "metric_relabel_configs": [(own("namespace"))],
        })
    };
    let mut state = fixed("kube-state-metrics", "kube-state-metrics.kube-system.svc:8080");
    state.set("honor_labels", true);
    state.set("metric_relabel_configs", node!([(own("namespace"))]));
    vec![state, kubelet("cadvisor", "/metrics/cadvisor"), kubelet("kubelet", "/metrics")]
}

fn exporters(monitor: &Monitor<'_>) -> Option<Node> {
    let known = monitor.deployment.backings.iter().filter(|backing| !is_outside(backing));
    let known = known.filter_map(|backing| Some((backing, metrics::exporter(backing.kind)?)));
    let targets: Vec<Node> = known
        .map(|(backing, exporter)| {
            let name = backing.name.as_str();
            let host = if exporter.built_in { name.to_owned() } else { format!("{name}-exporter") };
            let target = format!("{}:{}", monitor.platform.host(&host), exporter.port);
            node!({ "targets": [(Node::from(target).comment(exporter.title))], "labels": { "resource": name } })
        })
        .collect();
    (!targets.is_empty()).then(|| node!({ "job_name": "resources", "static_configs": targets }))
}

/// Lengths of queues in Redis: its exporter looks at the keys that it is asked for.
fn queues(monitor: &Monitor<'_>) -> Vec<Node> {
    let redis = monitor.deployment.backings.iter().filter(|backing| backing.kind == "redis");
    redis
        .filter_map(|backing| {
            let keys = resources::queue_keys(&recording::workers(monitor, backing.name));
            if keys.is_empty() {
                return None;
            }
            let name = backing.name.as_str();
            let address = format!("redis://{}:{}", monitor.platform.host(name), backing.port()?);
            let exporter = format!("{}:9121", monitor.platform.host(&format!("{name}-exporter")));
            Some(node!({
                "job_name": (format!("queues-{name}")),
                "metrics_path": "/scrape",
                "params": { "check-keys": [(keys.join(","))] },
                "static_configs": [{ "targets": [address], "labels": { "resource": name } }],
                "relabel_configs": (through(&exporter)),
            }))
        })
        .collect()
}

/// Asks `exporter` about each target, in place of the target itself.
fn through(exporter: &str) -> Node {
    node!([
        { "source_labels": ["__address__"], "target_label": "__param_target" },
        { "source_labels": ["__param_target"], "target_label": "instance" },
        { "target_label": "__address__", "replacement": exporter },
    ])
}

fn blackbox(monitor: &Monitor<'_>) -> String {
    format!("{}:9115", monitor.platform.host("blackbox-exporter"))
}

/// The modules `http_2xx` and `tcp_connect` are those of blackbox-exporter's own example configuration.
fn probes(monitor: &Monitor<'_>) -> Option<Node> {
    let mut targets = Vec::new();
    for instance in &monitor.deployment.instances {
        let Some(port) = instance.port else { continue };
        let host = monitor.platform.host(instance.name.as_str());
        let (module, target) = match instance.probes.readiness.as_ref().map(|probe| &probe.action) {
            Some(ProbeAction::Http(path)) => ("http_2xx", format!("http://{host}:{port}{path}")),
            Some(ProbeAction::Tcp(other)) if *other != 0 => ("tcp_connect", format!("{host}:{other}")),
            _ => ("tcp_connect", format!("{host}:{port}")),
        };
        targets.push(node!({
            "targets": [target],
            "labels": { "service": (instance.name.as_str()), "module": module },
        }));
    }
    let mut files = Vec::new();
    for backing in monitor.deployment.backings.iter().filter(|backing| backing.kind != "sqlite") {
        let name = backing.name.as_str();
        if is_outside(backing) {
            files.push(node!({ "files": [(format!("targets/{name}.yaml"))] }));
        } else if let (None, Some(port)) = (metrics::exporter(backing.kind), backing.port()) {
            let target = format!("{}:{port}", monitor.platform.host(name));
            targets.push(node!({
                "targets": [target],
                "labels": { "resource": name, "module": "tcp_connect" },
            }));
        }
    }
    if targets.is_empty() && files.is_empty() {
        return None;
    }
    let module = node!({ "source_labels": ["module"], "target_label": "__param_module" });
    let mut relabel = vec![module];
    if let Node::List(rules) = through(&blackbox(monitor)) {
        relabel.extend(rules);
    }
    Some(Node::map([
        ("job_name", Some("probes".into())),
        ("metrics_path", Some("/probe".into())),
        ("static_configs", Node::List(targets).filled()),
        ("file_sd_configs", Node::List(files).filled()),
        ("relabel_configs", Some(Node::List(relabel))),
    ]))
}

fn certificates(monitor: &Monitor<'_>) -> Option<Node> {
    let domain = monitor.domain()?;
    if !monitor.deployment.instances.iter().any(crate::Instance::is_public) {
        return None;
    }
    Some(node!({
        "job_name": "certificates",
        "scrape_interval": "1m",
        "metrics_path": "/probe",
        "params": { "module": ["http_2xx"] },
        "static_configs": [{ "targets": [(format!("https://{domain}/"))], "labels": { "domain": domain } }],
        "relabel_configs": (through(&blackbox(monitor))),
    }))
}
