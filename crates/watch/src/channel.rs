//! How the threads speak with each other. Nothing here waits for room: what finds none is an overflow.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::signal::Signal;

/// Signals that may wait. The system's own queue holds 16,384 events behind them.
const ROOM: usize = 8192;

/// What the watcher's thread is woken with.
#[derive(Debug)]
pub(crate) enum Message {
    Signal(Signal),
    /// The flags changed.
    Wake,
}

/// What both sides see.
#[derive(Debug, Default)]
struct Flags {
    stop: AtomicBool,
    overflow: AtomicBool,
    /// Someone waits for a batch.
    wanted: AtomicBool,
    /// Restarts under way.
    busy: AtomicUsize,
}

/// The way to the watcher's thread.
#[derive(Clone, Debug)]
pub(crate) struct Inbox {
    sender: SyncSender<Message>,
    flags: Arc<Flags>,
}

pub(crate) fn inbox() -> (Inbox, Receiver<Message>) {
    let (sender, receiver) = sync_channel(ROOM);
    (Inbox { sender, flags: Arc::default() }, receiver)
}

impl Inbox {
    pub(crate) fn signal(&self, signal: Signal) {
        if self.sender.try_send(Message::Signal(signal)).is_err() {
            self.overflow();
        }
    }

    /// Track was lost.
    pub(crate) fn overflow(&self) {
        self.flags.overflow.store(true, Ordering::SeqCst);
        self.wake();
    }

    /// Makes the thread look at the flags. When there is no room it is awake, and looks after the next message.
    fn wake(&self) {
        let _ = self.sender.try_send(Message::Wake);
    }

    pub(crate) fn take_overflow(&self) -> bool {
        self.flags.overflow.swap(false, Ordering::SeqCst)
    }

    pub(crate) fn stop(&self) {
        self.flags.stop.store(true, Ordering::SeqCst);
        self.wake();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.flags.stop.load(Ordering::SeqCst)
    }

    /// Someone waits for a batch.
    pub(crate) fn want(&self) {
        self.flags.wanted.store(true, Ordering::SeqCst);
        // Even if it was wanted before: there may be room for it only now.
        self.wake();
    }

    /// A batch is on its way to whoever wanted it.
    pub(crate) fn satisfy(&self) {
        self.flags.wanted.store(false, Ordering::SeqCst);
    }

    pub(crate) fn begin(&self) {
        self.flags.busy.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn end(&self) {
        self.flags.busy.fetch_sub(1, Ordering::SeqCst);
        self.wake();
    }

    /// Whether the consumer has no time for a batch.
    pub(crate) fn is_busy(&self) -> bool {
        !self.flags.wanted.load(Ordering::SeqCst) || self.flags.busy.load(Ordering::SeqCst) > 0
    }
}
