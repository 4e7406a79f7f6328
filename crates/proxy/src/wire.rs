//! What the control process and the proxy say to each other, over a Unix socket that is the proxy's standard input.
//!
//! A message is its length (32 bits, little-endian) and JSON. The first message carries the listening sockets as
//! ancillary data (`SCM_RIGHTS`), so that no descriptor needs to be inherited and none can be mistaken.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::error::{Error, Result};
use crate::stats::{AccessEvent, FailedRequest, Flight, SplitSecond, StatsReport};
use crate::table::RoutingTable;

/// The longest message. A table of 10,000 routes has about 5 MB.
pub const MESSAGE_LIMIT: u32 = 64 << 20;
/// The most listening sockets that one proxy takes (Linux carries at most 253 descriptors in one message).
pub const SOCKET_LIMIT: usize = 128;

/// What the two sides speak. Raised with every change that an older side would take for something else; see [`Welcome`].
pub const PROTOCOL: u32 = 3;

/// What the proxy does when the control process is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnControlLoss {
    /// End at once: `sea up` leaves nothing behind.
    #[default]
    Exit,
    /// Keep serving the last table: on a host, no request depends on the control process.
    Serve(Linger),
}

/// How a proxy waits for another control process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linger {
    /// Where it can be found; made where it is missing, and of this user alone. An absolute path.
    pub folder: PathBuf,
    /// How long it waits, then it drains and ends. `None` is for ever.
    pub at_most: Option<Duration>,
}

/// How a proxy process runs; fixed for its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Threads that serve requests; 0 for one per core, at most 8.
    pub workers: usize,
    /// What happens when the control process is gone.
    pub on_control_loss: OnControlLoss,
    /// Open client connections at which no more are accepted; further ones wait in the backlog.
    pub max_connections: usize,
    /// The longest that a request's head may take from its first byte.
    pub header_timeout: Duration,
    /// How long a connection may be idle between requests, and a client may take no byte of its answer.
    pub idle_timeout: Duration,
    /// The longest head of a request, in bytes; longer ones are answered 431.
    pub header_limit: usize,
    /// Streams of one HTTP/2 connection at a time.
    pub h2_streams: u32,
    /// Idle connections kept per upstream and thread.
    pub idle_upstream_connections: usize,
    /// How long an idle connection to an upstream is kept, unless the upstream's `Keep-Alive` says less. Below what
    /// common servers use (2 s gunicorn, 5 s Node and uvicorn), so that they are not the ones to close first.
    pub idle_upstream_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            workers: 0,
            on_control_loss: OnControlLoss::Exit,
            max_connections: 8192,
            header_timeout: Duration::from_secs(15),
            idle_timeout: Duration::from_mins(1),
            header_limit: 64 << 10,
            h2_streams: 128,
            idle_upstream_connections: 128,
            idle_upstream_timeout: Duration::from_millis(1500),
        }
    }
}

/// A listening socket as the proxy is told of it; the descriptors come in the same order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenerName(pub String);

/// The first message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// How to run.
    pub settings: Settings,
    /// Names of the sockets that come with this message.
    pub listeners: Vec<ListenerName>,
}

/// The first message of a proxy to the control process that adopts it; the sockets come with it.
///
/// This, [`Command::Drain`] and [`Command::Shutdown`] never change their form, so that whatever version of this program
/// the proxy is, its sockets can be had and it can be replaced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// What the proxy speaks: [`PROTOCOL`].
    pub protocol: u32,
    /// Names of the sockets that come with this message.
    pub listeners: Vec<ListenerName>,
    /// The [`RoutingTable`] in force, which may have another form in another version.
    pub table: serde_json::Value,
}

