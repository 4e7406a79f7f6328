//! What tells from outside how an app is doing: metrics, alerts, errors, logs, objectives.

use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::facts::operations::deployed::{Deployed, is_document};
use crate::file::extension;
use crate::finding::Draft;

pub(super) static FACT: Fact = Fact {
    rules: &["no-metrics", "no-alerts", "no-slo", "no-error-tracking", "no-structured-logs"],
    whole: true,
    check,
};

/// Parts of the names of packages that measure.
const METRICS: [&str; 17] = [
    "prom-client",
    "prometheus",
    "opentelemetry",
    "statsd",
    "hot-shots",
    "dd-trace",
    "ddtrace",
    "newrelic",
    "elastic-apm",
    "micrometer",
    "metrics",
    "yabeda",
    "appsignal",
    "skylight",
    "scout",
    "applicationinsights",
    "honeycomb",
];

/// Parts of the names of packages that collect errors.
const ERRORS: [&str; 16] = [
    "sentry",
    "bugsnag",
    "rollbar",
    "honeybadger",
    "airbrake",
    "dd-trace",
    "ddtrace",
    "newrelic",
    "appsignal",
    "elastic-apm",
    "opentelemetry",
    "raygun",
    "highlight",
    "applicationinsights",
    "error-reporting",
    "posthog",
];

/// Parts of the names of packages that write logs machines can read.
const LOGS: [&str; 20] = [
    "pino",
    "winston",
    "bunyan",
    "structlog",
    "json-logger",
    "loguru",
    "zap",
    "zerolog",
    "logrus",
    "lograge",
    "semantic_logger",
    "monolog",
    "logstash",
    "serilog",
    "opentelemetry",
    "log4js",
    "tslog",
    "logtape",
    "consola",
    "tracing-subscriber",
];

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    let Some(deployed) = Deployed::find(context) else { return };
    if !deployed.knows_dependencies() {
        return;
    }
    let report = |rule: &'static str| sink.report(Draft::file(rule, "."));
    let has_metrics =
        deployed.depends_on(&METRICS) || deployed.has_path(&["servicemonitor", "podmonitor", "prometheus"]);
    if !has_metrics {
        report("no-metrics");
    }
    let has_objectives = !context.app.slos.is_empty()
        || deployed.has_path(&["/slo", "slo.", "slos", "sloth", "pyrra"])
        || deployed.is_written(is_document, &["service level objective", "service-level objective", "slo"]);
    if has_metrics && !has_objectives {
        report("no-slo");
    }
    let is_rules = |path: &str| match extension(path) {
        "tf" => true,
        "yml" | "yaml" => ["rule", "monitor", "prometheus", "ops", "infra", "deploy", "k8s"]
            .iter()
            .any(|word| path.contains(word)),
        _ => false,
    };
    let has_alerts = !context.app.slos.is_empty()
        || deployed.has_path(&["alert", "alarm", "uptime"])
        || deployed.is_written(
            is_rules,
            &[
                "- alert:",
                "metric_alarm",
                "alert_policy",
                "datadog_monitor",
                "newrelic_alert",
                "betteruptime",
                "checkly_",
            ],
        );
    if !has_alerts {
        report("no-alerts");
    }
    if !deployed.depends_on(&ERRORS) {
        report("no-error-tracking");
    }
    // Part of Go's standard library, which no manifest names.
    let is_go = |path: &str| extension(path) == "go" && !path.ends_with("_test.go");
    if deployed.processes() > 1 && !deployed.depends_on(&LOGS) && !deployed.is_written(is_go, &["log/slog"]) {
        report("no-structured-logs");
    }
}
