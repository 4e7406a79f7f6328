//! Bodies on their way through: never buffered, counted, and ended where they stand still.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use super::counters::Incident;
use super::flight::{InFlight, StreamEnd};
use super::meter::Meter;
use super::static_site::FileBody;
use super::upstream::UpstreamConnection;
use super::worker::Worker;

/// Why a body ended before it was complete.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body is longer than the route allows")]
    TooLong,
    #[error("no byte came for too long")]
    Stalled,
    #[error("the other side broke off: {0}")]
    Broken(#[from] hyper::Error),
    #[error("the file could not be read: {0}")]
    File(#[from] std::io::Error),
}

/// How the body of a request fared, for whoever answers it.
#[derive(Debug, Default)]
pub(crate) struct Upload {
    bytes: AtomicU64,
    outcome: AtomicU8,
}

/// What ended a request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UploadOutcome {
    /// Nothing yet, or its end.
    Fine,
    /// The body limit.
    TooLong,
    /// The client: it broke off, sent no body of that framing, or stood still.
    Client,
}

impl Upload {
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn outcome(&self) -> UploadOutcome {
        match self.outcome.load(Ordering::Relaxed) {
            0 => UploadOutcome::Fine,
            1 => UploadOutcome::TooLong,
            _ => UploadOutcome::Client,
        }
    }

    fn ended(&self, error: &BodyError) {
        self.outcome.store(if matches!(error, BodyError::TooLong) { 1 } else { 2 }, Ordering::Relaxed);
    }
}

/// A deadline that moves with every byte and costs a timer only once something stands still.
#[derive(Default)]
struct Stall(Option<(Pin<Box<Sleep>>, Instant)>);

impl Stall {
    fn moved(&mut self) {
        if let Some((_, since)) = &mut self.0 {
            *since = Instant::now();
        }
    }

    /// Ready where nothing moved for `limit`.
    fn poll(&mut self, limit: Duration, cx: &mut Context<'_>) -> Poll<()> {
        let (timer, since) =
            self.0.get_or_insert_with(|| (Box::pin(tokio::time::sleep(limit)), Instant::now()));
        loop {
            ready!(timer.as_mut().poll(cx));
            let deadline = *since + limit;
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
    }
}

/// The body of a request on its way to an upstream.
pub(crate) struct RequestBody {
    kind: RequestBodyKind,
}

enum RequestBodyKind {
    Empty,
    Client(Box<ClientBody>),
}

struct ClientBody {
    incoming: Incoming,
    left: u64,
    idle: Duration,
    stall: Stall,
    upload: Arc<Upload>,
}

impl RequestBody {
    pub(crate) const fn empty() -> Self {
        Self { kind: RequestBodyKind::Empty }
    }

    pub(crate) fn client(
        incoming: Incoming,
        limit: Option<u64>,
        idle: Duration,
        upload: Arc<Upload>,
    ) -> Self {
        let left = limit.unwrap_or(u64::MAX);
        let body = ClientBody { incoming, left, idle, stall: Stall::default(), upload };
        Self { kind: RequestBodyKind::Client(Box::new(body)) }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let RequestBodyKind::Client(body) = &mut self.get_mut().kind else { return Poll::Ready(None) };
        let polled = Pin::new(&mut body.incoming).poll_frame(cx);
        let result = match polled {
            Poll::Pending => {
                ready!(body.stall.poll(body.idle, cx));
                Err(BodyError::Stalled)
            }
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(Err(error))) => Err(BodyError::Broken(error)),
            Poll::Ready(Some(Ok(frame))) => {
                body.stall.moved();
                let length = frame.data_ref().map_or(0, Bytes::len) as u64;
                body.upload.bytes.fetch_add(length, Ordering::Relaxed);
                match body.left.checked_sub(length) {
                    Some(left) => {
                        body.left = left;
                        Ok(frame)
                    }
                    None => Err(BodyError::TooLong),
                }
            }
        };
        if let Err(error) = &result {
            body.upload.ended(error);
        }
        Poll::Ready(Some(result))
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            RequestBodyKind::Empty => true,
            RequestBodyKind::Client(body) => body.incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            RequestBodyKind::Empty => SizeHint::with_exact(0),
            RequestBodyKind::Client(body) => body.incoming.size_hint(),
        }
    }
}

