//! The shim's end of the connection to the control process.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use crate::protocol::{Greeting, Order, Report, encode};
use crate::rendezvous::{self, Seat};
use crate::spec::Spec;

/// Reports that nobody reads are kept up to this many bytes. Only `Wrote` can be many, and it is sent once at a time.
const MOST_UNSENT: usize = 64 << 10;

pub(super) struct Link {
    socket: UnixStream,
    received: Vec<u8>,
    unsent: VecDeque<u8>,
    /// The control process was told of new lines and has not taken that yet.
    wrote_is_unsent: bool,
    closed: bool,
    /// The process at the other end, where that is known.
    peer: Option<Seat>,
    /// Reports are wanted.
    is_adopted: bool,
}

impl Link {
    /// The socket that the shim was started with.
    pub(super) fn from_standard_input() -> io::Result<Self> {
        let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        // Made by the control process as a pair, so both ends are its own.
        let peer = rendezvous::peer(&socket);
        Ok(Self { is_adopted: true, ..Self::new(socket, peer.and_then(Seat::of)) })
    }

    fn new(socket: UnixStream, peer: Option<Seat>) -> Self {
        Self {
            socket,
            received: Vec::new(),
            unsent: VecDeque::new(),
            wrote_is_unsent: false,
            closed: false,
            peer,
            is_adopted: false,
        }
    }

    /// The connection of the next control process, which is greeted. It hears of nothing else before it adopts.
    pub(super) fn greet(socket: UnixStream, peer: i32, greeting: &Greeting) -> Self {
        let mut link = Self::new(socket, Seat::of(peer));
        let mut line = Vec::new();
        encode(&mut line, greeting);
        link.unsent.extend(line);
        link
    }

    /// Reports are wanted from now on.
    pub(super) fn adopt(&mut self) {
        self.is_adopted = true;
    }

    /// The process at the other end; 0 where it is not known.
    pub(super) fn peer(&self) -> i32 {
        self.peer.map_or(0, |peer| peer.pid)
    }

    /// Closes the connection when the process at the other end is gone. One that was killed while it started a program leaves
    /// its end open for as long as that program is loaded.
    pub(super) fn close_if_left(&mut self) {
        if self.peer.is_some_and(|peer| !peer.is_alive()) {
            self.closed = true;
        }
    }

    /// Waits for the order to start; `None` when the control process went away first.
    pub(super) fn wait_for_start(&mut self) -> Option<Box<Spec>> {
        let spec = loop {
            if let Some(order) = self.next_order() {
                match order {
                    Order::Start(spec) => break spec,
                    // Stopped before it started.
                    _ => return None,
                }
            }
            let mut block = [0; 16 << 10];
            match self.socket.read(&mut block) {
                Ok(0) => return None,
                Ok(count) => self.received.extend_from_slice(&block[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        };
        self.socket.set_nonblocking(true).ok()?;
        Some(spec)
    }

    /// Orders that have come.
    pub(super) fn receive(&mut self) -> Vec<Order> {
        let mut block = [0; 4096];
        loop {
            match self.socket.read(&mut block) {
                Ok(0) => {
                    self.closed = true;
                    break;
                }
                Ok(count) => self.received.extend_from_slice(&block[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => {
                    self.closed = true;
                    break;
                }
            }
        }
        std::iter::from_fn(|| self.next_order()).collect()
    }

    fn next_order(&mut self) -> Option<Order> {
        loop {
            let end = memchr::memchr(b'\n', &self.received)?;
            let line: Vec<u8> = self.received.drain(..=end).collect();
            // Both ends are the same binary, or speak the same version; what cannot be read was not sent by them.
            if let Ok(order) = serde_json::from_slice(&line) {
                return Some(order);
            }
        }
    }

    /// Queues a report.
    pub(super) fn send(&mut self, report: &Report) {
        if self.closed || !self.is_adopted || self.unsent.len() > MOST_UNSENT {
            return;
        }
        if *report == Report::Wrote {
            if self.wrote_is_unsent {
                return;
            }
            self.wrote_is_unsent = true;
        }
        let mut line = Vec::new();
        encode(&mut line, report);
        self.unsent.extend(line);
    }

    /// Sends what the socket takes.
    pub(super) fn flush(&mut self) {
        while !self.unsent.is_empty() {
            match self.socket.write(self.unsent.as_slices().0) {
                Ok(count) => drop(self.unsent.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => {
                    // Reading finds the end of the connection, and acts on it.
                    self.unsent.clear();
                }
            }
        }
        self.wrote_is_unsent = false;
    }

    /// Sends everything, waiting for the control process to take it.
    pub(super) fn flush_blocking(&mut self) {
        if !self.closed && self.socket.set_nonblocking(false).is_ok() {
            self.flush();
        }
    }

    pub(super) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// The socket, while it is open.
    pub(super) fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        (!self.closed).then(|| self.socket.as_fd())
    }
}
