//! The steps of setting an app up, as people follow them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::view::{StepState, StepView};

/// The steps of a run.
#[derive(Default)]
pub(crate) struct Steps {
    entries: Mutex<Entries>,
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct Entries {
    order: Vec<String>,
    by_id: BTreeMap<String, Entry>,
}

struct Entry {
    view: StepView,
    began: Option<Instant>,
}

impl Steps {
    /// Announces a step that waits. One of the same id is replaced: it is done again.
    pub(crate) fn announce(&self, id: &str, title: &str, members: &[String], command: Option<String>) {
        let view = StepView {
            id: id.to_owned(),
            title: title.to_owned(),
            members: members.to_vec(),
            state: StepState::Waiting,
            reason: String::new(),
            command,
            started_at: None,
            took_ms: None,
            detail: String::new(),
            output: Vec::new(),
        };
        {
            let mut entries = self.entries();
            if entries.by_id.insert(id.to_owned(), Entry { view, began: None }).is_none() {
                entries.order.push(id.to_owned());
            }
        }
        self.note();
    }

    /// The step begins.
    pub(crate) fn begin(&self, id: &str, reason: &str) {
        self.change(id, |entry| {
            entry.view.state = StepState::Running;
            reason.clone_into(&mut entry.view.reason);
            entry.view.started_at = Some(Timestamp::now().to_string());
            entry.began = Some(Instant::now());
        });
    }

    /// The step wrote a line.
    pub(crate) fn progress(&self, id: &str, line: &str) {
        self.change(id, |entry| line.clone_into(&mut entry.view.detail));
    }

    /// The step was done.
    pub(crate) fn done(&self, id: &str) {
        self.end(id, StepState::Done, "", Vec::new());
    }

    /// The step is not needed.
    pub(crate) fn skip(&self, id: &str, reason: &str) {
        self.change(id, |entry| {
            entry.view.state = StepState::Skipped;
            reason.clone_into(&mut entry.view.reason);
        });
    }

    /// The step failed.
    pub(crate) fn fail(&self, id: &str, cause: &str, output: Vec<String>) {
        self.end(id, StepState::Failed, cause, output);
    }

    fn end(&self, id: &str, state: StepState, detail: &str, output: Vec<String>) {
        self.change(id, |entry| {
            entry.view.state = state;
            entry.view.took_ms = entry.began.map(|began| millis(began.elapsed()));
            detail.clone_into(&mut entry.view.detail);
            entry.view.output = output;
        });
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Entry)) {
        let known = self.entries().by_id.get_mut(id).map(change).is_some();
        if known {
            self.note();
        }
    }

    /// All steps, in the order in which they began; those that did not come last, as they were announced.
    pub(crate) fn all(&self) -> Vec<StepView> {
        let entries = self.entries();
        let mut known: Vec<&Entry> = entries.order.iter().filter_map(|id| entries.by_id.get(id)).collect();
        known.sort_by_key(|entry| (entry.began.is_none(), entry.began));
        let view = |entry: &Entry| {
            let mut view = entry.view.clone();
            if view.state == StepState::Running {
                view.took_ms = entry.began.map(|began| millis(began.elapsed()));
            }
            view
        };
        known.into_iter().map(view).collect()
    }

    /// Changes with every change of a step.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn note(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // Every entry is whole whatever a holder of the lock did.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whole milliseconds of a duration.
pub(crate) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_goes_its_way_and_a_repeated_one_keeps_its_place() {
        let steps = Steps::default();
        steps.announce("a", "install a", &["a".to_owned()], None);
        steps.announce("b", "install b", &[], None);
        steps.begin("a", "package.json changed");
        steps.progress("a", "added 3 packages");
        assert_eq!(
            (steps.all()[0].state, steps.all()[0].detail.as_str()),
            (StepState::Running, "added 3 packages")
        );
        steps.fail("a", "no network", vec!["last".to_owned()]);
        steps.skip("b", "nothing changed");
        let all = steps.all();
        assert_eq!((all[0].state, all[0].detail.as_str()), (StepState::Failed, "no network"));
        assert!(all[0].took_ms.is_some());
        assert_eq!(all[1].state, StepState::Skipped);
        steps.announce("a", "install a", &[], None);
        assert_eq!(steps.all().iter().map(|step| step.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn steps_are_told_in_the_order_in_which_they_began() {
        let steps = Steps::default();
        for id in ["seed", "install", "prepare"] {
            steps.announce(id, id, &[], None);
        }
        steps.begin("prepare", "");
        steps.begin("install", "");
        assert_eq!(
            steps.all().iter().map(|step| step.id.as_str()).collect::<Vec<_>>(),
            ["prepare", "install", "seed"]
        );
    }
}
