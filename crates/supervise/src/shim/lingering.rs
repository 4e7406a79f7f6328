//! What a shim needs in order to outlive its control process: a door for the next one, and what that has to be told.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::door::Door;
use super::link::Link;
use crate::exit::Exit;
use crate::log::reader::Cursor;
use crate::protocol::{Greeting, Memory, PROTOCOL, Welcome};
use crate::rendezvous::Seat;
use crate::spec::{OnControlLoss, Spec};

pub(super) struct Lingering {
    door: Door,
    at_most: Option<Duration>,
    /// Since when there is no control process.
    alone_since: Option<Instant>,
    spec: Spec,
    log_start: Cursor,
    started: Timestamp,
    pub(super) memory: Memory,
}

/// What changes of an instance while it runs, and once.
pub(super) struct Life {
    pub(super) pid: i32,
    pub(super) unlimited: Option<String>,
    pub(super) is_stopping: bool,
    pub(super) exit: Option<Exit>,
}

impl Lingering {
    /// Opens the door, where the instance shall outlive its control process. The error is a sentence for people.
    pub(super) fn prepare(spec: &Spec, log_start: Cursor) -> Result<Option<Self>, String> {
        let OnControlLoss::Linger { folder, at_most } = &spec.on_control_loss else { return Ok(None) };
        let door = Door::open(folder).map_err(|error| {
            format!("{} cannot start: its shim cannot wait in {}: {error}", spec.name, folder.display())
        })?;
        Ok(Some(Self {
            door,
            at_most: *at_most,
            alone_since: None,
            spec: spec.clone(),
            log_start,
            started: Timestamp::now(),
            memory: Memory::default(),
        }))
    }

    pub(super) fn seat(&self) -> Seat {
        self.door.seat()
    }

    /// There is no control process any more.
    pub(super) fn lose(&mut self) {
        self.alone_since.get_or_insert_with(Instant::now);
    }

    /// When the wait for a control process is over.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.alone_since?.checked_add(self.at_most?)
    }

    /// The next one who knocks, and their process id.
    pub(super) fn knock(&self) -> Option<(UnixStream, i32)> {
        self.door.next()
    }

    /// Answers: they get the instance where nobody has it. Whether `link` is still open must have been looked at after they
    /// knocked.
    pub(super) fn answer(&mut self, socket: UnixStream, pid: i32, link: &mut Link, life: &Life) {
        if link.is_closed() {
            *link = Link::greet(socket, pid, &Greeting::Welcome(Box::new(self.welcome(life))));
            self.alone_since = None;
        } else {
            Door::turn_away(&socket, link.peer());
        }
    }

    fn welcome(&self, life: &Life) -> Welcome {
        Welcome {
            protocol: PROTOCOL,
            spec: self.spec.clone(),
            pid: life.pid,
            started: self.started.as_microsecond(),
            log_start: self.log_start,
            unlimited: life.unlimited.clone(),
            is_stopping: life.is_stopping,
            exit: life.exit,
            memory: self.memory,
        }
    }
}

impl AsFd for Lingering {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.door.as_fd()
    }
}
