//! Whether the new release is worse than the one that serves beside it.
//!
//! Sequential and anytime-valid: it may be asked after every second, for as long as one likes, and still aborts a good
//! release with chance alpha at most. `docs/src/judge.md` says why, in plain words.

mod baseline;
mod config;
mod evidence;
mod hard_stop;
mod report;
mod share;
mod verdict;

use std::time::Duration;

pub use baseline::Baseline;
pub use config::{JudgeConfig, OnInconclusive};
pub use hard_stop::{HardStop, Incident};
pub use report::{Point, Rate, Report, StreamReport};
pub use verdict::{Cause, Doubt, Ground, Verdict};

use crate::count::{PerStream, Second, Stream};
use crate::{Arm, Moment, Weight};
use evidence::Evidence;
use hard_stop::HardStops;
use report::Timeline;
use share::Share;

/// How often a regression may begin, in the eyes of the test.
const STARTS_EVERY: Duration = Duration::from_secs(30);
/// No promotion on a bound before this much of a step: some failures need a while to show.
const EARLIEST: Duration = Duration::from_secs(30);

/// Judges one canary, over all its steps.
#[derive(Clone, Debug)]
pub struct Judge {
    config: JudgeConfig,
    share: Share,
    evidence: PerStream<Evidence>,
    next_start: Moment,
    hard_stops: HardStops,
    step_began: Moment,
    soak: Duration,
    extended: u8,
    step_requests: u64,
    requests: u64,
    stable: PerStream<Rate>,
    canary: PerStream<Rate>,
    sessions: PerStream<u64>,
    first_event: Option<Moment>,
    timeline: Timeline,
    cause: Option<Cause>,
}

impl Judge {
    /// A judge of a canary that gets its first traffic, this share, now.
    pub fn new(config: JudgeConfig, weight: Weight, now: Moment) -> Self {
        Self {
            share: Share::new(weight),
            evidence: PerStream::from_fn(|stream| Evidence::new(config.tolerated[stream])),
            next_start: now.after(STARTS_EVERY),
            hard_stops: HardStops::default(),
            step_began: now,
            soak: config.soak,
            extended: 0,
            step_requests: 0,
            requests: 0,
            stable: PerStream::default(),
            canary: PerStream::default(),
            sessions: PerStream::default(),
            first_event: None,
            timeline: Timeline::new(),
            cause: None,
            config,
        }
    }

    /// The canary's weight changes now. What was found against it stays.
    pub fn step(&mut self, weight: Weight, now: Moment) {
        self.share = Share::new(weight);
        self.step_began = now;
        self.soak = self.config.soak;
        self.extended = 0;
        self.step_requests = 0;
    }

    /// Adds what was counted in a second. Seconds come in their order; those without requests may be left out.
    pub fn second(&mut self, second: &Second) {
        self.requests += u64::from(second.canary.requests);
        self.step_requests += u64::from(second.canary.requests);
        for stream in Stream::ALL {
            for (rate, counts) in
                [(&mut self.canary[stream], &second.canary), (&mut self.stable[stream], &second.stable)]
            {
                rate.of += u64::from(counts.exposure[stream]);
                rate.events += u64::from(counts.events[stream]);
            }
            self.sessions[stream] += u64::from(second.canary.first_events[stream]);
        }
        if self.first_event.is_none() && second.canary.failed > 0 {
            self.first_event = Some(second.at);
        }
        while second.at >= self.next_start {
            self.next_start = self.next_start.after(STARTS_EVERY);
            for stream in Stream::ALL {
                self.evidence[stream].start_anew();
            }
        }
        if let Some(hard_stop) = self.hard_stops.second(second) {
            self.abort(Cause::HardStop(hard_stop));
        }
        for (stream, weighed) in self.share.add(second).iter() {
            self.evidence[stream].weigh(weighed);
        }
        let (evidence, stream) = self.strongest();
        self.timeline.add(Point { at: second.at, evidence, stream });
        self.look();
    }

    /// Something happened to an instance.
    pub fn incident(&mut self, arm: Arm, incident: Incident) {
        if let Some(hard_stop) = self.hard_stops.incident(arm, incident) {
            self.abort(Cause::HardStop(hard_stop));
        }
    }

