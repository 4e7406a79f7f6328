//! A proxy that outlived its control process: found, verified, and asked for its listening sockets.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::net::unix::UCred;

use super::handle::{Handle, descriptor_of};
use super::listener::{Listener, Scope};
use super::process::Process;
use crate::error::{Error, Result};
use crate::rendezvous::{Folder, Seat};
use crate::table::RoutingTable;
use crate::wire::{self, Welcome};

/// How long a proxy is waited for that does not answer: one that still has a control process does not.
const ANSWER: Duration = Duration::from_secs(2);

/// A proxy that serves though its control process is gone. It goes on to when this is dropped; see
/// [`Proxy::adopt`](super::Proxy::adopt).
pub struct Survivor {
    pub(super) process: Process,
    pub(super) listeners: Vec<Listener>,
    /// Whether it speaks as this program does and has every socket; otherwise it can only be replaced.
    pub(super) is_understood: bool,
    /// Older ones, from a replacement that the control process did not live to finish.
    pub(super) others: Vec<Process>,
    table: Option<RoutingTable>,
    met: Instant,
}

impl Survivor {
    /// Looks for a proxy that lingers in a folder (see [`Linger`](wire::Linger)). Removes what dead ones left there.
    ///
    /// Only a process of this user is believed, and only one that is what its socket says: the same process id and the
    /// same time of start.
    ///
    /// # Errors
    ///
    /// [`Error::Attended`] where a control process still has it, [`Error::Rendezvous`] where the folder cannot be used,
    /// [`Error::Impostor`] where a socket in it is of something else.
    pub async fn find(folder: &Path) -> Result<Option<Self>> {
        let path = folder.to_owned();
        let found = tokio::task::spawn_blocking(move || met(&path)).await;
        let found = found.map_err(|error| Error::Control(io::Error::other(error)))??;
        let mut survivor: Option<Self> = None;
        for met in found {
            let next = Self::of(met, folder)?;
            // The newest goes on.
            let former = survivor.replace(next);
            if let (Some(former), Some(survivor)) = (former, &mut survivor) {
                survivor.others.extend(former.others);
                survivor.others.push(former.process);
            }
        }
        Ok(survivor)
    }

    fn of(met: Met, folder: &Path) -> Result<Self> {
        let handle = Handle::adopted(met.descriptor).map_err(Error::Control)?;
        let process = Process::new(met.seat.pid, handle, met.stream, Some(folder.to_owned()))?;
        Ok(Self {
            process,
            listeners: Listener::regroup(met.welcome.listeners, met.sockets),
            is_understood: met.welcome.protocol == wire::PROTOCOL,
            others: Vec::new(),
            table: serde_json::from_value(met.welcome.table).ok(),
            met: met.at,
        })
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid
    }

    /// The sockets it listens on.
    #[must_use]
    pub fn listeners(&self) -> &[Listener] {
        &self.listeners
    }

    /// Has it listen at this port, for this scope, under this name; 0 is the port that it has. What it has already stays.
    ///
    /// The process that runs cannot be given a socket, so that another follows at once, on all of them; the one that runs
    /// ends when those who are connected are done. Where a port is opened to others or closed to them, who connects in the
    /// instant of the change is refused: no two sockets have one port.
    ///
    /// # Errors
    ///
    /// As [`Listener::bind`]; nothing has changed then, unless the port is the one that it had.
    pub fn listen(&mut self, name: &str, port: u16, scope: Scope) -> Result<()> {
        let Some(place) = self.listeners.iter().position(|listener| listener.name() == name) else {
            self.listeners.push(Listener::bind(name, port, scope)?);
            self.is_understood = false;
            return Ok(());
        };
        let former = &self.listeners[place];
        let port = if port == 0 { former.port() } else { port };
        if former.port() == port {
            if former.scope() == scope {
                return Ok(());
            }
            former.close();
        }
        self.listeners[place] = Listener::bind(name, port, scope)?;
        self.is_understood = false;
        Ok(())
    }

    /// The table in force, with what is left of its leases by now. `None` where another version of this program wrote it,
    /// in a form that this one cannot read.
    #[must_use]
    pub fn table(&self) -> Option<RoutingTable> {
        let since = self.met.elapsed();
        let left = |lease: Duration| lease.saturating_sub(since);
        Some(self.table.clone()?.with_leases(|split| split.lease.map(left)))
    }
}

/// A proxy that answered.
struct Met {
    at: Instant,
    seat: Seat,
    descriptor: OwnedFd,
    stream: UnixStream,
    welcome: Welcome,
    sockets: Vec<std::net::TcpListener>,
}

/// Meets every proxy of a folder, the oldest first. Blocks.
fn met(path: &Path) -> Result<Vec<Met>> {
    let unusable = |source| Error::Rendezvous { folder: path.to_owned(), source };
    let folder = Folder::open(path).map_err(unusable)?;
    let mut all = Vec::new();
    for seat in folder.seats().map_err(unusable)? {
        all.extend(meet(&folder, path, seat)?);
    }
    Ok(all)
}

/// Meets one proxy. `None` where it is gone.
fn meet(folder: &Folder, path: &Path, seat: Seat) -> Result<Option<Met>> {
    let impostor = || Error::Impostor { folder: PathBuf::from(path), pid: seat.pid };
    let stream = match folder.connect(seat) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound) => {
            folder.remove(seat);
            return Ok(None);
        }
        Err(source) => return Err(Error::Rendezvous { folder: PathBuf::from(path), source }),
    };
    let (peer, stream) = peer_of(stream).map_err(Error::Control)?;
    let named = peer.pid().and_then(|pid| u32::try_from(pid).ok()) == Some(seat.pid);
    if !named || peer.uid() != rustix::process::geteuid().as_raw() {
        return Err(impostor());
    }
    let descriptor = match descriptor_of(seat) {
        Ok(Some(descriptor)) => descriptor,
        Ok(None) => return Err(impostor()),
        // It ended meanwhile.
        Err(_) => return Ok(None),
    };
    stream.set_read_timeout(Some(ANSWER)).map_err(Error::Control)?;
    match wire::receive_with_sockets::<Welcome>(&stream) {
        Ok((welcome, sockets)) if welcome.listeners.len() == sockets.len() => {
            stream.set_read_timeout(None).map_err(Error::Control)?;
            let sockets = sockets.into_iter().map(std::net::TcpListener::from).collect();
            Ok(Some(Met { at: Instant::now(), seat, descriptor, stream, welcome, sockets }))
        }
        Ok((welcome, sockets)) => {
            let (named, got) = (welcome.listeners.len(), sockets.len());
            Err(Error::Protocol(format!("{named} listeners named, {got} received")))
        }
        Err(Error::Disconnected) => Ok(None),
        Err(Error::Control(error)) => match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Err(Error::Attended { pid: seat.pid }),
            io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof => Ok(None),
            _ => Err(Error::Control(error)),
        },
        Err(error) => Err(error),
    }
}

/// Who listened where this stream connected to.
fn peer_of(stream: UnixStream) -> io::Result<(UCred, UnixStream)> {
    stream.set_nonblocking(true)?;
    let stream = tokio::net::UnixStream::from_std(stream)?;
    let peer = stream.peer_cred()?;
    let stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    Ok((peer, stream))
}
