//! Which sockets of this machine listen.
//!
//! The kernel is asked for those alone (`sock_diag(7)`). `/proc/net/tcp` holds the same, and to read it the kernel goes
//! through its whole table of connections: 10 to 20 ms on a machine without any, more on a busy one.

use std::fs;
use std::io;
use std::os::fd::AsRawFd;

use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket,
};

/// A socket that listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listener {
    /// Its TCP port.
    pub(crate) port: u16,
    /// Its inode, as in `/proc/PID/fd`.
    pub(crate) inode: u64,
}

/// Every TCP socket that listens, on IPv4 and IPv6.
pub(crate) fn all() -> Vec<Listener> {
    ask().unwrap_or_else(|_| tables())
}

/// `SOCK_DIAG_BY_FAMILY` of `linux/sock_diag.h`.
const BY_FAMILY: u16 = 20;
/// `TCP_LISTEN` of `net/tcp_states.h`, as a set of states.
const LISTENING: u32 = 1 << 10;
/// `NLM_F_REQUEST | NLM_F_DUMP`, `NLMSG_ERROR` and `NLMSG_DONE` of `linux/netlink.h`.
const REQUEST: u16 = 0x301;
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// Bytes of `struct nlmsghdr`.
const HEADER: usize = 16;
/// Where `struct inet_diag_msg` has the port (`id.idiag_sport`, in network order) and the inode, from its own start.
const PORT: usize = 4;
const INODE: usize = 68;

fn ask() -> io::Result<Vec<Listener>> {
    let socket = socket(
        AddressFamily::Netlink,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkSockDiag,
    )?;
    let mut found = Vec::new();
    for family in [nix::libc::AF_INET, nix::libc::AF_INET6] {
        let family = u8::try_from(family).unwrap_or_default();
        sendto(socket.as_raw_fd(), &request(family), &NetlinkAddr::new(0, 0), MsgFlags::empty())?;
        let mut buffer = vec![0_u8; 32 << 10];
        loop {
            let length = recv(socket.as_raw_fd(), &mut buffer, MsgFlags::empty())?;
            if read(&buffer[..length], &mut found)? {
                break;
            }
        }
    }
    Ok(found)
}

/// `struct nlmsghdr` and `struct inet_diag_req_v2`, for every TCP socket of a family that listens.
fn request(family: u8) -> Vec<u8> {
    const LENGTH: u32 = 16 + 56;
    let mut bytes = Vec::with_capacity(72);
    bytes.extend(LENGTH.to_ne_bytes());
    bytes.extend(BY_FAMILY.to_ne_bytes());
    bytes.extend(REQUEST.to_ne_bytes());
    // Sequence number and port of the sender: there is one request at a time.
    bytes.extend([0; 8]);
    bytes.extend([family, u8::try_from(nix::libc::IPPROTO_TCP).unwrap_or_default(), 0, 0]);
    bytes.extend(LISTENING.to_ne_bytes());
    // Of any address and port.
    bytes.resize(72, 0);
    bytes
}

/// Takes the sockets out of what came; true when that was all.
fn read(mut bytes: &[u8], found: &mut Vec<Listener>) -> io::Result<bool> {
    let malformed = || io::Error::from(io::ErrorKind::InvalidData);
    while !bytes.is_empty() {
        let length = number(bytes, 0).ok_or_else(malformed)? as usize;
        let kind = short(bytes, 4).ok_or_else(malformed)?;
        let message = bytes.get(HEADER..length).ok_or_else(malformed)?;
        match kind {
            DONE => return Ok(true),
            ERROR => return Err(malformed()),
            _ => {
                let port = message.get(PORT..PORT + 2).ok_or_else(malformed)?;
                let port = u16::from_be_bytes([port[0], port[1]]);
                let inode = u64::from(number(message, INODE).ok_or_else(malformed)?);
                found.push(Listener { port, inode });
            }
        }
        // Messages begin at multiples of four.
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(false)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// The same from `/proc/net`, for kernels that do not answer.
fn tables() -> Vec<Listener> {
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .flat_map(|table| table_rows(&table).collect::<Vec<_>>())
        .collect()
}

/// The listening sockets of a table of `/proc/net`; fields as in proc(5).
fn table_rows(table: &str) -> impl Iterator<Item = Listener> {
    const LISTEN: &str = "0A";
    table.lines().skip(1).filter_map(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let (address, state) = (fields.next()?, fields.nth(1)?);
        let inode = fields.nth(5)?.parse().ok()?;
        let port = u16::from_str_radix(address.rsplit_once(':')?.1, 16).ok()?;
        (state == LISTEN).then_some(Listener { port, inode })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_and_its_tables_agree_on_who_listens() {
        let sockets: Vec<std::net::TcpListener> = ["127.0.0.1:0", "[::1]:0"]
            .iter()
            .filter_map(|address| std::net::TcpListener::bind(address).ok())
            .collect();
        let (asked, read) = (ask().unwrap(), tables());
        assert!(!sockets.is_empty());
        for socket in sockets {
            let port = socket.local_addr().unwrap().port();
            let of = |list: &[Listener]| list.iter().find(|known| known.port == port).copied();
            assert!(of(&asked).is_some_and(|found| found.inode > 0));
            assert_eq!(of(&asked), of(&read));
        }
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let mut whole = request(2);
        whole[4..6].copy_from_slice(&20_u16.to_ne_bytes());
        for length in 1..whole.len() {
            assert!(read(&whole[..length], &mut Vec::new()).is_err(), "{length}");
        }
    }
}
