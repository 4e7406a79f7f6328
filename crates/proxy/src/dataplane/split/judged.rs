//! A request of a split route that is held against its arm, or for it, when it ends.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method, Request, Uri};
use seaworthy_rollout::Arm;
use seaworthy_rollout::count::{Ended, FRESH, Failure};
use seaworthy_rollout::split::Session;

use super::clock::unix_millis;
use super::counts::{Counts, Record};
use crate::dataplane::counters::Incident;
use crate::dataplane::live::RouteState;
use crate::stats::{FailedRequest, limited};

/// What is known of a request from its decision on.
pub(crate) struct Judged {
    counts: Arc<Counts>,
    arm: Arm,
    session: u64,
    /// When the instance was started that it went to.
    born: Option<u64>,
    /// Of the canary only: its failures are shown.
    asked: Option<(Method, Uri)>,
    id: Option<HeaderValue>,
}

/// How a request ended.
pub(crate) struct End<'a> {
    pub(crate) route: &'a Arc<RouteState>,
    pub(crate) worker: usize,
    /// Of the answer; 0 where there was none.
    pub(crate) status: u16,
    pub(crate) incident: Option<Incident>,
    /// From its head to the answer's, or to now where there was none.
    pub(crate) took: Duration,
}

impl Judged {
    pub(crate) fn new<B>(
        counts: &Arc<Counts>,
        arm: Arm,
        session: Session,
        request: &Request<B>,
    ) -> Box<Self> {
        let asked = (arm == Arm::Canary).then(|| (request.method().clone(), request.uri().clone()));
        Box::new(Self {
            counts: Arc::clone(counts),
            arm,
            session: session.hash(),
            born: None,
            asked,
            id: None,
        })
    }

    /// The request went, or could not go, to an instance that was started then.
    pub(crate) fn met(&mut self, born: Option<u64>) {
        self.born = born;
    }

    /// The request is known by this id.
    pub(crate) fn identified(&mut self, id: &HeaderValue) {
        if self.asked.is_some() {
            self.id = Some(id.clone());
        }
    }

    /// The request ended.
    pub(crate) fn end(self, end: &End<'_>) {
        let now = unix_millis();
        let failure = failure(end.status, end.incident);
        let sample = failure.zip(self.asked).map(|(failure, (method, uri))| {
            Box::new(FailedRequest {
                at_millis: now,
                route: end.route.name.to_string(),
                method: method.as_str().to_owned(),
                path: limited(uri.path()).to_owned(),
                status: end.status,
                failure,
                request_id: self.id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned(),
            })
        });
        let ended = Ended {
            arm: self.arm,
            session: self.session,
            fresh: is_fresh(self.born, now),
            failure,
            slow: false,
        };
        let answered = end.status != 0 && end.incident != Some(Incident::Connect);
        let record = Record { route: Arc::clone(end.route), took: end.took, answered, ended, sample };
        self.counts.record(end.worker, record);
    }
}

/// An instance that is said to start only later was started long ago, by a clock that was set back since.
fn is_fresh(born: Option<u64>, now: u64) -> bool {
    let age = born.and_then(|born| now.checked_sub(born));
    age.is_some_and(|age| u128::from(age) < FRESH.as_millis())
}

/// What of it the release may be to blame for: not that the client left or sent a bad body.
fn failure(status: u16, incident: Option<Incident>) -> Option<Failure> {
    match incident {
        Some(Incident::Connect) => Some(Failure::Connect),
        Some(Incident::Upstream) => Some(Failure::AbortedByServer),
        // Before the head of the answer it makes a 504, within the answer it breaks it off.
        Some(Incident::Timeout) if status < 500 => Some(Failure::AbortedByServer),
        _ => (status >= 500).then_some(Failure::ServerError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_to_blame() {
        for (status, incident, blamed) in [
            (200, None, None),
            (404, None, None),
            (200, Some(Incident::Aborted), None),
            (0, Some(Incident::Aborted), None),
            (500, None, Some(Failure::ServerError)),
            (504, Some(Incident::Timeout), Some(Failure::ServerError)),
            (200, Some(Incident::Timeout), Some(Failure::AbortedByServer)),
            (502, Some(Incident::Connect), Some(Failure::Connect)),
            (502, Some(Incident::Upstream), Some(Failure::AbortedByServer)),
            (200, Some(Incident::Upstream), Some(Failure::AbortedByServer)),
        ] {
            assert_eq!(failure(status, incident), blamed, "{status} {incident:?}");
        }
    }

    #[test]
    fn fresh_is_the_first_quarter_of_a_minute() {
        assert!(is_fresh(Some(1_000), 1_000) && is_fresh(Some(1_000), 15_999));
        assert!(!is_fresh(Some(1_000), 16_000) && !is_fresh(Some(2_000), 1_000) && !is_fresh(None, 0));
    }
}
