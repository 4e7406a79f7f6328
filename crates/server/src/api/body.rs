//! What a request says in its body.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::document::Operation;
use super::routes::Input;
use crate::problem::Problem;

/// A value, as JSON.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: JsonSchema> Input for Body<T> {
    fn describe(operation: &mut Operation<'_>) {
        let schema = operation.schema::<T>();
        operation.takes(&json!({ "application/json": { "schema": schema } }));
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Raw(bytes) = Raw::from_request(request, state).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| Problem::parameter(error.to_string()))
    }
}

/// Bytes as they are.
pub(crate) struct Raw(pub(crate) Bytes);

impl Input for Raw {
    fn describe(operation: &mut Operation<'_>) {
        operation.takes(&json!({ "application/octet-stream": {} }));
    }
}

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await;
        bytes.map(Self).map_err(|error| Problem::parameter(error.body_text()))
    }
}

/// Bytes as they come.
pub(crate) struct Stream(pub(crate) axum::body::Body);

impl Input for Stream {
    fn describe(operation: &mut Operation<'_>) {
        Raw::describe(operation);
    }
}

impl<S: Send + Sync> FromRequest<S> for Stream {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(request.into_body()))
    }
}
