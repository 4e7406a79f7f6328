//! A repository with a key of its own.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use seaworthy_model::Name;
use seaworthy_secrets::SecretName;
use seaworthy_secrets::folder::Folder;
use seaworthy_secrets::key::{self, Keys, Places};
use seaworthy_secrets::need::{Fallback, Needs, Use};
use seaworthy_secrets::provider::Context;
use tempfile::TempDir;

/// Found nowhere but in a value: whoever prints it has told a secret.
pub(crate) const CANARY: &str = "canary-7f3a'\"$\\x";

pub(crate) struct Repository {
    dir: TempDir,
    pub(crate) keys: Keys,
}

impl Repository {
    /// An empty one, with a key that is its only recipient.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let keys = key::create(&dir.path().join("home/age.key"), "test").unwrap();
        let repository = Self { dir, keys };
        let own = repository.keys.recipients().remove(0);
        repository
            .folder()
            .change_recipients(&repository.keys, |recipients| {
                recipients.add(&own, Some("me"));
                Ok(())
            })
            .unwrap();
        repository
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    pub(crate) fn folder(&self) -> Folder {
        Folder::of(self.dir.path())
    }

    pub(crate) fn set(&self, name: &str, value: &str) {
        set(&self.folder(), &self.keys, name, value);
    }

    pub(crate) fn context(&self) -> Context {
        Context {
            root: self.dir.path().to_owned(),
            environment: production(),
            keys: Places { named: Some(self.path("home/age.key")), ..Places::default() },
            variables: BTreeMap::new(),
            timeout: Duration::from_mins(1),
        }
    }

    pub(crate) fn write(&self, below: &str, content: impl AsRef<[u8]>, mode: u32) -> PathBuf {
        let path = self.path(below);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }
}

pub(crate) fn set(folder: &Folder, keys: &Keys, secret: &str, value: &str) {
    let change = folder.change(&production(), keys, |document| {
        document.set(&name(secret), &value.into());
        Ok(())
    });
    change.unwrap();
}

pub(crate) fn production() -> Name {
    Name::parse("production").unwrap()
}

pub(crate) fn name(text: &str) -> SecretName {
    SecretName::parse(text).unwrap()
}

/// One service that needs these.
pub(crate) fn needs(service: &str, names: &[&str]) -> Needs {
    let one = |secret: &&str| {
        let used = Use {
            service: Name::parse(service).unwrap(),
            variable: (*secret).to_owned(),
            place: Some(seaworthy_model::Place::line("api.js", 3)),
            fallback: Fallback::Nothing,
        };
        (name(secret), vec![used])
    };
    names.iter().map(one).collect()
}

/// A `PATH` program of Debian, or a note that its tests were left out.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let found = std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|dir| dir.join(name))
        .find(|path: &PathBuf| Path::is_file(path));
    if found.is_none() {
        eprintln!("skipped: there is no {name} on PATH");
    }
    found
}
