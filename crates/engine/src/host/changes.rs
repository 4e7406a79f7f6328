//! Puts all changes together into one signal for those who show an app.

use std::sync::Arc;

use crate::host::shared::Shared;

/// Runs until it is aborted.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut statuses = shared.supervisor.board().changes();
    let mut steps = shared.steps.changes();
    let mut noted = shared.noted();
    let mut ending = shared.ending.subscribe();
    loop {
        let changed = tokio::select! {
            changed = statuses.changed() => changed,
            changed = steps.changed() => changed,
            changed = noted.changed() => changed,
            changed = ending.changed() => changed,
        };
        if changed.is_err() {
            return;
        }
        shared.changed.send_modify(|count| *count = count.wrapping_add(1));
    }
}
