//! Where shims come from without a program being loaded for each.
//!
//! To load this binary takes longer than everything else between an order and the new process: pages are mapped, addresses
//! relocated, libraries found. So a copy of the process is forked off at its very start, while it is small and has one thread,
//! and forks every shim from itself. The shims are children of the control process all the same (`CLONE_PARENT` of
//! `clone(2)`), so that nothing depends on the nursery once they live; where it is gone, shims are loaded as programs.

use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// Makes shims.
pub struct Nursery {
    pid: i32,
    /// Locked from an order to its answer.
    socket: Mutex<UnixStream>,
}

impl Nursery {
    /// Forks it off. Must be called before this process has a second thread; refused where it has one.
    #[cfg(target_os = "linux")]
    pub fn start() -> io::Result<Self> {
        if std::fs::read_dir("/proc/self/task")?.count() != 1 {
            return Err(io::Error::other("there are threads already"));
        }
        let (ours, theirs) = UnixStream::pair()?;
        match forked(Parent::This)? {
            0 => {
                // Held here, it would never be seen to close.
                drop(ours);
                inner::run(theirs)
            }
            pid => Ok(Self { pid, socket: Mutex::new(ours) }),
        }
    }

    /// There is none on this system.
    #[cfg(not(target_os = "linux"))]
    pub fn start() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Ends it; shims that live go on.
    pub(crate) fn end(&self) {
        let pid = Pid::from_raw(self.pid);
        // Where it was waited for already, its number may be somebody else's.
        let lives = waitpid(pid, Some(WaitPidFlag::WNOHANG)) == Ok(WaitStatus::StillAlive);
        if lives && kill(pid, Signal::SIGKILL).is_ok() {
            let _ = waitpid(pid, None);
        }
    }

    /// A new shim that reads its orders from `socket`; its process id.
    pub(crate) fn shim(&self, socket: impl AsFd) -> io::Result<i32> {
        use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
        let mut nursery = self.socket.lock().map_err(|_| io::Error::other("an order was given up"))?;
        let fds = [socket.as_fd().as_raw_fd()];
        let byte = [io::IoSlice::new(&[1])];
        let passed = [ControlMessage::ScmRights(&fds)];
        sendmsg::<()>(nursery.as_fd().as_raw_fd(), &byte, &passed, MsgFlags::MSG_NOSIGNAL, None)?;
        let mut answer = [0; 4];
        nursery.read_exact(&mut answer)?;
        match i32::from_ne_bytes(answer) {
            pid if pid > 0 => Ok(pid),
            error => Err(io::Error::from_raw_os_error(-error)),
        }
    }
}

/// Whose child a fork is.
#[cfg(target_os = "linux")]
#[derive(Clone, Copy)]
enum Parent {
    /// This process's.
    This,
    /// That of the process that this one is a child of.
    OfThis,
}

/// 0 in the child, its process id in the caller.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "to fork is unsafe where there are threads; see the comment")]
fn forked(parent: Parent) -> io::Result<i32> {
    use nix::libc::{CLONE_PARENT, SIGCHLD, SYS_clone, syscall};
    let flags = match parent {
        Parent::This => SIGCHLD,
        Parent::OfThis => SIGCHLD | CLONE_PARENT,
    };
    // SAFETY: the process has one thread (checked before the first fork; the nursery starts none), so the child's memory is
    // whole and no lock in it is held by a thread that is not there. Without a stack of its own the child goes on with a
    // copy of this one, as after fork(2). All other arguments are unused with these flags.
    let answer =
        unsafe { syscall(SYS_clone, nix::libc::c_long::from(flags), 0_usize, 0_usize, 0_usize, 0_usize) };
    match i32::try_from(answer) {
        Ok(-1) | Err(_) => Err(io::Error::last_os_error()),
        Ok(pid) => Ok(pid),
    }
}

/// The process itself.
#[cfg(target_os = "linux")]
mod inner {
    use std::io::{self, IoSliceMut, Write};
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    use std::os::unix::net::UnixStream;

