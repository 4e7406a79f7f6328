//! Does a GET answer 2xx or 3xx?

use std::time::Duration;

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::{Look, tcp};

pub(super) async fn look(port: u16, path: &str, within: Duration) -> Look {
    let (stream, address) = match tcp::connect(port, within).await {
        Ok(connected) => connected,
        Err(look) => return look,
    };
    match timeout(within, get(stream, port, path)).await {
        Ok(Ok(status)) if status.is_success() || status.is_redirection() => Look::Passed(Some(address)),
        Ok(Ok(status)) => Look::Failed(format!("GET {path} answers {status}")),
        Ok(Err(reason)) => Look::Failed(format!("GET {path} on port {port}: {reason}")),
        Err(_) => Look::Failed(format!("GET {path} on port {port} gives no answer within {within:?}")),
    }
}

async fn get(stream: tokio::net::TcpStream, port: u16, path: &str) -> Result<StatusCode, String> {
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let request = Request::get(path)
        .header(HOST, format!("localhost:{port}"))
        .header(USER_AGENT, concat!("sea-probe/", env!("CARGO_PKG_VERSION")))
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| error.to_string())?;
    // The answer can only come while the connection is driven; both end with this function.
    tokio::pin!(connection);
    tokio::select! {
        response = sender.send_request(request) => response.map(|response| response.status()).map_err(|error| error.to_string()),
        ended = &mut connection => Err(ended.err().map_or_else(|| "the connection was closed".to_owned(), |error| error.to_string())),
    }
}
