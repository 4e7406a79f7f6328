//! Requests as they end -> counts per arm and second.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::muted::{Muted, Silence};
use super::stream::{PerStream, Stream};
use crate::{Arm, Moment};

/// How a request failed, where the release may be to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// The answer's status was 5xx.
    ServerError,
    /// No connection came about.
    Connect,
    /// The instance broke off.
    AbortedByServer,
}

impl Failure {
    fn stream(self) -> Stream {
        match self {
            Self::ServerError => Stream::ServerError,
            Self::Connect => Stream::ConnectError,
            Self::AbortedByServer => Stream::AbortedByServer,
        }
    }
}

/// A request that ended. One that was forced into its arm by a header is not told at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Where it went.
    pub arm: Arm,
    /// Who made it: [`crate::split::Session::hash`].
    pub session: u64,
    /// Its instance started less than 15 s ago (see [`crate::count::FRESH`]).
    pub fresh: bool,
    /// How it failed.
    pub failure: Option<Failure>,
    /// It took longer than the line of its route (see [`crate::count::SlowLine`]).
    pub slow: bool,
}

/// What was counted of one arm in one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArmCounts {
    /// Requests that ended, of fresh instances too.
    pub requests: u32,
    /// Those that failed in whichever way.
    pub failed: u32,
    /// Running instances.
    pub instances: u32,
    /// What could have had an event: requests of sessions that are not muted; instances for restarts.
    pub exposure: PerStream<u32>,
    /// What had an event.
    pub events: PerStream<u32>,
    /// Events of sessions that had none before, in the streams of requests.
    pub first_events: PerStream<u32>,
}

/// Both arms in one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    /// When it began.
    pub at: Moment,
    /// The release that served before.
    pub stable: ArmCounts,
    /// The new release.
    pub canary: ArmCounts,
}

impl Second {
    /// The counts of an arm.
    pub fn arm(&mut self, arm: Arm) -> &mut ArmCounts {
        match arm {
            Arm::Stable => &mut self.stable,
            Arm::Canary => &mut self.canary,
        }
    }

    /// Adds the running instances of an arm, and how many of them were started again in this second.
    pub fn instances(&mut self, arm: Arm, running: u32, restarts: u32) {
        let counts = self.arm(arm);
        counts.instances += running;
        counts.exposure[Stream::Restart] += running.max(restarts);
        counts.events[Stream::Restart] += restarts;
    }

    /// Adds errors that an arm logged and neither arm had logged before.
    ///
    /// They may come from requests or from work without any, so the canary's exposure is the larger of its shares of
    /// requests and instances: call this after [`Self::instances`], once, for both arms.
    pub fn log_errors(&mut self, stable: u32, canary: u32) {
        let by_requests = (self.canary.requests, self.stable.requests);
        let by_instances = (self.canary.instances, self.stable.instances);
        let share = |(canary, stable): (u32, u32)| {
            u64::from(canary) * u64::from(by_instances.0 + by_instances.1).max(1)
                / u64::from(canary + stable).max(1)
        };
        let (of_canary, of_stable) =
            if share(by_requests) > share(by_instances) { by_requests } else { by_instances };
        self.canary.exposure[Stream::LogError] += of_canary.max(canary);
        self.stable.exposure[Stream::LogError] += of_stable.max(stable);
        self.canary.events[Stream::LogError] += canary;
        self.stable.events[Stream::LogError] += stable;
    }
}

/// Seconds that wait to be taken; more are merged into the last.
const WAITING: usize = 120;

/// Counts requests per arm and second. One for each application and canary: two of them would let a session fail twice.
#[derive(Debug)]
pub struct Tally {
    muted: PerStream<Muted>,
    open: Option<Second>,
    closed: VecDeque<Second>,
}

impl Tally {
    /// Remembers at most `sessions` sessions for each kind of event.
    pub fn new(sessions: usize) -> Self {
        Self {
            muted: PerStream::from_fn(|stream| {
                let silence =
                    if stream == Stream::Slow { Silence::OF_SLOWNESS } else { Silence::OF_FAILURES };
                Muted::new(sessions, silence)
            }),
            open: None,
            closed: VecDeque::new(),
        }
    }

