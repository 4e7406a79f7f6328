//! The system calls that name files, and where in their arguments.

use nix::libc;

/// Where a call has the folder that its path starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// The current folder.
    Current,
    /// A descriptor in this argument, or `AT_FDCWD`.
    Argument(usize),
}

/// Where a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    /// What it starts from.
    pub(super) base: Base,
    /// The argument that points to it.
    pub(super) path: usize,
}

/// What a call does with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// Opens it; the flags are in this argument.
    Open(At, usize),
    /// Opens it as a structure in this argument says.
    OpenHow(At, usize),
    /// Asks about it.
    Look(At),
    /// Lists the folder behind the descriptor that is its first argument.
    List,
    /// Changes it.
    Write(At),
    /// Makes it, unless it is there.
    Make(At),
    /// Moves the first to the second.
    Move(At, At),
    /// Executes it.
    Execute(At),
}

const fn current(path: usize) -> At {
    At { base: Base::Current, path }
}

const fn at(base: usize, path: usize) -> At {
    At { base: Base::Argument(base), path }
}

/// Every call that is noted.
pub(super) const CALLS: &[(libc::c_long, Call)] = &[
    (libc::SYS_openat, Call::Open(at(0, 1), 2)),
    (libc::SYS_newfstatat, Call::Look(at(0, 1))),
    (libc::SYS_statx, Call::Look(at(0, 1))),
    (libc::SYS_readlinkat, Call::Look(at(0, 1))),
    (libc::SYS_faccessat, Call::Look(at(0, 1))),
    (libc::SYS_faccessat2, Call::Look(at(0, 1))),
    (libc::SYS_openat2, Call::OpenHow(at(0, 1), 2)),
    (libc::SYS_getdents64, Call::List),
    (libc::SYS_execve, Call::Execute(current(0))),
    (libc::SYS_execveat, Call::Execute(at(0, 1))),
    (libc::SYS_mkdirat, Call::Make(at(0, 1))),
    (libc::SYS_mknodat, Call::Make(at(0, 1))),
    (libc::SYS_symlinkat, Call::Make(at(1, 2))),
    (libc::SYS_linkat, Call::Make(at(2, 3))),
    (libc::SYS_unlinkat, Call::Write(at(0, 1))),
    (libc::SYS_renameat2, Call::Move(at(0, 1), at(2, 3))),
    (libc::SYS_truncate, Call::Write(current(0))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_renameat, Call::Move(at(0, 1), at(2, 3))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, Call::Open(current(0), 1)),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_creat, Call::Make(current(0))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_stat, Call::Look(current(0))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_lstat, Call::Look(current(0))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_access, Call::Look(current(0))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_readlink, Call::Look(current(0))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_getdents, Call::List),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_mkdir, Call::Make(current(0))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_mknod, Call::Make(current(0))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_symlink, Call::Make(current(1))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_link, Call::Make(current(1))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_unlink, Call::Write(current(0))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_rmdir, Call::Write(current(0))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_rename, Call::Move(current(0), current(1))),
];

/// The argument with the flags of calls that name no file when `AT_EMPTY_PATH` is among them: every `fstat` of a C library.
pub(super) const EMPTY_PATH_FLAGS: &[(libc::c_long, usize)] =
    &[(libc::SYS_newfstatat, 3), (libc::SYS_statx, 2)];

/// What a call of this number does.
pub(super) fn find(number: libc::c_int) -> Option<Call> {
    let number = libc::c_long::from(number);
    CALLS.iter().find(|(known, _)| *known == number).map(|(_, call)| *call)
}
