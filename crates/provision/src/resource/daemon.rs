//! A server of a resource, as data: the engine's supervisor runs it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use seaworthy_model::ProbeAction;

use crate::user::User;

/// A process that has to keep running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daemon {
    /// The resource that it is.
    pub name: String,
    /// The program, absolute, and its arguments. No secret is among them: everyone can list processes.
    pub argv: Vec<String>,
    /// Where it runs.
    pub dir: PathBuf,
    /// Variables on top of those of the calling process.
    pub env: BTreeMap<String, String>,
    /// Who runs it; absent: whoever calls.
    pub user: Option<User>,
    /// How it is known that it is ready.
    pub ready: ProbeAction,
    /// What asks it to stop.
    pub stop_signal: StopSignal,
    /// How long it may take to stop.
    pub stop_grace: Duration,
}

/// A signal that asks a process to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopSignal {
    /// SIGTERM.
    Terminate,
    /// SIGINT: PostgreSQL's fast shutdown, which waits for no client.
    Interrupt,
    /// SIGQUIT.
    Quit,
}
