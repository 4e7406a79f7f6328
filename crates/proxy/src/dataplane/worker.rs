//! The threads that serve: each has an event loop, connections to upstreams and counters of its own, and all of them
//! accept from the same sockets.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};

use super::accesses::Accesses;
use super::connection;
use super::live::{LiveTable, Registry};
use super::pool::Upstream;
use super::upstream::UpstreamConnection;
use crate::stats::StatsReport;
use crate::wire::Settings;

/// How long accepting pauses after the system had no descriptor or memory for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
/// A thread that has this many connections more than its share leaves the next ones to others for a moment.
const SHARE_SLACK: u64 = 3;
const SHARE_PAUSE: Duration = Duration::from_millis(1);
/// How often idle connections to upstreams are looked at, while there are any.
const SWEEP: Duration = Duration::from_millis(500);

/// How far the end of the process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Not in sight.
    Serving,
    /// Clients are told to connect anew.
    Announcing,
    /// Nothing is accepted, idle connections are closed.
    Finishing,
}

/// What all threads share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) workers: usize,
    pub(crate) registry: Registry,
    pub(crate) table: ArcSwap<LiveTable>,
    /// The generation of the table, for whoever waits for another one.
    pub(crate) changed: watch::Sender<u64>,
    /// For whoever waits for the next phase; [`Shared::phase`] is cheaper to look at.
    pub(crate) phase: watch::Sender<Phase>,
    phase_now: AtomicU8,
    pub(crate) accesses: Accesses,
    /// One permit per connection that may still be opened.
    permits: Arc<Semaphore>,
    /// Threads that may still accept.
    accepting: AtomicUsize,
    /// Open connections by worker.
    open: Box<[AtomicU64]>,
    pub(crate) accepted: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) handshakes_ended: AtomicU64,
}

impl Shared {
    pub(crate) fn new(settings: Settings) -> Self {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from).min(8);
        let workers = if settings.workers == 0 { cores() } else { settings.workers };
        let permits = Arc::new(Semaphore::new(settings.max_connections));
        Self {
            settings,
            workers,
            registry: Registry::default(),
            table: ArcSwap::default(),
            changed: watch::Sender::new(0),
            phase: watch::Sender::new(Phase::Serving),
            phase_now: AtomicU8::new(Phase::Serving as u8),
            accesses: Accesses::default(),
            permits,
            accepting: AtomicUsize::new(workers),
            open: (0..workers).map(|_| AtomicU64::new(0)).collect(),
            accepted: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            handshakes_ended: AtomicU64::new(0),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.phase_now.load(Ordering::Acquire) {
            0 => Phase::Serving,
            1 => Phase::Announcing,
            _ => Phase::Finishing,
        }
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.phase_now.store(phase as u8, Ordering::Release);
        self.phase.send_replace(phase);
    }

    /// Whether no connection is open and, since no thread accepts any more, none will be: a thread may have accepted one
    /// that is not counted yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.accepting.load(Ordering::Acquire) == 0 && self.open_connections() == 0
    }

    /// Connections that are open now, tunnels included.
    pub(crate) fn open_connections(&self) -> u64 {
        self.open.iter().map(|open| open.load(Ordering::Acquire)).sum()
    }

    pub(crate) fn stats(&self) -> StatsReport {
        StatsReport {
            pid: std::process::id(),
            generation: self.table.load().generation,
            connections: self.open_connections(),
            accepted: self.accepted.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            handshakes_ended: self.handshakes_ended.load(Ordering::Relaxed),
            events_dropped: self.accesses.dropped(),
            routes: self.registry.stats(),
        }
    }
}

/// One open connection, tunnel included: counted until it is dropped.
pub(crate) struct Admission {
    worker: Arc<Worker>,
    _permit: OwnedSemaphorePermit,
}

