//! The host engine in production: releases of any number of apps and environments on this machine, shipped, judged,
//! taken back, and kept running whatever becomes of this process.
//!
//! The parts are those of `sea up`: supervisor and shims, proxy, provision. What is different: an instance belongs to a
//! release, instances and proxy outlive the control process and are adopted by the next one, and nothing changes but
//! by a step that [`seaworthy_rollout::machine`] decided and the ledger's journal holds.
//!
//! ```text
//! Serve            the control process of a host: its ledger, supervisor and router
//! place            one app in one environment: its folder, resources, releases, traffic
//! environment      the task that owns a place: takes orders, drives its rollout, brings it back after a restart
//! rollout          one release taking over: machine -> journal -> effects -> machine
//! running          the instances of one release
//! traffic, router  what the proxy is told
//! ```

mod clock;
mod layout;
mod release;
mod tools;

use std::io;
use std::path::{Path, PathBuf};

use seaworthy_model::Name;
use thiserror::Error;

pub use layout::{EnvironmentFolder, Layout};
pub use release::ReleaseRecord;

/// What keeps a host from serving, or a release from running.
#[derive(Debug, Error)]
pub enum Error {
    /// The state of the host cannot be used.
    #[error("{}: {source}; `sea serve` keeps what it runs there", path.display())]
    State {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The model of a release is wrong.
    #[error("the release's model is wrong: {0}")]
    Model(String),
    /// A runtime is not on this machine.
    #[error("{service}: {missing}")]
    Runtime {
        /// The service that needs it.
        service: Name,
        /// What is missing.
        missing: String,
        /// What would install it.
        next: Option<String>,
    },
}

impl Error {
    pub(super) fn state(path: &Path, source: io::Error) -> Self {
        Self::State { path: path.to_owned(), source }
    }
}
