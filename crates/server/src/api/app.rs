//! The app as a whole: what it is, its figures, its saves and steps, and its end.

use axum::extract::State;
use schemars::JsonSchema;
use seaworthy_engine::view::{AppView, MetricsView, SaveView, StepView};
use serde::Deserialize;

use super::answer::{Accepted, Json};
use super::query::Query;
use crate::caller::{Caller, Context};
use crate::problem::Problem;

/// Longest time that figures are answered for.
const LONGEST: u32 = 3600;

pub(super) async fn app(State(context): State<Context>) -> Json<AppView> {
    Json(context.control.app())
}

/// Which figures are wanted.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MetricsParams {
    /// Of this many seconds up to now; 900 when left out, an hour at most.
    seconds: Option<u32>,
}

pub(super) async fn metrics(
    State(context): State<Context>,
    Query(params): Query<MetricsParams>,
) -> Json<MetricsView> {
    Json(context.control.metrics(params.seconds.unwrap_or(900).clamp(1, LONGEST)))
}

pub(super) async fn saves(State(context): State<Context>) -> Json<Vec<SaveView>> {
    Json(context.control.saves())
}

pub(super) async fn steps(State(context): State<Context>) -> Json<Vec<StepView>> {
    Json(context.control.app().steps)
}

pub(super) async fn down(State(context): State<Context>) -> Result<Accepted, Problem> {
    match context.caller {
        Caller::Owner => {
            context.control.shut_down();
            Ok(Accepted)
        }
        Caller::Browser => Err(Problem::owner_only(
            "the run is ended by its owner, from a terminal, and not by a page",
            "sea down",
        )),
    }
}
