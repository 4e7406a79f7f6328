//! Server-sent events: a body that is asked for its next part when the client has room for it, so that nothing queues up.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use std::convert::Infallible;
use std::time::Duration;

/// A client that heard nothing for some of these can tell that `sea` is gone, not silent.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(10);

/// Where events come from.
pub(crate) trait Source: Send + 'static {
    /// The next event, from [`encode`]; none at the end. Dropped when the client goes away.
    fn next(&mut self) -> impl Future<Output = Option<Bytes>> + Send;
}

/// One event; `data` is on one line.
pub(crate) fn encode(event: &str, id: Option<&str>, data: &str) -> Bytes {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    Bytes::from(format!("event: {event}\n{id}data: {data}\n\n"))
}

/// The answer that goes on until the source or the connection ends.
pub(crate) fn respond<S: Source>(source: S) -> Response {
    let body = stream::unfold(source, async |mut source| {
        let event = source.next().await?;
        Some((Ok::<_, Infallible>(event), source))
    });
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, Body::from_stream(body)).into_response()
}
