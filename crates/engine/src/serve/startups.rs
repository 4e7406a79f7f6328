//! How long instances may take to be ready: what the model says, and what took long before may take long again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use seaworthy_model::{Name, Service};
use seaworthy_rollout::gate::startup_deadline;
use serde::{Deserialize, Serialize};

use super::layout::{self, EnvironmentFolder};

/// The last so many count.
const KEPT: usize = 10;

/// How long the instances of an environment's services took, in milliseconds, the last one last.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Kept(BTreeMap<Name, Vec<u64>>);

/// What is known of an environment's services.
#[derive(Debug)]
pub(super) struct Startups {
    path: PathBuf,
    kept: Kept,
}

impl Startups {
    /// What was seen of earlier releases. A file that cannot be read is one that knows nothing.
    pub(super) fn open(folder: &EnvironmentFolder) -> Self {
        let path = folder.startups();
        let kept = layout::read(&path).ok().flatten().unwrap_or_default();
        Self { path, kept }
    }

    /// How long an instance of a service may take until it is ready.
    pub(super) fn deadline(&self, name: &Name, service: Option<&Service>) -> Duration {
        let history = self.kept.0.get(name).into_iter().flatten().copied().map(Duration::from_millis);
        let probe = service.and_then(|service| service.startup.get());
        let said = probe.and_then(|probe| {
            let tries = probe.period.map(Duration::from)?.checked_mul(probe.failure_threshold?)?;
            Some(tries + probe.initial_delay.map(Duration::from).unwrap_or_default())
        });
        startup_deadline(history).max(said.unwrap_or_default())
    }

    /// An instance of a service was ready after so long.
    pub(super) fn add(&mut self, name: &Name, took: Duration) {
        let times = self.kept.0.entry(name.clone()).or_default();
        times.push(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        let surplus = times.len().saturating_sub(KEPT);
        times.drain(..surplus);
        // Without it the next release has a minute, as the first had.
        let _ = layout::save(&self.path, &self.kept);
    }
}

#[cfg(test)]
mod tests {
    use seaworthy_model::{Origin, Probe, ProbeAction};

    use super::*;

    #[test]
    fn what_took_long_may_take_long_again() {
        let folder = tempfile::tempdir().unwrap();
        let layout = layout::Layout::open(&folder.path().join("state")).unwrap();
        let api = Name::parse("api").unwrap();
        let folder = layout.environment(&Name::parse("shop").unwrap(), &Name::parse("production").unwrap());
        folder.prepare().unwrap();
        let deadline = || Startups::open(&folder).deadline(&api, None).as_secs();
        assert_eq!(deadline(), 60);
        Startups::open(&folder).add(&api, Duration::from_secs(100));
        assert_eq!(deadline(), 200);
        let mut startups = Startups::open(&folder);
        (0..KEPT).for_each(|_| startups.add(&api, Duration::from_secs(2)));
        assert_eq!(deadline(), 60, "it is quick again");
    }

    #[test]
    fn what_the_model_says_counts() {
        let folder = tempfile::tempdir().unwrap();
        let startups = Startups { path: folder.path().join("startups.json"), kept: Kept::default() };
        let api = Name::parse("api").unwrap();
        let mut service = Service::default();
        let probe = Probe {
            period: Some(seaworthy_model::quantity::Duration::parse("5s").unwrap()),
            failure_threshold: Some(60),
            ..Probe::new(ProbeAction::Http("/started".to_owned()))
        };
        service.startup.propose(probe, Origin::detected("said"));
        assert_eq!(startups.deadline(&api, Some(&service)).as_secs(), 300);
    }
}
