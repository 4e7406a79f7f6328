//! Probes: one look at a process, and when to look.

mod exec;
mod http;
mod log;
mod schedule;
mod tcp;
mod watch;

pub use schedule::{Cadence, Schedule};
pub use watch::{Outcome, Patience, Subject, watch};

use std::net::SocketAddr;

/// What one look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// It passed; where it answered, for probes of the network.
    Passed(Option<SocketAddr>),
    /// Nothing listens where it looked; what a person should know.
    Refused(String),
    /// It did not pass for another reason; what a person should know.
    Failed(String),
}

impl Look {
    /// It passed.
    pub fn is_passed(&self) -> bool {
        matches!(self, Self::Passed(_))
    }
}
