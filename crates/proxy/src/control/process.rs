//! One proxy process, seen from the control process.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::Command;
use tokio::sync::mpsc;

use super::handle::Handle;
use super::listener::Listener;
use crate::error::{Error, Result};
use crate::rendezvous;
use crate::table::RoutingTable;
use crate::wire::{self, Command as Order, Event, Hello, ListenerName, OnControlLoss, Settings};

/// How long a proxy may take until it is ready.
const READY: Duration = Duration::from_secs(10);
/// Events that wait to be looked at; a proxy that says more waits.
const EVENTS: usize = 16;

/// How proxy processes are started.
#[derive(Debug, Clone)]
pub struct ProxyOptions {
    /// The program, usually `/proc/self/exe`.
    pub program: PathBuf,
    /// What makes it call [`crate::dataplane::run_from_stdin`], usually `__proxy`.
    pub arguments: Vec<OsString>,
    /// How it runs.
    pub settings: Settings,
}

/// A proxy process that runs. Dropping it closes its control socket, and kills it where it is not to linger.
pub(super) struct Process {
    pub(super) pid: u32,
    handle: Handle,
    writes: OwnedWriteHalf,
    pub(super) events: mpsc::Receiver<Event>,
    reader: tokio::task::JoinHandle<()>,
    /// Where it could be found.
    folder: Option<PathBuf>,
}

impl Process {
    /// Starts a process and waits until it serves `table`.
    pub(super) async fn start(
        options: &ProxyOptions,
        listeners: &[Listener],
        table: &RoutingTable,
    ) -> Result<Self> {
        let mut process = Self::spawn(options, listeners)?;
        match process.serve(table).await {
            Ok(()) => Ok(process),
            Err(error) => {
                process.end().await;
                Err(error)
            }
        }
    }

    /// Gives the process a table and waits until it is in force.
    pub(super) async fn serve(&mut self, table: &RoutingTable) -> Result<()> {
        self.order(&Order::Table(table.clone())).await?;
        let in_force = async {
            while let Some(event) = self.events.recv().await {
                match event {
                    Event::TableInForce { .. } => return Ok(()),
                    Event::TableRefused { reason, .. } => return Err(Error::TableRefused(reason)),
                    _ => {}
                }
            }
            Err(Error::Disconnected)
        };
        match tokio::time::timeout(READY, in_force).await {
            Ok(in_force) => in_force,
            Err(_) => Err(Error::NotReady { pid: self.pid, seconds: READY.as_secs() }),
        }
    }

    fn spawn(options: &ProxyOptions, listeners: &[Listener]) -> Result<Self> {
        let (ours, theirs) = StdUnixStream::pair().map_err(Error::Control)?;
        let sockets = listeners
            .iter()
            .flat_map(|listener| listener.sockets().iter().map(move |socket| (listener, socket)));
        let (names, sockets): (Vec<_>, Vec<_>) =
            sockets.map(|(listener, socket)| (ListenerName(listener.name().to_owned()), socket)).unzip();
        let hello = Hello { settings: options.settings.clone(), listeners: names };
        wire::send_hello(&ours, &hello, &sockets)?;
        let folder = match &options.settings.on_control_loss {
            OnControlLoss::Exit => None,
            OnControlLoss::Serve(linger) => Some(linger.folder.clone()),
        };
        let spawned = Command::new(&options.program)
            .args(&options.arguments)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            // Ctrl-C at a terminal is for the control process, which then ends the proxy in its turn.
            .process_group(0)
            .kill_on_drop(folder.is_none())
            .spawn();
        // Not PR_SET_PDEATHSIG: it fires when the *thread* ends that started the process, and threads of a runtime do.
        // That the control socket closes is enough.
        let child = spawned.map_err(|source| Error::Spawn { program: options.program.clone(), source })?;
        Self::new(child.id().unwrap_or(0), Handle::Child(Box::new(child)), ours, folder)
    }

    /// A process at the other end of a control socket.
    pub(super) fn new(
        pid: u32,
        handle: Handle,
        control: StdUnixStream,
        folder: Option<PathBuf>,
    ) -> Result<Self> {
        control.set_nonblocking(true).map_err(Error::Control)?;
        let (reads, writes) = UnixStream::from_std(control).map_err(Error::Control)?.into_split();
        let (sender, events) = mpsc::channel(EVENTS);
        let reader = tokio::spawn(read(reads, sender));
        Ok(Self { pid, handle, writes, events, reader, folder })
    }

    /// Tells the process something.
    pub(super) async fn order(&mut self, order: &Order) -> Result<()> {
        wire::send(&mut self.writes, order).await
    }

    /// Ends the process, waits until it has, and removes what it can have left.
    pub(super) async fn end(mut self) {
        self.handle.kill();
        self.handle.wait().await;
        if let Some(folder) = &self.folder {
            rendezvous::forget(folder, self.pid);
        }
    }

    /// Waits until the process has ended by itself.
    pub(super) async fn wait(&mut self) {
        self.handle.wait().await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Passes events on until the process is gone, which closes the channel.
async fn read(mut reads: OwnedReadHalf, events: mpsc::Sender<Event>) {
    while let Ok(Some(event)) = wire::receive(&mut reads).await {
        if events.send(event).await.is_err() {
            return;
        }
    }
}
