//! What the control process and a shim say to each other: one JSON object a line, over a stream socket.

use serde::{Deserialize, Serialize};

use crate::exit::Exit;
use crate::spec::Spec;

/// From the control process to the shim.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Start this; the first order, and given once.
    Start(Box<Spec>),
    /// Ask it to stop; kill it when its grace period is over.
    Stop,
    /// Kill it and all that it started.
    Kill,
    /// Send this signal to its process group.
    Signal(i32),
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

/// Appends a message as a line.
pub fn encode(buffer: &mut Vec<u8>, message: &impl Serialize) {
    // Our own types have string keys and no fallible parts, and writing to memory cannot fail.
    let _ = serde_json::to_writer(&mut *buffer, message);
    buffer.push(b'\n');
}
