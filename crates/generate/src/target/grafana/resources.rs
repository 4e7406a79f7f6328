//! One resource: whether it answers, and what room it has.

use super::dashboard::Dashboard;
use super::panel::{Panel, Unit};
use super::{blank, chooser, names};
use crate::monitor::{Monitor, recording};

const OWN: &str = "resource=\"$resource\"";

/// There is something to show.
pub(super) fn shows(monitor: &Monitor<'_>) -> bool {
    !shown(monitor).is_empty()
}

fn shown(monitor: &Monitor<'_>) -> Vec<String> {
    let backings = monitor.deployment.backings.iter().filter(|backing| backing.kind != "sqlite");
    backings.map(|backing| backing.name.to_string()).collect()
}

pub(super) fn dashboard(monitors: &[Monitor<'_>]) -> Dashboard {
    let mut dashboard = blank("resources", "resources");
    dashboard.choosers.push(chooser("resource", "Resource", names(monitors, shown)));
    dashboard.row(
        "$resource",
        8,
        vec![
            Panel::lines("Answers", Unit::Count, "1 is up, 0 is down.")
                .query(format!("{}{{{OWN}}}", recording::UP), "up"),
            Panel::lines("Connections", Unit::Share, "Of those it allows; at 100 % new ones are refused.")
                .query(format!("{}{{{OWN}}}", recording::CONNECTIONS), "open")
                .bad_from(0.8),
            Panel::lines("Disk", Unit::Share, "Of its volume; when it is full, nothing can be written.")
                .query(format!("{}{{{OWN}}}", recording::DISK), "used")
                .bad_from(0.8),
        ],
    );
    dashboard
}
