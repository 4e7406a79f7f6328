//! One request from its head to the end of its answer, whichever way it ends.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::body::Upload;
use super::connection::Client;
use super::counters::{Counters, Incident};
use super::live::LiveRoute;
use super::split::{End, Judged};
use crate::stats::{AccessEvent, limited};

/// nginx's status for a client that left before there was an answer.
const CLIENT_LEFT: u16 = 499;

/// Counts one request when it begins, is answered and ends. Dropped early, it counts a client that left.
pub(crate) struct Meter {
    client: Arc<Client>,
    route: Option<Arc<LiveRoute>>,
    began: Instant,
    latency: Duration,
    status: u16,
    sent: u64,
    upload: Option<Arc<Upload>>,
    /// What ended it, counted once.
    incident: Option<Incident>,
    complete: bool,
    /// Only on routes with a split.
    judged: Option<Box<Judged>>,
    /// Only while someone watches.
    event: Option<Box<AccessEvent>>,
}

impl Meter {
    pub(crate) fn begin(client: &Arc<Client>, method: &http::Method, path: &str) -> Self {
        client.activity.in_flight.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let event = client.worker.shared.accesses.watched().then(|| {
            let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            Box::new(AccessEvent {
                at_millis: u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX),
                route: String::new(),
                method: method.as_str().to_owned(),
                path: limited(path).to_owned(),
                status: CLIENT_LEFT,
                latency_micros: 0,
                duration_micros: 0,
                bytes_out: 0,
                request_id: String::new(),
            })
        });
        Self {
            client: Arc::clone(client),
            route: None,
            began: Instant::now(),
            latency: Duration::ZERO,
            status: 0,
            sent: 0,
            upload: None,
            incident: None,
            complete: false,
            judged: None,
            event,
        }
    }

    fn counters(&self) -> Option<&Counters> {
        self.route.as_ref().map(|route| &route.state.counters[self.client.worker.number])
    }

    /// The request has found its route.
    pub(crate) fn routed(&mut self, route: &Arc<LiveRoute>) {
        if self.route.is_none() {
            self.route = Some(Arc::clone(route));
            if let Some(counters) = self.counters() {
                counters.begin();
            }
        }
    }

    /// The request is held against the arm that it goes to; with none, against nobody.
    pub(crate) fn judge(&mut self, judged: Option<Box<Judged>>) {
        self.judged = judged;
    }

    /// The request goes to, or cannot reach, an instance that was started then.
    pub(crate) fn met(&mut self, born: impl FnOnce() -> Option<u64>) {
        if let Some(judged) = &mut self.judged {
            judged.met(born());
        }
    }

    /// The answer may last. It is judged by its head: what comes later comes too late.
    pub(crate) fn lasts(&mut self) {
        self.end_judged();
    }

    fn end_judged(&mut self) {
        let (Some(judged), Some(route)) = (self.judged.take(), &self.route) else { return };
        let took = if self.status == 0 { self.began.elapsed() } else { self.latency };
        let (status, incident, worker) = (self.status, self.incident, self.client.worker.number);
        judged.end(&End { route: &route.state, worker, status, incident, took });
    }

    /// The request is known by this id.
    pub(crate) fn identified(&mut self, id: &http::HeaderValue) {
        if let Some(judged) = &mut self.judged {
            judged.identified(id);
        }
        if let Some(event) = &mut self.event {
            id.to_str().unwrap_or_default().clone_into(&mut event.request_id);
        }
    }

    /// The head of the answer is known.
    pub(crate) fn answered(&mut self, status: http::StatusCode) {
        self.status = status.as_u16();
        self.latency = self.began.elapsed();
        if let Some(counters) = self.counters() {
            counters.answered(self.status, self.latency);
        }
    }

    /// Something happened that does not end the request.
    pub(crate) fn note(&self, incident: Incident) {
        if let Some(counters) = self.counters() {
            counters.incident(incident);
        }
    }

    /// Something ended the request; the first of such things is counted.
    pub(crate) fn failed(&mut self, incident: Incident) {
        if self.incident.is_none() {
            self.incident = Some(incident);
            self.note(incident);
        }
    }

    /// The request has a body, whose bytes are counted when all is over.
    pub(crate) fn uploads(&mut self, upload: &Arc<Upload>) {
        self.upload = Some(Arc::clone(upload));
    }

    /// Bytes of the answer's body.
    pub(crate) fn sent(&mut self, bytes: u64) {
        self.sent += bytes;
    }

    /// The answer is complete.
    pub(crate) fn complete(&mut self) {
        self.complete = true;
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if !self.complete {
            self.failed(Incident::Aborted);
        }
        self.end_judged();
        if let Some(counters) = self.counters() {
            if let Some(upload) = &self.upload {
                counters.received(upload.bytes());
            }
            counters.end(self.sent);
        }
        self.client.activity.in_flight.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
        if let Some(mut event) = self.event.take() {
            let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
            event.route = self.route.as_ref().map(|route| route.route.name.clone()).unwrap_or_default();
            event.status = if self.status == 0 { CLIENT_LEFT } else { self.status };
            event.latency_micros = micros(self.latency);
            event.duration_micros = micros(self.began.elapsed());
            event.bytes_out = self.sent;
            self.client.worker.shared.accesses.push(*event);
        }
    }
}
