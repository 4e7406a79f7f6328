//! Does something accept connections on a port?

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Look;

/// The loopback addresses of a port. Many servers listen on `localhost`, which is either of them.
pub(super) fn addresses(port: u16) -> [SocketAddr; 2] {
    [
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
        SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port),
    ]
}

/// Connects to a port of this machine.
pub(super) async fn connect(port: u16, within: Duration) -> Result<(TcpStream, SocketAddr), Look> {
    let mut last = Look::Refused(format!("nothing listens on port {port}"));
    for address in addresses(port) {
        match timeout(within, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((stream, address)),
            // `AddrNotAvailable`: this machine has no IPv6.
            Ok(Err(error))
                if matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::AddrNotAvailable) => {}
            Ok(Err(error)) => last = Look::Failed(format!("port {port}: {error}")),
            Err(_) => last = Look::Failed(format!("port {port} took no connection within {within:?}")),
        }
    }
    Err(last)
}

pub(super) async fn look(port: u16, within: Duration) -> Look {
    match connect(port, within).await {
        Ok((_, address)) => Look::Passed(Some(address)),
        Err(look) => look,
    }
}
