//! Nothing that an instance started outlives it.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::child::Child;
use crate::proc;

/// Makes this process the one that orphans among its descendants fall to, those that left their session included.
pub(super) fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    {
        // Kernels know this since 3.4; without it only orphans that changed their session could get away.
        let _ = nix::sys::prctl::set_child_subreaper(true);
    }
}

/// Every process that descends from the instance and lives.
pub(super) fn descendants() -> Vec<i32> {
    proc::descendants(nix::unistd::getpid().as_raw())
}

/// Sends a signal to each of them.
pub(super) fn signal(pids: &[i32], signal: Signal) {
    for pid in pids {
        // One that has ended meanwhile needs no signal; its id cannot have been given to another process, since it
        // falls to this process to wait for it.
        let _ = kill(Pid::from_raw(*pid), signal);
    }
}

/// Kills everything. What was started in the same moment is found by the next call.
pub(super) fn kill_descendants(child: &Child) {
    child.group.kill();
    child.signal(Signal::SIGKILL);
    signal(&descendants(), Signal::SIGKILL);
}
