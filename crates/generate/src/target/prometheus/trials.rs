//! Tests for `promtool test rules`: each alert fires when it should, and does not when it should not.

use crate::monitor::{Alert, Monitor, Trial};
use crate::node;
use crate::print::Node;

/// The tests of every alert of an environment.
pub(super) fn tests(monitor: &Monitor<'_>) -> Node {
    let alerts = monitor.alerts();
    let tests = alerts.iter().flat_map(|alert| alert.trials.iter().map(|trial| test(alert, trial)));
    let tests: Vec<Node> = tests.collect();
    node!({
        "rule_files": ["recording.yaml", "alerts.yaml"],
        "evaluation_interval": "1m",
        "tests": tests,
    })
}

fn test(alert: &Alert<'_>, trial: &Trial) -> Node {
    let series: Vec<Node> = trial
        .series
        .iter()
        .map(|(series, values)| node!({ "series": (series.as_str()), "values": (values.as_str()) }))
        .collect();
    let mut labels =
        format!("alertname=\"{}\",alertstate=\"firing\",severity=\"{}\"", alert.name, alert.severity.as_str());
    let window = alert.window.map(|window| ("window", window));
    let objective = alert.objective.as_deref().map(|objective| ("objective", objective));
    let subject = alert.subject.label().map(|(key, name)| (key, name.as_str()));
    for (key, value) in window.into_iter().chain(objective).chain(subject) {
        labels.push_str(&format!(",{key}=\"{value}\""));
    }
    // Whether it fires is asked of the series that Prometheus keeps of alerts: their text may change freely.
    let samples: Vec<Node> =
        if trial.fires { vec![node!({ "labels": "{}", "value": 1 })] } else { Vec::new() };
    let of = alert.subject.label().map(|(_, name)| format!(" of {name}")).unwrap_or_default();
    let window = alert.window.map(|window| format!(" over {window}")).unwrap_or_default();
    let objective = alert.objective.as_ref().map(|name| format!(" for {name}")).unwrap_or_default();
    node!({
        "name": (format!("{}{of}{objective}{window}, {}: {}", alert.name, alert.severity.as_str(), trial.title)),
        "interval": "1m",
        "input_series": series,
        "promql_expr_test": [{
            "expr": (format!("clamp_max(count(ALERTS{{{labels}}}), 1)")),
            "eval_time": (trial.at),
            "exp_samples": samples,
        }],
    })
}
