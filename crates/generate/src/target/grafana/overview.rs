//! The first dashboard to open: what fires, and each service and resource in a figure.

use super::dashboard::Dashboard;
use super::panel::{Panel, Unit};
use super::{blank, has};
use crate::monitor::{Monitor, counts_requests, recording};

pub(super) fn dashboard(monitors: &[Monitor<'_>]) -> Dashboard {
    let mut dashboard = blank("overview", "overview");
    let runs = has(monitors, |one| !one.deployment.instances.is_empty());
    let firing = "ALERTS{alertstate=\"firing\",severity=~\"page|ticket\"}";
    let alerts =
        Panel::alerts("Alerts that fire", "Each has a section in docs/runbook.md.").query(firing, "");
    let ready = Panel::figures("Instances that are ready", Unit::Count, "0 is a service that is down.")
        .query(recording::READY, "{{service_name}}");
    dashboard.row("Now", 8, if runs { vec![alerts, ready] } else { vec![alerts] });
    if has(monitors, |one| one.deployment.instances.iter().any(counts_requests)) {
        dashboard.row(
            "Requests",
            8,
            vec![
                Panel::lines("Requests", Unit::PerSecond, "Requests a second, by service.")
                    .query(recording::REQUESTS, "{{service_name}}"),
                Panel::lines("Failed", Unit::Share, "Share of requests that were answered with 5xx.")
                    .query(recording::ERROR_RATIO, "{{service_name}}")
                    .bad_from(0.05),
                Panel::lines(
                    "Duration, 95 %",
                    Unit::Seconds,
                    "95 of 100 requests were answered within this time.",
                )
                .query(format!("{}{{quantile=\"0.95\"}}", recording::DURATION), "{{service_name}}"),
            ],
        );
    }
    if runs {
        dashboard.row(
            "Room that is left",
            8,
            vec![
                Panel::lines("Memory", Unit::Share, "Of the limit; at 100 % an instance is killed.")
                    .query(recording::MEMORY, "{{service_name}}")
                    .bad_from(0.9),
                Panel::lines("CPU", Unit::Share, "Of the limit; at 100 % an instance is slowed down.")
                    .query(recording::CPU, "{{service_name}}")
                    .bad_from(0.9),
                Panel::lines("Restarts in 15 minutes", Unit::Count, "Three are a crash loop.")
                    .query(recording::RESTARTS, "{{service_name}}")
                    .bad_from(3.0),
            ],
        );
    }
    if has(monitors, super::resources::shows) {
        dashboard.row(
            "Resources",
            6,
            vec![
                Panel::figures("Answers", Unit::Count, "1 is up, 0 is down.")
                    .query(recording::UP, "{{resource}}"),
            ],
        );
    }
    dashboard
}
