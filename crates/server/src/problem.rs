//! Refusals, as RFC 9457 has them.

use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use schemars::JsonSchema;
use seaworthy_engine::ControlError;
use serde::{Deserialize, Serialize};

/// Why a request was refused: an RFC 9457 problem, with what to type next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Which kind of problem it is, stable: `urn:sea:problem:unknown-member`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// What happened, where, and why.
    pub detail: String,
    /// What to type next; absent where nothing can be typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Problem {
    /// A problem of the kind `urn:sea:problem:NAME`.
    pub(crate) fn new(status: StatusCode, name: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:sea:problem:{name}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            next: None,
        }
    }

    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// A parameter has no value that can be used.
    pub(crate) fn parameter(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "parameter", "A parameter cannot be used", detail)
            .next("/api/v1/openapi.json describes every parameter")
    }

    /// There is nothing at the path.
    pub(crate) fn path(path: &str) -> Self {
        let detail = format!("there is nothing at {path}");
        Self::new(StatusCode::NOT_FOUND, "path", "Nothing is there", detail)
            .next("/api/v1/openapi.json describes every path")
    }

    /// What browsers on the dashboard's port may not do.
    pub(crate) fn owner_only(detail: &str, command: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "owner-only", "For the owner of the run alone", detail).next(command)
    }

    /// The server itself is at fault.
    pub(crate) fn internal(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Sea could not answer", detail)
    }
}

impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        let detail = error.to_string();
        match error {
            ControlError::Unknown { .. } => {
                Self::new(StatusCode::NOT_FOUND, "unknown-member", "No such member", detail)
                    .next("sea status")
            }
            ControlError::NotAProcess(_) => {
                Self::new(StatusCode::CONFLICT, "not-a-process", "It takes no such orders", detail)
                    .next("sea status")
            }
            ControlError::Cursor(_) => {
                Self::new(StatusCode::BAD_REQUEST, "cursor", "No place in the log", detail).next("sea logs")
            }
            ControlError::Log(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "log", "The log cannot be read", detail)
                    .next("sea status")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        (status, [(CONTENT_TYPE, kind)], body).into_response()
    }
}