/// From the control process to the proxy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Replace the routing table. Answered by [`Event::TableInForce`] or [`Event::TableRefused`].
    Table(RoutingTable),
    /// Answered by [`Event::Stats`].
    Stats,
    /// Send access events, or stop to.
    Watch(bool),
    /// Send what is counted of splits, or stop to: [`Event::Seconds`].
    WatchSeconds(bool),
    /// Make the weight of a split hold so long from now. Answered by [`Event::Lease`].
    RenewLease {
        /// Its name.
        split: String,
        /// How long.
        lease: Duration,
    },
    /// Answered by [`Event::Evidence`].
    Evidence {
        /// The name of a split.
        split: String,
    },
    /// Answered by [`Event::Flight`].
    Flight {
        /// The name of a group of upstreams.
        group: String,
    },
    /// End what lasts at a group: upgraded connections are closed, event streams end. Answered by
    /// [`Event::StreamsEnded`].
    EndStreams {
        /// The name of a group of upstreams.
        group: String,
    },
    /// Finish in two phases, then end: see [`DrainPlan`]. Answered by [`Event::Drained`].
    Drain(DrainPlan),
    /// End at once.
    Shutdown,
}

/// How a proxy that is replaced finishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrainPlan {
    /// First phase: answers say `Connection: close`, HTTP/2 connections get a GOAWAY, new connections are still taken.
    /// Clients move over to the new process by themselves.
    pub announce: Duration,
    /// Second phase: nothing is accepted, idle connections are closed, requests that run may finish within this time.
    pub finish: Duration,
}

impl Default for DrainPlan {
    fn default() -> Self {
        Self { announce: Duration::from_secs(1), finish: Duration::from_secs(30) }
    }
}

/// From the proxy to the control process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The proxy accepts connections: the first table is in force.
    Ready,
    /// This table is in force.
    TableInForce {
        /// Of the table.
        generation: u64,
    },
    /// This table is not; the one before still is.
    TableRefused {
        /// Of the table.
        generation: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// What was counted.
    Stats(Box<StatsReport>),
    /// Requests that were answered.
    Accesses(Vec<AccessEvent>),
    /// What was counted of splits: whole seconds, and all that is left where a split or the process ends.
    Seconds(Vec<SplitSecond>),
    /// Whether the lease was renewed; if not, it was over, or there is no such split.
    Lease {
        /// Whether it was.
        renewed: bool,
    },
    /// The last requests that the canary of a split failed, oldest first.
    Evidence(Vec<FailedRequest>),
    /// What is under way at a group.
    Flight(Flight),
    /// The streams of a group were told to end.
    StreamsEnded {
        /// How many there were.
        streams: u64,
    },
    /// The drain is over and the process ends.
    Drained {
        /// Connections that were cut off at the deadline.
        cut: u64,
        /// The last counts.
        stats: Box<StatsReport>,
    },
}

/// Writes one message.
pub(crate) async fn send<T: Serialize + Sync>(
    socket: &mut (impl AsyncWrite + Unpin),
    message: &T,
) -> Result<()> {
    let bytes = encode(message)?;
    socket.write_all(&bytes).await.map_err(Error::Control)
}

/// Reads one message; `None` when the other side is gone. Not to be cancelled in the middle of one.
pub(crate) async fn receive<T: DeserializeOwned>(socket: &mut (impl AsyncRead + Unpin)) -> Result<Option<T>> {
    let mut length = [0; 4];
    match socket.read_exact(&mut length).await {
        Ok(_) => {}
        Err(error) if lost(&error) => return Ok(None),
        Err(error) => return Err(Error::Control(error)),
    }
    let mut body = vec![0; checked_length(length)?];
    match socket.read_exact(&mut body).await {
        Ok(_) => decode(&body).map(Some),
        Err(error) if lost(&error) => Ok(None),
        Err(error) => Err(Error::Control(error)),
    }
}

fn lost(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::UnexpectedEof
            | std::io::ErrorKind::ConnectionReset
            | std::io::ErrorKind::BrokenPipe
    )
}

fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, message).map_err(|error| Error::Protocol(error.to_string()))?;
    let length = u32::try_from(bytes.len() - 4).ok().filter(|length| *length <= MESSAGE_LIMIT);
    let length = length.ok_or_else(|| Error::Protocol(format!("a message of {} bytes", bytes.len())))?;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    Ok(bytes)
}

