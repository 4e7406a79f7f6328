//! What can go wrong between the control process and its proxy, or before either runs.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What happened, where, why, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A listening socket could not be opened because something else has the port.
    #[error("port {} on {} is taken by another process; stop it, or give this listener another port", address.port(), address.ip())]
    PortTaken {
        /// What was asked for.
        address: SocketAddr,
    },
    /// A listening socket could not be opened.
    #[error("cannot listen on {address}: {source}; choose another address or port")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// More listening sockets than one message to the proxy can carry.
    #[error("{count} listening sockets are more than the {most} that a proxy takes; use fewer listeners")]
    TooManyListeners {
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// The program of the proxy process could not be started.
    #[error("cannot start the proxy process {}: {source}; check that the file exists and may be run", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The proxy process did not say that it is ready in time.
    #[error("the proxy process {pid} was not ready within {seconds} s; its standard error says why")]
    NotReady {
        /// Its process id.
        pid: u32,
        /// How long it was waited for, in seconds.
        seconds: u64,
    },
    /// A routing table that cannot work.
    #[error("route `{route}`: {problem}; correct the routing table")]
    Table {
        /// The name of the route.
        route: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A split that cannot work.
    #[error("split `{split}`: {problem}; correct the routing table")]
    Split {
        /// The name of the split.
        split: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A certificate that cannot work.
    #[error("the certificate for `{host}`: {problem}; correct the routing table")]
    Certificate {
        /// The first host that it is for.
        host: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A lease that cannot be renewed, so that the canary gets no requests.
    #[error(
        "the lease of split `{split}` is over or there is no such split, and its canary gets no requests; abort the release, or give a new table"
    )]
    LeaseOver {
        /// The name of the split.
        split: String,
    },
    /// The proxy refused a routing table, which is therefore not in force; the one before still is.
    #[error("the proxy refused the routing table: {0}")]
    TableRefused(String),
    /// The other side of the control socket is gone.
    #[error("the control socket was closed; the other process has ended")]
    Disconnected,
    /// The folder where a proxy waits for a control process cannot be used.
    #[error("the folder {} where a proxy can be found is of no use: {source}; it must be a folder of this user in which nobody else may write", folder.display())]
    Rendezvous {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A socket where a proxy should wait is of another process or another user.
    #[error("a socket in {} says that it is of the proxy {pid}, and is not; find out who put it there and remove it", folder.display())]
    Impostor {
        /// The folder.
        folder: PathBuf,
        /// The process id it says.
        pid: u32,
    },
    /// A proxy has a control process already, or does not answer.
    #[error(
        "the proxy {pid} does not answer, as if another control process had it; stop that one first, or the proxy"
    )]
    Attended {
        /// Its process id.
        pid: u32,
    },
    /// The proxy is being stopped or has been.
    #[error("the proxy has been stopped; start another")]
    Stopped,
    /// What came over the control socket is not what this version speaks.
    #[error("the control socket carried what is no message ({0}); both sides must be the same program")]
    Protocol(String),
    /// The control socket failed.
    #[error("the control socket failed: {0}")]
    Control(#[source] io::Error),
    /// The proxy could not make its threads or their event loops.
    #[error("the proxy could not start its threads: {0}; look at the limits on processes and open files")]
    Runtime(#[source] io::Error),
}
