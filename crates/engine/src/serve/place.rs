//! One app in one environment on this host: what all that works on it shares.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use seaworthy_model::Name;
use seaworthy_provision::port::Ports;
use seaworthy_provision::resource::Prepared;
use seaworthy_provision::secret::Secrets;
use seaworthy_provision::state::State;
use seaworthy_proxy::table::SplitSecret;
use seaworthy_rollout::{Moment, ReleaseId, Weight};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use super::Error;
use super::host::Shared;
use super::layout::{self, EnvironmentFolder};
use super::recorded::Recorded;
use super::traffic::Traffic;
use crate::host::tasks::ShimTasks;

/// What a person set of an environment, over what its releases say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    /// Instances of services.
    pub(super) scale: BTreeMap<Name, u32>,
    /// Visitors get a page that says so.
    pub(super) maintenance: bool,
    /// Releases that are never retired.
    pub(super) pinned: Vec<ReleaseId>,
    /// The commit that was rolled back: shipping it by itself waits.
    pub(super) held: Option<String>,
}

/// Something that a person who ships, or looks on, is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Line {
    /// Counts up within the life of the control process.
    pub number: u64,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// The release that it is about.
    pub release: Option<String>,
    /// What happened.
    pub text: String,
}

/// Lines that are remembered.
const LINES: usize = 2000;

/// One app in one environment.
pub(super) struct Place {
    pub(super) host: Arc<Shared>,
    pub(super) app: Name,
    pub(super) name: Name,
    pub(super) folder: EnvironmentFolder,
    pub(super) traffic: Mutex<Traffic>,
    /// The new release's share that the proxy was last known to give it.
    share: Mutex<Weight>,
    settings: Mutex<Settings>,
    ports: Mutex<Ports>,
    secrets: Mutex<Secrets>,
    prepared: Mutex<BTreeMap<Name, Arc<Prepared>>>,
    lines: Mutex<Vec<Line>>,
    recorded: Mutex<Recorded>,
    key: [u8; 32],
    told: broadcast::Sender<()>,
}

impl Place {
    pub(super) fn open(host: Arc<Shared>, app: Name, name: Name) -> Result<Self, Error> {
        let folder = host.layout.environment(&app, &name);
        folder.prepare()?;
        let state = State::at(folder.path(), folder.path());
        let settings = layout::read(&folder.settings())?.unwrap_or_default();
        Ok(Self {
            traffic: Mutex::new(Traffic::default()),
            share: Mutex::default(),
            settings: Mutex::new(settings),
            ports: Mutex::new(Ports::open(&state)),
            secrets: Mutex::new(Secrets::open(&state)),
            prepared: Mutex::default(),
            lines: Mutex::default(),
            recorded: Mutex::default(),
            key: key(&folder)?,
            told: broadcast::Sender::new(16),
            host,
            app,
            name,
            folder,
        })
    }

    /// What is provided for the files of a release.
    pub(super) fn state(&self, tree: &Path) -> State {
        State::at(self.folder.path(), tree)
    }

    /// Where it is reached from this machine.
    pub(super) fn url(&self) -> Option<String> {
        let port = self.host.http()?;
        let domain = self.traffic().domain.clone();
        if let Some(url) = domain.as_deref().and_then(|domain| self.host.secured.url(domain)) {
            return Some(url);
        }
        let host = domain.unwrap_or_else(|| format!("{}.{}.localhost", self.name, self.app));
        Some(if port == 80 { format!("http://{host}/") } else { format!("http://{host}:{port}/") })
    }

    /// What signs cookies and headers of this environment: made once, kept for its life.
    pub(super) fn split_key(&self) -> SplitSecret {
        self.key.into()
    }

    /// What the proxy calls the split of its traffic.
    pub(super) fn split_name(&self) -> String {
        format!("{}.{}", self.app, self.name)
    }

    /// The first part of the names of all that runs for it.
    pub(super) fn prefix(&self) -> String {
        format!("{}.{}.", self.app, self.name)
    }

