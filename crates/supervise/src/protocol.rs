//! What the control process and a shim say to each other: one JSON object a line, over a stream socket.
//!
//! The socket that a shim is started with is good for orders and reports at once. At the socket where it lingers
//! ([`OnControlLoss::Linger`](crate::spec::OnControlLoss)) it speaks first, with a [`Greeting`], and reports nothing before
//! [`Order::Adopt`].

use serde::{Deserialize, Serialize};

use crate::exit::Exit;
use crate::log::reader::Cursor;
use crate::spec::Spec;

/// The version of orders, reports and [`Welcome`]. A shim may be older than the control process that finds it.
pub const PROTOCOL: u32 = 1;

/// From the control process to the shim.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Start this; the first order, and given once.
    Start(Box<Spec>),
    /// Report to this connection from now on; the first order to a shim that lingered.
    Adopt,
    /// Keep this for the next control process.
    Remember(Memory),
    /// Ask it to stop; kill it when its grace period is over.
    Stop,
    /// Kill it and all that it started.
    Kill,
    /// Send this signal to its process group.
    Signal(i32),
    /// [`Report::Exited`] was read. A shim that lingers ends only then.
    Taken,
}

/// From the shim to the control process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Report {
    /// It runs.
    Started {
        /// Its process id.
        pid: i32,
        /// Why limits that were asked for do not hold.
        unlimited: Option<String>,
    },
    /// It could not be started.
    Failed {
        /// What happened and what to do about it.
        reason: String,
    },
    /// Lines were added to the log.
    Wrote,
    /// It ended, and nothing that it started is left. The last report.
    Exited {
        /// How it ended.
        exit: Exit,
        /// Programs that it had left running behind its back, and that were stopped.
        left: Vec<String>,
    },
}

/// What a control process knows of an instance and its shim does not, for the control process that comes after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// How often it was started again after it had ended by itself.
    pub restarts: u32,
    /// How often it ended by itself without having been stable in between.
    pub failures: u32,
    /// It was ready since it was started.
    pub was_ready: bool,
    /// The port it listens on, as far as known.
    pub port: Option<u16>,
}

/// What a shim says first to who connects to the socket where it lingers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Greeting {
    /// It has no control process. The connection is that of its next one from now on; when it closes, the shim waits again.
    Welcome(Box<Welcome>),
    /// It has one. The connection closes.
    Attended {
        /// The process id of its control process.
        by: i32,
    },
}

/// What a shim knows of its instance.
#[derive(Debug, Serialize, Deserialize)]
pub struct Welcome {
    /// [`PROTOCOL`] of the shim.
    pub protocol: u32,
    /// What it was told to start.
    pub spec: Spec,
    /// The process id of the instance.
    pub pid: i32,
    /// When it was started, in microseconds since 1970.
    pub started: i64,
    /// Where its log ended then.
    pub log_start: Cursor,
    /// Why limits that were asked for do not hold.
    pub unlimited: Option<String>,
    /// It was asked to stop.
    pub is_stopping: bool,
    /// How it ended, when it has.
    pub exit: Option<Exit>,
    /// What the last control process told it to keep.
    pub memory: Memory,
}

/// Appends a message as a line.
pub fn encode(buffer: &mut Vec<u8>, message: &impl Serialize) {
    // Our own types have string keys and no fallible parts, and writing to memory cannot fail.
    let _ = serde_json::to_writer(&mut *buffer, message);
    buffer.push(b'\n');
}
