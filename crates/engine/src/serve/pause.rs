//! A hook for the tests that kill processes at a transition: builds with debug assertions wait between the journal's entry
//! for a step and the step's effects, so that the kill falls exactly there. Release builds have none of it.

use seaworthy_rollout::machine::State;

/// Waits where a file that `SEA_PAUSE_FILE` names holds the name of this state.
#[cfg(debug_assertions)]
pub(super) async fn before(state: State) {
    /// Long enough to notice the state from outside and to kill something.
    const PAUSE: std::time::Duration = std::time::Duration::from_millis(800);
    let wanted = std::env::var_os("SEA_PAUSE_FILE").and_then(|file| std::fs::read_to_string(file).ok());
    let name = super::words::state(state);
    if wanted.is_some_and(|wanted| !wanted.is_empty() && name.starts_with(wanted.trim())) {
        tokio::time::sleep(PAUSE).await;
    }
}

/// Nothing.
#[cfg(not(debug_assertions))]
#[expect(clippy::unused_async, reason = "it waits in builds with debug assertions")]
pub(super) async fn before(_: State) {}
