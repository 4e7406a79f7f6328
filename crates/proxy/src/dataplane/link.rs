//! The proxy's end of the control socket.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::sync::{mpsc, oneshot};

use super::drain;
use super::worker::Shared;
use crate::error::{Error, Result};
use crate::wire::{self, Command, Event, OnControlLoss};

/// Events that wait to be written. Whoever makes them waits when the control process does not read.
const EVENTS: usize = 16;
/// Access events are sent together when there are some, this far apart.
const ACCESS_INTERVAL: Duration = Duration::from_millis(100);

/// Obeys the control process. Returns when the process shall end.
pub(crate) async fn run(socket: UnixStream, shared: Arc<Shared>, started: oneshot::Sender<()>) -> Result<()> {
    let (reads, mut writes) = socket.into_split();
    let (events, mut outgoing) = mpsc::channel::<Event>(EVENTS);
    let writer = async move {
        while let Some(event) = outgoing.recv().await {
            wire::send(&mut writes, &event).await?;
        }
        Ok::<(), Error>(())
    };
    let linger = shared.settings.on_control_loss == OnControlLoss::Serve;
    let ended = tokio::select! {
        ended = obey(reads, Arc::clone(&shared), events.clone(), started) => ended,
        written = writer => written.map(|()| End::Lost),
        () = report_accesses(&shared, &events) => Ok(End::Lost),
    };
    match ended {
        // Whatever went wrong with the control process, requests do not depend on it.
        Ok(End::Lost) | Err(_) if linger => std::future::pending().await,
        Ok(End::Told | End::Lost) => Ok(()),
        Err(error) => Err(error),
    }
}

enum End {
    /// The control process said so.
    Told,
    /// The control process is gone.
    Lost,
}

async fn obey(
    mut reads: OwnedReadHalf,
    shared: Arc<Shared>,
    events: mpsc::Sender<Event>,
    started: oneshot::Sender<()>,
) -> Result<End> {
    let mut started = Some(started);
    let mut draining = tokio::task::JoinSet::new();
    loop {
        let Some(command) = wire::receive::<Command>(&mut reads).await? else { return Ok(End::Lost) };
        let event = match command {
            Command::Shutdown => return Ok(End::Told),
            Command::Stats => Event::Stats(Box::new(shared.stats())),
            Command::Watch(watched) => {
                shared.accesses.watch(watched);
                continue;
            }
            Command::Table(table) => {
                let generation = table.generation;
                match shared.registry.make_live(table, shared.workers, &shared.settings) {
                    Ok(live) => {
                        shared.table.store(Arc::new(live));
                        shared.changed.send_replace(generation);
                        if let Some(started) = started.take() {
                            let _ = started.send(());
                            deliver(&events, Event::Ready).await?;
                        }
                        Event::TableInForce { generation }
                    }
                    Err(error) => Event::TableRefused { generation, reason: error.to_string() },
                }
            }
            Command::Drain(plan) => {
                // Tables and questions are still answered meanwhile.
                let (shared, events) = (Arc::clone(&shared), events.clone());
                draining.spawn(async move {
                    let cut = drain::drain(&shared, plan).await;
                    let stats = Box::new(shared.stats());
                    let _ = deliver(&events, Event::Drained { cut, stats }).await;
                });
                continue;
            }
        };
        deliver(&events, event).await?;
    }
}

async fn deliver(events: &mpsc::Sender<Event>, event: Event) -> Result<()> {
    events.send(event).await.map_err(|_| Error::Disconnected)
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
