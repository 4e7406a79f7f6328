//! The log: by page and as it is written.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::HeaderMap;
use jiff::Timestamp;
use regex::bytes::{Regex, RegexBuilder};
use schemars::JsonSchema;
use seaworthy_engine::view::LineView;
use seaworthy_engine::{LogPage, LogQuery};
use seaworthy_supervise::log::Level;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::answer::Json;
use super::document::Operation;
use super::query::Query;
use super::routes::{Input, Output};
use super::sse;
use crate::caller::Context;
use crate::error::ServerError;
use crate::problem::Problem;

/// Lines of an answer when nobody says how many.
const LINES: usize = 1_000;
/// Lines of an answer at most.
const MOST_LINES: usize = 10_000;
/// Lines of an event at most: what a service writes beyond that between two events is skipped, and counted.
const BATCH: usize = 2_000;
/// The least time between two events of a client.
const COALESCE: Duration = Duration::from_millis(50);
/// Members that can be named.
const MEMBERS: usize = 100;
/// Bytes of a pattern, and of what it is compiled to.
const PATTERN: usize = 1_000;
const COMPILED: usize = 1 << 20;
/// Bytes of a cursor.
const CURSOR: usize = 16 * 1024;

/// Which lines of the log are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LogParams {
    /// Of this member; may be there several times. Of all, when left out.
    pub member: Vec<String>,
    /// Of this time (RFC 3339) or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub since: Option<Timestamp>,
    /// Before this time (RFC 3339); a stream does not look at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub until: Option<Timestamp>,
    /// At least this grave.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("enum" = ["debug", "info", "warn", "error"]))]
    pub level: Option<Level>,
    /// With a text that matches this regular expression (ASCII classes; at most 1,000 bytes).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grep: Option<String>,
    /// This many at most, the newest; 1,000 when left out, 10,000 at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Only what was written after the `cursor` of an earlier answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Lines of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogView {
    /// Oldest first.
    pub lines: Vec<LineView>,
    /// Where to go on: for the parameter `after`.
    pub cursor: String,
    /// Bytes of log that were passed over because more was written than is read at once.
    pub skipped: u64,
}

impl From<LogPage> for LogView {
    fn from(page: LogPage) -> Self {
        Self { lines: page.lines, cursor: page.cursor, skipped: page.skipped }
    }
}

pub(super) async fn logs(
    State(context): State<Context>,
    Query(params): Query<LogParams>,
) -> Result<Json<LogView>, Problem> {
    let page = read(&context, Arc::new(query(params)?)).await?;
    Ok(Json(page.into()))
}

impl LogParams {
    /// What is to be read, where these parameters are within the limits.
    pub fn query(self) -> Result<LogQuery, ServerError> {
        query(self).map_err(ServerError::Refused)
    }
}

/// Checks what was asked for against the limits.
fn query(params: LogParams) -> Result<LogQuery, Problem> {
    let LogParams { member, since, until, level, grep, limit, after } = params;
    if member.len() > MEMBERS {
        return Err(Problem::parameter(format!(
            "more than {MEMBERS} members are named; leave them out for all"
        )));
    }
    if after.as_ref().is_some_and(|after| after.len() > CURSOR) {
        return Err(Problem::parameter("`after` is longer than any cursor"));
    }
    let grep = grep.filter(|pattern| !pattern.is_empty()).map(|pattern| compile(&pattern)).transpose()?;
    let limit = limit.unwrap_or(LINES).clamp(1, MOST_LINES);
    Ok(LogQuery { members: member, since, until, level, grep, limit, after })
}

fn compile(pattern: &str) -> Result<Regex, Problem> {
    if pattern.len() > PATTERN {
        return Err(Problem::parameter(format!("`grep` is longer than {PATTERN} bytes")));
    }
    let compiled =
        RegexBuilder::new(pattern).unicode(false).size_limit(COMPILED).dfa_size_limit(COMPILED).build();
    compiled.map_err(|error| {
        let reason = error.to_string();
        let reason =
            reason.lines().last().unwrap_or("it is no pattern").trim_start_matches("error: ").to_owned();
        Problem::parameter(format!("`grep` is no regular expression that can be searched for: {reason}"))
    })
}