fn checked_length(length: [u8; 4]) -> Result<usize> {
    let length = u32::from_le_bytes(length);
    if length > MESSAGE_LIMIT {
        return Err(Error::Protocol(format!("a message of {length} bytes")));
    }
    usize::try_from(length).map_err(|error| Error::Protocol(error.to_string()))
}

fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|error| Error::Protocol(error.to_string()))
}

/// Sends the first message and the sockets. Blocks; the message fits the empty buffer of a new socket.
pub(crate) fn send_hello(socket: &UnixStream, hello: &Hello, listeners: &[&TcpListener]) -> Result<()> {
    let descriptors: Vec<_> = listeners.iter().map(|listener| listener.as_fd()).collect();
    send_with_sockets(socket, hello, &descriptors)
}

/// Sends a message and descriptors with it. Blocks.
pub(crate) fn send_with_sockets<T: Serialize>(
    socket: &UnixStream,
    message: &T,
    descriptors: &[BorrowedFd<'_>],
) -> Result<()> {
    if descriptors.len() > SOCKET_LIMIT {
        return Err(Error::TooManyListeners { count: descriptors.len(), most: SOCKET_LIMIT });
    }
    let bytes = encode(message)?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKET_LIMIT))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        ancillary.push(SendAncillaryMessage::ScmRights(descriptors));
    }
    let sent = rustix::net::sendmsg(socket, &[IoSlice::new(&bytes)], &mut ancillary, SendFlags::NOSIGNAL)
        .map_err(|error| Error::Control(error.into()))?;
    if sent == bytes.len() {
        return Ok(());
    }
    std::io::Write::write_all(&mut &*socket, &bytes[sent..]).map_err(Error::Control)
}

/// Receives the first message and the sockets that come with it. Blocks.
pub(crate) fn receive_hello(socket: &UnixStream) -> Result<(Hello, Vec<TcpListener>)> {
    let (hello, descriptors) = receive_with_sockets::<Hello>(socket)?;
    if hello.listeners.len() != descriptors.len() {
        let (named, got) = (hello.listeners.len(), descriptors.len());
        return Err(Error::Protocol(format!("{named} listeners named, {got} received")));
    }
    Ok((hello, descriptors.into_iter().map(TcpListener::from).collect()))
}

/// Receives a message and the descriptors that come with it. Blocks.
pub(crate) fn receive_with_sockets<T: DeserializeOwned>(socket: &UnixStream) -> Result<(T, Vec<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKET_LIMIT))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut length = [0; 4];
    let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::WAITALL;
    let received = rustix::net::recvmsg(socket, &mut [IoSliceMut::new(&mut length)], &mut ancillary, flags)
        .map_err(|error| Error::Control(error.into()))?;
    if received.bytes == 0 {
        return Err(Error::Disconnected);
    }
    let descriptors: Vec<OwnedFd> = ancillary
        .drain()
        .filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
            _ => None,
        })
        .flatten()
        .collect();
    if received.bytes < length.len() {
        return Err(Error::Protocol(format!("a length of {} bytes", received.bytes)));
    }
    let mut body = vec![0; checked_length(length)?];
    std::io::Read::read_exact(&mut &*socket, &mut body).map_err(Error::Control)?;
    Ok((decode(&body)?, descriptors))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_travel_with_the_first_message() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (here, there) = UnixStream::pair().unwrap();
        let hello = Hello { settings: Settings::default(), listeners: vec![ListenerName("main".into())] };
        send_hello(&here, &hello, &[&listener]).unwrap();
        let (received, sockets) = receive_hello(&there).unwrap();
        assert_eq!(received, hello);
        assert_eq!(sockets[0].local_addr().unwrap(), listener.local_addr().unwrap());
    }

    #[test]
    fn a_control_process_that_is_gone_is_not_a_hang() {
        let (here, there) = UnixStream::pair().unwrap();
        drop(here);
        assert!(matches!(receive_hello(&there), Err(Error::Disconnected)));
    }
}
