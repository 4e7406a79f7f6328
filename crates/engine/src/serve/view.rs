//! What is told about a host: the shapes of its API.

use std::sync::Arc;

use schemars::JsonSchema;
use seaworthy_rollout::judge::{self, Report};
use seaworthy_rollout::machine::Cause;
use seaworthy_rollout::{Moment, Weight};
use serde::{Deserialize, Serialize};

use super::journal;
use super::place::Place;
use super::release::ReleaseRecord;
use super::running::Running;
use super::words;

/// A host and all that runs on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HostView {
    /// The shape: `sea.host/1`.
    pub schema: String,
    /// The version of `sea` that serves.
    pub version: String,
    /// The machine's name.
    pub host: String,
    /// The control process.
    pub pid: u32,
    /// Where its state is.
    pub state: String,
    /// The address of the proxy for plain HTTP.
    pub http: Option<String>,
    /// The address of the dashboard; `sea open --host` signs a browser in.
    #[serde(default)]
    pub dashboard: Option<String>,
    /// The process id of the proxy.
    pub proxy: Option<u32>,
    /// Every app in every environment.
    pub environments: Vec<EnvironmentView>,
}

/// One app in one environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EnvironmentView {
    /// The app.
    pub app: String,
    /// The environment.
    pub environment: String,
    /// Where it is reached.
    pub url: Option<String>,
    /// The release that serves, or served before the one that takes over.
    pub serves: Option<ReleaseView>,
    /// A release that takes over.
    pub rollout: Option<RolloutView>,
    /// A release that waits for that.
    pub waits: Option<String>,
    /// Visitors get a page that says so.
    pub maintenance: bool,
    /// Every instance.
    pub instances: Vec<InstanceView>,
    /// Releases that are kept for a rollback, the one that stopped serving last first.
    pub retained: Vec<String>,
    /// The commit that was rolled back, which is not shipped by itself.
    pub held: Option<String>,
    /// What kept it from being brought back.
    pub trouble: Option<String>,
}

/// A release, as people recognise it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReleaseView {
    /// Its id.
    pub release: String,
    /// The commit it was built from.
    pub commit: String,
    /// The first line of the commit's message.
    pub subject: String,
    /// Who wrote the commit.
    pub author: String,
    /// The tree had changes that are in no commit.
    pub dirty: bool,
}

impl ReleaseView {
    pub(super) fn of(record: &ReleaseRecord) -> Self {
        Self {
            release: record.release.clone(),
            commit: record.commit.clone(),
            subject: record.subject.clone(),
            author: record.author.clone(),
            dirty: record.dirty,
        }
    }
}

/// A release that takes over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RolloutView {
    /// It.
    pub release: String,
    /// It, as people recognise it.
    pub ships: ReleaseView,
    /// The release before it.
    pub before: Option<String>,
    /// `rolling`, `blue-green`, `canary`.
    pub strategy: String,
    /// Where it is: `booting`, `canary 10%`, `promoted`, ...
    pub state: String,
    /// What the state takes is done.
    pub done: bool,
    /// Its share of the traffic, in per cent.
    pub weight: f64,
    /// It stays where it is until someone says otherwise.
    pub paused: bool,
    /// Why it was taken back or froze.
    pub cause: Option<String>,
    /// What it waits for.
    pub waits_for: Option<String>,
    /// Until then a rollback is a matter of a second, in milliseconds since 1970.
    pub watched_until: Option<u64>,
    /// Why the judge says what it says.
    pub report: Option<JudgeView>,
}

/// The state of the judge: both arms' rates, and what follows from them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JudgeView {
    /// Why it takes the release back; null as long as it does not.
    pub cause: Option<String>,
    /// When the new release had its first event of a request, in milliseconds since 1970.
    pub first_event: Option<u64>,
    /// Evidence against the new release, all streams together, as an e-value; null beyond what a number holds.
    pub evidence: Option<f64>,
    /// The evidence at which it is taken back.
    pub aborts_at: Option<f64>,
    /// Requests of the new release.
    pub requests: u64,
    /// Each stream of events that a worse release has more of.
    pub streams: Vec<StreamView>,
    /// How the evidence went, oldest first.
    pub timeline: Vec<EvidenceView>,
}

