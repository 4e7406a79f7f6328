//! What keeps a host from serving, or a release from running.

use std::io;
use std::path::{Path, PathBuf};

use seaworthy_ledger::LedgerError;
use seaworthy_model::Name;
use thiserror::Error;

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
    /// Another control process has the state folder.
    #[error("this host is already served (process {pid}), with its state in {}", state.display())]
    AlreadyServed {
        /// It.
        pid: u32,
        /// The folder.
        state: PathBuf,
    },
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(LedgerError),
    /// Certificates cannot be kept.
    #[error(transparent)]
    Certificate(#[from] seaworthy_certificate::Error),
    /// The proxy cannot listen or run.
    #[error(transparent)]
    Proxy(#[from] seaworthy_proxy::Error),
    /// What runs cannot be looked for.
    #[error(transparent)]
    Survivors(seaworthy_supervise::survivor::FindError),
    /// The system refused something that every host needs.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// An artifact cannot be stored or written out.
    #[error(transparent)]
    Artifact(#[from] seaworthy_artifact::Error),
    /// A manifest cannot be read.
    #[error("the artifact's manifest cannot be read: {0}")]
    Manifest(String),
    /// A release's record or files are not here.
    #[error("release {0} is not on this host")]
    Missing(String),
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
    /// An instance could not be started.
    #[error("{instance}: {reason}")]
    Instance {
        /// Its name.
        instance: String,
        /// Why.
        reason: String,
    },
    /// A resource has no server on a host.
    #[error("{resource} is of the type {kind}, which a host does not run{}", readers.first().map(|(service, variable)| format!("; {service} is told where it is by {variable}")).unwrap_or_default())]
    Resource {
        /// The resource.
        resource: Name,
        /// Its type.
        kind: String,
        /// The environment.
        environment: Name,
        /// The services that are told where it is, and by which variable.
        readers: Vec<(Name, String)>,
    },
    /// Secrets of a release cannot be had.
    #[error("{0}")]
    Secrets(String),
    /// A preparation failed.
    #[error(transparent)]
    Provision(#[from] seaworthy_provision::Error),
}

impl Error {
    pub(super) fn state(path: &Path, source: io::Error) -> Self {
        Self::State { path: path.to_owned(), source }
    }

    /// The code of its page.
    pub fn code(&self) -> &'static str {
        match self {
            Self::State { .. } => "host-state",
            Self::AlreadyServed { .. } => "already-served",
            Self::Ledger(error) => error.code(),
            Self::Certificate(error) => error.code(),
            Self::Proxy(_) => "proxy-not-running",
            Self::Survivors(_) | Self::System { .. } => "host-system",
            Self::Artifact(error) => error.code(),
            Self::Manifest(_) => "artifact-manifest",
            Self::Missing(_) => "release-missing",
            Self::Model(_) => "release-model",
            Self::Runtime { .. } => "runtime-missing",
            Self::Instance { .. } => "instance-not-started",
            Self::Resource { .. } => "resource-not-on-host",
            Self::Secrets(_) => "secrets-missing",
            Self::Provision(error) => error.code(),
        }
    }

    /// What to type next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::AlreadyServed { .. } => Some("sea status --host".to_owned()),
            Self::Runtime { next, .. } => next.clone(),
            Self::Provision(error) => error.help(),
            Self::Resource { environment, readers, .. } => {
                let (service, variable) = readers.first()?;
                Some(format!(
                    "sea secrets set {variable} --env {environment}, and in seaworthy.toml: [environments.{environment}.services.{service}.env] {variable} = \"${{secrets.{variable}}}\""
                ))
            }
            _ => None,
        }
    }
}
