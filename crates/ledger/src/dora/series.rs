//! The five metrics over a longer time, as points of a chart.

use schemars::JsonSchema;
use seaworthy_model::Name;
use serde::Serialize;

use super::data::Facts;
use super::report::{figures, judged};
use super::window::{Window, WindowError};

/// The metrics of a few days, as one point each.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Point {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// Deployments.
    pub deployments: u32,
    /// The median lead time for changes, in seconds.
    pub lead_time_seconds: Option<i64>,
    /// The change fail rate, 0 to 1.
    pub change_fail_rate: Option<f64>,
    /// The median recovery time of failed deployments, in seconds.
    pub recovery_seconds: Option<i64>,
    /// The deployment rework rate, 0 to 1.
    pub rework_rate: Option<f64>,
}

/// The metrics of `count` windows as long as `last`, which is the last of them; oldest first.
pub fn series(
    facts: &Facts,
    app: &Name,
    environment: &Name,
    last: &Window,
    count: usize,
) -> Result<Vec<Point>, WindowError> {
    let judged = judged(facts, app, environment);
    let mut points = Vec::with_capacity(count);
    let mut window = last.clone();
    for left in (0..count).rev() {
        let figures = figures(&judged, &window);
        points.push(Point {
            from: window.first().to_string(),
            to: window.last().to_string(),
            deployments: figures.frequency.deployments,
            lead_time_seconds: figures.lead.median_seconds,
            change_fail_rate: figures.failed.rate,
            recovery_seconds: figures.recovery.times.median_seconds,
            rework_rate: figures.rework.rate,
        });
        if left > 0 {
            window = window.previous()?;
        }
    }
    points.reverse();
    Ok(points)
}