/// Reads on a thread that may wait.
async fn read(context: &Context, query: Arc<LogQuery>) -> Result<LogPage, Problem> {
    let stopped = |_| Problem::internal("the server is stopping");
    let permit = Arc::clone(&context.reads).acquire_owned().await.map_err(stopped)?;
    let control = Arc::clone(&context.control);
    let read = tokio::task::spawn_blocking(move || {
        let page = control.log(&query);
        drop(permit);
        page
    });
    let page = read.await.map_err(|error| Problem::internal(error.to_string()))?;
    Ok(page?)
}

/// Where a client's stream broke off: the id of the last event that it got.
pub(super) struct LastEvent(Option<String>);

impl Input for LastEvent {
    fn describe(operation: &mut Operation<'_>) {
        operation.header(
            "Last-Event-ID",
            "The id of the last event that arrived, to go on there; stands for `after`",
        );
    }
}

impl<S: Sync> axum::extract::FromRequestParts<S> for LastEvent {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut hyper::http::request::Parts,
        _: &S,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self(last_event(&parts.headers)))
    }
}

fn last_event(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("last-event-id")?.to_str().ok()?;
    (!id.is_empty()).then(|| id.to_owned())
}

pub(super) async fn stream(
    State(context): State<Context>,
    Query(mut params): Query<LogParams>,
    LastEvent(last): LastEvent,
) -> Result<Lines, Problem> {
    params.after = last.or(params.after);
    params.until = None;
    let mut query = query(params)?;
    let mut wrote = context.control.wrote();
    wrote.mark_unchanged();
    // The first read says at once what is wrong with the query.
    let first = read(&context, Arc::new(query.clone())).await?;
    query.limit = BATCH;
    query.since = None;
    let now = Instant::now();
    Ok(Lines { context, wrote, query, first: Some(first), dirty: false, quiet_until: now, heartbeat_at: now })
}

/// The lines of one client.
pub(super) struct Lines {
    context: Context,
    wrote: watch::Receiver<u64>,
    query: LogQuery,
    first: Option<LogPage>,
    /// There may be new lines.
    dirty: bool,
    /// No event before this.
    quiet_until: Instant,
    heartbeat_at: Instant,
}

impl sse::Source for Lines {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(page) = self.first.take() {
            return Some(self.event(page));
        }
        loop {
            tokio::select! {
                biased;
                () = self.context.closed() => return None,
                () = sleep_until(self.quiet_until), if self.dirty => {
                    match self.read().await {
                        Ok(page) if page.lines.is_empty() && page.skipped == 0 => self.query.after = Some(page.cursor),
                        Ok(page) => return Some(self.event(page)),
                        Err(problem) => return Some(failed(&problem)),
                    }
                }
                wrote = self.wrote.changed(), if !self.dirty => {
                    wrote.ok()?;
                    self.dirty = true;
                }
                () = sleep_until(self.heartbeat_at + sse::HEARTBEAT) => {
                    self.heartbeat_at = Instant::now();
                    return Some(sse::encode("heartbeat", self.query.after.as_deref(), "{}"));
                }
            }
        }
    }
}

impl Lines {
    async fn read(&mut self) -> Result<LogPage, Problem> {
        self.wrote.mark_unchanged();
        self.dirty = false;
        self.quiet_until = Instant::now() + COALESCE;
        read(&self.context, Arc::new(self.query.clone())).await
    }

    fn event(&mut self, page: LogPage) -> Bytes {
        self.heartbeat_at = Instant::now();
        self.query.after = Some(page.cursor.clone());
        let cursor = page.cursor.clone();
        // Values made of texts and lists always have a text.
        let text = serde_json::to_string(&LogView::from(page)).unwrap_or_default();
        sse::encode("lines", Some(&cursor), &text)
    }
}

/// Says why; the stream goes on where it was with what is written next.
fn failed(problem: &Problem) -> Bytes {
    sse::encode("problem", None, &serde_json::to_string(problem).unwrap_or_default())
}

impl Output for Lines {
    fn describe(operation: &mut Operation<'_>) {
        operation.carries::<LogView>();
        operation.events(
            "Events: `lines` with a LogView, at once and whenever something is written (twenty times a second at most, \
             2,000 lines each; `skipped` tells what did not fit), each with its cursor as id; `problem` with a Problem; \
             `heartbeat` when there was nothing else for ten seconds",
        );
    }
}

impl IntoResponse for Lines {
    fn into_response(self) -> Response {
        sse::respond(self)
    }
}
