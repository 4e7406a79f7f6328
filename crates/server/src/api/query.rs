//! What a request says in its path and its query.

use axum::extract::{FromRequestParts, Path};
use hyper::http::request::Parts;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::document::Operation;
use super::routes::Input;
use crate::problem::Problem;

/// Parameters of the query; a list is a parameter that is there several times.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: JsonSchema> Input for Query<T> {
    fn describe(operation: &mut Operation<'_>) {
        operation.query::<T>();
    }
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        serde_html_form::from_str(query).map(Self).map_err(|error| Problem::parameter(error.to_string()))
    }
}

/// The parts of the path that the template of the route names.
pub(crate) struct Segments<T>(pub(crate) T);

// The template names them in the description, too.
impl<T> Input for Segments<T> {}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(segments)| Self(segments)).map_err(|error| Problem::parameter(error.body_text()))
    }
}
