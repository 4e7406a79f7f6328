//! Caught mail.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use seaworthy_engine::view::MailView;
use serde_json::json;

use super::answer::Json;
use super::document::Operation;
use super::query::Segments;
use super::routes::Output;
use crate::caller::Context;
use crate::headers;
use crate::problem::Problem;

pub(super) async fn mails(State(context): State<Context>) -> Json<Vec<MailView>> {
    Json(context.control.mails())
}

pub(super) async fn mail(
    State(context): State<Context>,
    Segments((resource, id)): Segments<(String, String)>,
) -> Result<Json<MailView>, Problem> {
    find(&context, &resource, &id).map(Json)
}

pub(super) async fn html(
    State(context): State<Context>,
    Segments((resource, id)): Segments<(String, String)>,
) -> Result<MailPage, Problem> {
    let html = find(&context, &resource, &id)?.html;
    html.map(MailPage).ok_or_else(|| not_found(format!("mail {id} of {resource} has no HTML")))
}

fn find(context: &Context, resource: &str, id: &str) -> Result<MailView, Problem> {
    let mail = context.control.mail(resource, id);
    mail.ok_or_else(|| not_found(format!("{resource} has caught no mail {id}, or has dropped it since")))
}

fn not_found(detail: String) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "mail", "No such mail", detail)
        .next("/api/v1/mails lists what was caught")
}

/// HTML that somebody else wrote; answered with a policy that lets it do nothing.
pub(super) struct MailPage(String);

impl Output for MailPage {
    fn describe(operation: &mut Operation<'_>) {
        let content = json!({ "text/html": { "schema": { "type": "string" } } });
        operation.answer(
            "200",
            "The HTML, under a policy that blocks scripts and all remote content",
            &content,
        );
    }
}

impl IntoResponse for MailPage {
    fn into_response(self) -> Response {
        // Links leave the frame, which has nowhere to go.
        let page = format!("<!doctype html><meta charset=\"utf-8\"><base target=\"_blank\">{}", self.0);
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        let mut response = ([(CONTENT_TYPE, kind)], page).into_response();
        headers::mail(response.headers_mut());
        response
    }
}
