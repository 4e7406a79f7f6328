//! Where a shim that lost its control process waits for the next one: a Unix socket in a folder of this user alone, named
//! for the process that listens on it.
//!
//! The name carries the process id and the time the process started, so that a stale file can never be taken for
//! another process that got the same id. Both sides look at who the other is (`SO_PEERCRED`, unix(7)).

use std::fmt;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use nix::sys::socket::{getsockopt, sockopt};
use nix::unistd::geteuid;

use crate::proc;

/// A shim that lingers, by what no other process ever has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seat {
    /// When it started, in clock ticks since the machine did; first, so that the newest sorts last.
    pub started: u64,
    /// Its process id.
    pub pid: i32,
}

impl Seat {
    /// Of this process.
    pub(crate) fn own() -> io::Result<Self> {
        Self::of(nix::unistd::getpid().as_raw()).ok_or_else(|| io::Error::other("/proc cannot be read"))
    }

    /// Of the process of this number, when there is one.
    pub(crate) fn of(pid: i32) -> Option<Self> {
        Some(Self { pid, started: proc::stat(pid)?.started })
    }

    /// Whether the process is there.
    pub fn is_alive(self) -> bool {
        proc::stat(self.pid).is_some_and(|stat| stat.started == self.started && stat.state != b'Z')
    }

    fn file_name(self) -> String {
        format!("shim-{self}.sock")
    }

    fn of_file(name: &str) -> Option<Self> {
        name.strip_prefix("shim-")?.strip_suffix(".sock")?.parse().ok()
    }
}

impl fmt::Display for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.pid, self.started)
    }
}

impl FromStr for Seat {
    type Err = ();

    /// Only what `Display` writes.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (pid, started) = text.split_once('-').ok_or(())?;
        let seat = Self { pid: pid.parse().map_err(|_| ())?, started: started.parse().map_err(|_| ())? };
        if seat.to_string() == text { Ok(seat) } else { Err(()) }
    }
}

/// The folder, open.
pub(crate) struct Folder {
    path: PathBuf,
    handle: File,
}

impl Folder {
    /// Opens the folder, and makes it where it is missing. It must belong to this user, and nobody else may write in it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let handle = File::open(path)?;
        let facts = handle.metadata()?;
        let refused = |why| Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        if facts.uid() != geteuid().as_raw() {
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
        let address = self.address(seat);
        let listener = UnixListener::bind(&address)?;
        fs::set_permissions(address, Permissions::from_mode(0o600))?;
        Ok(listener)
    }

    /// Connects.
    pub(crate) fn connect(&self, seat: Seat) -> io::Result<UnixStream> {
        UnixStream::connect(self.address(seat))
    }

    /// Removes a socket.
    pub(crate) fn remove(&self, seat: Seat) {
        let _ = fs::remove_file(self.path.join(seat.file_name()));
    }

    /// Every socket that is here, the oldest process first.
    pub(crate) fn seats(&self) -> io::Result<Vec<Seat>> {
        let mut seats = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            seats.extend(entry?.file_name().to_str().and_then(Seat::of_file));
        }
        seats.sort_unstable();
        Ok(seats)
    }
}

/// The process at the other end, when it is one of this user.
pub(crate) fn peer(stream: &UnixStream) -> Option<i32> {
    let peer = getsockopt(stream, sockopt::PeerCredentials).ok()?;
    (peer.uid() == geteuid().as_raw()).then(|| peer.pid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_written_and_nothing_else_is() {
        let seat = Seat { pid: 12, started: 345 };
        assert_eq!(Seat::of_file(&seat.file_name()), Some(seat));
        for other in ["shim-12.sock", "shim-12-345", "shim-+12-345.sock", "shim-012-345.sock", "x.sock"] {
            assert_eq!(Seat::of_file(other), None, "{other}");
        }
    }

    #[test]
    fn a_folder_with_a_long_name_will_do_and_one_that_others_may_write_in_will_not() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("x".repeat(200));
        let folder = Folder::open(&path).unwrap();
        let seat = Seat::own().unwrap();
        let listener = folder.listen(seat).unwrap();
        let stream = folder.connect(seat).unwrap();
        assert_eq!(peer(&stream), Some(seat.pid));
        assert_eq!(folder.seats().unwrap(), [seat]);
        drop(listener);
        folder.remove(seat);
        assert_eq!(folder.seats().unwrap(), []);

        fs::set_permissions(&path, Permissions::from_mode(0o770)).unwrap();
        assert!(Folder::open(&path).is_err());
    }

    #[test]
    fn a_number_that_was_given_again_is_another_process() {
        let seat = Seat::own().unwrap();
        assert!(seat.is_alive());
        assert!(!Seat { started: seat.started + 1, ..seat }.is_alive());
    }
}
