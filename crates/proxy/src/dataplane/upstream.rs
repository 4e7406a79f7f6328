//! One connection to an upstream, driven by the request that uses it.
//!
//! hyper's client connection is a future that usually gets a task of its own, and every request then pays for channels
//! and wake-ups between two tasks. Here the connection is polled inside the request that uses it, and by nobody while it
//! is idle. What its task would have woken is polled right after it instead, with a waker that does nothing.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::Instant;

use super::body::RequestBody;
use crate::table::UpstreamAddress;

/// A socket to an upstream.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl Socket for TcpStream {}
impl Socket for UnixStream {}

type Io = TokioIo<Ear>;

/// A socket that tells whether anything was heard on it.
struct Ear {
    socket: Box<dyn Socket>,
    /// Set with the first byte after it was cleared. Shared with the connection, since hyper has the socket.
    heard: Arc<AtomicBool>,
}

impl AsyncRead for Ear {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.socket).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.heard.store(true, Ordering::Relaxed);
        }
        polled
    }
}

impl AsyncWrite for Ear {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

/// Why a request got no answer.
pub(crate) enum SendError {
    /// The connection could not take the request, which is given back unsent.
    Unsent(Box<Request<RequestBody>>),
    /// The connection ended and not a byte of an answer had come.
    Unanswered,
    /// The connection ended within the head of the answer, or spoke no HTTP.
    Broken,
    /// There was no answer in time.
    TimedOut,
}

/// A connection that serves one request after the other.
pub(crate) struct UpstreamConnection {
    sender: SendRequest<RequestBody>,
    connection: Connection<Io, RequestBody>,
    /// Whether the connection future has ended; it must not be polled again.
    ended: bool,
    /// Whether a byte came since the last request was sent.
    heard: Arc<AtomicBool>,
    /// Whether it has served a request before.
    pub(crate) reused: bool,
    /// When it went idle.
    pub(crate) idle_since: Instant,
    /// How long it may be idle, where the upstream said so.
    pub(crate) keep_alive: Option<Duration>,
}

impl UpstreamConnection {
    /// Connects.
    pub(crate) async fn open(address: &UpstreamAddress) -> io::Result<Box<Self>> {
        let socket: Box<dyn Socket> = match address {
            UpstreamAddress::Tcp(address) => {
                let socket = TcpStream::connect(address).await?;
                socket.set_nodelay(true)?;
                Box::new(socket)
            }
            UpstreamAddress::Unix(path) => Box::new(UnixStream::connect(path).await?),
        };
        let heard = Arc::new(AtomicBool::new(false));
        let ear = Ear { socket, heard: Arc::clone(&heard) };
        // Most requests are a head alone, for which one buffer and a plain write cost less than a vector of one.
        let handshake = http1::Builder::new().writev(false).handshake(TokioIo::new(ear)).await;
        let (sender, connection) = handshake.map_err(io::Error::other)?;
        let idle_since = Instant::now();
        Ok(Box::new(Self {
            sender,
            connection,
            ended: false,
            heard,
            reused: false,
            idle_since,
            keep_alive: None,
        }))
    }

    /// Whether the connection is idle and, as far as the event loop has heard, open.
    pub(crate) fn is_usable(&mut self) -> bool {
        // Nobody is to be woken by an idle connection.
        self.drive(&mut Context::from_waker(Waker::noop()));
        !self.ended && self.sender.is_ready()
    }

    fn drive(&mut self, cx: &mut Context<'_>) {
        if !self.ended && self.connection.poll_without_shutdown(cx).is_ready() {
            self.ended = true;
        }
    }

    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn send(
        &mut self,
        request: Request<RequestBody>,
        timeout: Duration,
    ) -> Result<Response<Incoming>, SendError> {
        self.heard.store(false, Ordering::Relaxed);
        // Without a budget of its own: a poll that is put off would wake a waker that does nothing, and be lost.
        let mut response = pin!(tokio::task::coop::unconstrained(self.sender.try_send_request(request)));
        let (connection, ended, heard) = (&mut self.connection, &mut self.ended, &self.heard);
        let broken = || if heard.load(Ordering::Relaxed) { SendError::Broken } else { SendError::Unanswered };
        let exchange = std::future::poll_fn(|cx| {
            if !*ended && connection.poll_without_shutdown(cx).is_ready() {
                *ended = true;
            }
            // Whatever answers this future was done by the poll above.
            match response.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Pending if *ended => Poll::Ready(Err(broken())),
                Poll::Pending => Poll::Pending,
                Poll::Ready(Ok(response)) => Poll::Ready(Ok(response)),
                Poll::Ready(Err(mut error)) => Poll::Ready(Err(match error.take_message() {
                    Some(request) => SendError::Unsent(Box::new(request)),
                    None => broken(),
                })),
            }
        });
        match tokio::time::timeout(timeout, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(SendError::TimedOut),
        }
    }

    /// The next part of an answer's body.
    pub(crate) fn poll_body(
        &mut self,
        body: &mut Incoming,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let mut idle = Context::from_waker(Waker::noop());
        if let Poll::Ready(frame) = Pin::new(&mut *body).poll_frame(&mut idle) {
            return Poll::Ready(frame);
        }
        self.drive(cx);
        // Only the connection feeds the body, and it was just polled.
        Pin::new(body).poll_frame(&mut idle)
    }

    /// The socket and what was read beyond the head, after an answer of 101.
    pub(crate) fn into_tunnel(self) -> (Box<dyn Socket>, Bytes) {
        let parts = self.connection.into_parts();
        (parts.io.into_inner().socket, parts.read_buf)
    }
}