impl Admission {
    fn of(worker: &Arc<Worker>, permit: OwnedSemaphorePermit) -> Arc<Self> {
        worker.open().fetch_add(1, Ordering::AcqRel);
        Arc::new(Self { worker: Arc::clone(worker), _permit: permit })
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.worker.open().fetch_sub(1, Ordering::AcqRel);
    }
}

/// One thread.
pub(crate) struct Worker {
    pub(crate) number: usize,
    pub(crate) shared: Arc<Shared>,
    sweep: Notify,
}

impl Worker {
    fn open(&self) -> &AtomicU64 {
        &self.shared.open[self.number]
    }

    /// Whether this thread has clearly more connections than its share. Connections that are kept stay where they were
    /// accepted: a thread that takes a whole burst would be the only one that works.
    fn has_too_many(&self) -> bool {
        let mine = self.open().load(Ordering::Relaxed);
        mine > SHARE_SLACK && mine > self.shared.open_connections() / self.shared.workers as u64 + SHARE_SLACK
    }

    /// Gives a connection back to its upstream.
    pub(crate) fn checkin(&self, upstream: &Upstream, connection: Box<UpstreamConnection>) {
        if upstream.checkin(self.number, connection) {
            self.sweep.notify_one();
        }
    }

    async fn sweep_idle(&self) {
        loop {
            self.sweep.notified().await;
            loop {
                tokio::time::sleep(SWEEP).await;
                if !self.shared.registry.upstreams().sweep(self.number) {
                    break;
                }
            }
        }
    }
}

/// A listening socket by its name.
pub(crate) struct NamedListener {
    pub(crate) name: Arc<str>,
    pub(crate) socket: TcpListener,
}

/// Serves on one thread until the second phase of the drain, then returns: connections go on as tasks of the event loop,
/// which ends with the process.
pub(crate) async fn run(
    number: usize,
    shared: Arc<Shared>,
    listeners: Vec<NamedListener>,
) -> std::io::Result<()> {
    let worker = Arc::new(Worker { number, shared, sweep: Notify::new() });
    let mut tasks = tokio::task::JoinSet::new();
    for listener in listeners {
        let socket = tokio::net::TcpListener::from_std(listener.socket)?;
        tasks.spawn(accept(Arc::clone(&worker), listener.name, socket));
    }
    let mut phase = worker.shared.phase.subscribe();
    tokio::select! {
        () = worker.sweep_idle() => {}
        _ = phase.wait_for(|phase| *phase == Phase::Finishing) => {}
    }
    tasks.shutdown().await;
    worker.shared.accepting.fetch_sub(1, Ordering::AcqRel);
    // Sweeping goes on for as long as requests do.
    worker.sweep_idle().await;
    Ok(())
}

async fn accept(worker: Arc<Worker>, name: Arc<str>, listener: tokio::net::TcpListener) {
    let Ok(local) = listener.local_addr() else { return };
    loop {
        // The permit first: what there is no permit for waits in the backlog.
        let Ok(permit) = Arc::clone(&worker.shared.permits).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((socket, peer)) => {
                worker.shared.accepted.fetch_add(1, Ordering::Relaxed);
                let _ = socket.set_nodelay(true);
                let tls = worker.shared.table.load().tls.as_ref().is_some_and(|tls| tls.speaks_on(&name));
                let client = connection::Client::new(&worker, &name, local, peer, tls);
                // Owned by the event loop of this thread; bounded by the permits.
                let admission = Admission::of(&worker, permit);
                if tls {
                    tokio::spawn(connection::serve_tls(socket, client, admission));
                } else {
                    tokio::spawn(connection::serve(socket, client, admission));
                }
                // One at a time: the others accept too, and those who are connected want to be served.
                if worker.has_too_many() {
                    tokio::time::sleep(SHARE_PAUSE).await;
                } else {
                    tokio::task::yield_now().await;
                }
            }
            Err(error) if connection_error(&error) => {}
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// Whether an error is of one connection and not of the socket that accepts.
fn connection_error(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{
        ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted, WouldBlock,
    };
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted | WouldBlock)
}
