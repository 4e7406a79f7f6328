//! Where a host keeps what: one folder for all apps and environments on it.
//!
//! ```text
//! ledger/ledger.db                        what happened
//! store/                                  artifacts, content-addressed
//! certificates/                           certificates, their keys, accounts with who issues them
//! dashboard.token                         opens the dashboard and the API over TCP
//! run/                                    the control process's lock and record, sockets of its API, shims and proxy
//! apps/APP/ENV/environment.json           what a person set: scale, maintenance
//! apps/APP/ENV/commits.json               the history of the repository, as far as ships told
//! apps/APP/ENV/split.key                  signs cookies and headers
//! apps/APP/ENV/releases/RELEASE.json      what a release is
//! apps/APP/ENV/releases/RELEASE/          its files
//! apps/APP/ENV/{data,cache,logs,evidence} what its resources and instances keep and wrote
//! ```

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use seaworthy_model::Name;
use seaworthy_rollout::ReleaseId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Error;

/// The folder of a host.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Takes a folder, which is made, for its owner alone, where it is not there.
    pub fn open(root: &Path) -> Result<Self, Error> {
        private(root)?;
        let root = root.canonicalize().map_err(|source| Error::state(root, source))?;
        let layout = Self { root };
        for folder in [layout.run(), layout.store(), layout.ledger_folder(), layout.root.join("apps")] {
            private(&folder)?;
        }
        Ok(layout)
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What lives as long as the machine runs.
    pub fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    /// Where shims wait whose control process is gone.
    pub fn shims(&self) -> PathBuf {
        self.run().join("shims")
    }

    /// Where a proxy waits whose control process is gone.
    pub fn proxies(&self) -> PathBuf {
        self.run().join("proxies")
    }

    /// Where the API of the control process listens.
    pub fn socket(&self) -> PathBuf {
        self.run().join("api.sock")
    }

    /// What opens the dashboard and the API over TCP.
    pub fn dashboard_token(&self) -> PathBuf {
        self.root.join("dashboard.token")
    }

    /// Certificates and their keys.
    pub fn certificates(&self) -> PathBuf {
        self.root.join("certificates")
    }

    /// Artifacts.
    pub fn store(&self) -> PathBuf {
        self.root.join("store")
    }

    /// What fingerprints of configurations are made with.
    pub(super) fn fingerprint_key(&self) -> PathBuf {
        self.root.join("fingerprint.key")
    }

    fn ledger_folder(&self) -> PathBuf {
        self.root.join("ledger")
    }

    /// The ledger.
    pub fn ledger(&self) -> PathBuf {
        self.ledger_folder().join("ledger.db")
    }

    /// The folder of an app in an environment.
    pub fn environment(&self, app: &Name, environment: &Name) -> EnvironmentFolder {
        EnvironmentFolder(self.root.join("apps").join(app.as_str()).join(environment.as_str()))
    }

    /// Every app and environment that was ever shipped here.
    pub fn environments(&self) -> Vec<(Name, Name)> {
        let names = |folder: &Path| -> Vec<Name> {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            let mut names: Vec<Name> =
                entries.filter_map(|entry| Name::parse(entry.file_name().to_str()?).ok()).collect();
            names.sort();
            names
        };
        let apps = self.root.join("apps");
        names(&apps)
            .into_iter()
            .flat_map(|app| {
                let environments = names(&apps.join(app.as_str()));
                environments.into_iter().map(move |environment| (app.clone(), environment))
            })
            .collect()
    }
}

/// The folder of an app in an environment.
#[derive(Clone, Debug)]
pub struct EnvironmentFolder(PathBuf);

