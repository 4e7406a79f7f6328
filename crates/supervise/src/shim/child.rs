//! Starts the instance itself.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use nix::fcntl::OFlag;
use nix::sys::signal::{SigSet, Signal, killpg};
use nix::unistd::{Pid, pipe2};

use super::inherit::Inherited;
use crate::cgroup::{Group, group_name};
use crate::rendezvous::Seat;
use crate::spec::{MARKER, SHIM, Spec};

/// The instance.
pub(super) struct Child {
    /// Its process id, which is that of its process group too.
    pub(super) pid: Pid,
    /// The control groups that limit it.
    pub(super) group: Group,
    /// Why limits that were asked for do not hold.
    pub(super) unlimited: Option<String>,
    /// Kept open: many tools end when their standard input does (esbuild and Tailwind in watch mode, for two).
    _stdin: OwnedFd,
}

impl Child {
    /// Sends a signal to its process group.
    pub(super) fn signal(&self, signal: Signal) {
        // The group may be gone already; then there is nobody to signal.
        let _ = killpg(self.pid, signal);
    }
}

/// Where the output of an instance is read.
pub(super) struct Pipes {
    pub(super) stdout: File,
    pub(super) stderr: File,
}

/// Starts the instance; the error is a sentence for people. `seat` is that of a shim that lingers.
pub(super) fn start(spec: &Spec, seat: Option<Seat>) -> Result<(Child, Pipes), String> {
    let argv = spec.command.argv();
    let Some((program, arguments)) = argv.split_first() else {
        return Err("the command is empty".to_owned());
    };
    let (group, unlimited) = limit(spec);
    let pipes =
        (|| Ok::<_, io::Error>((pipe(OFlag::empty())?, pipe(OFlag::O_NONBLOCK)?, pipe(OFlag::O_NONBLOCK)?)))(
        );
    let ((stdin_read, stdin_write), (stdout_read, stdout_write), (stderr_read, stderr_write)) =
        pipes.map_err(|error| format!("no pipe could be made for {}: {error}", spec.name))?;

    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(&spec.dir)
        .env_clear()
        .envs(&spec.env)
        .env(MARKER, spec.marker())
        .stdin(Stdio::from(stdin_read))
        .stdout(Stdio::from(stdout_write))
        .stderr(Stdio::from(stderr_write))
        .process_group(0);
    if let Some(seat) = seat {
        command.env(SHIM, seat.to_string());
    }
    if let Some(user) = spec.user {
        command.uid(user.uid).gid(user.gid);
    }
    prepare(&mut command, &group).map_err(|error| format!("{} cannot be limited: {error}", spec.name))?;
    let inherited = Inherited::set(&spec.limits);
    let child = command.spawn().map_err(|error| reason(spec, program, &error))?;
    let refused: Vec<String> = unlimited.into_iter().chain(inherited.refused.iter().cloned()).collect();
    let unlimited = (!refused.is_empty()).then(|| refused.join("; "));
    // A process id is at most 2^22 on Linux.
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    Ok((
        Child { pid, group, unlimited, _stdin: stdin_write },
        Pipes { stdout: File::from(stdout_read), stderr: File::from(stderr_read) },
    ))
}

/// A pipe whose end for reading has these flags; both ends are closed in other programs.
fn pipe(reading: OFlag) -> io::Result<(OwnedFd, OwnedFd)> {
    let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
    if !reading.is_empty() {
        nix::fcntl::fcntl(&read, nix::fcntl::FcntlArg::F_SETFL(reading))?;
    }
    Ok((read, write))
}

fn limit(spec: &Spec) -> (Group, Option<String>) {
    if spec.limits.need_no_group() {
        return (Group::default(), None);
    }
    match Group::create(&group_name(&spec.run, &spec.name), spec.limits) {
        Ok(group) => (group, None),
        Err(reason) => (Group::default(), Some(reason)),
    }
}

/// What the new process does before it becomes the program: it joins its control groups, and is killed when the shim
/// is.
#[expect(unsafe_code, reason = "code between fork and exec is unsafe to allow; see the comment")]
fn prepare(command: &mut Command, group: &Group) -> io::Result<()> {
    let mut joins = group
        .join_files()
        .into_iter()
        .map(|path| OpenOptions::new().write(true).open(path))
        .collect::<io::Result<Vec<File>>>()?;
    let between = move || {
        for join in &mut joins {
            join.write_all(b"0")?;
        }
        // The shim takes its signals from a file and has them blocked; programs expect none to be.
        SigSet::empty().thread_set_mask()?;
        #[cfg(target_os = "linux")]
        nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
        Ok(())
    };
    // SAFETY: between fork and exec only system calls that are safe in signal handlers are made (write(2) on files that
    // are open already, sigprocmask(2), prctl(2)); nothing is allocated, no lock is taken.
    unsafe {
        command.pre_exec(between);
    }
    Ok(())
}

fn reason(spec: &Spec, program: &str, error: &io::Error) -> String {
    let name = &spec.name;
    if !spec.dir.is_dir() {
        return format!("{name} cannot start: its folder {} is not there", spec.dir.display());
    }
    match error.kind() {
        io::ErrorKind::NotFound => {
            format!("{name} cannot start: there is no program `{program}` on its PATH")
        }
        io::ErrorKind::PermissionDenied if spec.user.is_some() => {
            format!("{name} cannot start: this account may not run `{program}` as another user")
        }
        io::ErrorKind::PermissionDenied => {
            format!("{name} cannot start: `{program}` may not be executed; try `chmod +x {program}`")
        }
        _ => format!("{name} cannot start: `{program}`: {error}"),
    }
}
