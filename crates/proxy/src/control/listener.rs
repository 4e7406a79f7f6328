//! The listening sockets. They belong to the control process, so that a connection finds them whatever happens to the
//! proxy.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use crate::error::{Error, Result};
use crate::wire::ListenerName;

/// Connections that wait for a proxy, at most; the kernel may allow fewer (`net.core.somaxconn`).
const BACKLOG: i32 = 4096;
/// How often a port is asked of the system until it is free for IPv4 and IPv6.
const ATTEMPTS: usize = 16;

/// Who may connect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// This machine: `127.0.0.1` and `[::1]`.
    #[default]
    Loopback,
    /// Everyone who can reach this machine.
    Everyone,
}

/// One port on every address of a scope, under a name that routes are bound to.
#[derive(Debug)]
pub struct Listener {
    name: String,
    port: u16,
    sockets: Vec<TcpListener>,
}

impl Listener {
    /// Listens. Port 0 is any free one. IPv6 is left out where the machine has none.
    ///
    /// # Errors
    ///
    /// [`Error::PortTaken`] where the port is in use on IPv4 or IPv6, [`Error::Listen`] for everything else.
    pub fn bind(name: impl Into<String>, port: u16, scope: Scope) -> Result<Self> {
        let name = name.into();
        for _ in 1..ATTEMPTS {
            match bind_both(port, scope) {
                // A free port of IPv4 was taken on IPv6: the system may choose another.
                Err(Error::PortTaken { .. }) if port == 0 => {}
                bound => return bound.map(|(port, sockets)| Self { name, port, sockets }),
            }
        }
        bind_both(port, scope).map(|(port, sockets)| Self { name, port, sockets })
    }

    /// The name that routes are bound to.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Who may connect.
    #[must_use]
    pub fn scope(&self) -> Scope {
        let is_loopback =
            |socket: &TcpListener| socket.local_addr().is_ok_and(|address| address.ip().is_loopback());
        if self.sockets.iter().all(is_loopback) { Scope::Loopback } else { Scope::Everyone }
    }

    /// Ends the listening in every process that has these sockets: the port can be had anew.
    pub(super) fn close(&self) {
        for socket in &self.sockets {
            // Linux stops listening on a socket that is shut down for reading. Where that cannot be done the port stays
            // taken, which is told to whoever wants it.
            let _ = rustix::net::shutdown(socket, rustix::net::Shutdown::Read);
        }
    }

    /// Listeners from the names and sockets that a proxy gave back, in the order in which it got them.
    pub(super) fn regroup(names: Vec<ListenerName>, sockets: Vec<TcpListener>) -> Vec<Self> {
        let mut listeners: Vec<Self> = Vec::new();
        for (ListenerName(name), socket) in names.into_iter().zip(sockets) {
            let port = socket.local_addr().map_or(0, |address| address.port());
            match listeners.last_mut() {
                Some(last) if last.name == name && last.port == port => last.sockets.push(socket),
                _ => listeners.push(Self { name, port, sockets: vec![socket] }),
            }
        }
        listeners
    }

    pub(super) fn sockets(&self) -> &[TcpListener] {
        &self.sockets
    }
}

fn bind_both(port: u16, scope: Scope) -> Result<(u16, Vec<TcpListener>)> {
    let (v4, v6) = match scope {
        Scope::Loopback => (Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST),
        Scope::Everyone => (Ipv4Addr::UNSPECIFIED, Ipv6Addr::UNSPECIFIED),
    };
    let first = listen(IpAddr::V4(v4), port)?;
    let port = first.local_addr().map_or(port, |address| address.port());
    match listen(IpAddr::V6(v6), port) {
        Ok(second) => Ok((port, vec![first, second])),
        Err(taken @ Error::PortTaken { .. }) => Err(taken),
        Err(_) => Ok((port, vec![first])),
    }
}

fn listen(address: IpAddr, port: u16) -> Result<TcpListener> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};

    let wanted = SocketAddr::new(address, port);
    let listen = || -> std::io::Result<TcpListener> {
        let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let socket = rustix::net::socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        // A port whose old connections are still being forgotten is free; one that is listened on is not.
        sockopt::set_socket_reuseaddr(&socket, true)?;
        if address.is_ipv6() {
            sockopt::set_ipv6_v6only(&socket, true)?;
        }
        rustix::net::bind(&socket, &wanted)?;
        rustix::net::listen(&socket, BACKLOG)?;
        Ok(TcpListener::from(socket))
    };
    listen().map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => Error::PortTaken { address: wanted },
        _ => Error::Listen { address: wanted, source: error },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_said_and_a_free_one_serves_both_families() {
        let listener = Listener::bind("main", 0, Scope::Loopback).unwrap();
        let taken = Listener::bind("other", listener.port(), Scope::Loopback);
        assert!(matches!(taken, Err(Error::PortTaken { address }) if address.port() == listener.port()));
        for socket in listener.sockets() {
            assert_eq!(socket.local_addr().unwrap().port(), listener.port());
        }
    }

    #[test]
    fn a_port_that_another_process_listens_on_too_can_be_had_for_others() {
        let former = Listener::bind("main", 0, Scope::Loopback).unwrap();
        let shared: Vec<_> = former.sockets().iter().map(|socket| socket.try_clone().unwrap()).collect();
        assert_eq!(former.scope(), Scope::Loopback);
        former.close();
        let next = Listener::bind("main", former.port(), Scope::Everyone).unwrap();
        assert_eq!((next.port(), next.scope()), (former.port(), Scope::Everyone));
        std::net::TcpStream::connect(("127.0.0.1", next.port())).unwrap();
        drop(shared);
    }
}
