//! All processes of a run: added, started in the order of what they need, stopped in the reverse order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use thiserror::Error;
use tokio::task::JoinHandle;

use crate::board::Board;
use crate::instance::Launcher;
use crate::machine::Phase;
use crate::process::{Definition, Handle, Wish, spawn};
use crate::survivor::Survivor;

/// What is wrong with a set of processes, or with a name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GraphError {
    /// Processes wait for one another in a circle.
    #[error("{} wait for one another in a circle, so none of them can start; take one of these out of depends_on", .0.join(", "))]
    Circle(Vec<String>),
    /// Something waits for a name that does not exist.
    #[error("{0} depends on {1}, which does not exist")]
    Missing(String, String),
    /// There is no process of this name.
    #[error("there is no process named {0}")]
    Unknown(String),
    /// There is a process of this name already.
    #[error("there is a process named {0} already, so that another one of this name cannot be taken over")]
    Known(String),
}

/// All processes of a run.
pub struct Supervisor {
    launcher: Launcher,
    board: Board,
    members: Mutex<BTreeMap<String, Member>>,
}

struct Member {
    needs: Vec<String>,
    /// Absent for something that is not a process and whose status others keep.
    process: Option<(Handle, JoinHandle<()>)>,
}

impl Supervisor {
    /// Without any process.
    pub fn new(launcher: Launcher, board: Board) -> Self {
        Self { launcher, board, members: Mutex::default() }
    }

    /// What is known of every process.
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// Starts instances outside of the graph: tasks that run to their end.
    pub fn launcher(&self) -> &Launcher {
        &self.launcher
    }

    /// Adds processes that need one another or those that are there already. None is added when something is wrong.
    pub fn add(&self, definitions: Vec<Definition>) -> Result<(), GraphError> {
        self.adopt(definitions, Vec::new())
    }

    /// The same, where some of them run already: each survivor becomes the instance of the definition of its name. It goes on
    /// as it is, whatever its definition says, counts of restarts included; from its next start on it is what its
    /// definition says. It is ready when its probe passes, and waits for nothing that it needs. Of several survivors of one
    /// name the last is taken.
    ///
    /// When something is wrong, the survivors linger on. Must be called within a runtime.
    pub fn adopt(&self, definitions: Vec<Definition>, survivors: Vec<Survivor>) -> Result<(), GraphError> {
        let mut members = self.members();
        let mut survivors: BTreeMap<String, Survivor> =
            survivors.into_iter().map(|survivor| (survivor.name().to_owned(), survivor)).collect();
        for name in survivors.keys() {
            if !definitions.iter().any(|definition| definition.spec.name == *name) {
                return Err(GraphError::Unknown(name.clone()));
            }
            if members.contains_key(name) {
                return Err(GraphError::Known(name.clone()));
            }
        }
        let needs: BTreeMap<String, Vec<String>> = members
            .iter()
            .map(|(name, member)| (name.clone(), member.needs.clone()))
            .chain(definitions.iter().map(|definition| (definition.spec.name.clone(), needs_of(definition))))
            .collect();
        check(&needs)?;
        for definition in definitions {
            let name = definition.spec.name.clone();
            let needs = needs_of(&definition);
            if let Some(Member { needs: known, process: Some((handle, _)) }) = members.get_mut(&name) {
                *known = needs;
                // A full queue means that it is given more orders than it can carry out; the definition comes again
                // with the next change.
                let _ = handle.wishes.try_send(Wish::Define(Box::new(definition)));
            } else {
                let survivor = survivors.remove(&name);
                let process = spawn(definition, survivor, self.launcher.clone(), self.board.clone());
                members.insert(name, Member { needs, process: Some(process) });
            }
        }
        Ok(())
    }

    /// Adds something that others need and that is not a process; its status on the board is kept by the caller.
    pub fn add_external(&self, name: &str) {
        self.board.update(name, |status| status.phase = Phase::Waiting);
        self.members().insert(name.to_owned(), Member { needs: Vec::new(), process: None });
    }

    /// Whether a member is a process, not something whose status others keep.
    pub fn is_process(&self, name: &str) -> bool {
        self.members().get(name).is_some_and(|member| member.process.is_some())
    }

    /// The names of all members.
    pub fn names(&self) -> Vec<String> {
        self.members().keys().cloned().collect()
    }

    /// Starts a process once what it needs is there.
    pub fn start(&self, name: &str) -> Result<(), GraphError> {
        self.wish(name, Wish::Start)
    }

    /// Stops a process.
    pub fn stop(&self, name: &str) -> Result<(), GraphError> {
        self.wish(name, Wish::Stop)
    }

    /// Stops a process, if it runs, and starts it anew.
    pub fn restart(&self, name: &str) -> Result<(), GraphError> {
        self.wish(name, Wish::Restart)
    }

