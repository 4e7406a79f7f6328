//! Errors in the logs of both releases that neither of them had logged before.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use seaworthy_model::Name;
use seaworthy_supervise::log::fingerprint::Fingerprint;
use seaworthy_supervise::log::new_errors::NewErrors;
use seaworthy_supervise::log::reader::{self, Cursor};

use super::place::Place;
use super::running::{Instance, Running};

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

/// What is written is on the disk this long after.
const WRITTEN_WITHIN: Duration = Duration::from_millis(200);

/// What the instances of a new release log while it is tried, against what those of the one before logged lately.
pub(super) struct Trial {
    tried: Vec<(Name, NewErrors)>,
    before: Vec<PathBuf>,
}

impl Trial {
    /// From now on.
    pub(super) fn begin(place: &Place, new: &Running, before: &Running) -> Self {
        let reader = |instance: &Instance| {
            let log = new.log(place, instance);
            NewErrors::new(&log, reader::end(&log).unwrap_or_default(), [])
        };
        let tried =
            new.instances().iter().map(|instance| (instance.service.clone(), reader(instance))).collect();
        let before = before.instances().iter().map(|instance| before.log(place, instance)).collect();
        Self { tried, before }
    }

    /// It is over: an error of a kind that the release before did not log lately fails it.
    pub(super) async fn end(self) -> Result<(), String> {
        tokio::time::sleep(WRITTEN_WITHIN).await;
        let found = tokio::task::spawn_blocking(move || self.found()).await.ok().flatten();
        found.map_or(Ok(()), |(service, message)| {
            Err(format!("{service} logged an error that the release before does not: {message}"))
        })
    }

    fn found(mut self) -> Option<(Name, String)> {
        // Logs that cannot be read say nothing.
        for (_, tried) in &mut self.tried {
            let _ = tried.read();
        }
        self.tried.retain(|(_, tried)| tried.seen().next().is_some());
        if self.tried.is_empty() {
            return None;
        }
        let mut known = Vec::new();
        for log in self.before {
            let mut all = NewErrors::new(log, Cursor::default(), []);
            let _ = all.read();
            known.extend(all.seen().map(|(kind, _)| kind));
        }
        self.tried.into_iter().find_map(|(service, mut tried)| {
            tried.learn(known.iter().copied());
            let (_, message) = tried.seen().next()?;
            Some((service, message.to_owned()))
        })
    }
}
