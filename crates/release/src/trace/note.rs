//! What a system call is about: the paths it names, read from the memory of the process that waits for our answer.

use std::ffi::OsString;
use std::io::IoSliceMut;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Component, Path, PathBuf};

use nix::libc;
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

use super::Trace;
use super::calls::{At, Base, Call, find};

/// Writes down what a call is about.
pub(super) fn note(trace: &mut Trace, notice: &libc::seccomp_notif, below: &Path) {
    let Some(call) = find(notice.data.nr) else { return };
    let caller = Caller { pid: notice.pid, arguments: &notice.data.args };
    let path = |at: At| caller.path(at).filter(|path| path.starts_with(below));
    match call {
        Call::Open(at, flags) => {
            if let Some(path) = path(at) {
                // Flags are an int: the upper half of the register means nothing.
                open(trace, path, caller.arguments[flags] & u64::from(u32::MAX));
            }
        }
        Call::OpenHow(at, how) => {
            if let Some(path) = path(at) {
                open(trace, path, caller.number(caller.arguments[how]).unwrap_or_default());
            }
        }
        Call::Look(at) => trace.looked.extend(path(at)),
        Call::List => {
            let folder = caller.descriptor(caller.arguments[0]);
            trace.listed.extend(folder.filter(|folder| folder.starts_with(below)));
        }
        Call::Write(at) => trace.written.extend(path(at)),
        Call::Make(at) => make(trace, path(at)),
        Call::Move(from, to) => {
            trace.written.extend(path(from));
            // Whatever was there: from now on it is what was moved.
            let to = path(to);
            trace.made.extend(to.clone());
            trace.written.extend(to);
        }
        Call::Execute(at) => trace.programs.extend(caller.path(at)),
    }
}

fn open(trace: &mut Trace, path: PathBuf, flags: u64) {
    let has = |flag: libc::c_int| flags & u64::from(flag.unsigned_abs()) != 0;
    let mode = flags & u64::from(libc::O_ACCMODE.unsigned_abs());
    if has(libc::O_CREAT) {
        make(trace, Some(path));
    } else if mode != u64::from(libc::O_RDONLY.unsigned_abs()) {
        trace.written.insert(path);
    } else if has(libc::O_PATH) || has(libc::O_DIRECTORY) {
        trace.looked.insert(path);
    } else {
        trace.read.insert(path);
    }
}

/// The call waits for our answer, so what is there now is what it will find.
fn make(trace: &mut Trace, path: Option<PathBuf>) {
    let Some(path) = path else { return };
    match path.symlink_metadata() {
        // To make a folder that is there already (`mkdir -p`) changes nothing.
        Ok(there) if there.is_dir() => {}
        Ok(_) => {
            trace.written.insert(path);
        }
        Err(_) => {
            trace.made.insert(path.clone());
            trace.written.insert(path);
        }
    }
}

/// The thread that asks.
struct Caller<'a> {
    pid: u32,
    arguments: &'a [u64; 6],
}

impl Caller<'_> {
    /// The path that a call names, made absolute and plain.
    fn path(&self, at: At) -> Option<PathBuf> {
        let name = self.text(self.arguments[at.path])?;
        if name.is_absolute() {
            return Some(plain(&name));
        }
        let base = match at.base {
            // `AT_FDCWD` is a negative int.
            Base::Argument(index)
                if u32::try_from(self.arguments[index] & 0xffff_ffff).is_ok_and(is_descriptor) =>
            {
                self.descriptor(self.arguments[index])?
            }
            Base::Argument(_) | Base::Current => {
                std::fs::read_link(format!("/proc/{}/cwd", self.pid)).ok()?
            }
        };
        Some(if name.as_os_str().is_empty() { base } else { plain(&base.join(name)) })
    }

    /// The path behind one of its descriptors.
    fn descriptor(&self, number: u64) -> Option<PathBuf> {
        std::fs::read_link(format!("/proc/{}/fd/{}", self.pid, number & 0xffff_ffff)).ok()
    }

    /// A text in its memory, up to the zero.
    fn text(&self, address: u64) -> Option<PathBuf> {
        const PAGE: usize = 4096;
        let mut text = Vec::new();
        let mut base = usize::try_from(address).ok().filter(|address| *address != 0)?;
        let mut chunk = [0_u8; 512];
        while text.len() < PAGE {
            // Never across the end of a page: the next one may not be there.
            let length = chunk.len().min(PAGE - base % PAGE);
            let read = self.read(base, &mut chunk[..length])?;
            if let Some(end) = chunk[..read].iter().position(|byte| *byte == 0) {
                text.extend_from_slice(&chunk[..end]);
                return Some(PathBuf::from(OsString::from_vec(text)));
            }
            text.extend_from_slice(&chunk[..read]);
            base += read;
        }
        None
    }

    /// A number in its memory.
    fn number(&self, address: u64) -> Option<u64> {
        let mut bytes = [0; 8];
        let read = self.read(usize::try_from(address).ok()?, &mut bytes)?;
        (read == bytes.len()).then(|| u64::from_ne_bytes(bytes))
    }

    fn read(&self, base: usize, into: &mut [u8]) -> Option<usize> {
        let pid = Pid::from_raw(i32::try_from(self.pid).ok()?);
        let remote = [RemoteIoVec { base, len: into.len() }];
        process_vm_readv(pid, &mut [IoSliceMut::new(into)], &remote).ok().filter(|read| *read > 0)
    }
}

fn is_descriptor(number: u32) -> bool {
    number <= i32::MAX.unsigned_abs()
}

/// Without `.` and `..`, by the text alone: links are resolved later, by who knows which of them matter.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
