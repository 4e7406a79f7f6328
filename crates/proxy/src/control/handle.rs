//! The hold that the control process has on a proxy process: as its parent, or as who adopted it.

use std::io;
use std::os::fd::OwnedFd;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::io::unix::AsyncFd;
use tokio::process::Child;

use crate::rendezvous::{Seat, start_time};

/// A process that can be ended and waited for.
pub(super) enum Handle {
    /// Started here.
    Child(Box<Child>),
    /// Started by a control process that is gone. The descriptor is of that process, and of no other that may get its id
    /// later.
    Adopted(AsyncFd<OwnedFd>),
}

impl Handle {
    /// Of a process of someone else, by its descriptor.
    pub(super) fn adopted(descriptor: OwnedFd) -> io::Result<Self> {
        #[expect(
            deprecated,
            reason = "unsound for what lies about its descriptor only, which OwnedFd does not"
        )]
        AsyncFd::new(descriptor).map(Self::Adopted)
    }

    /// Ends the process at once, if it has not ended.
    pub(super) fn kill(&mut self) {
        // A process that is gone is what is wanted.
        match self {
            Self::Child(child) => drop(child.start_kill()),
            Self::Adopted(process) => drop(pidfd_send_signal(process, Signal::KILL)),
        }
    }

    /// Waits until the process has ended.
    pub(super) async fn wait(&mut self) {
        match self {
            Self::Child(child) => drop(child.wait().await),
            // A descriptor of a process is readable once it has ended (pidfd_open(2)).
            Self::Adopted(process) => drop(process.readable().await),
        }
    }
}

/// A descriptor of the process that a seat is of. `None` where it is another one that got its id.
pub(super) fn descriptor_of(seat: Seat) -> io::Result<Option<OwnedFd>> {
    let Some(pid) = i32::try_from(seat.pid).ok().and_then(Pid::from_raw) else { return Ok(None) };
    let descriptor = pidfd_open(pid, PidfdFlags::empty())?;
    // Looked at while the descriptor keeps the id from being given away.
    Ok((start_time(seat.pid)? == seat.started).then_some(descriptor))
}
