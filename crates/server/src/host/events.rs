//! What changes on a host, as it does.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use seaworthy_engine::serve::view::HostView;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use super::HostContext;
use crate::api::document::Operation;
use crate::api::routes::Output;
use crate::api::sse;
use crate::caller::closed;

/// The least time between two events: what changes within is told at once.
const COALESCE: Duration = Duration::from_millis(200);
/// The judge counts, and instances change, without an event of their own.
const SECOND: Duration = Duration::from_secs(1);

pub(super) async fn events(State(context): State<HostContext>) -> Events {
    let mut ticks = interval(SECOND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let now = Instant::now();
    Events {
        changes: context.control.changes(),
        context,
        ticks,
        dirty: true,
        quiet_until: now,
        heartbeat_at: now,
        told: String::new(),
    }
}

/// The events of one client.
pub(super) struct Events {
    context: HostContext,
    changes: watch::Receiver<u64>,
    ticks: Interval,
    /// The host may be another than was told.
    dirty: bool,
    /// No event before this.
    quiet_until: Instant,
    heartbeat_at: Instant,
    /// The last that was told.
    told: String,
}

impl sse::Source for Events {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            tokio::select! {
                biased;
                () = closed(&mut self.context.closing) => return None,
                () = sleep_until(self.quiet_until), if self.dirty => {
                    if let Some(event) = self.snapshot().await {
                        return Some(event);
                    }
                }
                changed = self.changes.changed(), if !self.dirty => {
                    changed.ok()?;
                    self.dirty = true;
                }
                _ = self.ticks.tick(), if !self.dirty => self.dirty = true,
                () = sleep_until(self.heartbeat_at + sse::HEARTBEAT) => {
                    self.heartbeat_at = Instant::now();
                    return Some(sse::encode("heartbeat", None, "{}"));
                }
            }
        }
    }
}

impl Events {
    /// The host, when it is another than was told.
    async fn snapshot(&mut self) -> Option<Bytes> {
        self.changes.mark_unchanged();
        self.dirty = false;
        self.quiet_until = Instant::now() + COALESCE;
        // Values made of texts and maps always have a text.
        let text = serde_json::to_string(&self.context.control.view().await).unwrap_or_default();
        if text == self.told {
            return None;
        }
        let event = sse::encode("host", None, &text);
        self.told = text;
        self.heartbeat_at = Instant::now();
        Some(event)
    }
}

impl Output for Events {
    fn describe(operation: &mut Operation<'_>) {
        operation.carries::<HostView>();
        operation.events(
            "Events: `host` with a HostView, at once and whenever it changes (five times a second at most); `heartbeat` when \
             there was nothing else for ten seconds",
        );
    }
}

impl IntoResponse for Events {
    fn into_response(self) -> Response {
        sse::respond(self)
    }
}
