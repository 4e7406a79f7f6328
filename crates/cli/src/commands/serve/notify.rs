//! What systemd is told (`sd_notify(3)`).

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Says that the server serves, to whoever started it and wants to know.
pub(super) fn ready() {
    let Some(place) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let address = match place.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(&place),
    };
    // Whoever is not told waits in vain, and says so.
    let _ =
        address.and_then(|address| UnixDatagram::unbound()?.send_to_addr(b"READY=1", &address).map(|_| ()));
}
