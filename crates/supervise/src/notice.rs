//! What a person should hear about as it happens.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::machine::Phase;

/// Something happened to a process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The process.
    pub name: String,
    /// The phase it is in now.
    pub phase: Phase,
    /// One sentence without the name; empty where the phase says it all.
    pub text: String,
    /// For [`Phase::Ready`]: how long that took from the order to start.
    pub after: Option<Duration>,
}
