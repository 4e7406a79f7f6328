//! One request over the socket.

use std::io;
use std::path::Path;

use bytes::Bytes;
use futures_util::stream::poll_fn;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::http1;
use hyper::header::HOST;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::error::ServerError;
use crate::problem::Problem;
use crate::socket::Place;

/// Bytes of an answer at most; ten thousand long lines fit.
const LONGEST: usize = 256 << 20;

/// The task that moves the bytes of a connection; ended with its owner.
pub(super) struct Connection(JoinHandle<()>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends a request for a path of the API; answers that refuse are errors.
pub(super) async fn send(
    socket: &Path,
    method: Method,
    path: &str,
) -> Result<(Response<Incoming>, Connection), ServerError> {
    send_body(socket, method, path, Full::<Bytes>::default()).await
}

async fn send_body<B>(
    socket: &Path,
    method: Method,
    path: &str,
    body: B,
) -> Result<(Response<Incoming>, Connection), ServerError>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let broken = |error: hyper::Error| ServerError::Broken(error.to_string());
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(connect(socket).await?)).await.map_err(broken)?;
    let connection = Connection(tokio::spawn(async move {
        // What goes wrong shows where the answer is read.
        let _ = connection.await;
    }));
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v1{path}"))
        .header(HOST, "localhost")
        .body(body)
        .map_err(|error| ServerError::Answer(error.to_string()))?;
    let response = sender.send_request(request).await.map_err(broken)?;
    if response.status().is_success() {
        return Ok((response, connection));
    }
    let status = response.status();
    let body = collect(response).await?;
    Err(match serde_json::from_slice::<Problem>(&body) {
        Ok(problem) => ServerError::Refused(problem),
        Err(_) => ServerError::Answer(format!("status {status}")),
    })
}

/// Sends a request and reads the whole answer.
pub(crate) async fn whole(socket: &Path, method: Method, path: &str) -> Result<Bytes, ServerError> {
    let (response, _connection) = send(socket, method, path).await?;
    collect(response).await
}

/// The same with a body.
pub(crate) async fn with_body(
    socket: &Path,
    method: Method,
    path: &str,
    body: Bytes,
) -> Result<Bytes, ServerError> {
    let (response, _connection) = send_body(socket, method, path, Full::new(body)).await?;
    collect(response).await
}

/// The same with a body that is made while it is sent; one that ends in an error is never taken for a whole one.
pub(crate) async fn with_stream(
    socket: &Path,
    method: Method,
    path: &str,
    mut parts: mpsc::Receiver<io::Result<Bytes>>,
) -> Result<Bytes, ServerError> {
    let parts =
        poll_fn(move |context| parts.poll_recv(context).map(|part| part.map(|part| part.map(Frame::data))));
    let (response, _connection) = send_body(socket, method, path, StreamBody::new(parts)).await?;
    collect(response).await
}

async fn connect(socket: &Path) -> Result<UnixStream, ServerError> {
    let connected = async {
        let place = Place::of(socket)?;
        UnixStream::connect(&place.path).await
    };
    connected.await.map_err(|cause| match cause.kind() {
        // No socket, or one that a run left behind when it was killed.
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            ServerError::NotRunning(socket.to_owned())
        }
        _ => ServerError::Connect { socket: socket.to_owned(), cause },
    })
}

async fn collect(response: Response<Incoming>) -> Result<Bytes, ServerError> {
    let body = Limited::new(response.into_body(), LONGEST).collect().await;
    body.map(http_body_util::Collected::to_bytes).map_err(|error| ServerError::Broken(error.to_string()))
}

/// A name as one segment of a path.
pub(crate) fn segment(name: &str) -> String {
    let mut path = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            path.push(char::from(byte));
        } else {
            path.push('%');
            path.extend(
                [byte >> 4, byte & 15].iter().filter_map(|half| char::from_digit((*half).into(), 16)),
            );
        }
    }
    path
}
