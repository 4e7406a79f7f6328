//! One client connection: which protocol it speaks, hyper serving it, and how it ends.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::Context;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderValue;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

use super::client_io::{Activity, ClientIo, Patience};
use super::service;
use super::tls;
use super::worker::{Admission, Phase, Worker};

/// What every HTTP/2 connection begins with (RFC 9113, 3.4).
const H2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// In the last phase of a drain, how long a connection has on which nobody is asking for anything: whoever just opened it
/// is about to.
const LAST_CHANCE: Duration = Duration::from_millis(500);
/// Dead HTTP/2 peers are found by pings this far apart.
const H2_PING: Duration = Duration::from_secs(30);
/// Streams that a client opened and reset before they were served; more end the connection (rapid reset).
const H2_RESETS: usize = 32;

/// Who is at the other end, and what all its requests have in common.
pub(crate) struct Client {
    pub(crate) worker: Arc<Worker>,
    pub(crate) listener: Arc<str>,
    pub(crate) peer: IpAddr,
    /// Whether it speaks TLS.
    pub(crate) is_secure: bool,
    pub(crate) activity: Arc<Activity>,
    /// `X-Forwarded-For`, `-Port` as the upstream shall see them.
    pub(crate) forwarded_for: HeaderValue,
    pub(crate) forwarded_port: HeaderValue,
    /// `Forwarded` for the host that the connection asked for last.
    pub(crate) forwarded: Mutex<Option<(HeaderValue, HeaderValue)>>,
}

impl Client {
    pub(crate) fn new(
        worker: &Arc<Worker>,
        listener: &Arc<str>,
        local: SocketAddr,
        peer: SocketAddr,
        is_secure: bool,
    ) -> Arc<Self> {
        // An IPv4 client of an IPv6 socket is an IPv4 client.
        let peer = peer.ip().to_canonical();
        Arc::new(Self {
            worker: Arc::clone(worker),
            listener: Arc::clone(listener),
            peer,
            is_secure,
            activity: Arc::default(),
            forwarded_for: HeaderValue::from_str(&peer.to_string())
                .unwrap_or(HeaderValue::from_static("unknown")),
            forwarded_port: HeaderValue::from(local.port()),
            forwarded: Mutex::default(),
        })
    }

    /// The scheme of its addresses.
    pub(crate) const fn scheme(&self) -> &'static str {
        if self.is_secure { "https" } else { "http" }
    }

    /// Whether answers shall end their connection, so that the client opens its next one to the successor.
    pub(crate) fn closing(&self) -> bool {
        self.worker.shared.phase() != Phase::Serving
    }
}

/// Serves a connection that speaks TLS: agrees on keys, in the time that a head may take, then as [`serve`].
pub(crate) async fn serve_tls<T>(socket: T, client: Arc<Client>, admission: Arc<Admission>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let shared = &client.worker.shared;
    let agreed = tokio::select! {
        agreed = tokio::time::timeout(shared.settings.header_timeout, tls::handshake(socket, &client)) => agreed,
        () = reached(&client, Phase::Finishing, LAST_CHANCE) => return,
    };
    match agreed {
        Ok(Some(stream)) => serve(stream, client, admission).await,
        Ok(None) | Err(_) => _ = shared.handshakes_ended.fetch_add(1, Ordering::Relaxed),
    }
}

/// Serves a connection to its end. The admission is given back then, or when its tunnel ends.
pub(crate) async fn serve<T>(mut socket: T, client: Arc<Client>, admission: Arc<Admission>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let settings = &client.worker.shared.settings;
    let patience = Patience { head: settings.header_timeout, idle: settings.idle_timeout };
    let first = {
        tokio::select! {
            first = tokio::time::timeout(patience.idle, first_bytes(&mut socket, patience)) => first,
            // Nobody has asked for anything yet.
            () = reached(&client, Phase::Finishing, LAST_CHANCE) => return,
        }
    };
    let Ok(Some((prefix, is_http2))) = first else { return };
    let io = ClientIo::new(socket, prefix, !is_http2, Arc::clone(&client.activity), patience);
    let handler = {
        let client = Arc::clone(&client);
        service_fn(move |request| service::answer(Arc::clone(&client), Arc::clone(&admission), request))
    };
    if is_http2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .keep_alive_interval(H2_PING)
            .max_concurrent_streams(settings.h2_streams)
            .max_pending_accept_reset_streams(H2_RESETS)
            .max_local_error_reset_streams(H2_RESETS)
            .max_header_list_size(u32::try_from(settings.header_limit).unwrap_or(u32::MAX));
        let connection = pin!(builder.serve_connection(TokioIo::new(io), handler));
        let told = reached(&client, Phase::Announcing, Duration::ZERO);
        drain_with(connection, &client, told, http2::Connection::graceful_shutdown).await;
    } else {
        let mut builder = http1::Builder::new();
        // hyper needs 8 KiB at least; requests beyond are answered 431. Not `pipeline_flush`: with bytes unread, which a
        // refused request leaves behind, it never flushes the 400.
        builder.max_buf_size(settings.header_limit.max(8192));
        let connection = pin!(builder.serve_connection(TokioIo::new(io), handler).with_upgrades());
        let told = reached(&client, Phase::Finishing, LAST_CHANCE);
        drain_with(connection, &client, told, http1::UpgradeableConnection::graceful_shutdown).await;
    }
    let refused = client.activity.refused.load(Ordering::Relaxed);
    client.worker.shared.refused.fetch_add(u64::from(refused), Ordering::Relaxed);
}

/// Returns `grace` after the drain has come to a phase.
async fn reached(client: &Client, phase: Phase, grace: Duration) {
    let mut phases = client.worker.shared.phase.subscribe();
    // The sender lives as long as the client does.
    let _ = phases.wait_for(|now| *now >= phase).await;
    if grace > Duration::ZERO {
        tokio::time::sleep(grace).await;
    }
}

/// Drives a connection, and tells it to finish when `told` is over: HTTP/2 has a GOAWAY that loses no stream; HTTP/1 is
/// told by `Connection: close` in its answers, and what is idle is closed only in the last phase.
async fn drain_with<C: Future>(
    mut connection: Pin<&mut C>,
    client: &Client,
    told: impl Future<Output = ()>,
    shut_down: fn(Pin<&mut C>),
) {
    let mut told = pin!(told);
    let (mut over, mut waiting) = (false, false);
    std::future::poll_fn(move |cx: &mut Context<'_>| {
        // The wait is polled first, and then while there is a drain: not with every request.
        if !over && (!waiting || client.closing()) {
            waiting = true;
            if told.as_mut().poll(cx).is_ready() {
                over = true;
                shut_down(connection.as_mut());
            }
        }
        connection.as_mut().poll(cx).map(drop)
    })
    .await;
}

/// Reads until it is clear which protocol the client speaks; `None` where it leaves before.
async fn first_bytes<T: AsyncRead + Unpin>(socket: &mut T, patience: Patience) -> Option<(Bytes, bool)> {
    let mut bytes = BytesMut::with_capacity(1024);
    if socket.read_buf(&mut bytes).await.ok()? == 0 {
        return None;
    }
    let rest = async {
        while bytes.len() < H2_PREFACE.len() && H2_PREFACE.starts_with(&bytes) {
            if socket.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
        Some(())
    };
    tokio::time::timeout(patience.head, rest).await.ok()??;
    let is_http2 = bytes.starts_with(H2_PREFACE);
    Some((bytes.freeze(), is_http2))
}
