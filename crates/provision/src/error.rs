//! What can go wrong while preparing, and what to type next.

use std::io;
use std::path::{Path, PathBuf};

use seaworthy_model::Name;

use crate::environment::Missing;
use crate::toolchain::Offer;

/// Something that kept a preparation from its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused something.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried, as in "cannot ...".
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program could not be started at all.
    #[error("cannot start `{command}` in {}: {source}", dir.display())]
    Start {
        /// The command line, without secrets.
        command: String,
        /// Where it should have run.
        dir: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program ran and failed.
    #[error("{name} failed: `{command}` in {} ended with {status}{}", dir.display(), shown(tail))]
    Failed {
        /// What was being done.
        name: String,
        /// The command line, without secrets.
        command: String,
        /// Where it ran.
        dir: PathBuf,
        /// `exit code 1`, `signal 9`.
        status: String,
        /// Its last lines.
        tail: Vec<String>,
    },
    /// Nothing on this machine can run a resource.
    #[error("the resource `{name}` needs {wanted}, and this machine has {found}")]
    ResourceMissing {
        /// The resource.
        name: Name,
        /// `PostgreSQL 15`, `the image postgis/postgis:15`.
        wanted: String,
        /// What was found instead, as in "and this machine has ...".
        found: String,
        /// What installs it.
        offers: Vec<Offer>,
    },
    /// The data directory of a resource was written by another major version.
    #[error(
        "the data of `{name}` in {} was written by version {written}, and this machine runs {running}", dir.display()
    )]
    DataVersion {
        /// The resource.
        name: Name,
        /// Its data directory.
        dir: PathBuf,
        /// The version that wrote it.
        written: String,
        /// The version that would read it.
        running: String,
    },
    /// A server that was left behind still uses the data.
    #[error("the data of `{name}` in {} is in use by process {pid}", dir.display())]
    DataInUse {
        /// The resource.
        name: Name,
        /// Its data directory.
        dir: PathBuf,
        /// The server that has it open.
        pid: u32,
    },
    /// No port is left to hand out.
    #[error("no free port for `{owner}` between {from} and {to}")]
    NoPort {
        /// Who wanted one.
        owner: String,
        /// The first port tried.
        from: u16,
        /// The last port tried.
        to: u16,
    },
    /// A database refused a connection or a statement outside of a file.
    #[error("the database of `{name}` said: {message}")]
    Database {
        /// The resource.
        name: Name,
        /// What it said.
        message: String,
    },
    /// A statement of a file failed.
    #[error("{file}:{line}: {message}")]
    Sql {
        /// The file, relative to the repository's root.
        file: String,
        /// 1-based line.
        line: u32,
        /// What the database said.
        message: String,
        /// What the database suggests.
        hint: Option<String>,
    },
    /// A file asks for something that only `psql` can do.
    #[error("{file}:{line}: {what} needs `psql`, and none was found")]
    NeedsPsql {
        /// The file, relative to the repository's root.
        file: String,
        /// 1-based line.
        line: u32,
        /// What is asked for.
        what: String,
    },
    /// There is no usable container engine.
    #[error("no container engine: {reason}")]
    NoEngine {
        /// What was tried and seen.
        reason: String,
        /// What to type.
        offers: Vec<Offer>,
    },
    /// The container engine refused something.
    #[error("the container engine could not {action}: {message}")]
    Engine {
        /// What was asked of it.
        action: String,
        /// What it said.
        message: String,
    },
    /// Variables that a service of production cannot do without.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    VariablesMissing(Vec<Missing>),
    /// This is a bug of ours, or of a program that broke its own contract.
    #[error("{0}")]
    Broken(String),
}

fn shown(tail: &[String]) -> String {
    tail.iter().fold(String::new(), |text, line| text + "\n  " + line)
}

impl Error {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "file-access",
            Self::Start { .. } => "program-start",
            Self::Failed { .. } => "command-failed",
            Self::ResourceMissing { .. } => "resource-missing",
            Self::DataVersion { .. } => "data-version",
            Self::DataInUse { .. } => "data-in-use",
            Self::NoPort { .. } => "no-free-port",
            Self::Database { .. } => "database-refused",
            Self::Sql { .. } => "sql-failed",
            Self::NeedsPsql { .. } => "needs-psql",
            Self::NoEngine { .. } => "no-container-engine",
            Self::Engine { .. } => "container-engine",
            Self::VariablesMissing(_) => "variable-missing",
            Self::Broken(_) => "internal-error",
        }
    }

    /// What to type next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::File { source, path, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => {
                    // A file that could not be made is not there; the folder that refused it is.
                    let refuses = path.ancestors().find(|path| path.exists()).unwrap_or(path);
                    Some(format!("give yourself access: `sudo chown -R \"$USER\" {}`", refuses.display()))
                }
                io::ErrorKind::StorageFull => Some("free some space, then run `sea up` again".to_owned()),
                _ => None,
            },
            Self::Start { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("install it, or put its folder on PATH".to_owned())
            }
            Self::Failed { command, dir, .. } => {
                Some(format!("try it by hand: `cd {} && {command}`", dir.display()))
            }
            Self::ResourceMissing { offers, .. } | Self::NoEngine { offers, .. } => {
                let typed: Vec<_> = offers.iter().map(|offer| format!("`{}`", offer.command)).collect();
                (!typed.is_empty()).then(|| format!("type {}", typed.join(" or ")))
            }
            Self::DataVersion { name, written, .. } => Some(format!(
                "install version {written}, or start over without the data: `sea up --fresh={name}`"
            )),
            Self::DataInUse { pid, .. } => Some(format!(
                "another `sea up` of this folder may be running; else stop the server: `kill {pid}`"
            )),
            Self::Sql { hint, .. } => hint.clone(),
            Self::NeedsPsql { .. } => {
                Some("install PostgreSQL's client programs (`postgresql-client`)".to_owned())
            }
            Self::Start { .. }
            | Self::NoPort { .. }
            | Self::Database { .. }
            | Self::Engine { .. }
            // Each says what to type for itself.
            | Self::VariablesMissing(_)
            | Self::Broken(_) => None,
        }
    }

    /// Turns an I/O error into one that says what was tried where.
    pub(crate) fn file<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |source| Self::File { action, path: path.to_owned(), source }
    }
}
