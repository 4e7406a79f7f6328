//! Tests for `promtool test rules`: each alert fires when it should, and does not when it should not.
//!
//! promtool evaluates every rule in every test. Trials that cannot disturb each other share one, which makes the
//! difference between seconds and minutes.

use std::collections::BTreeSet;

use crate::monitor::{Alert, Monitor, Subject, Trial};
use crate::node;
use crate::print::Node;

/// Trials that are looked at together.
#[derive(Default)]
struct World<'m> {
    trials: Vec<(&'m Alert<'m>, &'m Trial)>,
    /// The metrics that are taken, with what they are about; in an environment of its own everything is.
    taken: BTreeSet<(&'m str, String)>,
    alone: bool,
}

/// The tests of every alert of an environment.
pub(super) fn tests(monitor: &Monitor<'_>) -> Node {
    let alerts = monitor.alerts();
    let tests: Vec<Node> = worlds(&alerts).iter().map(test).collect();
    node!({
        "rule_files": ["recording.yaml", "alerts.yaml"],
        "evaluation_interval": "2m",
        "tests": tests,
    })
}

/// Puts each trial into the first world in which nothing else uses its metrics.
fn worlds<'m>(alerts: &'m [Alert<'m>]) -> Vec<World<'m>> {
    let mut worlds: Vec<World<'m>> = Vec::new();
    for alert in alerts {
        for trial in &alert.trials {
            let subject = alert.subject.to_string();
            let metrics: BTreeSet<_> =
                trial.series.iter().map(|(series, _)| (metric(series), subject.clone())).collect();
            // What shows that nothing is measured, and what looks at everything, bears no company.
            let alone = metrics.is_empty() || alert.subject == Subject::App;
            let long = |world: &World<'_>| world.trials.iter().any(|(_, other)| other.at == "200m");
            let fits = |world: &World<'m>| {
                !alone
                    && !world.alone
                    && long(world) == (trial.at == "200m")
                    && world.taken.is_disjoint(&metrics)
                    && agrees(world, trial)
            };
            let index = worlds.iter().position(fits).unwrap_or_else(|| {
                worlds.push(World { alone, ..World::default() });
                worlds.len() - 1
            });
            let world = &mut worlds[index];
            world.taken.extend(metrics);
            world.trials.push((alert, trial));
        }
    }
    worlds
}

/// No series would have two values.
fn agrees(world: &World<'_>, trial: &Trial) -> bool {
    let mut known = world.trials.iter().flat_map(|(_, other)| &other.series);
    known.all(|(series, values)| trial.series.iter().all(|(own, other)| own != series || other == values))
}

fn metric(series: &str) -> &str {
    series.split('{').next().unwrap_or(series)
}

fn test(world: &World<'_>) -> Node {
    let mut series: Vec<&(String, String)> = Vec::new();
    for one in world.trials.iter().flat_map(|(_, trial)| &trial.series) {
        if !series.contains(&one) {
            series.push(one);
        }
    }
    let series: Vec<Node> = series
        .into_iter()
        .map(|(series, values)| node!({ "series": (series.as_str()), "values": (values.as_str()) }))
        .collect();
    let looks: Vec<Node> = world.trials.iter().map(|(alert, trial)| look(alert, trial)).collect();
    node!({ "interval": "1m", "input_series": series, "promql_expr_test": looks })
}

/// Whether it fires is asked of the series that Prometheus keeps of alerts: their text may change freely.
fn look(alert: &Alert<'_>, trial: &Trial) -> Node {
    let mut labels =
        vec![("alertname", alert.name), ("alertstate", "firing"), ("severity", alert.severity.as_str())];
    labels.extend(alert.window.map(|window| ("window", window)));
    labels.extend(alert.objective.as_deref().map(|objective| ("objective", objective)));
    labels.extend(alert.subject.label().map(|(key, name)| (key, name.as_str())));
    let labels: Vec<_> = labels.into_iter().map(|(key, value)| format!("{key}=\"{value}\"")).collect();
    let samples: Vec<Node> =
        if trial.fires { vec![node!({ "labels": "{}", "value": 1 })] } else { Vec::new() };
    node!({
        "expr": (Node::from(format!("clamp_max(count(ALERTS{{{}}}), 1)", labels.join(","))).comment(trial.title)),
        "eval_time": (trial.at),
        "exp_samples": samples,
    })
}
