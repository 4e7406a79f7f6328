//! Alerts on scheduled jobs.

use super::alert::{age_trials, flat, series};
use super::cadence::longest_gap;
use super::metrics::{kube, pushed};
use super::{Alert, Mode, Monitor, Platform, Severity, Subject, Trial};
use crate::Task;
use crate::names::label;

/// Seconds that a job may take, and that a schedule may shift by an hour of summer time.
const TOLERANCE: u64 = 2 * 3600;

/// Alerts on one job; none where it has no schedule or nobody can tell when it should have run.
pub(super) fn alerts<'a>(monitor: &Monitor<'a>, task: &Task<'a>) -> Vec<Alert<'a>> {
    let Some(schedule) = task.schedule else { return Vec::new() };
    let Some(gap) = longest_gap(schedule) else { return Vec::new() };
    let name = task.name;
    let limit = gap + TOLERANCE;
    let (metric, own) = match &monitor.platform {
        Platform::Kubernetes { namespace } => (
            kube::CRON_SUCCESS,
            format!("namespace=\"{namespace}\",cronjob=\"{}\"", label(name.as_str(), 63)),
        ),
        Platform::Containers { .. } => (pushed::JOB_SUCCESS, format!("scheduled_job=\"{name}\"")),
    };
    let blank = Alert {
        name: "JobMissedSchedule",
        severity: Severity::Ticket,
        subject: Subject::Job(name),
        mode: Mode::JobMissed,
        symptom: true,
        window: None,
        objective: None,
        expr: format!("time() - max({metric}{{{own}}}) > {limit} or absent({metric}{{{own}}})"),
        wait: Some("10m"),
        summary: format!("{name} did not run as scheduled"),
        description: format!(
            "{name} is due at `{schedule}` ({}). Its last success is longer ago than two runs are apart, or it was \
             never told of one.",
            task.timezone.unwrap_or("UTC")
        ),
        trials: age_trials(metric, &own),
    };
    let Platform::Kubernetes { namespace } = &monitor.platform else { return vec![blank] };
    let runs = format!("namespace=\"{namespace}\",job_name=~\"{}-.+\"", label(name.as_str(), 52));
    let run = format!("namespace=\"{namespace}\",job_name=\"{}-1\"", label(name.as_str(), 52));
    let ran = |failed: &str, started: &str| {
        vec![series(kube::JOB_FAILED, &run, flat(failed)), series(kube::JOB_STARTED, &run, flat(started))]
    };
    let failed = Alert {
        name: "JobFailed",
        // Failed runs are kept for whoever looks into them: after a day they are no news.
        expr: format!(
            "max({}{{{runs}}} > 0 and on (job_name) time() - {}{{{runs}}} < 86400)",
            kube::JOB_FAILED,
            kube::JOB_STARTED
        ),
        wait: Some("1m"),
        summary: format!("A run of {name} failed"),
        description: format!("The log of the failed run says why; {name} can be started again by hand."),
        trials: vec![
            Trial::fires("a run failed", "10m", ran("1", "0")),
            Trial::quiet("none failed", "10m", ran("0", "0")),
            Trial::quiet("one failed long ago and is kept", "10m", ran("1", "-100000")),
        ],
        ..blank.clone()
    };
    vec![blank, failed]
}
