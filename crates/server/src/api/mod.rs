//! The API: what there is, in one place. Each path's answer is described from the types of its handler.

pub(crate) mod about;
pub(crate) mod answer;
mod app;
pub(crate) mod body;
pub(crate) mod document;
mod events;
mod logs;
mod mails;
pub(crate) mod query;
pub(crate) mod routes;
mod services;
pub(crate) mod sse;

use axum::Router;
use hyper::StatusCode;

use self::document::About;
pub use self::logs::{LogParams, LogView};
use self::routes::Routes;
pub use self::services::EnvironmentView;
use crate::caller::Context;
use crate::problem::Problem;

const ABOUT: About = About {
    summary: "What is known of an app that runs, and what can be ordered of it",
    description: "Served by `sea up` on loopback for browsers and on a Unix socket for its owner. Within version 1 keys and paths may be added, never removed or given another meaning.",
};

/// Every path of version 1.
fn routes() -> Routes<Context> {
    Routes::new(ABOUT)
        .get("/about", "What answers here", about::about)
        .get("/app", "The app as it is now", app::app)
        .get("/events", "Changes as they happen: server-sent events", events::events)
        .get(
            "/logs",
            "Lines of the log, oldest first: the last that match, or those after a cursor",
            logs::logs,
        )
        .get("/logs/stream", "Lines of the log as they are written: server-sent events", logs::stream)
        .post("/services/{name}/start", "Orders a service, resource or job to run", services::start)
        .post("/services/{name}/stop", "Orders it not to run", services::stop)
        .post("/services/{name}/restart", "Orders it to run anew", services::restart)
        .get("/services/{name}/environment", "The environment that it was given", services::environment)
        .get("/metrics", "CPU, memory and requests over time", app::metrics)
        .get("/saves", "What became of the latest saves, newest first", app::saves)
        .get("/steps", "What was done to set the app up, in the order in which it began", app::steps)
        .get("/mails", "Caught mails, newest first, without their bodies", mails::mails)
        .get("/mails/{resource}/{id}", "A caught mail", mails::mail)
        .get(
            "/mails/{resource}/{id}/html",
            "The HTML of a caught mail, to be shown in a sandbox",
            mails::html,
        )
        .post("/down", "Ends the run; over the private socket only", app::down)
        .get("/openapi.json", "This description", document::serve)
}

/// Answers everything below `/api`.
pub(crate) fn router(context: Context) -> Router {
    let (router, _) = routes().into_parts();
    Router::new()
        .nest("/v1", router)
        .fallback(nothing)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(context)
}

/// The OpenAPI 3.1 description of the API, as `docs/openapi.json` has it.
pub fn openapi() -> String {
    let (_, document) = routes().into_parts();
    document.into_text()
}

async fn nothing(request: axum::extract::Request) -> Problem {
    Problem::path(&format!("/api{}", request.uri().path()))
}

pub(crate) async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method",
        "Not with this method",
        "this path does not take requests of this method",
    )
    .next("/api/v1/openapi.json describes every path and its methods")
}
