//! What reads untrusted bytes and is no part of the interface, for the fuzz targets and the properties in the tests.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, HeaderValue, UPGRADE};
use http::{Request, Response, Version};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::admission;
use super::client_io::{ClientIo, Patience};
use super::live::Registry;
use super::scanner::Scanner;
use crate::table::RoutingTable;
use crate::wire::{self, Command, Settings};

/// What the scanner thinks of the bytes of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scanned {
    /// Heads that are complete.
    pub heads: usize,
    /// What it refused, and how many bytes it has passed before.
    pub refused: Option<(usize, &'static str)>,
}

/// Scans bytes that come in parts of `part` bytes.
#[must_use]
pub fn scan(bytes: &[u8], part: usize) -> Scanned {
    let (mut scanner, mut heads, mut passed) = (Scanner::default(), 0, 0);
    for part in bytes.chunks(part.max(1)) {
        let within = scanner.within_headers();
        if let Err((fine, refusal)) = scanner.feed(part) {
            return Scanned { heads, refused: Some((passed + fine, refusal.name())) };
        }
        passed += part.len();
        // Exact for parts of one byte.
        heads += usize::from(within && !scanner.within_headers());
    }
    Scanned { heads, refused: None }
}

/// What the HTTP library made of the bytes of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// Requests that it saw.
    pub requests: usize,
    /// Whether it read on until there were no more: no request was malformed, and none was the last by what it said.
    pub to_the_end: bool,
}

/// Serves the bytes of a client as a connection of it would be.
///
/// # Panics
///
/// Outside of a runtime with timers.
pub async fn serve(bytes: &[u8], part: usize) -> Served {
    let (requests, last) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (counter, ends) = (Arc::clone(&requests), Arc::clone(&last));
    let service = service_fn(move |request: Request<Incoming>| {
        counter.fetch_add(1, Ordering::Relaxed);
        let says_more = request.version() == Version::HTTP_11
            && !request.headers().contains_key(CONNECTION)
            && !request.headers().contains_key(UPGRADE);
        ends.fetch_or(!says_more, Ordering::Relaxed);
        answer(request, Arc::clone(&ends))
    });
    let patience = Patience { head: Duration::from_hours(1), idle: Duration::from_hours(1) };
    let wire = Recorded { bytes: Bytes::copy_from_slice(bytes), part: part.max(1) };
    let io = ClientIo::new(wire, Bytes::new(), true, Arc::default(), patience);
    let ended = pin!(http1::Builder::new().serve_connection(TokioIo::new(io), service)).await;
    Served {
        requests: requests.load(Ordering::Relaxed),
        to_the_end: ended.is_ok() && !last.load(Ordering::Relaxed),
    }
}

/// Judges a request, reads its body, and answers as the service does: after a request to upgrade, nothing follows.
/// Nor does anything after a body that is none.
async fn answer(
    mut request: Request<Incoming>,
    ends: Arc<AtomicBool>,
) -> Result<Response<String>, Infallible> {
    let upgrade = request.headers().contains_key(UPGRADE);
    let mut response = Response::new(String::new());
    if let Err(refused) = admission::admit(&mut request) {
        *response.status_mut() = refused.status();
    }
    let mut body = pin!(request.into_body());
    while let Some(frame) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        if frame.is_err() {
            ends.store(true, Ordering::Relaxed);
            break;
        }
    }
    if upgrade {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

/// Reads what a control process would have sent: the messages up to the first that is none.
#[must_use]
pub fn commands(mut bytes: &[u8]) -> Vec<Command> {
    let mut commands = Vec::new();
    loop {
        let received = pin!(wire::receive::<Command>(&mut bytes)).poll_now();
        match received {
            Some(Ok(Some(command))) => commands.push(command),
            // Bytes at hand are never waited for.
            None | Some(Ok(None) | Err(_)) => return commands,
        }
    }
}

/// Puts a table in force as the proxy does, and gives it back; `None` where it is refused.
#[must_use]
pub fn put_in_force(table: RoutingTable) -> Option<RoutingTable> {
    let live = Registry::default().make_live(table, 1, &Settings::default()).ok()?;
    Some(live.to_table())
}

trait PollNow: Future + Sized {
    /// The result, if it is there.
    fn poll_now(self: Pin<&mut Self>) -> Option<Self::Output> {
        match self.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }
}

impl<F: Future> PollNow for F {}

/// A client that sends what it sends, in parts, and hears nothing.
struct Recorded {
    bytes: Bytes,
    part: usize,
}

impl AsyncRead for Recorded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let length = self.part.min(self.bytes.len()).min(buf.remaining());
        buf.put_slice(&self.bytes.split_to(length));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Recorded {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
