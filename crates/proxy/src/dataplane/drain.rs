//! The end of a proxy process in two phases, so that no client notices.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::worker::{Phase, Shared};
use crate::wire::DrainPlan;

/// How often it is looked at whether all connections are gone.
const LOOK: Duration = Duration::from_millis(5);

/// Drains; returns how many connections were open when the time was up.
pub(crate) async fn drain(shared: &Arc<Shared>, plan: DrainPlan) -> u64 {
    shared.enter(Phase::Announcing);
    tokio::time::sleep(plan.announce).await;
    shared.enter(Phase::Finishing);
    let deadline = Instant::now() + plan.finish;
    loop {
        if shared.is_empty() || Instant::now() >= deadline {
            return shared.open_connections();
        }
        tokio::time::sleep(LOOK).await;
    }
}
