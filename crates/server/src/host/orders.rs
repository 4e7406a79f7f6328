//! What is asked of a host now, and ordered of it.

use std::time::Duration;

use axum::extract::State;
use futures_util::StreamExt;
use schemars::JsonSchema;
use seaworthy_engine::serve::Refusal;
use seaworthy_engine::serve::view::{HostView, ProgressView};
use seaworthy_model::Name;
use seaworthy_rollout::ReleaseId;
use seaworthy_rollout::machine::Command;
use serde::Deserialize;
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::routes::{names, refused, unknown};
use super::session::Who;
use super::{CommandWord, HostContext, OrderAnswer, OrderRequest, ShipAnswer, ShipRequest};
use crate::api::answer::Json;
use crate::api::body::{Body, Raw, Stream};
use crate::api::query::{Query, Segments};
use crate::caller::closed;
use crate::problem::Problem;

/// The longest that a request for progress waits for some.
const WAIT: Duration = Duration::from_secs(10);

pub(super) async fn host(State(context): State<HostContext>) -> Json<HostView> {
    Json(context.control.view().await)
}

/// Which blobs of an artifact are not here, as digests; the body is its manifest.
pub(super) async fn missing(
    State(context): State<HostContext>,
    who: Who,
    Raw(manifest): Raw,
) -> Result<Json<Vec<String>>, Problem> {
    who.owner(SHIPPING)?;
    let missing = context.control.missing(&manifest).map_err(|why| refused(&Refusal::from(why)))?;
    Ok(Json(missing))
}

/// What others than the owner are told.
const SHIPPING: &str = "releases are shipped by the owner of the host alone";

/// Takes in what is missing of an artifact. What arrived stays when the connection breaks.
pub(super) async fn bundle(
    State(context): State<HostContext>,
    who: Who,
    Stream(body): Stream,
) -> Result<Json<String>, Problem> {
    who.owner(SHIPPING)?;
    let stream = body.into_data_stream().map(|part| part.map_err(std::io::Error::other));
    let bridge = SyncIoBridge::new(StreamReader::new(stream));
    let control = context.control;
    let read = tokio::task::spawn_blocking(move || control.receive(&mut { bridge })).await;
    let digest = read.map_err(|error| Problem::internal(error.to_string()))?;
    digest.map(Json).map_err(|why| refused(&Refusal::from(why)))
}

/// Which lines are wanted.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
pub(super) struct After {
    /// After this number; all that are remembered when left out.
    #[serde(default)]
    after: u64,
    /// Answer at once.
    #[serde(default)]
    now: bool,
}

/// What happened after a line; waits for something to happen.
pub(super) async fn progress(
    State(mut context): State<HostContext>,
    Segments((app, environment)): Segments<(String, String)>,
    Query(After { after, now }): Query<After>,
) -> Result<Json<ProgressView>, Problem> {
    let (app, environment) = names(&app, &environment)?;
    let mut changes = context.control.changes();
    let wait = tokio::time::sleep(if now { Duration::ZERO } else { WAIT });
    let mut wait = std::pin::pin!(wait);
    let mut closes = false;
    loop {
        changes.mark_unchanged();
        let progress = context.control.progress(&app, &environment, after).await;
        let Some(progress) = progress else { return Err(unknown(&app, &environment)) };
        if !progress.lines.is_empty() || wait.is_elapsed() || now || closes {
            return Ok(Json(progress));
        }
        tokio::select! {
            () = &mut wait => {}
            () = closed(&mut context.closing) => closes = true,
            _ = changes.changed() => {}
        }
    }
}

pub(super) async fn ship(
    State(context): State<HostContext>,
    who: Who,
    Segments((app, environment)): Segments<(String, String)>,
    Body(ShipRequest { record, mut ship }): Body<ShipRequest>,
) -> Result<Json<ShipAnswer>, Problem> {
    who.owner(SHIPPING)?;
    let control = &context.control;
    let (app, environment) = names(&app, &environment)?;
    let before = control.progress(&app, &environment, 0).await;
    let after = before.and_then(|progress| progress.lines.last().map(|line| line.number)).unwrap_or_default();
    let record =
        control.take_in(&app, &environment, record).await.map_err(|why| refused(&Refusal::from(why)))?;
    // Its configuration, and so what it is called, is known here.
    ship.release = ReleaseId::new(&record.release);
    let shipped = control.ship(&app, &environment, ship).await.map_err(|why| refused(&why))?;
    Ok(Json(ShipAnswer { shipped, after, release: record.release }))
}

pub(super) async fn order(
    State(context): State<HostContext>,
    who: Who,
    Segments((app, environment)): Segments<(String, String)>,
    Body(order): Body<OrderRequest>,
) -> Result<Json<OrderAnswer>, Problem> {
    let control = &context.control;
    let (app, environment) = names(&app, &environment)?;
    let mut answer = OrderAnswer::default();
    if let Who::Person(person) = &who {
        // Before it is carried out, so that what follows from it is told after it.
        control.note_order(&app, &environment, person, &order.to_string());
    }
    let done = match order {
        OrderRequest::Rollout { command, actor } => {
            let command = match command {
                CommandWord::Pause => Command::Pause,
                CommandWord::Resume => Command::Resume,
                CommandWord::Promote => Command::Promote,
                CommandWord::Abort => Command::Abort,
                CommandWord::Interrupt => Command::Interrupt,
            };
            control.command(&app, &environment, command, who.called(actor)).await
        }
        OrderRequest::RollBack { to, actor } => {
            let to = to.map(ReleaseId::new);
            let release = control.roll_back(&app, &environment, to, who.called(actor)).await;
            release.map(|release| answer.release = Some(release.to_string()))
        }
        OrderRequest::Maintenance { on } => control.maintain(&app, &environment, on).await,
        OrderRequest::Scale { service, count } => {
            let service = Name::parse(&service).map_err(|error| Problem::parameter(error.to_string()))?;
            control.scale(&app, &environment, service, count).await
        }
    };
    done.map_err(|why| refused(&why))?;
    Ok(Json(answer))
}
