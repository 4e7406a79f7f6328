//! Probes: how it is known that a service started, is ready, is alive.

use serde::Serialize;

use crate::quantity::Duration;

/// One probe; the field names are those of Kubernetes, periods may be below a second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Probe {
    /// What is asked.
    #[serde(flatten)]
    pub action: ProbeAction,
    /// How often. Absent: the engine's default.
    pub period: Option<Duration>,
    /// How long one answer may take.
    pub timeout: Option<Duration>,
    /// How long after the start the first probe comes.
    pub initial_delay: Option<Duration>,
    /// Failures in a row that make it failed.
    pub failure_threshold: Option<u32>,
    /// Successes in a row that make it passed.
    pub success_threshold: Option<u32>,
}

/// What a probe asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProbeAction {
    /// GET of this path answers 2xx or 3xx.
    Http(String),
    /// This port (or the service's own, when 0) accepts a connection.
    Tcp(u16),
    /// This command exits with 0.
    Exec(String),
    /// A log line matches this pattern.
    Log(String),
}

impl Probe {
    /// A probe with the engine's default timing.
    pub fn new(action: ProbeAction) -> Self {
        Self {
            action,
            period: None,
            timeout: None,
            initial_delay: None,
            failure_threshold: None,
            success_threshold: None,
        }
    }

    /// An HTTP probe with the engine's default timing.
    pub fn http(path: impl Into<String>) -> Self {
        Self::new(ProbeAction::Http(path.into()))
    }

    /// Only the action is said; every timing is the engine's default.
    pub fn is_plain(&self) -> bool {
        *self == Self::new(self.action.clone())
    }
}