    use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
    use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout, setsid};

    use super::{Parent, forked};
    use crate::shim;

    /// Forks a shim for each order until the control process is gone.
    pub(super) fn run(mut socket: UnixStream) -> ! {
        // A session of its own: the Ctrl-C of the terminal is not for it.
        let _ = setsid();
        title("sea __nursery");
        // Pipes of the control process end when it does, and folders can be unmounted.
        let _ = silence();
        let _ = std::env::set_current_dir("/");
        while let Ok(Some(link)) = order(&socket) {
            let answer = match forked(Parent::OfThis) {
                Ok(0) => become_shim(link, socket),
                Ok(pid) => pid,
                Err(error) => -error.raw_os_error().unwrap_or(nix::libc::EIO),
            };
            drop(link);
            if socket.write_all(&answer.to_ne_bytes()).is_err() {
                break;
            }
        }
        exit(0)
    }

    /// The socket of the next shim; `None` when the control process is gone.
    #[expect(unsafe_code, reason = "what the kernel hands over is a number; see the comment")]
    fn order(socket: &UnixStream) -> io::Result<Option<OwnedFd>> {
        let mut byte = [0];
        let mut buffer = nix::cmsg_space!([std::os::fd::RawFd; 1]);
        let mut parts = [IoSliceMut::new(&mut byte)];
        let message =
            recvmsg::<()>(socket.as_raw_fd(), &mut parts, Some(&mut buffer), MsgFlags::MSG_CMSG_CLOEXEC)?;
        if message.bytes == 0 {
            return Ok(None);
        }
        for part in message.cmsgs()? {
            if let ControlMessageOwned::ScmRights(fds) = part
                && let Some(fd) = fds.first()
            {
                // SAFETY: the kernel made this descriptor for this process just now, and nobody else knows of it.
                return Ok(Some(unsafe { OwnedFd::from_raw_fd(*fd) }));
            }
        }
        Ok(None)
    }

    fn become_shim(link: OwnedFd, nursery: UnixStream) -> ! {
        drop(nursery);
        title("sea __shim");
        let is_ready = dup2_stdin(&link).is_ok();
        drop(link);
        if is_ready {
            let _ = shim::main();
        }
        exit(0)
    }

    /// Nothing is to be written or tidied up: all of it belongs to the process that this is a copy of.
    #[expect(unsafe_code, reason = "ends the process; see the comment")]
    fn exit(code: i32) -> ! {
        // SAFETY: always sound; it runs no handlers, which is what is wanted.
        unsafe { nix::libc::_exit(code) }
    }

    fn silence() -> io::Result<()> {
        let nothing = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
        dup2_stdin(&nothing)?;
        dup2_stdout(&nothing)?;
        dup2_stderr(&nothing)?;
        Ok(())
    }

    /// What `ps` shows. The kernel reads the arguments of a process from where they were put at its start, and goes on into
    /// the environment where they do not end (`proc(5)`).
    #[expect(unsafe_code, reason = "writes to where the arguments of this process are; see the comment")]
    fn title(title: &str) {
        let _ =
            nix::sys::prctl::set_name(&std::ffi::CString::new(title.replace(' ', "")).unwrap_or_default());
        let Some((start, end)) = arguments() else { return };
        let Some(room) = end.checked_sub(start).filter(|room| *room > title.len()) else { return };
        let place = std::ptr::with_exposed_provenance_mut::<u8>(start);
        // SAFETY: the kernel put arguments and environment of this process from `start` to `end`, on its own stack, which
        // can be written to; no more than that is. Whoever reads them later finds other texts that end all the same:
        // neither this process nor a shim does.
        unsafe {
            std::ptr::write_bytes(place, 0, room);
            std::ptr::copy_nonoverlapping(title.as_ptr(), place, title.len());
        }
    }

    /// From the first argument to the end of the environment (fields 48 and 51 of `/proc/self/stat`).
    fn arguments() -> Option<(usize, usize)> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        // The name may hold anything; what follows it does not.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<usize>().ok();
        let (start, end) = (field(48)?, field(51)?);
        (start > 0 && start < end).then_some((start, end))
    }
}
