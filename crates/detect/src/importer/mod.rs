//! Files that tell other tools how the app runs: Compose, Procfile, Dockerfile, platform files, version and env
//! files. One file a format, registered in [`import`].

mod ci;
mod compose;
mod devcontainer;
mod dockerfile;
mod env_example;
mod firebase;
mod fly;
mod heroku;
pub(crate) mod kubernetes;
mod netlify;
mod process;
mod procfile;
mod railway;
mod reader;
mod readme;
mod render;
mod replit;
mod supabase;
mod tasks;
mod vercel;
mod versions;

use std::collections::BTreeSet;

use crate::draft::Draft;
use crate::repository::Repository;

use versions::{propose_version, runtime_variable};

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
        fly::add_started(repo, &mut dirs);
        render::add_started(repo, &mut dirs);
        railway::add_started(repo, &mut dirs);
        heroku::add_started(repo, &mut dirs);
        vercel::add_started(repo, &mut dirs);
        netlify::add_started(repo, &mut dirs);
        replit::add_started(repo, &mut dirs);
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
    heroku::import(repo, draft);
    fly::import(repo, draft);
    render::import(repo, draft);
    railway::import(repo, draft);
    vercel::import(repo, draft);
    netlify::import(repo, draft);
    replit::import(repo, draft);
    supabase::import(repo, draft);
    firebase::import(repo, draft);
    dockerfile::import(repo, draft);
    ci::import(repo, draft);
    devcontainer::import(repo, draft);
    kubernetes::import(repo, draft);
    env_example::import(repo, draft);
    tasks::import(repo, draft);
    readme::import(repo, draft);
}
