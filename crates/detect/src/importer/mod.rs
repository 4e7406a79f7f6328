//! Files that tell other tools how the app runs: Compose, Procfile, Dockerfile, platform files, version and env
//! files. One file a format, registered in [`import`].

mod compose;
mod dockerfile;
mod env_example;
mod procfile;

use std::collections::BTreeSet;

use crate::draft::Draft;
use crate::repository::Repository;

/// Folders that such files start something in, found before services are made.
#[derive(Default)]
pub(crate) struct Evidence {
    dirs: BTreeSet<String>,
}

impl Evidence {
    /// Looks for every file that starts something.
    pub(crate) fn of(repo: &Repository) -> Self {
        let mut dirs = BTreeSet::new();
        dockerfile::add_started(repo, &mut dirs);
        compose::add_started(repo, &mut dirs);
        procfile::add_started(repo, &mut dirs);
        Self { dirs }
    }

    /// Some file starts what is in `dir`.
    pub(crate) fn starts(&self, dir: &str) -> bool {
        self.dirs.contains(dir)
    }
}

/// Adds what every such file says. The order is that of trust: what is proposed first wins among equals.
pub(crate) fn import(repo: &Repository, _evidence: &Evidence, draft: &mut Draft) {
    compose::import(repo, draft);
    procfile::import(repo, draft);
    dockerfile::import(repo, draft);
    env_example::import(repo, draft);
}
