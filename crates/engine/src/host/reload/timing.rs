//! How long it takes from a save to a service that is ready again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use seaworthy_model::Name;
use seaworthy_supervise::board::Status;
use seaworthy_supervise::machine::Phase;
use seaworthy_watch::Batch;

use crate::host::shared::Shared;
use crate::host::steps::millis;
use crate::view::SaveView;

/// Files of a save that are named.
const NAMED: usize = 10;

/// After this long nobody measures any more.
const LONGEST: Duration = Duration::from_mins(2);

/// Remembers a save, and how long it takes until the service is ready with it.
pub(super) fn record(shared: &Arc<Shared>, batch: &Batch, name: &Name, action: &str) {
    let ago = SignedDuration::try_from(batch.first_event.elapsed()).unwrap_or_default();
    let at = format!("{:.6}", Timestamp::now() - ago);
    let files = batch.changes.iter().take(NAMED).map(|change| change.path.to_string_lossy().into_owned());
    shared.add_save(SaveView {
        at: at.clone(),
        files: files.collect(),
        count: batch.changes.len() as u64,
        member: name.to_string(),
        action: action.to_owned(),
        ready_after_ms: None,
        failed: None,
    });
    if action == "own" {
        return;
    }
    let (shared, name, first) = (Arc::clone(shared), name.clone(), batch.first_event);
    let before = shared.supervisor.board().get(name.as_str()).unwrap_or_default();
    // Ends by itself: at the latest when nobody measures any more.
    tokio::spawn(async move {
        let measured = until(&shared, &name, |status| outcome(status, &before)).await;
        shared.update_save(name.as_str(), &at, |save| match measured {
            Some(Ok(())) => save.ready_after_ms = Some(millis(first.elapsed())),
            Some(Err(reason)) => save.failed = Some(reason),
            None => save.failed = Some("not ready after two minutes".to_owned()),
        });
    });
}

/// What became of a member that was as `before` when it was saved. A failure that was there then is not of this save.
fn outcome(status: &Status, before: &Status) -> Option<Result<(), String>> {
    match status.phase {
        Phase::Ready | Phase::Completed if status.started != before.started => Some(Ok(())),
        Phase::Restarting | Phase::CrashLoop | Phase::Failed if status.since != before.since => {
            Some(Err(status.detail.clone()))
        }
        _ => None,
    }
}

async fn until<T>(shared: &Shared, name: &Name, found: impl Fn(&Status) -> Option<T>) -> Option<T> {
    let board = shared.supervisor.board();
    let mut changes = board.changes();
    let wait = async {
        loop {
            changes.mark_unchanged();
            if let Some(found) = board.get(name.as_str()).as_ref().and_then(&found) {
                return Some(found);
            }
            if changes.changed().await.is_err() {
                return None;
            }
        }
    };
    tokio::time::timeout(LONGEST, wait).await.ok().flatten()
}

/// Waits until members that were told to restart are ready or failed, until a deadline at most.
pub(super) async fn until_settled(shared: &Shared, names: &[Name], deadline: Instant) {
    let settled = async {
        for name in names {
            until(shared, name, |status| {
                let is_on_its_way =
                    matches!(status.phase, Phase::Waiting | Phase::Starting | Phase::Stopping);
                (!is_on_its_way).then_some(())
            })
            .await;
        }
    };
    // A service that takes longer goes on becoming ready by itself.
    let _ = tokio::time::timeout_at(deadline.into(), settled).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_from_before_the_save_is_not_what_became_of_it() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let status = |phase, since, started| Status {
            phase,
            since: at(since),
            started: Some(at(started)),
            detail: "exited with code 1".to_owned(),
            ..Status::default()
        };
        let before = status(Phase::CrashLoop, 10, 9);
        assert_eq!(outcome(&before, &before), None);
        assert_eq!(outcome(&status(Phase::Starting, 12, 12), &before), None);
        assert_eq!(outcome(&status(Phase::Ready, 13, 12), &before), Some(Ok(())));
        let again = outcome(&status(Phase::Restarting, 13, 12), &before);
        assert_eq!(again, Some(Err("exited with code 1".to_owned())));
    }
}
