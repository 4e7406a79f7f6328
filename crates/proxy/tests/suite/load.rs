//! Clients that never stop to ask while something is done to who answers them.

use std::fmt;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use crate::harness::{Client, PATIENCE};

/// What became of the requests of one client.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    done: AtomicU64,
    refused: AtomicU64,
    broken: AtomicU64,
    other: AtomicU64,
}

/// What became of the requests of all clients.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Connections that were refused.
    pub(crate) refused: u64,
    /// Answers that were not 200.
    pub(crate) other: u64,
    /// Requests whose connection broke: the most of any one client.
    pub(crate) broken: u64,
}

impl Outcome {
    pub(crate) const NONE_FAILED: Self = Self { refused: 0, other: 0, broken: 0 };
}

/// A steady load: clients that keep their connection, and as many that open one for each request.
pub(crate) struct Load {
    over: Arc<AtomicBool>,
    clients: Vec<(Arc<Tally>, JoinHandle<()>)>,
}

impl Load {
    pub(crate) fn on(port: u16, clients: usize) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let start = |number: usize| {
            let (tally, over) = (Arc::new(Tally::default()), Arc::clone(&over));
            let counts = Arc::clone(&tally);
            (tally, std::thread::spawn(move || run(port, number.is_multiple_of(2), &counts, &over)))
        };
        Self { clients: (0..clients).map(start).collect(), over }
    }

    /// Waits until every client has asked so many times more.
    pub(crate) fn goes_on(&self, requests: u64) {
        let goals: Vec<_> = self.counts(|tally| &tally.done).map(|done| done + requests).collect();
        let since = Instant::now();
        while self.counts(|tally| &tally.done).zip(&goals).any(|(done, goal)| done < *goal) {
            assert!(since.elapsed() < PATIENCE, "a client stands still: {self:?}");
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }

    fn counts(&self, of: fn(&Tally) -> &AtomicU64) -> impl Iterator<Item = u64> {
        self.clients.iter().map(move |(tally, _)| of(tally).load(Ordering::Acquire))
    }

    /// Ends the load and says what became of it.
    pub(crate) fn end(mut self) -> Outcome {
        self.over.store(true, Ordering::Release);
        let tallies = self.clients.drain(..).map(|(tally, thread)| {
            thread.join().unwrap();
            tally
        });
        let mut outcome = Outcome::NONE_FAILED;
        for tally in tallies {
            outcome.refused += tally.refused.load(Ordering::Acquire);
            outcome.other += tally.other.load(Ordering::Acquire);
            outcome.broken = outcome.broken.max(tally.broken.load(Ordering::Acquire));
        }
        outcome
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
    }
}

impl fmt::Debug for Load {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.clients.iter().map(|(tally, _)| tally)).finish()
    }
}

fn run(port: u16, keeps: bool, tally: &Tally, over: &AtomicBool) {
    let count = |counter: &AtomicU64| {
        counter.fetch_add(1, Ordering::AcqRel);
    };
    let mut kept: Option<Client> = None;
    while !over.load(Ordering::Acquire) {
        // What was closed while nothing was asked of it costs a client no request.
        let open = kept.take().filter(|client| !client.is_closed());
        match open.map_or_else(|| Client::connect(port), Ok) {
            Ok(mut client) => match client.ask("GET /", "") {
                Ok((200, stays)) => kept = (keeps && stays).then_some(client),
                Ok(_) => count(&tally.other),
                Err(_) => count(&tally.broken),
            },
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => count(&tally.refused),
            Err(_) => count(&tally.broken),
        }
        count(&tally.done);
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}
