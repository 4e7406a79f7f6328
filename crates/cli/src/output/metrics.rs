//! `sea dora` for people.

use std::io::{self, Write};

use seaworthy_ledger::dora::{Direction, Origin, Rate, Report, Times, Trend};

use super::moment::span;
use super::style::{DIM, GOOD, NAME, Table, WARNING, paint};

/// Writes the five metrics, how they are spread and how they moved.
pub(crate) fn write(out: &mut dyn Write, report: &Report, origin: Origin) -> io::Result<()> {
    let source = match origin {
        Origin::Ledger => "the ledger",
        Origin::Tags => "version tags",
    };
    let days = format!("{} to {} ({}), from {source}", report.from, report.to, report.time_zone);
    writeln!(out, "{} in {}  {}\n", paint(NAME, report.app.as_str()), report.environment, paint(DIM, &days))?;
    let frequency = &report.deployment_frequency;
    let mut table = Table::new(&[NAME, NAME, DIM, DIM]);
    table.row([
        "deployment frequency".to_owned(),
        format!("{:.2} a day", frequency.now.per_day),
        format!("{} on {} days", frequency.now.deployments, frequency.now.active_days),
        trend(&frequency.trend),
    ]);
    let lead = &report.lead_time_for_changes;
    table.row(["lead time for changes".to_owned(), median(&lead.now), spread(&lead.now), trend(&lead.trend)]);
    let failed = &report.change_fail_rate;
    table.row(["change fail rate".to_owned(), rate(&failed.now), counted(&failed.now), trend(&failed.trend)]);
    let recovery = &report.failed_deployment_recovery_time;
    let times = &recovery.now.times;
    table.row([
        "failed deployment recovery".to_owned(),
        median(times),
        spread(times),
        trend(&recovery.trend),
    ]);
    let rework = &report.deployment_rework_rate;
    table.row(["rework rate".to_owned(), rate(&rework.now), counted(&rework.now), trend(&rework.trend)]);
    table.write(out)?;
    let notes = &report.notes;
    let mut told = Vec::new();
    if notes.imported > 0 {
        told.push(format!(
            "{} deployments are known from tags alone: whether they failed is not known, so rates leave them out",
            notes.imported
        ));
    }
    if notes.skewed_commits > 0 {
        told.push(format!(
            "{} changes are younger than their deployment, by the clocks",
            notes.skewed_commits
        ));
    }
    if notes.unknown_commits > 0 {
        told.push(format!("{} deployments are of commits that are not here", notes.unknown_commits));
    }
    if notes.first_deployment {
        told.push("the first known deployment is among them: what it delivered cannot be told".to_owned());
    }
    for note in told {
        writeln!(out, "\n{} {note}", paint(WARNING, "note"))?;
    }
    Ok(())
}

fn trend(trend: &Trend) -> String {
    let by = trend.change.map(|change| format!(" by {:.0} %", change.abs() * 100.0)).unwrap_or_default();
    match trend.direction {
        Direction::Better => paint(GOOD, &format!("better{by}")),
        Direction::Worse => paint(WARNING, &format!("worse{by}")),
        Direction::Same => "the same".to_owned(),
        Direction::Unknown => String::new(),
    }
}

fn median(times: &Times) -> String {
    times.median_seconds.map_or_else(|| "-".to_owned(), span)
}

fn spread(times: &Times) -> String {
    match (times.p25_seconds, times.p75_seconds) {
        (Some(low), Some(high)) => format!("{} to {}, of {}", span(low), span(high), times.count),
        _ => String::new(),
    }
}

fn rate(rate: &Rate) -> String {
    rate.rate.map_or_else(|| "-".to_owned(), |share| format!("{:.0} %", share * 100.0))
}

fn counted(rate: &Rate) -> String {
    if rate.of == 0 { String::new() } else { format!("{} of {}", rate.count, rate.of) }
}
