//! The canary's share of the exposure, as it was lately.

use std::collections::VecDeque;
use std::time::Duration;

use crate::count::{PerStream, Second, Stream};
use crate::{Moment, Weight};

/// The share is taken over at least this time,
const WINDOW: Duration = Duration::from_mins(1);
/// and at least so many requests,
const REQUESTS: u64 = 400;
/// but at most so many seconds with any.
const SECONDS: usize = 600;

/// Events of one stream in one second, and what could have had one lately.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weighed {
    /// Events in the canary and in the stable arm.
    pub(super) events: (u32, u32),
    /// Exposure of the canary and of the stable arm, this second's included; a positive number when there was any.
    pub(super) exposure: (f64, f64),
}

/// Before there are many requests the share is uncertain: these are counted as split by the weight.
const BY_WEIGHT: f64 = 50.0;

/// A trailing window of exposures.
///
/// One second is too short: in one with a single request of the canary and none of the stable arm, an event can fall
/// nowhere else and says nothing. The whole step is too long: sessions are sticky, so the share wanders.
///
/// One request more is counted for the canary. With N of n requests there by chance p, (N + 1)/(n + 1) is above p just
/// often enough: the expected value of p(n + 1)/(N + 1) is at most 1. Without it, the share would be too small too
/// often, and that would be held against the canary.
#[derive(Clone, Debug)]
pub(super) struct Share {
    weight: Weight,
    seconds: VecDeque<Entry>,
    requests: u64,
    canary: PerStream<u64>,
    stable: PerStream<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    at: Moment,
    requests: u64,
    canary: PerStream<u32>,
    stable: PerStream<u32>,
}

impl Share {
    /// The window of a step that begins now.
    pub(super) fn new(weight: Weight) -> Self {
        Self {
            weight,
            seconds: VecDeque::new(),
            requests: 0,
            canary: PerStream::default(),
            stable: PerStream::default(),
        }
    }

    /// Adds a second, and puts its events beside the exposure of the window that ends with it.
    pub(super) fn add(&mut self, second: &Second) -> PerStream<Weighed> {
        let entry = Entry {
            at: second.at,
            requests: u64::from(second.canary.requests) + u64::from(second.stable.requests),
            canary: second.canary.exposure,
            stable: second.stable.exposure,
        };
        self.requests += entry.requests;
        for stream in Stream::ALL {
            self.canary[stream] += u64::from(entry.canary[stream]);
            self.stable[stream] += u64::from(entry.stable[stream]);
        }
        self.seconds.push_back(entry);
        while self.seconds.front().is_some_and(|oldest| self.can_go(oldest, second.at)) {
            self.forget_oldest();
        }
        PerStream::from_fn(|stream| Weighed {
            events: (second.canary.events[stream], second.stable.events[stream]),
            exposure: self.exposure(stream),
        })
    }

    fn exposure(&self, stream: Stream) -> (f64, f64) {
        let (canary, stable) = (self.canary[stream], self.stable[stream]);
        if canary == 0 || stable == 0 {
            return (0.0, 0.0);
        }
        let expected = if stream.is_of_requests() { BY_WEIGHT } else { 0.0 };
        let canary = real(canary) + 1.0 + expected * self.weight.as_fraction();
        (canary, real(stable) + expected * self.weight.rest().as_fraction())
    }

    fn can_go(&self, oldest: &Entry, now: Moment) -> bool {
        let is_old = now.since(oldest.at) >= WINDOW;
        self.seconds.len() > SECONDS || is_old && self.requests - oldest.requests >= REQUESTS
    }

    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.seconds.pop_front() {
            self.requests -= oldest.requests;
            for stream in Stream::ALL {
                self.canary[stream] -= u64::from(oldest.canary[stream]);
                self.stable[stream] -= u64::from(oldest.stable[stream]);
            }
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of a window stay far below 2^52")]
fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_a_minute_or_enough_requests_or_ten_minutes() {
        let mut share = Share::new(Weight::percent(20));
        let second = |at: u64, canary: u32, stable: u32| {
            let mut second = Second { at: Moment(at * 1000), ..Second::default() };
            second.canary.requests = canary;
            second.canary.exposure[Stream::Slow] = canary;
            second.stable.requests = stable;
            second.stable.exposure[Stream::Slow] = stable;
            second
        };
        for at in 0..100 {
            share.add(&second(at, 2, 8));
        }
        assert_eq!(share.add(&second(100, 2, 8))[Stream::Slow].exposure, (131.0, 520.0));
        let mut sparse = Share::new(Weight::percent(20));
        for at in 0..1000 {
            sparse.add(&second(at, 1, 1));
        }
        assert_eq!(sparse.add(&second(1000, 1, 1))[Stream::Slow].exposure, (211.0, 240.0));
    }
}
