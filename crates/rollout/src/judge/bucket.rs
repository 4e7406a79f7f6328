//! Seconds are gathered until both arms were exposed.

use std::time::Duration;

use crate::count::{ArmCounts, PerStream, Stream};
use crate::{Moment, count::Second};

/// Both arms have had this many requests: enough for the share to say something.
const REQUESTS: u32 = 4;
/// After this time one request in each arm will do.
const SHORT_OF_REQUESTS: Duration = Duration::from_secs(10);
/// After this time it is over, whatever was seen.
const LONGEST: Duration = Duration::from_secs(60);

/// Counts of consecutive seconds that are weighed as one.
///
/// In a second with one request of the canary and none of the stable arm an event can fall nowhere else: it says
/// nothing. Gathering is fair because its end depends on numbers of requests alone, never on events.
#[derive(Clone, Debug, Default)]
pub(super) struct Bucket {
    opened: Option<Moment>,
    stable: ArmCounts,
    canary: ArmCounts,
}

/// What fell where in a full bucket, for each stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weighed {
    /// Exposure and events of the canary.
    pub(super) canary: (u32, u32),
    /// Exposure and events of the stable arm.
    pub(super) stable: (u32, u32),
}

impl Bucket {
    /// Adds a second; the bucket's content when that filled it.
    pub(super) fn add(&mut self, second: &Second) -> Option<PerStream<Weighed>> {
        let opened = *self.opened.get_or_insert(second.at);
        self.stable.add(&second.stable);
        self.canary.add(&second.canary);
        let fewest = self.stable.requests.min(self.canary.requests);
        let age = second.at.since(opened) + Duration::from_secs(1);
        let full = fewest >= REQUESTS || age >= SHORT_OF_REQUESTS && fewest >= 1 || age >= LONGEST;
        full.then(|| self.empty())
    }

    /// Ends the bucket: the split is about to change.
    pub(super) fn empty(&mut self) -> PerStream<Weighed> {
        let Self { stable, canary, .. } = std::mem::take(self);
        PerStream::from_fn(|stream: Stream| Weighed {
            canary: (canary.exposure[stream], canary.events[stream]),
            stable: (stable.exposure[stream], stable.events[stream]),
        })
    }
}
