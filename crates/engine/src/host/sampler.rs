//! Measures what members use of the machine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use seaworthy_supervise::usage::usage;

use crate::host::metrics;
use crate::host::shared::Shared;

/// Runs until it is aborted.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut tick = tokio::time::interval(metrics::EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let shims: Vec<(String, i32)> = shared
            .supervisor
            .board()
            .all()
            .into_iter()
            .filter_map(|(name, status)| Some((name, status.shim?)))
            .collect();
        // Reading /proc waits for no disk, but there may be many processes.
        let measured = tokio::task::spawn_blocking(move || {
            shims.into_iter().map(|(name, shim)| (name, usage(shim))).collect::<BTreeMap<_, _>>()
        });
        if let Ok(usages) = measured.await {
            shared.metrics.take(Instant::now(), usages);
        }
    }
}
