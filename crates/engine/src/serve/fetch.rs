//! One GET at an instance, for smoke tests.

use std::net::Ipv4Addr;
use std::time::Duration;

use http_body_util::Empty;
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, USER_AGENT};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The status of the answer to a GET at a port of this machine.
pub(super) async fn status(port: u16, path: &str, within: Duration) -> Result<u16, String> {
    match tokio::time::timeout(within, get(port, path)).await {
        Ok(answered) => answered,
        Err(_) => Err(format!("no answer within {} s", within.as_secs())),
    }
}

async fn get(port: u16, path: &str) -> Result<u16, String> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| error.to_string())?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let request = Request::get(path)
        .header(HOST, format!("localhost:{port}"))
        .header(USER_AGENT, concat!("sea-smoke/", env!("CARGO_PKG_VERSION")))
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| error.to_string())?;
    // The connection is driven as long as the answer's head is awaited; both end with this function.
    let mut response = std::pin::pin!(sender.send_request(request));
    let mut connection = std::pin::pin!(connection);
    let response = tokio::select! {
        response = &mut response => response,
        _ = &mut connection => response.await,
    };
    response.map(|response| response.status().as_u16()).map_err(|error| error.to_string())
}