/// The body of an answer.
pub(crate) struct AnswerBody {
    kind: AnswerKind,
    /// A tunnel outlives the answer that begins it, and has the meter.
    meter: Option<Meter>,
}

pub(crate) enum AnswerKind {
    Empty,
    Whole(Bytes),
    File(Box<FileBody>),
    Upstream(UpstreamBody),
}

impl AnswerBody {
    pub(crate) fn new(kind: AnswerKind, meter: Meter) -> Self {
        let mut body = Self { kind, meter: Some(meter) };
        if body.is_end_stream() {
            body.complete();
        }
        body
    }

    /// The body of an answer that begins a tunnel.
    pub(crate) const fn tunnel() -> Self {
        Self { kind: AnswerKind::Empty, meter: None }
    }

    fn complete(&mut self) {
        if let Some(meter) = &mut self.meter {
            meter.complete();
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let polled = match &mut this.kind {
            AnswerKind::Empty => Poll::Ready(None),
            AnswerKind::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            AnswerKind::File(file) => file.poll_chunk(cx).map(|chunk| {
                let chunk = chunk?;
                Some(chunk.map(Frame::data).map_err(BodyError::File))
            }),
            AnswerKind::Upstream(body) => body.poll_frame(cx),
        };
        let complete = this.is_end_stream();
        if let Some(meter) = &mut this.meter {
            match &polled {
                Poll::Ready(Some(Ok(frame))) => meter.sent(frame.data_ref().map_or(0, Bytes::len) as u64),
                Poll::Ready(Some(Err(BodyError::Stalled))) => meter.failed(Incident::Timeout),
                Poll::Ready(Some(Err(_))) => meter.failed(Incident::Upstream),
                Poll::Ready(None) => meter.complete(),
                Poll::Pending => {}
            }
            if complete {
                meter.complete();
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            AnswerKind::Empty => true,
            AnswerKind::Whole(bytes) => bytes.is_empty(),
            AnswerKind::File(file) => file.is_complete(),
            AnswerKind::Upstream(body) => body.incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            AnswerKind::Empty => SizeHint::with_exact(0),
            AnswerKind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            AnswerKind::File(file) => file.size_hint(),
            AnswerKind::Upstream(body) => body.incoming.size_hint(),
        }
    }
}

/// Where the body of an upstream's answer comes from.
pub(crate) struct Source {
    pub(crate) connection: Box<UpstreamConnection>,
    pub(crate) flight: InFlight,
    pub(crate) worker: Arc<Worker>,
}

/// The body of an upstream's answer.
pub(crate) struct UpstreamBody {
    incoming: Incoming,
    /// Until nothing more is expected of it.
    source: Option<Source>,
    idle: Duration,
    stall: Stall,
    /// Ready when a stream is told to end.
    end: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl UpstreamBody {
    /// `end` is there for streams.
    pub(crate) fn new(incoming: Incoming, source: Source, idle: Duration, end: Option<StreamEnd>) -> Self {
        let end = end.map(|end| Box::pin(end.told()) as Pin<Box<dyn Future<Output = ()> + Send>>);
        let mut body = Self { incoming, source: Some(source), idle, stall: Stall::default(), end };
        if body.incoming.is_end_stream() {
            body.give_back();
        }
        body
    }

    fn give_back(&mut self) {
        if let Some(Source { connection, flight, worker }) = self.source.take() {
            worker.checkin(&flight.upstream, connection);
        }
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(Source { connection, .. }) = &mut self.source else { return Poll::Ready(None) };
        if self.end.as_mut().is_some_and(|end| end.as_mut().poll(cx).is_ready()) {
            // What a stream says ends where it ends; for the client it is an answer that is complete.
            (self.source, self.end) = (None, None);
            return Poll::Ready(None);
        }
        let Poll::Ready(frame) = connection.poll_body(&mut self.incoming, cx) else {
            ready!(self.stall.poll(self.idle, cx));
            return Poll::Ready(Some(Err(BodyError::Stalled)));
        };
        self.stall.moved();
        match &frame {
            None => self.give_back(),
            Some(Ok(_)) if self.incoming.is_end_stream() => self.give_back(),
            Some(Ok(_)) => {}
            Some(Err(_)) => self.source = None,
        }
        Poll::Ready(frame.map(|frame| frame.map_err(BodyError::Broken)))
    }
}
