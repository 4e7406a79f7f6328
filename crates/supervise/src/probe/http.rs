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

pub(super) async fn look(port: u16, path: &str, is_lenient: bool, within: Duration) -> Look {
    let (stream, address) = match tcp::connect(port, within).await {
        Ok(connected) => connected,
        Err(look) => return look,
    };
    match timeout(within, get(stream, port, path)).await {
        Ok(Ok(status)) if passes(status, is_lenient) => Look::Answered(address, status.as_u16()),
        Ok(Ok(status)) => Look::Wrong(status.as_u16(), format!("GET {path} answers {status}")),
        Ok(Err(reason)) => Look::Failed(format!("GET {path} on port {port}: {reason}")),
        Err(_) => Look::Failed(format!("GET {path} on port {port} gives no answer within {within:?}")),
    }
}

/// 2xx and 3xx pass, as in Kubernetes; all that is not the server's failure, where the path is only a guess.
fn passes(status: StatusCode, is_lenient: bool) -> bool {
    status.is_success() || status.is_redirection() || is_lenient && status.is_client_error()
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
    // The answer can only come while the connection is driven; both end with this function. A server that closes right
    // after its answer ends the connection first, with the answer already taken.
    let mut response = std::pin::pin!(sender.send_request(request));
    let mut connection = std::pin::pin!(connection);
    let response = tokio::select! {
        response = &mut response => response,
        _ = &mut connection => response.await,
    };
    response.map(|response| response.status()).map_err(|error| error.to_string())
}