/// One kind of event in both releases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StreamView {
    /// Which: `5xx`, `slow`, `restarts`, ...
    pub stream: String,
    /// The new release.
    pub canary: RateView,
    /// The release beside it.
    pub stable: RateView,
    /// How many times as high the odds of an event are in the new release, as measured; null when that cannot be said.
    pub odds_ratio: Option<f64>,
    /// What they are at most, for certain.
    pub bound: Option<f64>,
    /// The stream's own evidence, as an e-value.
    pub evidence: Option<f64>,
    /// Sessions of the new release that had such an event.
    pub sessions: u64,
}

/// Events among what could have had one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RateView {
    /// Events.
    pub events: u64,
    /// Requests; instance-seconds for restarts.
    pub of: u64,
}

/// The evidence at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceView {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// All streams together.
    pub evidence: Option<f64>,
    /// The stream that adds most.
    pub stream: String,
}

/// JSON has no infinity.
fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

impl JudgeView {
    pub(super) fn of(report: &Report) -> Self {
        let rate = |rate: judge::Rate| RateView { events: rate.events, of: rate.of };
        Self {
            cause: report.cause.map(|cause| words::cause(&Cause::Judged(cause))),
            first_event: report.first_event.map(|Moment(at)| at),
            evidence: finite(report.evidence),
            aborts_at: finite(report.aborts_at),
            requests: report.requests,
            streams: report
                .streams
                .iter()
                .map(|found| StreamView {
                    stream: found.stream.as_str().to_owned(),
                    canary: rate(found.canary),
                    stable: rate(found.stable),
                    odds_ratio: found.odds_ratio.and_then(finite),
                    bound: found.bound.and_then(finite),
                    evidence: finite(found.evidence),
                    sessions: found.sessions,
                })
                .collect(),
            timeline: report
                .timeline
                .iter()
                .map(|point| EvidenceView {
                    at: point.at.0,
                    evidence: finite(point.evidence),
                    stream: point.stream.as_str().to_owned(),
                })
                .collect(),
        }
    }
}

/// An instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InstanceView {
    /// The service.
    pub service: String,
    /// Which of its instances.
    pub number: u32,
    /// The release.
    pub release: String,
    /// `ready`, `starting`, ...
    pub phase: String,
    /// Why, where the phase does not say it all.
    pub detail: String,
    /// Its process id.
    pub pid: Option<i32>,
    /// Its port on this machine.
    pub port: Option<u16>,
    /// How often it was started again.
    pub restarts: u32,
}

/// A share in per cent.
pub(super) fn percent(weight: Weight) -> f64 {
    weight.as_fraction() * 100.0
}

impl EnvironmentView {
    pub(super) fn of(
        place: &Place,
        stable: Option<&Running>,
        running: &[Arc<Running>],
        rollout: Option<RolloutView>,
        waits: Option<String>,
        trouble: Option<String>,
    ) -> Self {
        let board = place.host.supervisor.board();
        let settings = place.settings();
        let mut instances = Vec::new();
        for running in running {
            for instance in running.instances() {
                let status = board.get(&instance.name).unwrap_or_default();
                instances.push(InstanceView {
                    service: instance.service.to_string(),
                    number: instance.number,
                    release: running.release.id.to_string(),
                    phase: status.phase.as_str().to_owned(),
                    detail: status.detail,
                    pid: status.pid,
                    port: status.port.or(instance.port),
                    restarts: status.restarts,
                });
            }
        }
        Self {
            app: place.app.to_string(),
            environment: place.name.to_string(),
            url: place.url(),
            serves: stable.map(|stable| ReleaseView::of(&stable.release.record)),
            rollout,
            waits,
            maintenance: settings.maintenance,
            instances,
            // A ledger that cannot be read shows elsewhere.
            retained: journal::retained(place)
                .unwrap_or_default()
                .into_iter()
                .map(|(release, _)| release.to_string())
                .collect(),
            held: settings.held,
            trouble,
        }
    }
}

/// Lines about an environment, and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProgressView {
    /// What happened after the line that was asked for.
    pub lines: Vec<super::Line>,
    /// Where it stands.
    pub environment: EnvironmentView,
}
