//! The five metrics of a window, beside those of the window before.

use jiff::SignedDuration;
use schemars::JsonSchema;
use seaworthy_model::Name;
use serde::Serialize;

use super::data::{Facts, Source};
use super::failure::{Fate, fates, incidents, rework};
use super::lead::{Delivered, delivered};
use super::stats::{Counts, Rate, Times};
use super::timeline::{Deployed, timeline};
use super::window::{Window, WindowError};

/// A change of less than this share is none.
const NOTICEABLE: f64 = 0.05;

/// Which way a metric went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// It got better.
    Better,
    /// It changed by less than 5 %.
    Same,
    /// It got worse.
    Worse,
    /// It cannot be told: one of the windows has no figure, or begins before the first known deployment.
    Unknown,
}

/// How a metric moved. It describes, it tests nothing: few deployments move by chance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Trend {
    /// Which way.
    pub direction: Direction,
    /// By which share of the figure before: 0.5 is half as much again. None when that was 0.
    pub change: Option<f64>,
}

/// A metric now and before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Metric<T> {
    /// In the window.
    pub now: T,
    /// In the window of the same length right before.
    pub before: T,
    /// How it moved.
    pub trend: Trend,
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Frequency {
    /// Deployments in the window.
    pub deployments: u32,
    /// On average per day.
    pub per_day: f64,
    /// How the days differ.
    pub daily: Counts,
    /// Days with at least one.
    pub active_days: u32,
    /// Between one and the next.
    pub between: Times,
}

/// How fast failures were over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Recovery {
    /// Of those that are over.
    pub times: Times,
    /// Failed deployments that users still suffer from. They have no time yet, so the median is too good.
    pub unrecovered: u32,
}

/// What a reader must know to trust the figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Notes {
    /// Changes that were committed after their deployment, by the clocks; they count as delivered at once.
    pub skewed_commits: u32,
    /// Deployments whose commit is in no history that was given: they have no lead times.
    pub unknown_commits: u32,
    /// Whether the first known deployment is in the window: what it delivered cannot be told.
    pub first_deployment: bool,
    /// Imported deployments: nothing is known of their failures, so rates leave them out.
    pub imported: u32,
}

/// The five metrics. Its JSON is the documented shape `sea.dora/1`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    schema: &'static str,
    /// The app.
    #[schemars(with = "String")]
    pub app: Name,
    /// The environment.
    #[schemars(with = "String")]
    pub environment: Name,
    /// The first day of the window.
    pub from: String,
    /// Its last day.
    pub to: String,
    /// Whose days.
    pub time_zone: String,
    /// Deployment frequency.
    pub deployment_frequency: Metric<Frequency>,
    /// Lead time for changes.
    pub lead_time_for_changes: Metric<Times>,
    /// Change fail rate.
    pub change_fail_rate: Metric<Rate>,
    /// Failed deployment recovery time.
    pub failed_deployment_recovery_time: Metric<Recovery>,
    /// Deployment rework rate.
    pub deployment_rework_rate: Metric<Rate>,
    /// What the figures hide.
    pub notes: Notes,
}

/// Where the deployments of a report are known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The ledger.
    Ledger,
    /// Version tags of git.
    Tags,
}

/// A report with where it comes from: what `sea dora --json` prints.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Told {
    #[serde(flatten)]
    report: Report,
    origin: Origin,
}

impl Told {
    /// A report of deployments from there.
    pub const fn new(report: Report, origin: Origin) -> Self {
        Self { report, origin }
    }

    /// The JSON Schema of `sea.dora/1`.
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }
}

/// A deployment with all that follows from the facts.
pub(super) struct Judged<'a> {
    deployed: Deployed<'a>,
    fate: Fate,
    rework: bool,
    delivered: Delivered,
}

/// The metrics of one window.
pub(super) struct Figures {
    pub(super) frequency: Frequency,
    pub(super) lead: Times,
    pub(super) failed: Rate,
    pub(super) recovery: Recovery,
    pub(super) rework: Rate,
    notes: Notes,
}

/// Deployments of an app in an environment, oldest first, and what became of them.
pub(super) fn judged<'a>(facts: &'a Facts, app: &Name, environment: &Name) -> Vec<Judged<'a>> {
    let timeline = timeline(facts, app, environment);
    let incidents = incidents(facts, app, environment);
    let fates = fates(&timeline, &incidents);
    let rework = rework(&timeline, &incidents);
    let delivered = delivered(facts, app, &timeline);
    timeline
        .into_iter()
        .zip(fates)
        .zip(rework)
        .zip(delivered)
        .map(|(((deployed, fate), rework), delivered)| Judged { deployed, fate, rework, delivered })
        .collect()
}

