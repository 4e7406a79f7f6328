//! Leaves the session of the control process.

use nix::unistd::{Pid, getpgid, getppid, setpgid, setsid};

/// Leaves the terminal of the control process: its Ctrl-C and hang-up are not for the instance.
pub(super) fn leave() {
    if setsid().is_ok() {
        return;
    }
    // The leader of a process group cannot, and a shim that was loaded as a program is started as one, so that no Ctrl-C
    // reaches it before it is here. So it joins another group for an instant.
    let group = getpgid(Some(getppid()));
    if group.and_then(|group| setpgid(Pid::from_raw(0), group)).is_ok() && setsid().is_err() {
        let _ = setpgid(Pid::from_raw(0), Pid::from_raw(0));
    }
}
