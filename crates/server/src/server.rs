//! The listeners, their connections, and how they end.

use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use seaworthy_engine::Control;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::caller::{Caller, Context, closed};
use crate::error::ServerError;
use crate::socket::Socket;
use crate::{api, assets, guard, headers};

/// Connections of each listener at a time; more wait in the backlog.
const CONNECTIONS: usize = 256;
/// A request's head must be there within this time; a connection without requests is closed after it.
const HEAD: Duration = Duration::from_secs(30);
/// Header lines of a request.
const HEADER_LINES: usize = 64;
/// Bytes of a request's head: cursors and patterns are the largest parts of it.
const HEAD_BYTES: usize = 32 * 1024;
/// Reads of the log at a time: each takes a thread.
const READS: usize = 4;
/// What connections get to finish their answers when the server stops.
const GRACE: Duration = Duration::from_millis(500);
/// After a failed `accept` (no file descriptors left, say).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Where the API is served.
pub struct Listeners {
    /// On loopback, for browsers; bound already, so that its port is known.
    pub tcp: TcpListener,
    /// The path of the socket for the owner's command line; made when the server is.
    pub socket: PathBuf,
}

/// The API and the dashboard of an app that runs.
pub struct Server {
    control: Arc<dyn Control>,
    tcp: tokio::net::TcpListener,
    port: u16,
    socket: Socket,
}

impl Server {
    /// Takes the listeners; from here on connections wait to be answered. Belongs on a tokio runtime.
    pub fn bind(control: Arc<dyn Control>, listeners: Listeners) -> Result<Self, ServerError> {
        listeners.tcp.set_nonblocking(true).map_err(ServerError::Listener)?;
        let port = listeners.tcp.local_addr().map_err(ServerError::Listener)?.port();
        let tcp = tokio::net::TcpListener::from_std(listeners.tcp).map_err(ServerError::Listener)?;
        Ok(Self { control, tcp, port, socket: Socket::bind(&listeners.socket)? })
    }

    /// Answers until `stop` is done; then streams end, answers are finished and the socket is removed.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let (close, closing) = watch::channel(false);
        let reads = Arc::new(Semaphore::new(READS));
        let context = |caller| Context {
            control: Arc::clone(&self.control),
            caller,
            closing: closing.clone(),
            reads: Arc::clone(&reads),
        };
        let owner = router(context(Caller::Owner));
        let browser =
            router(context(Caller::Browser)).layer(middleware::from_fn_with_state(self.port, guard::guard));
        let stop = async {
            stop.await;
            close.send_replace(true);
        };
        tokio::join!(
            accept(&self.tcp, browser.layer(middleware::from_fn(headers::harden)), closing.clone()),
            accept(&self.socket.listener, owner.layer(middleware::from_fn(headers::harden)), closing.clone()),
            stop
        );
    }
}

/// The API, and the dashboard where the API is not.
fn router(context: Context) -> Router {
    Router::new().nest("/api", api::router(context)).fallback(assets::asset)
}

/// Something that connections come from.
pub(crate) trait Accept: Sync {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection.
    fn next(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Accept for tokio::net::TcpListener {
    type Stream = tokio::net::TcpStream;

    async fn next(&self) -> io::Result<Self::Stream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

impl Accept for tokio::net::UnixListener {
    type Stream = tokio::net::UnixStream;

    async fn next(&self) -> io::Result<Self::Stream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

/// Accepts and serves connections until the server closes.
pub(crate) async fn accept(listener: &impl Accept, router: Router, mut closing: watch::Receiver<bool>) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            () = closed(&mut closing) => break,
            accepted = async {
                // The semaphore is never closed.
                let permit = Arc::clone(&permits).acquire_owned().await.ok();
                listener.next().await.map(|stream| (stream, permit))
            } => accepted,
        };
        match accepted {
            Ok((stream, permit)) => {
                let (router, closing) = (router.clone(), closing.clone());
                connections.spawn(async move {
                    serve(stream, router, closing).await;
                    drop(permit);
                });
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
    let finished = async { while connections.join_next().await.is_some() {} };
    // What is not done by then is aborted when the set is dropped.
    let _ = tokio::time::timeout(GRACE, finished).await;
}

/// Serves one connection to its end.
async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    router: Router,
    mut closing: watch::Receiver<bool>,
) {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_headers(HEADER_LINES)
        .max_buf_size(HEAD_BYTES);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // A connection that breaks is the client's affair.
        _ = connection.as_mut() => return,
        () = closed(&mut closing) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
