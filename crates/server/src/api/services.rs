//! Orders to a member, and its environment.

use axum::extract::State;
use schemars::JsonSchema;
use seaworthy_engine::Order;
use seaworthy_engine::view::VariableView;
use serde::{Deserialize, Serialize};

use super::answer::{Accepted, Json};
use super::query::{Query, Segments};
use crate::caller::{Caller, Context};
use crate::problem::Problem;

pub(super) async fn start(
    State(context): State<Context>,
    Segments(name): Segments<String>,
) -> Result<Accepted, Problem> {
    order(&context, &name, Order::Start)
}

pub(super) async fn stop(
    State(context): State<Context>,
    Segments(name): Segments<String>,
) -> Result<Accepted, Problem> {
    order(&context, &name, Order::Stop)
}

pub(super) async fn restart(
    State(context): State<Context>,
    Segments(name): Segments<String>,
) -> Result<Accepted, Problem> {
    order(&context, &name, Order::Restart)
}

fn order(context: &Context, name: &str, order: Order) -> Result<Accepted, Problem> {
    context.control.order(name, order)?;
    Ok(Accepted)
}

/// How the environment is wanted.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnvironmentParams {
    /// With the values of secrets; over the private socket only.
    #[serde(default)]
    reveal: bool,
}

/// What a command needs to run as a member does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnvironmentView {
    /// The member.
    pub member: String,
    /// The folder that it runs in.
    pub folder: String,
    /// Its variables.
    pub variables: Vec<VariableView>,
}

pub(super) async fn environment(
    State(context): State<Context>,
    Segments(name): Segments<String>,
    Query(params): Query<EnvironmentParams>,
) -> Result<Json<EnvironmentView>, Problem> {
    if params.reveal && context.caller != Caller::Owner {
        let detail = "values of secrets are shown to the owner of the run alone, in a terminal";
        return Err(Problem::owner_only(detail, format!("sea exec {name} -- printenv")));
    }
    let mut variables = context.control.environment(&name, params.reveal)?;
    if !params.reveal {
        // The engine leaves them out; what guards secrets is said twice.
        variables.iter_mut().filter(|variable| variable.secret).for_each(|variable| variable.value = None);
    }
    Ok(Json(EnvironmentView { folder: context.control.folder(&name)?, member: name, variables }))
}
