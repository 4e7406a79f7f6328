//! What handlers answer.

use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::document::Operation;
use super::routes::Output;
use crate::problem::Problem;

/// A value, as JSON.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: JsonSchema> Output for Json<T> {
    fn describe(operation: &mut Operation<'_>) {
        operation.json::<T>();
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                let kind = HeaderValue::from_static("application/json");
                ([(CONTENT_TYPE, kind), (CACHE_CONTROL, HeaderValue::from_static("no-store"))], body)
                    .into_response()
            }
            Err(error) => Problem::internal(error.to_string()).into_response(),
        }
    }
}

/// An order was taken; what comes of it is told by the events.
pub(crate) struct Accepted;

impl Output for Accepted {
    fn describe(operation: &mut Operation<'_>) {
        operation.answer("202", "The order was taken; the events tell what comes of it", &json!({}));
    }
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        StatusCode::ACCEPTED.into_response()
    }
}

impl<T: Output> Output for Result<T, Problem> {
    fn describe(operation: &mut Operation<'_>) {
        T::describe(operation);
    }
}
