//! Where a proxy that lost its control process waits for the next one: a Unix socket in a folder of theirs, named for
//! the process that listens on it.
//!
//! The name carries the process id and the time the process started, so that a stale file can never be taken for
//! another process that got the same id. Both sides look at who the other is (`SO_PEERCRED`).

use std::fs::{DirBuilder, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// The process that listens on a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seat {
    /// When it started, in clock ticks since the machine did; first, so that the newest sorts last.
    pub(crate) started: u64,
    pub(crate) pid: u32,
}

impl Seat {
    /// Of this process.
    pub(crate) fn own() -> io::Result<Self> {
        let pid = std::process::id();
        Ok(Self { pid, started: start_time(pid)? })
    }

    fn file_name(self) -> String {
        format!("proxy-{}-{}.sock", self.pid, self.started)
    }

    fn parse(name: &str) -> Option<Self> {
        let (pid, started) = name.strip_prefix("proxy-")?.strip_suffix(".sock")?.split_once('-')?;
        let seat = Self { pid: pid.parse().ok()?, started: started.parse().ok()? };
        // Only what `file_name` writes.
        (seat.file_name() == name).then_some(seat)
    }
}

/// When a process started, in clock ticks since the machine did (field 22 of `/proc/PID/stat`, proc(5)).
pub(crate) fn start_time(pid: u32) -> io::Result<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name of the program is in parentheses and may hold anything, parentheses too.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let started = after_name.split_ascii_whitespace().nth(19).and_then(|ticks| ticks.parse().ok());
    started.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "its stat file has no start time"))
}

/// The folder, open.
pub(crate) struct Folder {
    path: PathBuf,
    handle: File,
}

impl Folder {
    /// Opens the folder, and makes it where it is missing. It must belong to this user alone.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let handle = File::open(path)?;
        let facts = handle.metadata()?;
        let refused = |why| Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        if facts.uid() != rustix::process::geteuid().as_raw() {
            return refused("the folder belongs to another user");
        }
        if facts.mode() & 0o022 != 0 {
            return refused("others may write in the folder");
        }
        Ok(Self { path: path.to_owned(), handle })
    }

    /// The path of a socket, short whatever the folder's is: the address of a Unix socket has 107 bytes.
    fn address(&self, seat: Seat) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}/{}", self.handle.as_raw_fd(), seat.file_name()))
    }

    /// Listens.
    pub(crate) fn listen(&self, seat: Seat) -> io::Result<UnixListener> {
        let listener = UnixListener::bind(self.address(seat))?;
        std::fs::set_permissions(self.address(seat), std::fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    }

    /// Connects.
    pub(crate) fn connect(&self, seat: Seat) -> io::Result<UnixStream> {
        UnixStream::connect(self.address(seat))
    }

    /// Removes a socket.
    pub(crate) fn remove(&self, seat: Seat) {
        let _ = std::fs::remove_file(self.path.join(seat.file_name()));
    }

    /// Every socket that is here, the oldest process first.
    pub(crate) fn seats(&self) -> io::Result<Vec<Seat>> {
        let mut seats = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            seats.extend(entry?.file_name().to_str().and_then(Seat::parse));
        }
        seats.sort_unstable();
        Ok(seats)
    }
}

/// Removes what a process that has ended may have left.
pub(crate) fn forget(folder: &Path, pid: u32) {
    let Ok(folder) = Folder::open(folder) else { return };
    for seat in folder.seats().unwrap_or_default().into_iter().filter(|seat| seat.pid == pid) {
        folder.remove(seat);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_written_and_nothing_else_is() {
        let seat = Seat { pid: 12, started: 345 };
        assert_eq!(Seat::parse(&seat.file_name()), Some(seat));
        for other in ["proxy-12.sock", "proxy-12-345", "proxy-+12-345.sock", "proxy-012-345.sock", "x.sock"] {
            assert_eq!(Seat::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_folder_with_a_long_name_will_do_and_one_that_others_may_write_in_will_not() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("x".repeat(200));
        let folder = Folder::open(&path).unwrap();
        let seat = Seat::own().unwrap();
        let listener = folder.listen(seat).unwrap();
        folder.connect(seat).unwrap();
        assert_eq!(folder.seats().unwrap(), [seat]);
        drop(listener);
        forget(&path, seat.pid);
        assert_eq!(folder.seats().unwrap(), []);

        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o770)).unwrap();
        assert!(Folder::open(&path).is_err());
    }
}
