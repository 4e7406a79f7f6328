//! The `sea up` that runs in the repository around the current folder.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use seaworthy_engine::host::{RunRecord, find};
use seaworthy_server::client::Client;

use crate::args::Global;
use crate::exit::Outside;

/// A run, and how to speak to it.
pub(crate) struct Running {
    pub(crate) record: RunRecord,
    pub(crate) client: Client,
}

/// The longest that a run which holds its worktree may take to answer.
const STARTING: Duration = Duration::from_secs(10);

/// How often it is looked for a run that is not there yet.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Finds the run of the nearest folder above that has one.
pub(crate) fn connect(global: &Global) -> anyhow::Result<Running> {
    connect_within(global, Duration::ZERO)
}

/// Finds the run of the nearest folder above that has one, or that gets one in this time.
pub(crate) fn connect_within(global: &Global, patience: Duration) -> anyhow::Result<Running> {
    let start = match &global.directory {
        Some(directory) => directory.canonicalize()?,
        None => std::env::current_dir()?,
    };
    let began = Instant::now();
    loop {
        let found = start.ancestors().find_map(|folder| find(&folder.join(".seaworthy")));
        let patience = match found {
            Some(record) if record.is_published() => {
                return Ok(Running { client: Client::new(record.socket.clone()), record });
            }
            // It is about to say where it answers.
            Some(_) => patience.max(STARTING),
            None => patience,
        };
        if began.elapsed() >= patience {
            let message = format!("nothing is up in {}", shown(start));
            return Err(Outside { message, help: Some("sea up".to_owned()) }.into());
        }
        std::thread::sleep(LOOK_EVERY);
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
