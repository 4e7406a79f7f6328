//! Waits for shims that ended, and ends what falls to the control process when a shim is killed.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid, getsid};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use crate::proc;

/// How often it is looked whether what was killed is gone.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// The children of the control process that live in sessions of their own.
#[derive(Clone, Default)]
pub struct Reaper(Arc<Mutex<BTreeSet<i32>>>);

impl Reaper {
    /// Makes this process the one that orphans of killed shims fall to, and waits for its children from now on.
    /// The task ends when it is aborted.
    pub fn start() -> std::io::Result<(Self, JoinHandle<()>)> {
        #[cfg(target_os = "linux")]
        {
            // Kernels know this since 3.4; without it orphans of a killed shim are found by their marker only.
            let _ = nix::sys::prctl::set_child_subreaper(true);
        }
        let reaper = Self::default();
        let mut ended = signal(SignalKind::child())?;
        let task = tokio::spawn({
            let reaper = reaper.clone();
            async move {
                while ended.recv().await.is_some() {
                    reaper.wait_for_ended();
                }
            }
        });
        Ok((reaper, task))
    }

    /// Starts a program in the background whose end is waited for here.
    pub(crate) fn spawn(&self, command: &mut Command) -> std::io::Result<i32> {
        self.take(|| {
            let child = command.process_group(0).stdout(Stdio::null()).spawn()?;
            Ok(i32::try_from(child.id()).unwrap_or(i32::MAX))
        })
    }

    /// The same for a child that comes about in another way.
    pub(crate) fn take(&self, start: impl FnOnce() -> std::io::Result<i32>) -> std::io::Result<i32> {
        // Held over the start: a child in another session that is not known is taken for an orphan.
        let mut known = self.known();
        let pid = start()?;
        known.insert(pid);
        Ok(pid)
    }

    /// A child that was there before, and is waited for from now on.
    pub fn adopt(&self, pid: i32) {
        self.known().insert(pid);
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeSet<i32>> {
        // The set is whole whatever a holder of the lock did.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for_ended(&self) {
        self.known().retain(|pid| {
            matches!(waitpid(Pid::from_raw(*pid), Some(WaitPidFlag::WNOHANG)), Ok(WaitStatus::StillAlive))
        });
    }

    /// Children of this process that it did not start: what a killed shim left.
    fn orphans(&self) -> Vec<i32> {
        let known = self.known();
        let Ok(session) = getsid(None) else { return Vec::new() };
        proc::children(getpid().as_raw())
            .into_iter()
            // One that is a shim was started by who this process was before it became another program.
            .filter(|pid| !known.contains(pid) && !proc::is_shim(*pid))
            .filter(|pid| proc::stat(*pid).is_some_and(|stat| stat.session != session.as_raw()))
            .collect()
    }

    /// Kills what a killed shim left of the instance with this marker, and returns when it is gone.
    pub async fn purge(&self, marker: &str) {
        // What cannot be killed (in an uninterruptible wait for a disk) is not waited for for ever.
        for _ in 0..1000 {
            let orphans = self.orphans();
            let mut rest: Vec<i32> = orphans.iter().flat_map(|pid| proc::descendants(*pid)).collect();
            rest.extend(&orphans);
            rest.extend(proc::of_instance(marker));
            for pid in &rest {
                let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
            }
            for pid in orphans {
                let _ = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG));
            }
            if rest.is_empty() {
                return;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}
