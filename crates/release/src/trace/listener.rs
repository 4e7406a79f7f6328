//! Attaches the filter to a command, and answers the kernel.

use std::io::{self, IoSliceMut};
use std::mem;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg, socketpair,
};

use super::note::note;
use super::{Trace, filter};

/// Notes what a process and all that it starts look at.
pub struct Tracer {
    thread: JoinHandle<Option<Trace>>,
    stop: Arc<AtomicBool>,
}

/// How often it is looked whether there is nobody left to listen to, in milliseconds. Only kernels that do not say so
/// themselves (before 5.9) make anyone wait for it.
const LOOK: u16 = 100;

/// What the kernel writes at most for one question; it says how much it does write.
#[repr(C)]
struct Question {
    notice: libc::seccomp_notif,
    spare: [u64; 32],
}

#[repr(C)]
struct Answer {
    answer: libc::seccomp_notif_resp,
    spare: [u64; 32],
}

impl Tracer {
    /// Makes the process that `command` will start be observed, as to files below `below`. The command must be dropped
    /// once it is spawned.
    ///
    /// # Errors
    /// When the system has no descriptors left.
    pub fn attach(command: &mut Command, below: &Path) -> io::Result<Self> {
        let (ours, theirs) = socketpair(AddressFamily::Unix, SockType::Stream, None, SockFlag::SOCK_CLOEXEC)?;
        install(command, theirs);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let below = below.to_owned();
        // It has to listen before the command is spawned: to load the program is a call that the kernel asks about.
        let thread = std::thread::Builder::new()
            .name("trace".to_owned())
            .spawn(move || Some(listen(&receive(&ours)?, &below, &stopped)))?;
        Ok(Self { thread, stop })
    }

    /// What was noted; call it when the process is gone. Nothing where the system does not tell.
    pub fn finish(self) -> Option<Trace> {
        self.stop.store(true, Ordering::Release);
        self.thread.join().ok().flatten()
    }
}

/// Makes the new process install the filter and hand over its listener.
#[expect(unsafe_code, reason = "code between fork and exec is unsafe to allow; see the comment")]
fn install(command: &mut Command, socket: OwnedFd) {
    let program = filter::program();
    let between = move || {
        // Without a listener the program runs all the same: nothing is noted then.
        if let Some(listener) = load(&program) {
            hand_over(&socket, listener);
        }
        Ok(())
    };
    // SAFETY: between fork and exec only system calls are made (prctl(2), seccomp(2), sendmsg(2), close(2)), on memory
    // that was allocated before or is on the stack.
    unsafe {
        command.pre_exec(between);
    }
}

/// Installs the filter for this thread and all that comes from it; the number of its listener.
#[expect(unsafe_code, reason = "there is no safe interface to seccomp(2); see the comments")]
fn load(program: &[libc::sock_filter]) -> Option<RawFd> {
    let program =
        libc::sock_fprog { len: u16::try_from(program.len()).ok()?, filter: program.as_ptr().cast_mut() };
    let attempt = |flags: libc::c_ulong| {
        // SAFETY: the program lives until the call returns, and the kernel copies it.
        let listener = unsafe {
            libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program)
        };
        if listener < 0 { Err(Errno::last()) } else { RawFd::try_from(listener).map_err(|_| Errno::EBADF) }
    };
    // While its question is out a call is not interrupted by signals it could survive; before Linux 5.19 it is.
    let patient = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    let either = |flags| match attempt(flags) {
        Err(Errno::EINVAL) => attempt(libc::SECCOMP_FILTER_FLAG_NEW_LISTENER),
        other => other,
    };
    match either(patient) {
        // Who has no privilege must promise that nothing it starts gains any.
        Err(Errno::EACCES) => {
            // SAFETY: sets a flag of this thread.
            let promised = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
            if promised == 0 { either(patient).ok() } else { None }
        }
        other => other.ok(),
    }
}

/// Sends a descriptor over the socket and closes it here.
#[expect(
    unsafe_code,
    reason = "the safe interface allocates, which must not be between fork and exec; see the comments"
)]
fn hand_over(socket: &OwnedFd, listener: RawFd) {
    #[repr(C, align(8))]
    struct Buffer([u8; 64]);
    let mut buffer = Buffer([0; 64]);
    let mut byte = [1_u8];
    let mut part = libc::iovec { iov_base: byte.as_mut_ptr().cast(), iov_len: 1 };
    // SAFETY: the buffer is aligned and larger than a control message with one descriptor (24 bytes); all that the message
    // points to lives until the call returns.
    unsafe {
        let mut message: libc::msghdr = mem::zeroed();
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        message.msg_control = buffer.0.as_mut_ptr().cast();
        message.msg_controllen = libc::CMSG_SPACE(4) as _;
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        (*header).cmsg_level = libc::SOL_SOCKET;
        (*header).cmsg_type = libc::SCM_RIGHTS;
        (*header).cmsg_len = libc::CMSG_LEN(4) as _;
        libc::CMSG_DATA(header).cast::<RawFd>().write_unaligned(listener);
        libc::sendmsg(socket.as_raw_fd(), &raw const message, libc::MSG_NOSIGNAL);
        libc::close(listener);
    }
}

