//! What an install depended on when it went well.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::inputs::{self, Kind};
use super::lockfile::without_strictness;

/// Everything that decides whether an install is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    command: String,
    runtime: String,
    /// Digests of manifests, by path relative to the folder.
    manifests: BTreeMap<String, String>,
    /// Digests of lockfiles.
    lockfiles: BTreeMap<String, String>,
    /// What was there afterwards.
    filled: Vec<String>,
}

/// Why an install is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It never went well here.
    First,
    /// Its command is another one.
    Command,
    /// The runtime has another version.
    Runtime {
        /// The version that it was.
        from: String,
        /// The version that it is.
        to: String,
    },
    /// A file changed, came or went.
    File(String),
    /// What it had put there is gone.
    Gone(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First => f.write_str("it was not installed here before"),
            Self::Command => f.write_str("its command changed"),
            Self::Runtime { from, to } => write!(f, "the runtime went from {from} to {to}"),
            Self::File(file) => write!(f, "{file} changed"),
            Self::Gone(folder) => write!(f, "{folder} is gone"),
        }
    }
}

impl Fingerprint {
    pub(super) fn take(dir: &Path, manager: &str, command: &str, runtime: &str) -> Self {
        let mut taken = Self {
            // Another package manager with the same command fills other folders.
            command: format!("{manager}: {}", without_strictness(command)),
            runtime: runtime.to_owned(),
            filled: inputs::filled(dir),
            ..Self::default()
        };
        for (path, kind) in inputs::files(dir) {
            let name = path.strip_prefix(dir).unwrap_or(&path).to_string_lossy().into_owned();
            let content = fs::read(&path).map(|content| digest(&content)).unwrap_or_default();
            match kind {
                Kind::Manifest => taken.manifests.insert(name, content),
                Kind::Lockfile => taken.lockfiles.insert(name, content),
            };
        }
        taken
    }

    /// This one, with the manifests of another moment.
    pub(super) fn with_manifests_of(mut self, other: &Self) -> Self {
        self.manifests.clone_from(&other.manifests);
        self
    }

    /// The first thing in which `now` differs from this, which is what was there when it last went well.
    pub(super) fn first_difference(&self, now: &Self) -> Option<Reason> {
        if *self == Self::default() {
            return Some(Reason::First);
        }
        if self.command != now.command {
            return Some(Reason::Command);
        }
        if self.runtime != now.runtime {
            return Some(Reason::Runtime { from: self.runtime.clone(), to: now.runtime.clone() });
        }
        let changed = [(&self.lockfiles, &now.lockfiles), (&self.manifests, &now.manifests)];
        let file = changed.iter().find_map(|(was, is)| {
            is.iter()
                .find(|(name, digest)| was.get(*name) != Some(digest))
                .or_else(|| was.iter().find(|(name, _)| !is.contains_key(*name)))
        });
        if let Some((name, _)) = file {
            return Some(Reason::File(name.clone()));
        }
        self.filled.iter().find(|folder| !now.filled.contains(folder)).cloned().map(Reason::Gone)
    }
}

/// SHA-256 as hexadecimal digits.
pub(crate) fn digest(content: &[u8]) -> String {
    crate::secret::hex(&Sha256::digest(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_thing_that_differs_is_the_reason() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("package.json"), "{}").unwrap();
        fs::create_dir_all(path("node_modules/x")).unwrap();
        fs::write(path("node_modules/x/package.json"), "{}").unwrap();
        fs::create_dir_all(path("apps/web")).unwrap();
        fs::write(path("apps/web/package.json"), "{}").unwrap();
        let take = |runtime: &str| Fingerprint::take(dir.path(), "npm", "npm ci", runtime);
        let known = take("20.1.0");
        assert_eq!(known.first_difference(&take("20.1.0")), None);
        assert_eq!(Fingerprint::default().first_difference(&known), Some(Reason::First));
        assert_eq!(
            known.first_difference(&take("22.0.0")).unwrap().to_string(),
            "the runtime went from 20.1.0 to 22.0.0"
        );
        fs::write(path("node_modules/x/package.json"), "{\"x\":1}").unwrap();
        assert_eq!(known.first_difference(&take("20.1.0")), None, "what was installed is no input");
        fs::write(path("apps/web/package.json"), "{\"x\":1}").unwrap();
        assert_eq!(
            known.first_difference(&take("20.1.0")),
            Some(Reason::File("apps/web/package.json".to_owned()))
        );
        fs::remove_file(path("apps/web/package.json")).unwrap();
        assert_eq!(
            known.first_difference(&take("20.1.0")),
            Some(Reason::File("apps/web/package.json".to_owned()))
        );
        fs::write(path("apps/web/package.json"), "{}").unwrap();
        fs::remove_dir_all(path("node_modules")).unwrap();
        assert_eq!(known.first_difference(&take("20.1.0")), Some(Reason::Gone("node_modules".to_owned())));
    }
}
