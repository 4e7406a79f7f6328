//! Which files a process and all that it starts look at.
//!
//! On Linux the kernel tells: the process installs a seccomp filter before its program is loaded, and for each system call
//! that names a file the kernel asks a listener of ours, which notes the name and lets the call go on. That needs no
//! privilege, works for static binaries and for programs that are being debugged or use `ptrace` themselves (all of which
//! rule out `LD_PRELOAD`, fanotify and `ptrace`), and costs two context switches for each such call. See seccomp(2) and
//! `seccomp_unotify(2)`. Where the system has nothing of the kind nothing is noted, and the answer says so.
//!
//! It observes; it does not confine. A program that wants to hide what it reads can.

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod filter;
#[cfg(target_os = "linux")]
mod listener;
#[cfg(not(target_os = "linux"))]
#[path = "nothing.rs"]
mod listener;
#[cfg(target_os = "linux")]
mod note;

use std::collections::BTreeSet;
use std::path::PathBuf;

pub use listener::Tracer;

/// What was looked at. Paths are absolute and plain (no `.` or `..`), and below the folder that was asked about, but for
/// programs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Files that were opened to be read, whether they are there or not.
    pub read: BTreeSet<PathBuf>,
    /// Paths whose existence or kind was asked for.
    pub looked: BTreeSet<PathBuf>,
    /// Folders that were listed.
    pub listed: BTreeSet<PathBuf>,
    /// Paths that were written, moved, made or removed.
    pub written: BTreeSet<PathBuf>,
    /// Paths that were not there before they were made; what is below a folder among them was made too.
    pub made: BTreeSet<PathBuf>,
    /// Programs that were executed, wherever they are.
    pub programs: BTreeSet<PathBuf>,
}

impl Trace {
    /// The process itself made, moved or changed what is at this path: no input of it.
    pub fn is_product(&self, path: &std::path::Path) -> bool {
        self.written.contains(path) || path.ancestors().any(|above| self.made.contains(above))
    }
}
