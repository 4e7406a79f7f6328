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

use crate::sighting::Sighting;

/// What one look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// It passed; where it answered, for probes of the network.
    Passed(Option<SocketAddr>),
    /// It passed over HTTP, with this status.
    Answered(SocketAddr, u16),
    /// Nothing listens where it looked; what a person should know.
    Refused(String),
    /// It answered over HTTP with a status that does not pass; what a person should know.
    Wrong(u16, String),
    /// It did not pass for another reason; what a person should know.
    Failed(String),
}

impl Look {
    /// It passed.
    pub fn is_passed(&self) -> bool {
        matches!(self, Self::Passed(_) | Self::Answered(..))
    }

    /// Where it answered, when it passed and was looked at over the network.
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Passed(address) => *address,
            Self::Answered(address, _) => Some(*address),
            _ => None,
        }
    }

    /// What a person should know of a look that did not pass.
    fn reason(self) -> Option<String> {
        match self {
            Self::Passed(_) | Self::Answered(..) => None,
            Self::Refused(reason) | Self::Wrong(_, reason) | Self::Failed(reason) => Some(reason),
        }
    }

    /// What it tells who judges the process.
    fn sighting(&self) -> Sighting {
        match self {
            Self::Passed(_) => Sighting::Passed,
            Self::Answered(_, status) | Self::Wrong(status, _) => Sighting::Answered(*status),
            Self::Refused(reason) | Self::Failed(reason) => Sighting::NoAnswer(reason.clone()),
        }
    }
}
