//! What a connection becomes after an upgrade: bytes both ways, WebSocket above all.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;

use super::connection::Client;
use super::flight::{InFlight, StreamEnd};
use super::meter::Meter;
use super::upstream::UpstreamConnection;
use super::worker::Admission;

const BUFFER: usize = 16 << 10;

/// What a tunnel keeps until it ends.
pub(crate) struct Tunnel {
    pub(crate) flight: InFlight,
    pub(crate) meter: Meter,
    /// Of the connection that it was.
    pub(crate) admission: Arc<Admission>,
}

impl Tunnel {
    /// Joins client and upstream once the client's connection has been handed over. Owned by the event loop of the
    /// thread, bounded by the admission.
    pub(crate) fn spawn(
        self,
        client: &Arc<Client>,
        on_upgrade: OnUpgrade,
        connection: UpstreamConnection,
        idle: Duration,
    ) {
        let client = Arc::clone(client);
        let Self { mut flight, mut meter, admission } = self;
        let end = flight.becomes_stream();
        tokio::spawn(async move {
            let Ok(upgraded) = on_upgrade.await else { return };
            let (upstream, early) = connection.into_tunnel();
            let sent = AtomicU64::new(early.len() as u64);
            let joined = join(TokioIo::new(upgraded), upstream, &early, Limits { idle, end }, &sent).await;
            meter.sent(sent.into_inner());
            // A tunnel has no end of its own: either side may leave.
            let _ = joined;
            meter.complete();
            drop((flight, admission, client));
        });
    }
}

/// What ends a tunnel that neither side ends.
struct Limits {
    /// Without a byte moving.
    idle: Duration,
    end: StreamEnd,
}

async fn join(
    client: impl AsyncRead + AsyncWrite,
    upstream: impl AsyncRead + AsyncWrite,
    early: &[u8],
    Limits { idle, end }: Limits,
    sent: &AtomicU64,
) -> io::Result<()> {
    let (mut client_reads, mut client_writes) = tokio::io::split(client);
    let (mut upstream_reads, mut upstream_writes) = tokio::io::split(upstream);
    client_writes.write_all(early).await?;
    client_writes.flush().await?;
    let epoch = Instant::now();
    let moved = AtomicU64::new(0);
    let up = copy(&mut client_reads, &mut upstream_writes, epoch, &moved, None);
    let down = copy(&mut upstream_reads, &mut client_writes, epoch, &moved, Some(sent));
    let silence = async {
        loop {
            let last = epoch + Duration::from_millis(moved.load(Ordering::Relaxed));
            let deadline = last + idle;
            if Instant::now() >= deadline {
                return;
            }
            tokio::time::sleep_until(deadline).await;
        }
    };
    let over = tokio::select! {
        both = async { tokio::try_join!(up, down) } => both.map(drop),
        () = silence => Ok(()),
        () = end.told() => Ok(()),
    };
    // Whoever did not end it hears that it has ended.
    let _ = client_writes.shutdown().await;
    let _ = upstream_writes.shutdown().await;
    over
}

/// Copies until the end, which is passed on: a side may stop to send and still want to hear.
async fn copy(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    epoch: Instant,
    moved: &AtomicU64,
    count: Option<&AtomicU64>,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        let millis = u64::try_from(epoch.elapsed().as_millis()).unwrap_or(u64::MAX);
        moved.store(millis, Ordering::Relaxed);
        if let Some(count) = count {
            count.fetch_add(read as u64, Ordering::Relaxed);
        }
        to.write_all(&buffer[..read]).await?;
        to.flush().await?;
    }
}
