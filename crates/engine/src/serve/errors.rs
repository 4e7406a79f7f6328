//! Errors in the logs of both releases that neither of them had logged before.

use std::collections::BTreeMap;

use seaworthy_supervise::log::fingerprint::Fingerprint;
use seaworthy_supervise::log::new_errors::NewErrors;
use seaworthy_supervise::log::reader;

use super::place::Place;
use super::running::Running;

/// Reads the logs of two releases as they grow.
#[derive(Debug, Default)]
pub(super) struct LogErrors {
    readers: BTreeMap<String, NewErrors>,
}

impl LogErrors {
    /// How many kinds of errors an arm told of since the last time that no instance of either had told of.
    pub(super) fn read(&mut self, place: &Place, running: &Running) -> u32 {
        let mut kinds = 0;
        for instance in running.instances() {
            let log = running.log(place, &instance);
            let reader = self.readers.entry(instance.name.clone()).or_insert_with(|| {
                // What stands there already was there before this rollout.
                NewErrors::new(&log, reader::end(&log).unwrap_or_default(), [])
            });
            // A log that cannot be read says nothing.
            let Ok(counts) = reader.read() else { continue };
            kinds += counts.seconds.iter().map(|second| second.kinds).sum::<u64>();
        }
        let seen: Vec<Fingerprint> =
            self.readers.values().flat_map(|reader| reader.seen().map(|(kind, _)| kind)).collect();
        for reader in self.readers.values_mut() {
            reader.learn(seen.iter().copied());
        }
        u32::try_from(kinds).unwrap_or(u32::MAX)
    }
}