    /// Counts a request that ended now.
    pub fn record(&mut self, now: Moment, request: &Ended) {
        self.close_before(now);
        let open = self.open.get_or_insert_with(|| Second { at: start_of(now), ..Second::default() });
        let counts = open.arm(request.arm);
        counts.requests += 1;
        counts.failed += u32::from(request.failure.is_some());
        if request.fresh {
            return;
        }
        for stream in [Stream::ServerError, Stream::ConnectError, Stream::AbortedByServer, Stream::Slow] {
            let muted = &mut self.muted[stream];
            if muted.is_muted(request.session, now) {
                continue;
            }
            counts.exposure[stream] += 1;
            let event = match stream {
                Stream::Slow => request.slow,
                _ => request.failure.is_some_and(|failure| failure.stream() == stream),
            };
            if event {
                counts.events[stream] += 1;
                counts.first_events[stream] += u32::from(muted.mute(request.session, now));
            }
        }
    }

    /// The seconds that are over, oldest first. A second without requests is not among them.
    pub fn take(&mut self, now: Moment) -> Vec<Second> {
        self.close_before(now);
        self.closed.drain(..).collect()
    }

    fn close_before(&mut self, now: Moment) {
        if let Some(open) = self.open.take_if(|open| open.at.second() < now.second()) {
            let full = self.closed.len() >= WAITING;
            match self.closed.back_mut() {
                Some(last) if full => merge(last, &open),
                _ => self.closed.push_back(open),
            }
        }
    }
}

fn start_of(now: Moment) -> Moment {
    Moment(now.second() * 1000)
}

fn merge(into: &mut Second, from: &Second) {
    into.stable.add(&from.stable);
    into.canary.add(&from.canary);
}

impl ArmCounts {
    /// Adds other counts of the same arm.
    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.failed += other.failed;
        self.instances += other.instances;
        for stream in Stream::ALL {
            self.exposure[stream] += other.exposure[stream];
            self.events[stream] += other.events[stream];
            self.first_events[stream] += other.first_events[stream];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(session: u64) -> Ended {
        Ended { arm: Arm::Canary, session, fresh: false, failure: Some(Failure::ServerError), slow: false }
    }

    #[test]
    fn a_session_that_fails_again_is_neither_event_nor_exposure() {
        let mut tally = Tally::new(100);
        for millis in [0, 10, 500] {
            tally.record(Moment(millis), &failing(1));
        }
        tally.record(Moment(600), &failing(2));
        let [second] = tally.take(Moment(1000))[..] else { panic!("one second") };
        assert_eq!((second.canary.requests, second.canary.failed), (4, 4));
        assert_eq!(second.canary.exposure[Stream::ServerError], 2);
        assert_eq!(second.canary.events[Stream::ServerError], 2);
        assert_eq!(second.canary.first_events[Stream::ServerError], 2);
        assert_eq!(second.canary.exposure[Stream::Slow], 4, "other streams go on");
    }

    #[test]
    fn a_session_fails_once_in_ten_minutes_and_may_be_slow_again_after_ten_seconds() {
        let mut tally = Tally::new(100);
        for second in [0, 11, 599, 600] {
            tally.record(Moment(second * 1000), &Ended { slow: true, ..failing(1) });
        }
        let counted = |stream| -> Vec<u32> {
            let seconds = tally.closed.iter().chain(&tally.open);
            seconds.map(|second| second.canary.events[stream]).collect()
        };
        assert_eq!(counted(Stream::ServerError), [1, 0, 0, 1]);
        assert_eq!(counted(Stream::Slow), [1, 1, 0, 0]);
    }

    #[test]
    fn a_fresh_instance_is_seen_and_not_judged() {
        let mut tally = Tally::new(100);
        tally.record(Moment(0), &Ended { fresh: true, slow: true, ..failing(1) });
        let [second] = tally.take(Moment(1000))[..] else { panic!("one second") };
        assert_eq!((second.canary.requests, second.canary.failed), (1, 1));
        assert_eq!(second.canary.exposure, PerStream::default());
    }

    #[test]
    fn what_nobody_takes_is_merged() {
        let mut tally = Tally::new(100);
        for second in 0..1000 {
            tally.record(Moment(second * 1000), &failing(second));
        }
        let taken = tally.take(Moment(1_000_000));
        assert_eq!(taken.len(), WAITING);
        assert_eq!(taken.iter().map(|second| second.canary.requests).sum::<u32>(), 1000);
    }

    #[test]
    fn log_errors_are_held_against_the_larger_share() {
        let mut second = Second::default();
        second.canary.requests = 10;
        second.stable.requests = 90;
        second.instances(Arm::Canary, 1, 0);
        second.instances(Arm::Stable, 1, 0);
        second.log_errors(0, 1);
        assert_eq!(second.canary.exposure[Stream::LogError], 1);
        assert_eq!(second.stable.exposure[Stream::LogError], 1);
    }
}
