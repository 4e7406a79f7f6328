//! Where a proxy that lost its control process meets the next one.

use std::os::fd::AsFd;
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};

use super::worker::NamedListener;
use crate::error::{Error, Result};
use crate::rendezvous::{Folder, Seat};
use crate::table::RoutingTable;
use crate::wire::{self, Linger, ListenerName, Welcome};

/// How long a control process may take to read its welcome.
const WELCOME: Duration = Duration::from_secs(5);
/// How long accepting pauses after the system had no descriptor for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Open from the start, so that nothing can go wrong when it is needed; whoever comes before waits in its backlog. Dropped,
/// it leaves nothing behind.
pub(crate) struct Door {
    listener: UnixListener,
    folder: Folder,
    seat: Seat,
    names: Vec<ListenerName>,
    sockets: Vec<NamedListener>,
}

impl Door {
    /// Opens the door. `sockets` is what a control process gets back.
    pub(crate) fn open(linger: &Linger, sockets: Vec<NamedListener>) -> Result<Self> {
        let open = || {
            let (folder, seat) = (Folder::open(&linger.folder)?, Seat::own()?);
            let listener = folder.listen(seat)?;
            listener.set_nonblocking(true)?;
            Ok((UnixListener::from_std(listener)?, folder, seat))
        };
        let (listener, folder, seat) =
            open().map_err(|source| Error::Rendezvous { folder: linger.folder.clone(), source })?;
        let names = sockets.iter().map(|listener| ListenerName(listener.name.to_string())).collect();
        Ok(Self { listener, folder, seat, names, sockets })
    }

    /// The next control process: one of this user that takes what it is given.
    pub(crate) async fn next(&self, table: impl Fn() -> RoutingTable) -> UnixStream {
        loop {
            let Ok((stream, _)) = self.listener.accept().await else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let ours = rustix::process::geteuid().as_raw();
            if stream.peer_cred().is_ok_and(|peer| peer.uid() == ours)
                && let Ok(stream) = self.welcome(stream, table()).await
            {
                return stream;
            }
        }
    }

    async fn welcome(&self, stream: UnixStream, table: RoutingTable) -> Result<UnixStream> {
        let stream = stream.into_std().map_err(Error::Control)?;
        let copies = self.sockets.iter().map(|listener| listener.socket.try_clone());
        let copies = copies.collect::<std::io::Result<Vec<_>>>().map_err(Error::Control)?;
        let names = self.names.clone();
        // A table may be longer than the buffer of the socket.
        let sent = tokio::task::spawn_blocking(move || {
            let table = serde_json::to_value(table).map_err(|error| Error::Protocol(error.to_string()))?;
            let welcome = Welcome { protocol: wire::PROTOCOL, listeners: names, table };
            stream.set_nonblocking(false).map_err(Error::Control)?;
            stream.set_write_timeout(Some(WELCOME)).map_err(Error::Control)?;
            let descriptors: Vec<_> = copies.iter().map(AsFd::as_fd).collect();
            wire::send_with_sockets(&stream, &welcome, &descriptors)?;
            stream.set_nonblocking(true).map_err(Error::Control)?;
            Ok(stream)
        });
        let stream = sent.await.map_err(|error| Error::Control(std::io::Error::other(error)))??;
        UnixStream::from_std(stream).map_err(Error::Control)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.folder.remove(self.seat);
    }
}
