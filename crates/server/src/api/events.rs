//! What changes, as it does.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use schemars::JsonSchema;
use seaworthy_engine::view::{AppView, MemberMetrics, MetricsView};
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use super::document::Operation;
use super::query::Query;
use super::routes::Output;
use super::sse;
use crate::caller::Context;

/// The least time between two snapshots of the app: what changes within is told at once.
const COALESCE: Duration = Duration::from_millis(100);
/// How often figures are told.
const SECOND: Duration = Duration::from_secs(1);
/// Figures that a client gets at most at once, in seconds.
const CATCH_UP: u32 = 60;

/// Which events are wanted.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EventsParams {
    /// Figures too: an event `metrics` each second, with what is new since the last one.
    #[serde(default)]
    metrics: bool,
}

pub(super) async fn events(State(context): State<Context>, Query(params): Query<EventsParams>) -> Events {
    let changes = context.control.changes();
    let ticks = params.metrics.then(|| {
        let mut ticks = interval(SECOND);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        ticks
    });
    let now = Instant::now();
    Events {
        context,
        changes,
        ticks,
        dirty: true,
        quiet_until: now,
        heartbeat_at: now,
        told: String::new(),
        until: None,
    }
}

/// The events of one client.
pub(super) struct Events {
    context: Context,
    changes: watch::Receiver<u64>,
    ticks: Option<Interval>,
    /// The app may be another than was told.
    dirty: bool,
    /// No snapshot before this.
    quiet_until: Instant,
    heartbeat_at: Instant,
    /// The last snapshot that was told.
    told: String,
    /// The time of the last figures that were told.
    until: Option<i64>,
}

impl sse::Source for Events {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            tokio::select! {
                biased;
                () = self.context.closed() => return None,
                () = sleep_until(self.quiet_until), if self.dirty => {
                    if let Some(event) = self.snapshot() {
                        return Some(event);
                    }
                }
                changed = self.changes.changed(), if !self.dirty => {
                    changed.ok()?;
                    self.dirty = true;
                }
                Some(_) = tick(self.ticks.as_mut()) => {
                    // What members use of the machine changes without an event of its own.
                    self.dirty = true;
                    if let Some(event) = self.figures() {
                        return Some(event);
                    }
                }
                () = sleep_until(self.heartbeat_at + sse::HEARTBEAT) => {
                    self.heartbeat_at = Instant::now();
                    return Some(sse::encode("heartbeat", None, "{}"));
                }
            }
        }
    }
}

async fn tick(ticks: Option<&mut Interval>) -> Option<Instant> {
    match ticks {
        Some(ticks) => Some(ticks.tick().await),
        None => None,
    }
}

impl Events {
    /// The app, when it is another than was told.
    fn snapshot(&mut self) -> Option<Bytes> {
        self.changes.mark_unchanged();
        self.dirty = false;
        self.quiet_until = Instant::now() + COALESCE;
        // Values made of texts and maps always have a text.
        let text = serde_json::to_string(&self.context.control.app()).unwrap_or_default();
        if text == self.told {
            return None;
        }
        let event = sse::encode("app", None, &text);
        self.told = text;
        self.heartbeat_at = Instant::now();
        Some(event)
    }

    /// The figures since the last ones.
    fn figures(&mut self) -> Option<Bytes> {
        let seconds = if self.until.is_none() { 1 } else { CATCH_UP };
        let new = since(self.context.control.metrics(seconds), self.until);
        self.until = new.at.last().copied().or(self.until);
        if new.at.is_empty() {
            return None;
        }
        self.heartbeat_at = Instant::now();
        Some(sse::encode("metrics", None, &serde_json::to_string(&new).unwrap_or_default()))
    }
}

/// Only what is later than `until`.
fn since(mut all: MetricsView, until: Option<i64>) -> MetricsView {
    let Some(until) = until else { return all };
    let old = all.at.partition_point(|at| *at <= until);
    all.at.drain(..old);
    for member in &mut all.members {
        let MemberMetrics { name: _, cpu, memory, rate, errors, p50_ms, p95_ms, p99_ms } = member;
        for list in [cpu, memory, rate, errors, p50_ms, p95_ms, p99_ms] {
            list.drain(..old.min(list.len()));
        }
    }
    all
}

impl Output for Events {
    fn describe(operation: &mut Operation<'_>) {
        operation.carries::<AppView>();
        operation.carries::<MetricsView>();
        operation.events(
            "Events: `app` with an AppView, at once and whenever it changes (ten times a second at most); `metrics` with \
             a MetricsView; `heartbeat` when there was nothing else for ten seconds",
        );
    }
}

impl IntoResponse for Events {
    fn into_response(self) -> Response {
        sse::respond(self)
    }
}
