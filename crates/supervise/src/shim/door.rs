//! Where a shim that lingers meets its next control process.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use crate::protocol::{Greeting, encode};
use crate::rendezvous::{Folder, Seat, peer};

/// Open from the start, so that nothing can go wrong when it is needed. Dropped, it leaves nothing behind.
pub(super) struct Door {
    listener: UnixListener,
    folder: Folder,
    seat: Seat,
}

impl Door {
    /// Opens the door.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let (folder, seat) = (Folder::open(folder)?, Seat::own()?);
        // Only a process of this number and time of start could have left one, and that is this one.
        folder.remove(seat);
        let listener = folder.listen(seat)?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, folder, seat })
    }

    /// Who the shim is.
    pub(super) fn seat(&self) -> Seat {
        self.seat
    }

    /// The next one of this user who knocks, and their process id. `None` when nobody does.
    pub(super) fn next(&self) -> Option<(UnixStream, i32)> {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    if let Some(pid) = peer(&stream)
                        && stream.set_nonblocking(true).is_ok()
                    {
                        return Some((stream, pid));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
    }

    /// Sends someone away.
    pub(super) fn turn_away(mut stream: &UnixStream, by: i32) {
        let mut line = Vec::new();
        encode(&mut line, &Greeting::Attended { by });
        // A fresh socket takes a line of this length; who does not read it learns nothing.
        let _ = stream.write_all(&line);
    }
}

impl AsFd for Door {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.folder.remove(self.seat);
    }
}
