//! What is seen of a process as it is seen: every look of its probes, every start, every end. For who judges it, where the
//! [`Board`] tells only what is so now.

use jiff::Timestamp;

use crate::board::Board;
use crate::exit::Exit;

/// Something that was seen of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// It runs: it was started, or taken over from an earlier control process.
    Alive,
    /// Its port takes connections. Told once for each instance, by the first probe of the network that got one.
    PortOpen,
    /// A startup or readiness probe got an answer over HTTP, whether it passes or not: its status.
    Answered(u16),
    /// Another startup or readiness probe passed.
    Passed,
    /// A startup or readiness probe did not pass and got no HTTP answer: why. While a process starts, that nothing listens
    /// yet is told once.
    NoAnswer(String),
    /// It could not be started: why.
    NotStarted(String),
    /// It ended without having been asked to, and is started again.
    Restarted(Exit),
    /// It ended without having been asked to, and is not started again.
    Ended(Exit),
}

/// A sighting with its place and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighted {
    /// The process.
    pub name: String,
    /// When it was seen.
    pub at: Timestamp,
    /// What was seen.
    pub what: Sighting,
}

/// Who tells the board what is seen of one process.
#[derive(Clone)]
pub struct Witness {
    board: Board,
    name: String,
}

impl Witness {
    /// Of the process of this name.
    pub fn new(board: Board, name: impl Into<String>) -> Self {
        Self { board, name: name.into() }
    }

    /// Tells.
    pub fn tell(&self, what: Sighting) {
        self.board.sight(Sighted { name: self.name.clone(), at: Timestamp::now(), what });
    }
}
