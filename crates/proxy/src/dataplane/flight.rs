//! What is under way at an upstream: known at any time, so that an instance is stopped when nothing is, and ended where
//! it would last for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

use super::pool::Upstream;
use crate::stats::Flight;

/// What one worker has under way; a cache line of its own.
#[derive(Default)]
#[repr(align(64))]
struct Lane {
    requests: AtomicU64,
    streams: AtomicU64,
}

/// What is under way at one upstream.
pub(crate) struct Lanes {
    /// A request begins and ends on the same one.
    by_worker: Box<[Lane]>,
    /// How often streams were told to end.
    ends: AtomicU64,
    /// The same, for those that are to be woken.
    told: watch::Sender<u64>,
}

impl Lanes {
    pub(crate) fn new(workers: usize) -> Self {
        let by_worker = (0..workers).map(|_| Lane::default()).collect();
        Self { by_worker, ends: AtomicU64::new(0), told: watch::Sender::new(0) }
    }

    pub(crate) fn flight(&self) -> Flight {
        let sum = |of: fn(&Lane) -> &AtomicU64| {
            self.by_worker.iter().map(|lane| of(lane).load(Ordering::Acquire)).sum()
        };
        // What becomes a stream in between must not be missed: it is a request until it is a stream.
        let requests = sum(|lane| &lane.requests);
        Flight { requests, streams: sum(|lane| &lane.streams) }
    }

    pub(crate) fn end_streams(&self) -> u64 {
        let streams = self.flight().streams;
        let ends = self.ends.fetch_add(1, Ordering::AcqRel) + 1;
        self.told.send_replace(ends);
        streams
    }
}

/// A request or stream at an upstream, until it is dropped.
pub(crate) struct InFlight {
    pub(crate) upstream: Arc<Upstream>,
    worker: usize,
    /// How often streams had been told to end when it began.
    ends: u64,
    is_stream: bool,
}

impl InFlight {
    /// A request begins, before there is a connection: an upstream that is about to get one is not idle.
    pub(crate) fn begin(upstream: &Arc<Upstream>, worker: usize) -> Self {
        let lanes = &upstream.lanes;
        lanes.by_worker[worker].requests.fetch_add(1, Ordering::AcqRel);
        let ends = lanes.ends.load(Ordering::Acquire);
        Self { upstream: Arc::clone(upstream), worker, ends, is_stream: false }
    }

    fn lane(&self) -> &Lane {
        &self.upstream.lanes.by_worker[self.worker]
    }

    /// The request has become something that may last.
    pub(crate) fn becomes_stream(&mut self) -> StreamEnd {
        if !self.is_stream {
            self.is_stream = true;
            self.lane().streams.fetch_add(1, Ordering::AcqRel);
            self.lane().requests.fetch_sub(1, Ordering::AcqRel);
        }
        StreamEnd { told: self.upstream.lanes.told.subscribe(), ends: self.ends }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let lane = self.lane();
        let counter = if self.is_stream { &lane.streams } else { &lane.requests };
        counter.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The end of a stream as the control process may want it.
pub(crate) struct StreamEnd {
    told: watch::Receiver<u64>,
    ends: u64,
}

impl StreamEnd {
    /// Returns when the stream is told to end, since the request began that it was.
    pub(crate) async fn told(mut self) {
        if self.told.wait_for(|ends| *ends > self.ends).await.is_err() {
            // The sender lives as long as the upstream, which the stream holds.
            std::future::pending::<()>().await;
        }
    }
}