    /// What a person set.
    pub(super) fn settings(&self) -> Settings {
        lock(&self.settings).clone()
    }

    /// Sets something, and keeps it.
    pub(super) fn set(&self, change: impl FnOnce(&mut Settings)) -> Result<(), Error> {
        let mut settings = lock(&self.settings);
        let mut next = settings.clone();
        change(&mut next);
        if next != *settings {
            layout::save(&self.folder.settings(), &next)?;
            *settings = next;
            drop(settings);
            self.host.note();
        }
        Ok(())
    }

    pub(super) fn ports(&self) -> MutexGuard<'_, Ports> {
        lock(&self.ports)
    }

    pub(super) fn secrets(&self) -> MutexGuard<'_, Secrets> {
        lock(&self.secrets)
    }

    /// Values that must not reach a log.
    pub(super) fn made_up_secrets(&self) -> Vec<String> {
        lock(&self.secrets).values().map(str::to_owned).collect()
    }

    /// Resources that run.
    pub(super) fn prepared(&self) -> BTreeMap<Name, Arc<Prepared>> {
        lock(&self.prepared).clone()
    }

    pub(super) fn set_prepared(&self, name: &Name, prepared: Arc<Prepared>) {
        lock(&self.prepared).insert(name.clone(), prepared);
    }

    /// What runs commands of a release: migrations, smoke tests.
    pub(super) fn tasks(&self, secrets: impl IntoIterator<Item = String>) -> ShimTasks {
        ShimTasks {
            launcher: self.host.supervisor.launcher().clone(),
            run: self.host.run.clone(),
            logs: self.folder.logs(),
            secrets: self.made_up_secrets().into_iter().chain(secrets).collect(),
        }
    }

    /// What users ask for.
    pub(super) fn recorded(&self) -> MutexGuard<'_, Recorded> {
        lock(&self.recorded)
    }

    /// What the proxy is told of it.
    pub(super) fn traffic(&self) -> MutexGuard<'_, Traffic> {
        lock(&self.traffic)
    }

    /// Changes what the proxy is told.
    pub(super) fn set_traffic(&self, change: impl FnOnce(&mut Traffic)) {
        change(&mut lock(&self.traffic));
        self.host.note();
    }

    /// The new release's share that the proxy was last known to give it.
    pub(super) fn share(&self) -> Weight {
        *lock(&self.share)
    }

    /// The proxy gives the new release this share from now on.
    pub(super) fn set_share(&self, share: Weight) {
        *lock(&self.share) = share;
        self.host.note();
    }

    /// Tells who looks on.
    pub(super) fn tell(&self, release: Option<&ReleaseId>, text: impl Into<String>) {
        let mut lines = lock(&self.lines);
        let number = lines.last().map_or(1, |last| last.number + 1);
        let Moment(at) = self.host.clock.now();
        let release = release.map(ToString::to_string);
        lines.push(Line { number, at, release, text: text.into() });
        let surplus = lines.len().saturating_sub(LINES);
        lines.drain(..surplus);
        drop(lines);
        // Nobody may be looking.
        let _ = self.told.send(());
        self.host.note();
    }

    /// What was told after a line.
    pub(super) fn lines(&self, after: u64) -> Vec<Line> {
        lock(&self.lines).iter().filter(|line| line.number > after).cloned().collect()
    }
}

/// The key of an environment, made up where there is none yet.
fn key(folder: &EnvironmentFolder) -> Result<[u8; 32], Error> {
    let path = folder.split_key();
    let unusable = |source| Error::state(&path, source);
    match std::fs::read(&path) {
        Ok(bytes) => {
            if let Ok(key) = <[u8; 32]>::try_from(bytes) {
                return Ok(key);
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(source) => return Err(unusable(source)),
    }
    let mut key = [0; 32];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom").map_err(unusable)?, &mut key)
        .map_err(unusable)?;
    layout::write_whole(&path, &key).map_err(unusable)?;
    Ok(key)
}

/// The value is whole whatever a holder of the lock did.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
