//! What a host answers.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use futures_util::StreamExt;
use hyper::StatusCode;
use seaworthy_engine::serve::{HostControl, Refusal};
use seaworthy_model::Name;
use seaworthy_rollout::ReleaseId;
use seaworthy_rollout::machine::Command;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::{CommandWord, OrderAnswer, OrderRequest, ShipAnswer, ShipRequest};
use crate::api::Json;
use crate::api::query::{Query, Segments};
use crate::problem::Problem;

/// The longest that a request for progress waits for some.
const WAIT: Duration = Duration::from_secs(10);
/// A manifest of a million files fits.
const LONGEST: usize = 256 << 20;

type Host = State<Arc<HostControl>>;

/// Everything below `/api/v1`.
pub(super) fn router(control: Arc<HostControl>) -> Router {
    let paths = Router::new()
        .route("/host", get(host))
        .route("/host/missing", post(missing))
        .route("/host/bundle", put(bundle))
        .route("/host/{app}/{environment}", get(progress))
        .route("/host/{app}/{environment}/ship", post(ship))
        .route("/host/{app}/{environment}/order", post(order))
        .layer(DefaultBodyLimit::max(LONGEST))
        .fallback(nothing)
        .with_state(control);
    Router::new().nest("/api/v1", paths)
}

async fn nothing(request: axum::extract::Request) -> Problem {
    Problem::path(request.uri().path())
}

async fn host(State(control): Host) -> Response {
    Json(control.view().await).into_response()
}

/// Which blobs of an artifact are not here, as digests; the body is its manifest.
async fn missing(State(control): Host, body: Bytes) -> Result<Response, Problem> {
    let missing = control.missing(&body).map_err(|why| refused(&Refusal::from(why)))?;
    Ok(Json(missing).into_response())
}

/// Takes in what is missing of an artifact. What arrived stays when the connection breaks.
async fn bundle(State(control): Host, body: Body) -> Result<Response, Problem> {
    let stream = body.into_data_stream().map(|part| part.map_err(std::io::Error::other));
    let reader = StreamReader::new(stream);
    let bridge = SyncIoBridge::new(reader);
    let read = tokio::task::spawn_blocking(move || control.receive(&mut { bridge })).await;
    let digest = read.map_err(|error| Problem::internal(error.to_string()))?;
    let digest = digest.map_err(|why| refused(&Refusal::from(why)))?;
    Ok(Json(digest).into_response())
}

#[derive(Deserialize)]
struct After {
    /// The number of the last line that is known.
    #[serde(default)]
    after: u64,
    /// Answer at once.
    #[serde(default)]
    now: bool,
}

/// What happened after a line; waits for something to happen.
async fn progress(
    State(control): Host,
    Segments((app, environment)): Segments<(String, String)>,
    Query(After { after, now }): Query<After>,
) -> Result<Response, Problem> {
    let (app, environment) = names(&app, &environment)?;
    let mut changes = control.changes();
    let wait = tokio::time::sleep(if now { Duration::ZERO } else { WAIT });
    let mut wait = std::pin::pin!(wait);
    loop {
        changes.mark_unchanged();
        let progress = control.progress(&app, &environment, after).await;
        let Some(progress) = progress else { return Err(unknown(&app, &environment)) };
        if !progress.lines.is_empty() || wait.is_elapsed() || now {
            return Ok(Json(progress).into_response());
        }
        tokio::select! {
            () = &mut wait => {}
            _ = changes.changed() => {}
        }
    }
}

async fn ship(
    State(control): Host,
    Segments((app, environment)): Segments<(String, String)>,
    body: Bytes,
) -> Result<Response, Problem> {
    let (app, environment) = names(&app, &environment)?;
    let ShipRequest { record, mut ship } = read(&body)?;
    let before = control.progress(&app, &environment, 0).await;
    let after = before.and_then(|progress| progress.lines.last().map(|line| line.number)).unwrap_or_default();
    let record =
        control.take_in(&app, &environment, record).await.map_err(|why| refused(&Refusal::from(why)))?;
    // Its configuration, and so what it is called, is known here.
    ship.release = ReleaseId::new(&record.release);
    let shipped = control.ship(&app, &environment, ship).await.map_err(|why| refused(&why))?;
    Ok(Json(ShipAnswer { shipped, after, release: record.release }).into_response())
}

async fn order(
    State(control): Host,
    Segments((app, environment)): Segments<(String, String)>,
    body: Bytes,
) -> Result<Response, Problem> {
    let (app, environment) = names(&app, &environment)?;
    let mut answer = OrderAnswer::default();
    let done = match read(&body)? {
        OrderRequest::Rollout { command } => {
            let command = match command {
                CommandWord::Pause => Command::Pause,
                CommandWord::Resume => Command::Resume,
                CommandWord::Promote => Command::Promote,
                CommandWord::Abort => Command::Abort,
                CommandWord::Interrupt => Command::Interrupt,
            };
            control.command(&app, &environment, command).await
        }
        OrderRequest::RollBack { to, actor } => {
            let to = to.map(ReleaseId::new);
            let release = control.roll_back(&app, &environment, to, actor).await;
            release.map(|release| answer.release = Some(release.to_string()))
        }
        OrderRequest::Maintenance { on } => control.maintain(&app, &environment, on).await,
        OrderRequest::Scale { service, count } => {
            let service = Name::parse(&service).map_err(|error| Problem::parameter(error.to_string()))?;
            control.scale(&app, &environment, service, count).await
        }
    };
    done.map_err(|why| refused(&why))?;
    Ok(Json(answer).into_response())
}

fn names(app: &str, environment: &str) -> Result<(Name, Name), Problem> {
    let name = |text: &str| Name::parse(text).map_err(|error| Problem::parameter(error.to_string()));
    Ok((name(app)?, name(environment)?))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::parameter(error.to_string()))
}

fn unknown(app: &Name, environment: &Name) -> Problem {
    let detail = format!("nothing of {app} was shipped to {environment} on this host");
    Problem::new(StatusCode::NOT_FOUND, "unknown-environment", "No such environment", detail).next("sea ship")
}

fn refused(why: &Refusal) -> Problem {
    let problem = Problem::new(StatusCode::CONFLICT, why.code, "The host refused", why.message.clone());
    match &why.next {
        Some(next) => problem.next(next.clone()),
        None => problem,
    }
}