    /// What is to be done now. An abort stands once it was said; everything else may change.
    ///
    /// To be asked every second or so: extensions of the soak are granted here.
    pub fn verdict(&mut self, now: Moment) -> Verdict {
        if let Some(cause) = self.cause {
            return Verdict::Abort(cause);
        }
        let elapsed = now.since(self.step_began);
        let enough = self.step_requests >= u64::from(self.config.enough_requests);
        let suspicious = self.strongest().0 >= self.config.suspicion;
        if enough && !suspicious && elapsed >= EARLIEST && self.is_bounded() {
            return Verdict::Promote(Ground::Bounded);
        }
        if elapsed < self.soak {
            return Verdict::Wait;
        }
        let doubt = match (suspicious, enough) {
            (false, true) => return Verdict::Promote(Ground::Soaked),
            (true, _) => Doubt::Suspicion,
            (false, false) => Doubt::TooFewRequests,
        };
        let then = match (self.config.inconclusive, doubt) {
            (OnInconclusive::Extend(times), _) if self.extended < times => {
                self.extended += 1;
                self.soak = self.soak.saturating_add(self.config.soak);
                OnInconclusive::Extend(times - self.extended)
            }
            (OnInconclusive::Extend(_), Doubt::TooFewRequests) => OnInconclusive::PromoteAndWatch,
            (OnInconclusive::Extend(_), Doubt::Suspicion) => OnInconclusive::Pause,
            (configured, _) => configured,
        };
        Verdict::Inconclusive(doubt, then)
    }

    /// Why it says what it says.
    pub fn report(&self) -> Report {
        Report {
            cause: self.cause,
            first_event: self.first_event,
            evidence: self.strongest().0,
            aborts_at: 1.0 / self.config.alpha,
            requests: self.requests,
            streams: Stream::ALL.map(|stream| self.report_of(stream)).into(),
            timeline: self.timeline.points().to_vec(),
        }
    }

    fn report_of(&self, stream: Stream) -> StreamReport {
        let (canary, stable) = (self.canary[stream], self.stable[stream]);
        StreamReport {
            stream,
            canary,
            stable,
            odds_ratio: (canary.of > 0 && stable.of > 0 && canary.events + stable.events > 0)
                .then(|| canary.odds() / stable.odds()),
            bound: self.evidence[stream].bound(self.config.bound_error),
            evidence: self.evidence[stream].e_value(),
            sessions: self.sessions[stream],
        }
    }

    /// Aborts when all the evidence together suffices, and what adds most of it is no matter of one or two sessions.
    ///
    /// A mean of e-values, weighted beforehand, is an e-value: that splits alpha over the streams and loses less than
    /// a test of each stream at its part of alpha would.
    fn look(&mut self) {
        let (evidence, stream) = self.strongest();
        let enough_sessions =
            !stream.is_of_requests() || self.sessions[stream] >= u64::from(self.config.sessions);
        if evidence >= 1.0 / self.config.alpha && enough_sessions {
            self.abort(Cause::Evidence(stream));
        }
    }

    /// The mean e-value, and the stream that adds most to it.
    fn strongest(&self) -> (f64, Stream) {
        let mut sum = 0.0;
        let mut strongest = (f64::NEG_INFINITY, Stream::ServerError);
        for (stream, evidence) in self.evidence.iter() {
            let part = self.config.split[stream] * evidence.e_value();
            sum += part;
            if part > strongest.0 {
                strongest = (part, stream);
            }
        }
        (sum, strongest.1)
    }

    /// Every stream that had any event is bounded, and there is one. Streams of which the canary had no event in
    /// enough requests hold nothing against it.
    fn is_bounded(&self) -> bool {
        let mut bounded = 0;
        for stream in Stream::ALL.into_iter().filter(|stream| self.canary[*stream].events > 0) {
            match self.evidence[stream].bound(self.config.bound_error) {
                Some(bound) if bound < self.config.bound => bounded += 1,
                _ => return false,
            }
        }
        bounded > 0
    }

    fn abort(&mut self, cause: Cause) {
        self.cause.get_or_insert(cause);
    }
}
