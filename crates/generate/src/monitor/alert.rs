//! An alert: when it fires, whom it wakes, what it says, and how it is tried.

use std::fmt;

use seaworthy_model::Name;

use super::Mode;

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// Somebody is woken: users suffer now, or will before the morning.
    Page,
    /// Somebody looks at it on the next working day.
    Ticket,
    /// Nobody: it says that alerts arrive at all.
    Heartbeat,
}

impl Severity {
    /// The value of the label `severity`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Ticket => "ticket",
            Self::Heartbeat => "heartbeat",
        }
    }
}

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject<'a> {
    /// The environment as a whole.
    App,
    /// A service.
    Service(&'a Name),
    /// A resource.
    Resource(&'a Name),
    /// A job.
    Job(&'a Name),
}

impl<'a> Subject<'a> {
    /// The label that names it, where it is one thing; `job` would be that of the scrape configuration.
    pub(crate) fn label(self) -> Option<(&'static str, &'a Name)> {
        match self {
            Self::App => None,
            Self::Service(name) => Some(("service", name)),
            Self::Resource(name) => Some(("resource", name)),
            Self::Job(name) => Some(("scheduled_job", name)),
        }
    }
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label().map_or("the environment", |(_, name)| name.as_str()))
    }
}

/// An alert.
#[derive(Clone, Debug)]
pub(crate) struct Alert<'a> {
    /// Its name, in the words of the field.
    pub(crate) name: &'static str,
    /// Who is told.
    pub(crate) severity: Severity,
    /// What it is about.
    pub(crate) subject: Subject<'a>,
    /// The section of the runbook.
    pub(crate) mode: Mode,
    /// It may be the consequence of something else that is down, which then says enough.
    pub(crate) symptom: bool,
    /// The window of a burn rate.
    pub(crate) window: Option<&'static str>,
    /// What of a service-level objective it is about: `availability`, `p95`.
    pub(crate) objective: Option<String>,
    /// When it fires.
    pub(crate) expr: String,
    /// How long that has to hold.
    pub(crate) wait: Option<&'static str>,
    /// What is so, in a line.
    pub(crate) summary: String,
    /// What it means, and what to look at first.
    pub(crate) description: String,
    /// What shows that it fires when it should, and does not when it should not.
    pub(crate) trials: Vec<Trial>,
}

/// Figures as they could come, and whether the alert fires at their end.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    /// What it shows.
    pub(crate) title: &'static str,
    /// Series with a value for each minute, in the notation of `promtool test rules`.
    pub(crate) series: Vec<(String, String)>,
    /// When it is looked at.
    pub(crate) at: &'static str,
    /// It fires.
    pub(crate) fires: bool,
}

impl Trial {
    /// It fires.
    pub(crate) fn fires(title: &'static str, at: &'static str, series: Vec<(String, String)>) -> Self {
        Self { title, series, at, fires: true }
    }

    /// It does not fire.
    pub(crate) fn quiet(title: &'static str, at: &'static str, series: Vec<(String, String)>) -> Self {
        Self { title, series, at, fires: false }
    }
}

/// A series of a trial.
pub(crate) fn series(name: &str, labels: &str, values: impl Into<String>) -> (String, String) {
    (format!("{name}{{{labels}}}"), values.into())
}

/// Fires always: when it stops to arrive, alerting itself is broken.
pub(super) fn watchdog<'a>() -> Alert<'a> {
    Alert {
        name: "Watchdog",
        severity: Severity::Heartbeat,
        subject: Subject::App,
        mode: Mode::Blind,
        symptom: false,
        window: None,
        objective: None,
        expr: "vector(1)".to_owned(),
        wait: None,
        summary: "Alerts arrive".to_owned(),
        description: "This alert fires always. The heartbeat receiver raises an alarm when it stops to arrive: then \
                      Prometheus, Alertmanager or the way between them is broken, and nothing else would tell."
            .to_owned(),
        trials: vec![Trial::fires("it fires always", "1m", Vec::new())],
    }
}

/// Something that is scraped does not answer.
pub(super) fn target_down<'a>() -> Alert<'a> {
    let up = |value: &str| vec![series("up", "job=\"otel-collector\",instance=\"otel\"", flat(value))];
    Alert {
        name: "MonitoringTargetDown",
        severity: Severity::Ticket,
        subject: Subject::App,
        mode: Mode::Blind,
        symptom: false,
        window: None,
        objective: None,
        expr: "up == 0".to_owned(),
        wait: Some("10m"),
        summary: "{{ $labels.job }} on {{ $labels.instance }} does not answer Prometheus".to_owned(),
        description: "For ten minutes nothing was measured there: alerts that read its figures cannot fire. \
                      Check that it runs and that Prometheus reaches it."
            .to_owned(),
        trials: vec![
            Trial::fires("a target that is gone", "20m", up("0")),
            Trial::quiet("a target that answers", "20m", up("1")),
        ],
    }
}

/// A value that stays.
pub(crate) fn flat(value: &str) -> String {
    format!("{value}+0x120")
}

/// Trials of an alert on the time of the last success.
pub(super) fn age_trials(metric: &str, labels: &str) -> Vec<Trial> {
    let at = |time: &str| vec![series(metric, labels, flat(time))];
    vec![
        // The clock of a trial begins at 0.
        Trial::fires("the last success is decades ago", "1h", at("-1000000000")),
        Trial::fires("nobody ever told of a success", "1h", Vec::new()),
        Trial::quiet("the last success is an hour ago", "1h", at("0")),
    ]
}
