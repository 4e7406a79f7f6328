//! The proxy's end of the control socket, and what becomes of the proxy when the other end is gone.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::door::Door;
use super::drain;
use super::worker::{NamedListener, Shared};
use crate::error::{Error, Result};
use crate::stats::SplitSecond;
use crate::table::RoutingTable;
use crate::wire::{self, Command, DrainPlan, Event, OnControlLoss};

/// Events that wait to be written. Whoever makes them waits when the control process does not read.
const EVENTS: usize = 16;
/// Access events are sent together when there are some, this far apart.
const ACCESS_INTERVAL: Duration = Duration::from_millis(100);

/// Obeys one control process after the other. Returns when the process shall end. `sockets` are given to whoever takes
/// over; only a proxy that lingers needs them.
pub(crate) async fn run(
    mut socket: UnixStream,
    shared: Arc<Shared>,
    sockets: Vec<NamedListener>,
    started: oneshot::Sender<()>,
) -> Result<()> {
    let (door, at_most) = match &shared.settings.on_control_loss {
        OnControlLoss::Exit => (None, None),
        OnControlLoss::Serve(linger) => (Some(Door::open(linger, sockets)?), linger.at_most),
    };
    let mut link = Link { shared, started: Some(started), door, draining: JoinSet::new() };
    loop {
        match link.attend(socket).await {
            // Whatever went wrong with the control process, requests do not depend on it.
            Ok(End::Lost) | Err(_) if link.lingers() => {}
            Ok(End::Told | End::Lost) => return Ok(()),
            Err(error) => return Err(error),
        }
        link.shared.accesses.watch(false);
        link.shared.registry.splits().watch(false);
        socket = match link.next(at_most).await {
            Some(socket) => socket,
            None => return Ok(()),
        };
    }
}

enum End {
    /// The control process said so.
    Told,
    /// The control process is gone.
    Lost,
}

struct Link {
    shared: Arc<Shared>,
    /// Until there is a table.
    started: Option<oneshot::Sender<()>>,
    /// Closed where the proxy ends with its control process, or is on its way to its own end.
    door: Option<Door>,
    draining: JoinSet<()>,
}

impl Link {
    fn lingers(&self) -> bool {
        self.shared.settings.on_control_loss != OnControlLoss::Exit
    }

    /// Waits for another control process. `None` where the process shall end.
    async fn next(&mut self, at_most: Option<Duration>) -> Option<UnixStream> {
        // Told to drain, it goes on to do so; without a table there is nothing to serve.
        while self.draining.join_next().await.is_some() {}
        if self.started.is_some() {
            return None;
        }
        let shared = Arc::clone(&self.shared);
        let next = self.door.as_ref()?.next(|| shared.table.load().to_table_of_now());
        match at_most {
            None => Some(next.await),
            Some(at_most) => {
                if let Ok(next) = tokio::time::timeout(at_most, next).await {
                    return Some(next);
                }
                // Nobody came.
                self.door = None;
                drain::drain(&self.shared, DrainPlan::default()).await;
                None
            }
        }
    }

    /// Obeys one control process.
    async fn attend(&mut self, socket: UnixStream) -> Result<End> {
        let (reads, mut writes) = socket.into_split();
        let (events, mut outgoing) = mpsc::channel::<Event>(EVENTS);
        let writer = async move {
            while let Some(event) = outgoing.recv().await {
                wire::send(&mut writes, &event).await?;
            }
            Ok::<(), Error>(())
        };
        let shared = Arc::clone(&self.shared);
        tokio::select! {
            ended = self.obey(reads, events.clone()) => ended,
            written = writer => written.map(|()| End::Lost),
            () = report_accesses(&shared, &events) => Ok(End::Lost),
            () = report_seconds(&shared, &events) => Ok(End::Lost),
        }
    }

    async fn obey(&mut self, mut reads: OwnedReadHalf, events: mpsc::Sender<Event>) -> Result<End> {
        loop {
            let Some(command) = wire::receive::<Command>(&mut reads).await? else { return Ok(End::Lost) };
            let event = match command {
                Command::Shutdown => return Ok(End::Told),
                Command::Stats => Event::Stats(Box::new(self.shared.stats())),
                Command::Watch(watched) => {
                    self.shared.accesses.watch(watched);
                    continue;
                }
                Command::WatchSeconds(watched) => {
                    self.shared.registry.splits().watch(watched);
                    continue;
                }
                Command::RenewLease { split, lease } => {
                    let table = self.shared.table.load();
                    Event::Lease {
                        renewed: table.split(&split).is_some_and(|split| split.lease.renew(lease)),
                    }
                }
                Command::Evidence { split } => {
                    let table = self.shared.table.load();
                    Event::Evidence(
                        table.split(&split).map(|split| split.counts.failed()).unwrap_or_default(),
                    )
                }
                Command::Flight { group } => Event::Flight(self.shared.registry.upstreams().flight(&group)),
                Command::EndStreams { group } => {
                    let streams = self.shared.registry.upstreams().end_streams(&group);
                    Event::StreamsEnded { streams }
                }
                Command::Table(table) => {
                    let in_force = self.put_in_force(table);
                    // Whoever ends a split has all its counts by the time it has ended.
                    let ended = self.shared.registry.splits().report_ended();
                    deliver_seconds(&events, ended).await?;
                    if matches!(in_force, Event::TableInForce { .. })
                        && let Some(started) = self.started.take()
                    {
                        let _ = started.send(());
                        deliver(&events, Event::Ready).await?;
                    }
                    in_force
                }
                Command::Drain(plan) => {
                    self.door = None;
                    // Tables and questions are still answered meanwhile.
                    let (shared, events) = (Arc::clone(&self.shared), events.clone());
                    self.draining.spawn(async move {
                        let cut = drain::drain(&shared, plan).await;
                        let seconds = shared.registry.splits().report(true);
                        let _ = deliver_seconds(&events, seconds).await;
                        let stats = Box::new(shared.stats());
                        let _ = deliver(&events, Event::Drained { cut, stats }).await;
                    });
                    continue;
                }
            };
            deliver(&events, event).await?;
        }
    }

    fn put_in_force(&self, table: RoutingTable) -> Event {
        let (generation, shared) = (table.generation, &self.shared);
        match shared.registry.make_live(table, shared.workers, &shared.settings) {
            Ok(live) => {
                shared.table.store(Arc::new(live));
                shared.changed.send_replace(generation);
                Event::TableInForce { generation }
            }
            Err(error) => Event::TableRefused { generation, reason: error.to_string() },
        }
    }
}

async fn deliver(events: &mpsc::Sender<Event>, event: Event) -> Result<()> {
    events.send(event).await.map_err(|_| Error::Disconnected)
}

async fn deliver_seconds(events: &mpsc::Sender<Event>, seconds: Vec<SplitSecond>) -> Result<()> {
    if seconds.is_empty() { Ok(()) } else { deliver(events, Event::Seconds(seconds)).await }
}

async fn report_seconds(shared: &Shared, events: &mpsc::Sender<Event>) {
    let splits = shared.registry.splits();
    loop {
        splits.next_second().await;
        if deliver_seconds(events, splits.report(false)).await.is_err() {
            return;
        }
    }
}

async fn report_accesses(shared: &Shared, events: &mpsc::Sender<Event>) {
    loop {
        shared.accesses.arrived().await;
        tokio::time::sleep(ACCESS_INTERVAL).await;
        let waiting = shared.accesses.take();
        if !waiting.is_empty() && events.send(Event::Accesses(waiting)).await.is_err() {
            return;
        }
    }
}