    fn wish(&self, name: &str, wish: Wish) -> Result<(), GraphError> {
        let members = self.members();
        let member = members.get(name).ok_or_else(|| GraphError::Unknown(name.to_owned()))?;
        if let Some((handle, _)) = &member.process {
            // A full queue holds orders enough; the last one of a burst is of the same kind.
            let _ = handle.wishes.try_send(wish);
        }
        Ok(())
    }

    /// Starts every process.
    pub fn start_all(&self) {
        for (handle, _) in self.members().values().filter_map(|member| member.process.as_ref()) {
            let _ = handle.wishes.try_send(Wish::Start);
        }
    }

    /// Removes a process after stopping it.
    pub async fn remove(&self, name: &str) {
        let member = self.members().remove(name);
        if let Some(Member { process: Some((handle, task)), .. }) = member {
            drop(handle);
            let _ = task.await;
        }
        self.board.remove(name);
    }

    /// Stops every process, those that others need after those others, and returns when all are gone.
    pub async fn shut_down(&self) {
        let mut members = std::mem::take(&mut *self.members());
        while !members.is_empty() {
            let needed: BTreeSet<String> =
                members.values().flat_map(|member| member.needs.iter().cloned()).collect();
            let mut wave: Vec<String> =
                members.keys().filter(|name| !needed.contains(*name)).cloned().collect();
            if wave.is_empty() {
                // Circles are refused; should there be one all the same, all of it goes at once.
                wave = members.keys().cloned().collect();
            }
            let mut tasks = Vec::new();
            for name in wave {
                if let Some(Member { process: Some((handle, task)), .. }) = members.remove(&name) {
                    // Without a handle the process stops and its task ends.
                    drop(handle);
                    tasks.push(task);
                }
            }
            for task in tasks {
                let _ = task.await;
            }
        }
    }

    /// Leaves every process to the next control process, and returns when nothing here holds them any more. Those that do not
    /// outlive their control process ([`OnControlLoss::End`](crate::spec::OnControlLoss)) are stopped.
    pub async fn detach(&self) {
        let members = std::mem::take(&mut *self.members());
        let mut tasks = Vec::new();
        for (handle, task) in members.into_values().filter_map(|member| member.process) {
            // Fails only where the task has ended.
            let _ = handle.wishes.send(Wish::Detach).await;
            // Held until the end: a process without handles stops.
            tasks.push((handle, task));
        }
        for (_handle, task) in tasks {
            let _ = task.await;
        }
        self.launcher.cool();
    }

    /// Kills every process; [`Supervisor::shut_down`] then returns soon.
    pub fn kill_all(&self) {
        for (handle, _) in self.members().values().filter_map(|member| member.process.as_ref()) {
            let _ = handle.wishes.try_send(Wish::Kill);
        }
    }

    fn members(&self) -> MutexGuard<'_, BTreeMap<String, Member>> {
        // The map is whole whatever a holder of the lock did.
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn needs_of(definition: &Definition) -> Vec<String> {
    definition.needs.iter().map(|(name, _)| name.clone()).collect()
}

/// Every need exists, and there is no circle.
fn check(needs: &BTreeMap<String, Vec<String>>) -> Result<(), GraphError> {
    for (name, wanted) in needs {
        if let Some(missing) = wanted.iter().find(|need| !needs.contains_key(*need)) {
            return Err(GraphError::Missing(name.clone(), missing.clone()));
        }
    }
    let mut open: BTreeMap<&String, &Vec<String>> = needs.iter().collect();
    loop {
        let free: Vec<&String> = open
            .iter()
            .filter(|(_, wanted)| wanted.iter().all(|need| !open.contains_key(need)))
            .map(|(name, _)| *name)
            .collect();
        if free.is_empty() {
            break;
        }
        for name in free {
            open.remove(name);
        }
    }
    if open.is_empty() { Ok(()) } else { Err(GraphError::Circle(open.into_keys().cloned().collect())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &[&str])]) -> Result<(), GraphError> {
        let owned = |needs: &[&str]| needs.iter().map(ToString::to_string).collect();
        check(&edges.iter().map(|(name, needs)| ((*name).to_owned(), owned(needs))).collect())
    }

    #[test]
    fn circles_and_missing_names_are_refused_by_name() {
        assert_eq!(graph(&[("a", &["b"]), ("b", &[])]), Ok(()));
        assert_eq!(
            graph(&[("a", &["b"]), ("b", &["a"]), ("c", &[])]),
            Err(GraphError::Circle(vec!["a".to_owned(), "b".to_owned()]))
        );
        assert_eq!(graph(&[("a", &["x"])]), Err(GraphError::Missing("a".to_owned(), "x".to_owned())));
    }
}
