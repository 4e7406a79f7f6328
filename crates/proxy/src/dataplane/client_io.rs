//! The bytes of a client connection, between the socket and hyper.
//!
//! Three things happen here because hyper sees too late or not at all: heads are judged by the [`Scanner`], a client
//! that is too slow or idle for too long is cut off (without a timer per request: a connection has one, armed when it
//! is due), and a connection that ends before its request was read is closed gently, so that the answer still arrives.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::scanner::Scanner;

/// What hyper is given in place of a refused head: no parser takes it, so that hyper answers 400 and closes.
const POISON: &[u8] = b"\0\r\n\r\n";
/// How long and how much is read from a client that still sends while the connection is being closed.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 1 << 20;

/// What the service knows and the connection needs to know.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    /// Requests that are being answered. While there are any, the client is not the one waited for.
    pub(crate) in_flight: AtomicU32,
    /// Set where an answer was given before the request's body was read.
    pub(crate) linger: AtomicBool,
    /// Heads that were refused.
    pub(crate) refused: AtomicU32,
}

/// How slow a client may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) head: Duration,
    pub(crate) idle: Duration,
}

#[derive(Debug, Clone, Copy)]
enum Waiting {
    /// Requests are being answered.
    No,
    /// Since then for a request to begin.
    Idle(Instant),
    /// Since then for a head to be complete.
    Head(Instant),
}

/// A client connection.
pub(crate) struct ClientIo<T> {
    inner: T,
    /// What was read to find out which protocol the client speaks.
    prefix: Bytes,
    /// `None` for HTTP/2, which has frames instead of lines.
    scanner: Option<Scanner>,
    poison: &'static [u8],
    poisoned: bool,
    activity: Arc<Activity>,
    patience: Patience,
    waiting: Waiting,
    write_stalled: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    timer_at: Option<Instant>,
    lingering: Option<(Pin<Box<Sleep>>, usize)>,
}

impl<T> ClientIo<T> {
    /// `http1` says whether the client speaks HTTP/1.
    pub(crate) fn new(
        inner: T,
        prefix: Bytes,
        http1: bool,
        activity: Arc<Activity>,
        patience: Patience,
    ) -> Self {
        Self {
            inner,
            prefix,
            scanner: http1.then(Scanner::default),
            poison: &[],
            poisoned: false,
            activity,
            patience,
            waiting: Waiting::Idle(Instant::now()),
            write_stalled: None,
            timer: None,
            timer_at: None,
            lingering: None,
        }
    }

    /// Judges what was just read into `buf` from `before` on.
    fn judge(&mut self, before: usize, buf: &mut ReadBuf<'_>) {
        let Some(scanner) = &mut self.scanner else { return };
        let Err((fine, _)) = scanner.feed(&buf.filled()[before..]) else { return };
        self.activity.refused.fetch_add(1, Ordering::Relaxed);
        self.scanner = None;
        self.poisoned = true;
        self.poison = POISON;
        buf.set_filled(before + fine);
        self.give_poison(buf);
    }

    fn give_poison(&mut self, buf: &mut ReadBuf<'_>) {
        let given = self.poison.len().min(buf.remaining());
        buf.put_slice(&self.poison[..given]);
        self.poison = &self.poison[given..];
    }

    /// Notes that bytes came.
    fn received(&mut self) {
        if self.activity.in_flight.load(Ordering::Relaxed) > 0 {
            self.waiting = Waiting::No;
            return;
        }
        let within_head = self.scanner.as_ref().is_some_and(Scanner::within_head);
        self.waiting = match self.waiting {
            Waiting::Head(since) if within_head => Waiting::Head(since),
            _ if within_head => Waiting::Head(Instant::now()),
            // A whole head came at once: no need to look at the clock, the service is called next.
            _ if self.scanner.is_some() => Waiting::No,
            // Frames of HTTP/2 that begin no stream, such as answers to pings, do not make a connection less idle.
            waiting => waiting,
        };
    }

    /// Whether the client took too long; otherwise sees to it that the task is woken when it has.
    fn overdue(&mut self, cx: &mut Context<'_>) -> bool {
        if self.activity.in_flight.load(Ordering::Relaxed) > 0 {
            self.waiting = Waiting::No;
        } else if matches!(self.waiting, Waiting::No) {
            self.waiting = Waiting::Idle(Instant::now());
        }
        let read_by = match self.waiting {
            Waiting::No => None,
            Waiting::Idle(since) => Some(since + self.patience.idle),
            Waiting::Head(since) => Some(since + self.patience.head),
        };
        let write_by = self.write_stalled.map(|since| since + self.patience.idle);
        let Some(deadline) = read_by.into_iter().chain(write_by).min() else { return false };
        // A timer that fires too early is set again then; only one that would be late is set now.
        if self.timer_at.is_some_and(|at| at <= deadline && at > Instant::now()) {
            return false;
        }
        loop {
            if Instant::now() >= deadline {
                return true;
            }
            let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
            timer.as_mut().reset(deadline);
            self.timer_at = Some(deadline);
            if timer.as_mut().poll(cx).is_pending() {
                return false;
            }
        }
    }
}

fn too_slow() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the client took too long")
}

impl<T: AsyncRead + Unpin> AsyncRead for ClientIo<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.poisoned {
            this.give_poison(buf);
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        if this.prefix.has_remaining() {
            let given = this.prefix.len().min(buf.remaining());
            buf.put_slice(&this.prefix[..given]);
            this.prefix.advance(given);
        } else if Pin::new(&mut this.inner).poll_read(cx, buf)?.is_pending() {
            return if this.overdue(cx) { Poll::Ready(Err(too_slow())) } else { Poll::Pending };
        }
        if buf.filled().len() > before {
            this.judge(before, buf);
            this.received();
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> ClientIo<T> {
    fn wrote(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if result.is_ready() {
            self.write_stalled = None;
            return result;
        }
        if self.write_stalled.is_none() {
            self.write_stalled = Some(Instant::now());
        }
        if self.overdue(cx) { Poll::Ready(Err(too_slow())) } else { Poll::Pending }
    }

    /// Reads what the client still sends, for a bounded time: a socket that is closed with bytes unread is reset, and a
    /// reset may overtake the answer.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.poisoned && !self.activity.linger.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        let (timer, left) =
            self.lingering.get_or_insert_with(|| (Box::pin(tokio::time::sleep(LINGER)), LINGER_BYTES));
        let mut scratch = [0; 4096];
        loop {
            if timer.as_mut().poll(cx).is_ready() || *left == 0 {
                return Poll::Ready(Ok(()));
            }
            let mut buf = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut self.inner).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => *left = left.saturating_sub(buf.filled().len()),
                _ => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for ClientIo<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_write(cx, buf);
        this.wrote(cx, result)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_write_vectored(cx, bufs);
        this.wrote(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.lingering.is_none() {
            ready!(Pin::new(&mut this.inner).poll_shutdown(cx))?;
        }
        this.poll_linger(cx)
    }
}
