//! What a proxy process is asked, and who waits for the answer. A process answers in the order in which it was asked.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::error::{Error, Result};
use crate::stats::{FailedRequest, Flight, StatsReport};
use crate::wire::{Command, Event};

type Reply<T> = oneshot::Sender<Result<T>>;

/// A question that is open.
pub(super) enum Question {
    Stats(Reply<StatsReport>),
    RenewLease { split: String, lease: Duration, reply: Reply<()> },
    Evidence { split: String, reply: Reply<Vec<FailedRequest>> },
    Flight { group: String, reply: Reply<Flight> },
    EndStreams { group: String, reply: Reply<u64> },
}

impl Question {
    /// How it is put.
    pub(super) fn order(&self) -> Command {
        match self {
            Self::Stats(_) => Command::Stats,
            Self::RenewLease { split, lease, .. } => {
                Command::RenewLease { split: split.clone(), lease: *lease }
            }
            Self::Evidence { split, .. } => Command::Evidence { split: split.clone() },
            Self::Flight { group, .. } => Command::Flight { group: group.clone() },
            Self::EndStreams { group, .. } => Command::EndStreams { group: group.clone() },
        }
    }

    /// Passes the answer on. Whoever no longer waits for it does not get it.
    fn answer(self, answer: Event) {
        match (self, answer) {
            (Self::Stats(reply), Event::Stats(stats)) => drop(reply.send(Ok(*stats))),
            (Self::RenewLease { split, reply, .. }, Event::Lease { renewed }) => {
                drop(reply.send(if renewed { Ok(()) } else { Err(Error::LeaseOver { split }) }));
            }
            (Self::Evidence { reply, .. }, Event::Evidence(requests)) => drop(reply.send(Ok(requests))),
            (Self::Flight { reply, .. }, Event::Flight(flight)) => drop(reply.send(Ok(flight))),
            (Self::EndStreams { reply, .. }, Event::StreamsEnded { streams }) => {
                drop(reply.send(Ok(streams)));
            }
            (question, _) => question.refuse(),
        }
    }

    /// Says that there is no answer.
    fn refuse(self) {
        let why = || Error::Protocol("an answer to another question".to_owned());
        match self {
            Self::Stats(reply) => drop(reply.send(Err(why()))),
            Self::RenewLease { reply, .. } => drop(reply.send(Err(why()))),
            Self::Evidence { reply, .. } => drop(reply.send(Err(why()))),
            Self::Flight { reply, .. } => drop(reply.send(Err(why()))),
            Self::EndStreams { reply, .. } => drop(reply.send(Err(why()))),
        }
    }
}

/// The questions that a process has not answered yet, oldest first.
#[derive(Default)]
pub(super) struct Questions(VecDeque<Question>);

impl Questions {
    pub(super) fn asked(&mut self, question: Question) {
        self.0.push_back(question);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them, to be put to the next process.
    pub(super) fn orders(&self) -> Vec<Command> {
        self.0.iter().map(Question::order).collect()
    }

    /// The process answered the oldest. Gives back a lease that was renewed, or was over.
    pub(super) fn answered(&mut self, answer: Event) -> Option<(String, Duration)> {
        let question = self.0.pop_front()?;
        let lease = match (&question, &answer) {
            (Question::RenewLease { split, lease, .. }, Event::Lease { renewed }) => {
                Some((split.clone(), if *renewed { *lease } else { Duration::ZERO }))
            }
            _ => None,
        };
        question.answer(answer);
        lease
    }
}
