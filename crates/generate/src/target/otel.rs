//! The OpenTelemetry collector: what services tell of themselves, taken in, bounded, rid of secrets and handed on.
//!
//! Components are those of the distribution `contrib`
//! (<https://github.com/open-telemetry/opentelemetry-collector-contrib>).

use crate::monitor::{Monitor, Platform};
use crate::names::label;
use crate::node;
use crate::print::{Node, yaml};
use crate::{Comment, Header, Input, Output, Target, TemplateError};

pub(super) const TARGET: Target =
    Target { id: "otel", title: "OpenTelemetry: collector configuration", by_default: true, make };

/// Attributes in which credentials travel: never stored
/// (<https://opentelemetry.io/docs/specs/semconv/registry/attributes/>).
const SECRET: [&str; 5] = [
    "http.request.header.authorization",
    "http.request.header.cookie",
    "http.response.header.set-cookie",
    "url.query",
    "db.query.parameter",
];

#[allow(clippy::unnecessary_wraps, reason = "every target may fail")]
fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let header = Header { target: TARGET.id, app: input.name() };
    let app = label(input.name(), 63);
    let kubernetes =
        Monitor::all(input).iter().any(|monitor| matches!(monitor.platform, Platform::Kubernetes { .. }));
    let mut resource = vec![
        node!({ "key": "service.namespace", "value": (app.as_str()), "action": "upsert" }),
        node!({ "key": "deployment.environment.name", "value": "${env:ENVIRONMENT}", "action": "upsert" }),
    ];
    if kubernetes {
        resource
            .push(node!({ "key": "k8s.namespace.name", "value": "${env:NAMESPACE}", "action": "upsert" }));
    }
    let clean: Vec<Node> = SECRET.iter().map(|key| node!({ "key": (*key), "action": "delete" })).collect();
    let body = node!({
        "receivers": {
            "otlp": {
                "protocols": {
                    // All addresses: services reach it from their own containers.
                    "grpc": { "endpoint": "0.0.0.0:4317" },
                    "http": { "endpoint": "0.0.0.0:4318" },
                },
            },
        },
        "processors": {
            "memory_limiter": { "check_interval": "1s", "limit_percentage": 80, "spike_limit_percentage": 20 },
            "resource": { "attributes": resource },
            "attributes": { "actions": clean },
            "batch": { "send_batch_size": 1024, "timeout": "5s" },
        },
        "exporters": {
            "prometheus": {
                "endpoint": "0.0.0.0:8889",
                // Rules select by service_namespace and service_name.
                "resource_to_telemetry_conversion": { "enabled": true },
                "metric_expiration": "5m",
            },
            "otlphttp": {
                "endpoint": "${env:TELEMETRY_ENDPOINT}",
                "headers": { "authorization": "${env:TELEMETRY_AUTHORIZATION}" },
                "sending_queue": { "enabled": true, "queue_size": 1000 },
                "retry_on_failure": { "enabled": true, "max_elapsed_time": "5m" },
            },
        },
        "extensions": { "health_check": { "endpoint": "0.0.0.0:13133" } },
        "service": {
            "extensions": ["health_check"],
            "telemetry": { "logs": { "level": "info", "encoding": "json" } },
            "pipelines": {
                "metrics": (pipeline(&["memory_limiter", "resource", "batch"], "prometheus")),
                "traces": (pipeline(&["memory_limiter", "resource", "attributes", "batch"], "otlphttp")),
                "logs": (pipeline(&["memory_limiter", "resource", "attributes", "batch"], "otlphttp")),
            },
        },
    });
    output.file(&header, Comment::Hash, "deploy/monitoring/otel/collector.yaml", &yaml(&body));
    output.lose(
        TARGET.id,
        "telemetry",
        "The model does not say where traces and logs are kept.",
        "The collector reads TELEMETRY_ENDPOINT and TELEMETRY_AUTHORIZATION from its environment, and ENVIRONMENT.",
    );
    Ok(())
}

fn pipeline(processors: &[&str], exporter: &str) -> Node {
    node!({
        "receivers": ["otlp"],
        "processors": (Node::list(processors.iter().copied())),
        "exporters": [exporter],
    })
}