/// The listener that the new process sends; nothing when it has none.
#[expect(unsafe_code, reason = "what the kernel hands over is a number; see the comment")]
fn receive(socket: &OwnedFd) -> Option<OwnedFd> {
    let mut byte = [0];
    let mut parts = [IoSliceMut::new(&mut byte)];
    let mut space = nix::cmsg_space!(RawFd);
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message = loop {
        match recvmsg::<()>(socket.as_raw_fd(), &mut parts, Some(&mut space), flags) {
            Err(Errno::EINTR) => {}
            other => break other.ok()?,
        }
    };
    message.cmsgs().ok()?.find_map(|control| match control {
        ControlMessageOwned::ScmRights(descriptors) => {
            // SAFETY: the kernel made this descriptor for us just now; nobody else has it.
            descriptors.first().map(|descriptor| unsafe { OwnedFd::from_raw_fd(*descriptor) })
        }
        _ => None,
    })
}

/// Answers until nobody is left to ask.
fn listen(listener: &OwnedFd, below: &Path, stop: &AtomicBool) -> Trace {
    let mut trace = Trace::default();
    loop {
        let mut polled = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
        let count = match poll(&mut polled, PollTimeout::from(LOOK)) {
            Err(Errno::EINTR) => continue,
            Err(_) => return trace,
            Ok(count) => count,
        };
        let events = polled[0].revents().unwrap_or(PollFlags::empty());
        if events.contains(PollFlags::POLLIN) {
            match question(listener) {
                Ok(notice) => {
                    note(&mut trace, &notice, below);
                    go_on(listener, notice.id);
                }
                // It was killed before it could be heard.
                Err(Errno::ENOENT | Errno::EINTR | Errno::EAGAIN) => {}
                Err(_) => return trace,
            }
        } else if events.intersects(PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL)
            || (count == 0 && stop.load(Ordering::Acquire))
        {
            return trace;
        }
    }
}

/// The next question.
#[expect(unsafe_code, reason = "there is no safe interface to seccomp_unotify(2); see the comment")]
fn question(listener: &OwnedFd) -> Result<libc::seccomp_notif, Errno> {
    // SAFETY: the kernel wants the structure zeroed and writes what it says in seccomp_notif_sizes, 80 bytes in all
    // versions so far; there are 256 more for those to come.
    unsafe {
        let mut question: Question = mem::zeroed();
        let done = libc::ioctl(listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_RECV, &raw mut question);
        Errno::result(done).map(|_| question.notice)
    }
}

/// Lets the call go on as if nobody had asked.
#[expect(unsafe_code, reason = "there is no safe interface to seccomp_unotify(2); see the comment")]
fn go_on(listener: &OwnedFd, id: u64) {
    // SAFETY: as above; a process that is gone meanwhile makes it fail, which is as well.
    unsafe {
        let mut answer: Answer = mem::zeroed();
        answer.answer.id = id;
        answer.answer.flags = u32::try_from(libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE).unwrap_or(1);
        libc::ioctl(listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_SEND, &raw mut answer);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;
    use std::process::Stdio;

    use super::*;

    fn trace(script: &str, dir: &Path) -> Trace {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).current_dir(dir).stdout(Stdio::null()).stderr(Stdio::null());
        let tracer = Tracer::attach(&mut command, dir).unwrap();
        let mut child = command.spawn().unwrap();
        drop(command);
        child.wait().unwrap();
        tracer.finish().expect("this system tells")
    }

    fn names(paths: &BTreeSet<PathBuf>, dir: &Path) -> Vec<String> {
        paths.iter().map(|path| path.strip_prefix(dir).unwrap().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn reads_failed_look_ups_listings_and_writes_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("sub")).unwrap();
        std::fs::write(root.join("sub/in"), "x").unwrap();
        let seen = trace(
            "mkdir -p sub new; cat sub/in ./sub/../absent; ls sub; echo y > out; mv out moved; cat moved",
            &root,
        );
        let read = names(&seen.read, &root);
        for path in ["sub/in", "absent"] {
            assert!(read.contains(&path.to_owned()), "{path} is not among {read:?}");
        }
        assert_eq!(names(&seen.listed, &root), ["sub"]);
        assert_eq!(names(&seen.made, &root), ["moved", "new", "out"]);
        assert!(seen.is_product(&root.join("moved")) && seen.is_product(&root.join("new/deep/file")));
        assert!(!seen.is_product(&root.join("sub/in")), "`mkdir -p` did not make what was there");
        assert!(seen.programs.iter().any(|program| program.ends_with("cat")), "{:?}", seen.programs);
    }

    #[test]
    fn grandchildren_threads_and_descriptors_of_folders_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("sub")).unwrap();
        std::fs::write(root.join("sub/in"), "x").unwrap();
        // `find` walks by descriptors; the background process outlives its parent.
        let seen = trace("(cd sub && (cat in & wait)) & find . -type f -exec cat {} +; wait", &root);
        assert!(seen.read.contains(&root.join("sub/in")), "{:?}", seen.read);
        assert!(seen.listed.contains(&root) && seen.listed.contains(&root.join("sub")), "{:?}", seen.listed);
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_and_no_hang() {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new(dir.path().join("nothing"));
        let tracer = Tracer::attach(&mut command, dir.path()).unwrap();
        assert!(command.spawn().is_err());
        drop(command);
        let seen = tracer.finish();
        assert!(seen.is_some_and(|seen| seen.read.is_empty()));
    }
}
