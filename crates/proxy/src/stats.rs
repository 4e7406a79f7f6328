//! What the proxy counted, as it tells the control process.
//!
//! All counts are of the proxy process that tells them and only grow while it lives. [`RouteStats::since`] makes a
//! series of them; a process that took over begins at zero, which is seen by its [`StatsReport::pid`].

use std::collections::BTreeMap;

use seaworthy_rollout::ReleaseId;
use seaworthy_rollout::count::{Failure, Second};
use serde::{Deserialize, Serialize};

use crate::histogram::Histogram;

/// Everything that one proxy process counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatsReport {
    /// The process that counted.
    pub pid: u32,
    /// The table in force.
    pub generation: u64,
    /// Open connections of clients.
    pub connections: u64,
    /// Connections of clients that were accepted so far.
    pub accepted: u64,
    /// Connections that ended before there were keys: strangers, clients that did not trust the certificate, names that
    /// there is none for, tests of a name.
    #[serde(default)]
    pub handshakes_ended: u64,
    /// Requests that were refused before they had a route: malformed, smuggled, of an unknown host.
    pub refused: u64,
    /// Access events that were dropped because the reader was slow.
    pub events_dropped: u64,
    /// Per route, by its name.
    pub routes: BTreeMap<String, RouteStats>,
}

/// Rate, errors and duration of one route.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteStats {
    /// Requests that began.
    pub requests: u64,
    /// Requests that are being answered now.
    pub in_flight: u64,
    /// Answers by the class of their status: 1xx (tunnels), 2xx, 3xx, 4xx, 5xx.
    pub status: [u64; 5],
    /// Requests for which no upstream could be reached.
    pub connect_errors: u64,
    /// Requests whose upstream did not answer in time.
    pub timeouts: u64,
    /// Requests whose upstream broke off, before or within its answer.
    pub upstream_errors: u64,
    /// Requests whose client left before the answer was complete.
    pub aborted: u64,
    /// Requests sent a second time because a pooled connection turned out to be closed.
    pub retries: u64,
    /// Requests that waited for a table or an upstream (see [`crate::table::Hold`]).
    pub held: u64,
    /// Bytes of request bodies.
    pub bytes_in: u64,
    /// Bytes of response bodies.
    pub bytes_out: u64,
    /// Time from the request's head to the answer's head.
    pub latency: Histogram,
}

impl RouteStats {
    /// What was counted since `earlier`, a former state of the same route; `in_flight` stays as it is now.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        if self.requests < earlier.requests {
            return self.clone();
        }
        let mut status = self.status;
        for (now, before) in status.iter_mut().zip(earlier.status) {
            *now = now.saturating_sub(before);
        }
        Self {
            requests: self.requests - earlier.requests,
            in_flight: self.in_flight,
            status,
            connect_errors: self.connect_errors.saturating_sub(earlier.connect_errors),
            timeouts: self.timeouts.saturating_sub(earlier.timeouts),
            upstream_errors: self.upstream_errors.saturating_sub(earlier.upstream_errors),
            aborted: self.aborted.saturating_sub(earlier.aborted),
            retries: self.retries.saturating_sub(earlier.retries),
            held: self.held.saturating_sub(earlier.held),
            bytes_in: self.bytes_in.saturating_sub(earlier.bytes_in),
            bytes_out: self.bytes_out.saturating_sub(earlier.bytes_out),
            latency: self.latency.since(&earlier.latency),
        }
    }
}

/// What is under way at the instances of a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flight {
    /// Requests that end by themselves.
    pub requests: u64,
    /// What may last: upgraded connections, and answers of `text/event-stream`. They are not among the requests.
    pub streams: u64,
}

impl Flight {
    /// Nothing is under way.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

impl std::ops::AddAssign for Flight {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.streams += other.streams;
    }
}

/// One second of a split, as one proxy process counted it. Requests are counted in the second in which they end, streams
/// in the one in which they begin. A second may come in several parts, whose counts add up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitSecond {
    /// The name of the split.
    pub split: String,
    /// Its canary: counts of requests that outlived a canary are not of the next one.
    pub canary: ReleaseId,
    /// What was counted; its time is wall time, in milliseconds since 1970.
    pub second: Second,
}

/// A request that a canary failed, to be shown to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedRequest {
    /// When it ended, in milliseconds since 1970.
    pub at_millis: u64,
    /// Name of the route.
    pub route: String,
    /// The method.
    pub method: String,
    /// The path without its query (which may hold secrets), at most 512 bytes.
    pub path: String,
    /// Status of the answer.
    pub status: u16,
    /// What was wrong.
    pub failure: Failure,
    /// The `x-request-id` that the upstream saw; empty where none was reached.
    pub request_id: String,
}

/// Longer paths are cut where they are shown.
const PATH_LIMIT: usize = 512;

/// A path as it is shown.
pub(crate) fn limited(path: &str) -> &str {
    &path[..path.floor_char_boundary(PATH_LIMIT)]
}

/// One answered request, for the live list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessEvent {
    /// When the request began, in milliseconds since 1970.
    pub at_millis: u64,
    /// Name of the route; empty where none matched.
    pub route: String,
    /// The method.
    pub method: String,
    /// The path without its query (which may hold secrets), at most 512 bytes.
    pub path: String,
    /// Status of the answer; 499 where the client left before there was one.
    pub status: u16,
    /// Time to the answer's head, in microseconds.
    pub latency_micros: u64,
    /// Time to the answer's end, in microseconds.
    pub duration_micros: u64,
    /// Bytes of the answer's body.
    pub bytes_out: u64,
    /// The `x-request-id` that the upstream saw.
    pub request_id: String,
}
