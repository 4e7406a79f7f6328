//! The `sea up` that runs in the repository around the current folder.

use std::path::PathBuf;

use seaworthy_engine::host::{RunRecord, find};
use seaworthy_server::client::Client;

use crate::args::Global;
use crate::exit::Outside;

/// A run, and how to speak to it.
pub(crate) struct Running {
    pub(crate) record: RunRecord,
    pub(crate) client: Client,
}

/// Finds the run of the nearest folder above that has one.
pub(crate) fn connect(global: &Global) -> anyhow::Result<Running> {
    let start = match &global.directory {
        Some(directory) => directory.canonicalize()?,
        None => std::env::current_dir()?,
    };
    let found = start.ancestors().find_map(|folder| find(&folder.join(".seaworthy")));
    match found {
        Some(record) => Ok(Running { client: Client::new(record.socket.clone()), record }),
        None => Err(Outside {
            message: format!("nothing is up in {}", shown(start)),
            help: Some("sea up".to_owned()),
        }
        .into()),
    }
}

fn shown(path: PathBuf) -> String {
    path.into_os_string().to_string_lossy().into_owned()
}

/// Runs a conversation with a run to its end.
pub(crate) fn block_on<T>(conversation: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(conversation)
}
