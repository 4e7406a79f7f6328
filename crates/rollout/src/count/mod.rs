//! What is counted per arm and second, where requests end.
//!
//! Errors cluster: one broken page is many failed requests, one broken client fails for minutes. So a session counts
//! once for each kind of event and ten minutes ([`Silence`]), on all routes together: with one event per session *and route*, a
//! page that calls five routes of a database that is away for one user would be five independent failures.

mod muted;
mod slow;
mod stream;
mod tally;

use std::time::Duration;

pub use muted::{Muted, Silence};
pub use slow::SlowLine;
pub use stream::{PerStream, Stream};
pub use tally::{ArmCounts, Ended, Failure, Second, Tally};

/// For how long after its start an instance is fresh: caches are empty, code is not compiled, pools are not filled.
pub const FRESH: Duration = Duration::from_secs(15);