/// The metrics of an app in an environment.
pub fn report(facts: &Facts, app: &Name, environment: &Name, window: &Window) -> Result<Report, WindowError> {
    let previous = window.previous()?;
    let judged = judged(facts, app, environment);
    // Before the first known deployment, no deployments means nothing.
    let comparable = judged.first().is_some_and(|first| first.deployed.deployment.at <= previous.start());
    let now = figures(&judged, window);
    let before = figures(&judged, &previous);
    let median = |times: Times| times.median_seconds.map(seconds);
    let move_of = |now, before, wanted| if comparable { trend(now, before, wanted) } else { Trend::UNKNOWN };
    Ok(Report {
        schema: "sea.dora/1",
        app: app.clone(),
        environment: environment.clone(),
        from: window.first().to_string(),
        to: window.last().to_string(),
        time_zone: window.zone().iana_name().unwrap_or("UTC").to_owned(),
        deployment_frequency: Metric {
            now: now.frequency,
            before: before.frequency,
            trend: move_of(Some(now.frequency.per_day), Some(before.frequency.per_day), Wanted::More),
        },
        lead_time_for_changes: Metric {
            now: now.lead,
            before: before.lead,
            trend: move_of(median(now.lead), median(before.lead), Wanted::Less),
        },
        change_fail_rate: Metric {
            now: now.failed,
            before: before.failed,
            trend: move_of(now.failed.rate, before.failed.rate, Wanted::Less),
        },
        failed_deployment_recovery_time: Metric {
            now: now.recovery,
            before: before.recovery,
            trend: move_of(median(now.recovery.times), median(before.recovery.times), Wanted::Less),
        },
        deployment_rework_rate: Metric {
            now: now.rework,
            before: before.rework,
            trend: move_of(now.rework.rate, before.rework.rate, Wanted::Less),
        },
        notes: now.notes,
    })
}

pub(super) fn figures(judged: &[Judged<'_>], window: &Window) -> Figures {
    let here: Vec<&Judged<'_>> =
        judged.iter().filter(|judged| window.contains(judged.deployed.deployment.at)).collect();
    let recorded: Vec<&&Judged<'_>> =
        here.iter().filter(|judged| judged.deployed.deployment.source == Source::Ledger).collect();
    let recovered = here.iter().filter_map(|judged| match judged.fate {
        Fate::Recovered(time) => Some(time),
        Fate::Fine | Fate::Unrecovered => None,
    });
    Figures {
        frequency: frequency(&here, window),
        lead: Times::of(here.iter().flat_map(|judged| judged.delivered.lead.iter().copied())),
        failed: Rate::new(count(&recorded, |judged| judged.fate != Fate::Fine), number(recorded.len())),
        recovery: Recovery {
            times: Times::of(recovered),
            unrecovered: count(&here, |judged| judged.fate == Fate::Unrecovered),
        },
        rework: Rate::new(count(&recorded, |judged| judged.rework), number(recorded.len())),
        notes: Notes {
            skewed_commits: here.iter().map(|judged| judged.delivered.skewed).sum(),
            unknown_commits: count(&here, |judged| judged.delivered.unknown),
            first_deployment: here.iter().any(|judged| judged.delivered.first),
            imported: count(&here, |judged| judged.deployed.deployment.source == Source::Imported),
        },
    }
}

fn frequency(here: &[&Judged<'_>], window: &Window) -> Frequency {
    let mut daily = vec![0_u32; usize::from(window.days())];
    for judged in here {
        if let Some(day) = window.day(judged.deployed.deployment.at) {
            daily[day] += 1;
        }
    }
    let between = here.windows(2).map(|two| {
        let [earlier, later] = [two[0], two[1]].map(|judged| judged.deployed.deployment.at);
        later.duration_since(earlier).max(SignedDuration::ZERO)
    });
    let deployments = number(here.len());
    Frequency {
        deployments,
        per_day: f64::from(deployments) / f64::from(window.days()),
        daily: Counts::of(&daily),
        active_days: number(daily.iter().filter(|count| **count > 0).count()),
        between: Times::of(between),
    }
}

fn count<T>(items: &[T], wanted: impl Fn(&T) -> bool) -> u32 {
    number(items.iter().filter(|item| wanted(item)).count())
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Exact up to 2^53 seconds.
#[expect(clippy::cast_precision_loss, reason = "nothing takes 285 million years")]
fn seconds(seconds: i64) -> f64 {
    seconds as f64
}

#[derive(Clone, Copy)]
enum Wanted {
    More,
    Less,
}

impl Trend {
    const UNKNOWN: Self = Self { direction: Direction::Unknown, change: None };
}

fn trend(now: Option<f64>, before: Option<f64>, wanted: Wanted) -> Trend {
    let (Some(now), Some(before)) = (now, before) else { return Trend::UNKNOWN };
    let moved = now - before;
    let change = (before > 0.0).then(|| moved / before);
    let direction = match wanted {
        _ if moved.abs() <= NOTICEABLE * before => Direction::Same,
        Wanted::More if moved > 0.0 => Direction::Better,
        Wanted::Less if moved < 0.0 => Direction::Better,
        Wanted::More | Wanted::Less => Direction::Worse,
    };
    Trend { direction, change }
}
