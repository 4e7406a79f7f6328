//! Puts all changes together into one signal for those who show an app, and makes problems of what takes too long.

use std::collections::BTreeSet;
use std::sync::Arc;

use seaworthy_supervise::machine::Phase;
use seaworthy_supervise::notice::Notice;
use tokio::sync::broadcast::error::RecvError;

use crate::host::shared::Shared;
use crate::view::ProblemView;

/// Runs until it is aborted.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut statuses = shared.supervisor.board().changes();
    let mut notices = shared.supervisor.board().notices();
    let mut steps = shared.steps.changes();
    let mut noted = shared.noted();
    let mut ending = shared.ending.subscribe();
    let mut slow: BTreeSet<String> = BTreeSet::new();
    loop {
        let changed = tokio::select! {
            changed = statuses.changed() => {
                slow.retain(|name| is_still_slow(&shared, name));
                changed
            }
            notice = notices.recv() => match notice {
                Ok(notice) => {
                    if let Some(problem) = too_slow(&notice) {
                        shared.add_problem(&key(&notice.name), problem);
                        slow.insert(notice.name);
                    }
                    continue;
                }
                // Those that were missed are of processes that say it again when they are started again.
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            },
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

fn key(name: &str) -> String {
    format!("slow {name}")
}

/// It is not ready after a time in which others are: what keeps it from that, for a person to act on.
fn too_slow(notice: &Notice) -> Option<ProblemView> {
    let is_slow = notice.phase == Phase::Starting && notice.text.starts_with("not ready after");
    is_slow.then(|| ProblemView {
        code: "not-ready".to_owned(),
        message: format!("{} is {}", notice.name, notice.text),
        next: Some(format!("sea logs {}", notice.name)),
        members: vec![notice.name.clone()],
    })
}

/// Takes the problem back when the process is not starting any more.
fn is_still_slow(shared: &Shared, name: &str) -> bool {
    let is_slow = shared.supervisor.board().get(name).is_some_and(|status| status.phase == Phase::Starting);
    if !is_slow {
        shared.clear_problem(&key(name));
    }
    is_slow
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_late_is_a_problem() {
        let notice =
            |phase, text: &str| Notice { name: "api".to_owned(), phase, text: text.to_owned(), after: None };
        let late = notice(Phase::Starting, "not ready after 30 s: nothing listens on port 3000");
        let problem = too_slow(&late).unwrap();
        assert_eq!(problem.message, "api is not ready after 30 s: nothing listens on port 3000");
        assert_eq!(too_slow(&notice(Phase::Starting, "")), None);
        assert_eq!(too_slow(&notice(Phase::Restarting, "exited with code 1")), None);
    }
}
