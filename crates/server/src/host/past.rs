//! What became of releases, and how an app is delivered.

use axum::extract::State;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use seaworthy_engine::serve::{DoraView, Refusal};
use seaworthy_ledger::release_report::ReleaseReport;
use seaworthy_ledger::release_timeline::ReleaseTimeline;
use seaworthy_ledger::{ReleaseId, Seq};
use serde::Deserialize;

use hyper::StatusCode;

use super::HostContext;
use super::routes::{names, refused};
use crate::api::answer::Json;
use crate::api::query::{Query, Segments};
use crate::problem::Problem;

/// Releases of an answer when nobody says how many, and at most.
const RELEASES: usize = 30;
const MOST_RELEASES: usize = 200;

/// Which releases are wanted.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ReleasesParams {
    /// Before the event of this number: `next` of an earlier answer.
    before: Option<u64>,
    /// This many at most; 30 when left out, 200 at most.
    limit: Option<usize>,
}

pub(super) async fn releases(
    State(context): State<HostContext>,
    Segments((app, environment)): Segments<(String, String)>,
    Query(params): Query<ReleasesParams>,
) -> Result<Json<ReleaseTimeline>, Problem> {
    let (app, environment) = names(&app, &environment)?;
    let limit = params.limit.unwrap_or(RELEASES).clamp(1, MOST_RELEASES);
    let before = params.before.map(Seq::new);
    read(context, move |context| context.control.releases(&app, &environment, before, limit)).await
}

pub(super) async fn release(
    State(context): State<HostContext>,
    Segments((app, environment, release)): Segments<(String, String, String)>,
) -> Result<Json<ReleaseReport>, Problem> {
    let (app, environment) = names(&app, &environment)?;
    let id = ReleaseId::parse(&release).map_err(|error| Problem::parameter(error.to_string()))?;
    let known = {
        let app = app.clone();
        read(context, move |context| context.control.release(&app, &id)).await?
    };
    known.0.map(Json).ok_or_else(|| {
        let detail = format!("{app} never had a release {release}");
        Problem::new(StatusCode::NOT_FOUND, "unknown-release", "No such release", detail)
            .next(format!("sea history --env {environment}"))
    })
}

/// Over which days the metrics are wanted.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DoraParams {
    /// So many days up to today; 30 when left out.
    days: Option<u16>,
    /// Whose days, as the IANA names time zones; the host's when left out.
    zone: Option<String>,
}

pub(super) async fn dora(
    State(context): State<HostContext>,
    Segments((app, environment)): Segments<(String, String)>,
    Query(params): Query<DoraParams>,
) -> Result<Json<DoraView>, Problem> {
    let (app, environment) = names(&app, &environment)?;
    let zone = match &params.zone {
        Some(name) => TimeZone::get(name)
            .map_err(|error| Problem::parameter(format!("there is no time zone `{name}`: {error}")))?,
        None => TimeZone::system(),
    };
    let days = params.days.unwrap_or(30);
    read(context, move |context| context.control.dora(&app, &environment, days, zone)).await
}

/// Reads on a thread that may wait.
async fn read<T: Send + 'static>(
    context: HostContext,
    ask: impl FnOnce(&HostContext) -> Result<T, Refusal> + Send + 'static,
) -> Result<Json<T>, Problem> {
    let read = tokio::task::spawn_blocking(move || ask(&context)).await;
    let answer = read.map_err(|error| Problem::internal(error.to_string()))?;
    answer.map(Json).map_err(|why| refused(&why))
}
