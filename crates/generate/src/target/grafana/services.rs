//! One service: its requests, its promises, its room.

use super::dashboard::Dashboard;
use super::panel::{Panel, Unit};
use super::{blank, chooser, has, names};
use crate::monitor::{Monitor, counts_requests, recording};

const OWN: &str = "service_name=\"$service\"";

pub(super) fn dashboard(monitors: &[Monitor<'_>]) -> Dashboard {
    let mut dashboard = blank("services", "services");
    let all = names(monitors, |one| one.deployment.instances.iter().map(|it| it.name.to_string()).collect());
    dashboard.choosers.push(chooser("service", "Service", all));
    if has(monitors, |one| one.deployment.instances.iter().any(counts_requests)) {
        dashboard.row("Requests of $service", 8, requests());
    }
    if has(monitors, |one| one.deployment.instances.iter().any(|it| one.objective(it.name).is_some())) {
        dashboard.row("Promises", 8, promises(monitors));
    }
    dashboard.row(
        "Instances",
        8,
        vec![
            Panel::lines("Ready", Unit::Count, "Instances that pass their readiness probe.")
                .query(format!("{}{{{OWN}}}", recording::READY), "ready"),
            Panel::lines("Memory", Unit::Share, "Of the limit, largest instance; at 100 % it is killed.")
                .query(format!("{}{{{OWN}}}", recording::MEMORY), "memory")
                .bad_from(0.9),
            Panel::lines("CPU", Unit::Share, "Of the limit, busiest instance; at 100 % it is slowed down.")
                .query(format!("{}{{{OWN}}}", recording::CPU), "CPU")
                .bad_from(0.9),
            Panel::lines("Restarts in 15 minutes", Unit::Count, "Three are a crash loop.")
                .query(format!("{}{{{OWN}}}", recording::RESTARTS), "restarts")
                .bad_from(3.0),
        ],
    );
    dashboard
}

fn requests() -> Vec<Panel> {
    vec![
        Panel::lines("Requests", Unit::PerSecond, "Requests a second, and those that failed.")
            .query(format!("{}{{{OWN}}}", recording::REQUESTS), "all")
            .query(format!("{}{{{OWN}}}", recording::ERRORS), "failed"),
        Panel::lines("Failed", Unit::Share, "Share of requests that were answered with 5xx.")
            .query(format!("{}{{{OWN}}}", recording::ERROR_RATIO), "failed"),
        Panel::lines(
            "Duration",
            Unit::Seconds,
            "Half, 95 and 99 of 100 requests were answered within these times.",
        )
        .query(format!("{}{{{OWN}}}", recording::DURATION), "{{quantile}}"),
    ]
}

/// Shares of bad requests over the windows that alerts look at.
fn promises(monitors: &[Monitor<'_>]) -> Vec<Panel> {
    let mut panels = Vec::new();
    let objectives = || {
        monitors.iter().flat_map(|one| {
            one.deployment.instances.iter().filter_map(|instance| one.objective(instance.name))
        })
    };
    if objectives().any(|objective| objective.availability.is_some()) {
        let ratio = |window: &str| {
            format!(
                "{}{window}{{{OWN}}} / {}{window}{{{OWN}}}",
                recording::SLO_ERRORS,
                recording::SLO_REQUESTS
            )
        };
        panels.push(
            Panel::lines(
                "Failed, by window",
                Unit::Share,
                "Share that failed within the window of each alert.",
            )
            .query(ratio("1h"), "1 hour")
            .query(ratio("6h"), "6 hours")
            .query(ratio("3d"), "3 days"),
        );
    }
    if objectives().any(|objective| !objective.latency.is_empty()) {
        let quantile = |window: &str| {
            format!("histogram_quantile(0.95, sum by (le) ({}{window}{{{OWN}}}))", recording::SLO_BUCKETS)
        };
        panels.push(
            Panel::lines("Duration, 95 %, by window", Unit::Seconds, "95 of 100 requests took no longer.")
                .query(quantile("1h"), "1 hour")
                .query(quantile("6h"), "6 hours")
                .query(quantile("3d"), "3 days"),
        );
    }
    panels
}
