//! What the judge is told beforehand.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::count::{PerStream, Stream};

/// How a canary is judged. The defaults are what the documentation promises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgeConfig {
    /// The chance with which a good release is aborted, over the whole canary, all looks and all streams together.
    pub alpha: f64,
    /// How alpha is split over the streams; sums to 1. A stream with 0 is shown and never aborts.
    pub split: PerStream<f64>,
    /// The odds ratio up to which a stream holds nothing against the canary.
    pub tolerated: PerStream<f64>,
    /// Events of requests abort only when they come from this many sessions.
    pub sessions: u32,
    /// A step is promoted when every stream's odds ratio is certainly below this.
    pub bound: f64,
    /// The chance with which such a bound is wrong.
    pub bound_error: f64,
    /// How long a step is watched when nothing is decided before.
    pub soak: Duration,
    /// Requests of the canary without which a soak that is over says nothing.
    pub enough_requests: u32,
    /// Evidence from which on a soak that is over does not promote, as an e-value (0.01 of alpha is reached at 100).
    pub suspicion: f64,
    /// What is done when the soak is over and nothing is decided.
    pub inconclusive: OnInconclusive,
}

/// What to do when neither promotion nor abort is called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnInconclusive {
    /// Soak as long again, so many times; then promote and watch for lack of data, or pause on suspicion.
    Extend(u8),
    /// Promote, with the old release kept warm and the watch on.
    PromoteAndWatch,
    /// Stay at this weight until someone decides.
    Pause,
}

impl Default for JudgeConfig {
    fn default() -> Self {
        Self {
            alpha: 0.01,
            split: PerStream::from_fn(|stream| match stream {
                // What a bad release does most often gets most: it is what has to be seen within seconds.
                Stream::ServerError => 0.75,
                Stream::ConnectError | Stream::AbortedByServer => 0.06,
                Stream::Slow => 0.07,
                Stream::LogError | Stream::Restart => 0.03,
            }),
            tolerated: PerStream::from_fn(|stream| match stream {
                // The canary has fewer requests and so colder caches: what would be promoted must not abort.
                Stream::Slow => 1.5,
                _ => 1.0,
            }),
            sessions: 3,
            bound: 1.5,
            bound_error: 0.05,
            soak: Duration::from_mins(5),
            enough_requests: 200,
            suspicion: 10.0,
            inconclusive: OnInconclusive::Extend(2),
        }
    }
}

impl JudgeConfig {
    /// The judge of the watch after promotion: the new release has all the traffic, and is compared with what the old
    /// one did in the minutes before. Times differ by themselves, so only what is three times as bad counts.
    #[must_use]
    pub fn of_watch(self) -> Self {
        Self { tolerated: PerStream::from_fn(|stream| self.tolerated[stream] * 3.0), ..self }
    }
}
