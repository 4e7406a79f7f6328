//! What a host answers: every path in one place, each described from the types of its handler.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use hyper::StatusCode;
use seaworthy_engine::serve::Refusal;
use seaworthy_model::Name;

use super::{HostContext, events, orders, past, session};
use crate::api::about::{About as AboutView, Serves};
use crate::api::answer::Json;
use crate::api::document::{About, Description};
use crate::api::routes::Routes;
use crate::problem::Problem;
use crate::{api, assets};

/// The longest body from the owner: a manifest of a million files fits.
pub(super) const OWNERS_BODY: usize = 256 << 20;
/// The longest body from others, who send orders alone.
pub(super) const OTHERS_BODY: usize = 64 << 10;

const ABOUT: About = About {
    summary: "What is known of a host and what runs on it, and what can be ordered of it",
    description: "Served by `sea serve` on a Unix socket for its owner, and on loopback for who has its token (`Authorization: Bearer`, the content of `dashboard.token` in its state folder) or is signed in (`sea open --host`). Shipping and tickets are the owner's alone. Within version 1 keys and paths may be added, never removed or given another meaning.",
};

fn routes() -> Routes<HostContext> {
    Routes::new(ABOUT)
        .get("/about", "What answers here", about)
        .get("/host", "The host and all that runs on it", orders::host)
        .get("/host/events", "Changes as they happen: server-sent events", events::events)
        .post("/host/tickets", "Lets a browser in: a ticket that signs it in once", session::ticket)
        .post("/host/session", "Signs a browser in with a ticket or the token", session::sign_in)
        .delete("/host/session", "Signs the browser out", session::sign_out)
        .post("/host/missing", "Which blobs of an artifact the host lacks", orders::missing)
        .put("/host/bundle", "Takes in what is missing of an artifact", orders::bundle)
        .get(
            "/host/{app}/{environment}",
            "An environment, and what happened there after a line; waits up to ten seconds for something to",
            orders::progress,
        )
        .post("/host/{app}/{environment}/ship", "A release takes over", orders::ship)
        .post(
            "/host/{app}/{environment}/order",
            "Pause, resume, promote, abort, roll back, maintenance, scale",
            orders::order,
        )
        .get(
            "/host/{app}/{environment}/releases",
            "What became of its releases, newest first",
            past::releases,
        )
        .get(
            "/host/{app}/{environment}/releases/{release}",
            "All about a release: what it is, what it changes, what befell it",
            past::release,
        )
        .get("/host/{app}/{environment}/dora", "The five metrics of DORA", past::dora)
        .get("/openapi.json", "This description", description)
}

async fn about() -> Json<AboutView> {
    AboutView::of(Serves::Host)
}

async fn description() -> Description {
    Description::of(openapi())
}

/// The OpenAPI 3.1 description of a host's API, as `docs/openapi-host.json` has it.
pub fn openapi() -> String {
    let (_, document) = routes().into_parts();
    document.into_text()
}

/// The API, and the dashboard where the API is not.
pub(super) fn router(context: HostContext, longest: usize) -> Router {
    let (paths, _) = routes().into_parts();
    let paths = paths
        .layer(DefaultBodyLimit::max(longest))
        .fallback(nothing)
        .method_not_allowed_fallback(api::method_not_allowed)
        .with_state(context);
    Router::new()
        .nest("/api/v1", paths)
        .route("/api/{*rest}", axum::routing::any(nothing))
        .fallback(assets::asset)
}

async fn nothing(request: axum::extract::Request) -> Problem {
    Problem::path(request.uri().path())
}

/// The parts of the path that name an environment.
pub(super) fn names(app: &str, environment: &str) -> Result<(Name, Name), Problem> {
    let name = |text: &str| Name::parse(text).map_err(|error| Problem::parameter(error.to_string()));
    Ok((name(app)?, name(environment)?))
}

pub(super) fn unknown(app: &Name, environment: &Name) -> Problem {
    let detail = format!("nothing of {app} was shipped to {environment} on this host");
    Problem::new(StatusCode::NOT_FOUND, "unknown-environment", "No such environment", detail).next("sea ship")
}

pub(super) fn refused(why: &Refusal) -> Problem {
    let problem = Problem::new(StatusCode::CONFLICT, why.code, "The host refused", why.message.clone());
    match &why.next {
        Some(next) => problem.next(next.clone()),
        None => problem,
    }
}