impl EnvironmentFolder {
    /// Makes what is missing of it.
    pub(super) fn prepare(&self) -> Result<(), Error> {
        for folder in [self.0.clone(), self.releases(), self.logs()] {
            private(&folder)?;
        }
        Ok(())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The records and files of releases.
    pub(super) fn releases(&self) -> PathBuf {
        self.0.join("releases")
    }

    /// What a release is.
    pub(super) fn record(&self, release: &ReleaseId) -> PathBuf {
        self.releases().join(format!("{release}.json"))
    }

    /// The files of a release.
    pub(super) fn tree(&self, release: &ReleaseId) -> PathBuf {
        self.releases().join(release.as_str())
    }

    /// What a person set.
    pub(super) fn settings(&self) -> PathBuf {
        self.0.join("environment.json")
    }

    /// Which migrations ran.
    pub(super) fn schema(&self) -> PathBuf {
        self.0.join("schema.json")
    }

    /// Where databases are backed up.
    pub(super) fn backups(&self) -> PathBuf {
        self.0.join("backups")
    }

    /// The files of a release of which is not known yet what it is called.
    pub(super) fn incoming(&self, release: &ReleaseId) -> PathBuf {
        self.releases().join(format!(".incoming-{release}"))
    }

    /// The records of all releases whose files are here.
    pub(super) fn records<T: DeserializeOwned>(&self) -> Vec<T> {
        let entries = fs::read_dir(self.releases()).into_iter().flatten().flatten();
        let records =
            entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "json"));
        records.filter_map(|path| read(&path).ok().flatten()).collect()
    }

    /// The history of the repository, as far as ships told.
    pub(super) fn commits(&self) -> PathBuf {
        self.0.join("commits.json")
    }

    /// How long instances took to be ready.
    pub(super) fn startups(&self) -> PathBuf {
        self.0.join("startups.json")
    }

    /// The ports of instances.
    pub(super) fn instances(&self) -> PathBuf {
        self.0.join("instances.json")
    }

    /// The key that signs cookies and headers.
    pub(super) fn split_key(&self) -> PathBuf {
        self.0.join("split.key")
    }

    /// Where logs are kept.
    pub fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }

    /// What is kept of releases that were taken back.
    pub(super) fn all_evidence(&self) -> PathBuf {
        self.0.join("evidence")
    }

    /// What is kept of a release that was taken back.
    pub(super) fn evidence(&self, release: &ReleaseId) -> PathBuf {
        self.all_evidence().join(release.as_str())
    }

    /// Removes a release's files, the record last: what has no record is nothing.
    pub(super) fn remove(&self, release: &ReleaseId) -> io::Result<()> {
        let gone = |removed: io::Result<()>| match removed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        };
        gone(fs::remove_dir_all(self.tree(release)))?;
        gone(fs::remove_file(self.record(release)))
    }
}

/// Makes a folder for its owner alone.
pub(super) fn private(folder: &Path) -> Result<(), Error> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| Error::state(folder, source))
}

/// Writes a record so that there is always a whole one, the old or the new, whatever happens meanwhile.
pub(super) fn save(path: &Path, value: &impl Serialize) -> Result<(), Error> {
    // Records are structs of texts and numbers, which always have a JSON form.
    let text = serde_json::to_vec_pretty(value).unwrap_or_default();
    write_whole(path, &text).map_err(|source| Error::state(path, source))
}

/// The same for bytes.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let beside = path.with_extension("new");
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Reads a record; `None` when there is none.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| Error::state(path, io::Error::new(io::ErrorKind::InvalidData, error))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::state(path, source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_shipped_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::open(&folder.path().join("state")).unwrap();
        let name = |text: &str| Name::parse(text).unwrap();
        for (app, environment) in [("shop", "staging"), ("blog", "production"), ("shop", "production")] {
            layout.environment(&name(app), &name(environment)).prepare().unwrap();
        }
        let found: Vec<String> = layout
            .environments()
            .into_iter()
            .map(|(app, environment)| format!("{app}/{environment}"))
            .collect();
        assert_eq!(found, ["blog/production", "shop/production", "shop/staging"]);
        let shop = layout.environment(&name("shop"), &name("staging"));
        save(&shop.record(&ReleaseId::new("3f9a")), &"a record").unwrap();
        assert_eq!(
            read::<String>(&shop.record(&ReleaseId::new("3f9a"))).unwrap().as_deref(),
            Some("a record")
        );
        assert_eq!(read::<String>(&shop.record(&ReleaseId::new("none"))).unwrap(), None);
    }
}
