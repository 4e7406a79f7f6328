//! Ports: the wanted one where it is free, else another, the same in every run of a worktree.

mod claim;
mod holder;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use crate::Error;
use crate::record::{self, Access};
use crate::state::State;

use claim::{Claim, claim};
pub use holder::{Holder, holder};

/// Ports that are handed out unasked: below the range from which Linux takes those of outgoing connections (32768
/// and up), so that a port stays free between two runs.
const RANGE: std::ops::RangeInclusive<u16> = 20_000..=29_999;

/// The ports of one worktree.
#[derive(Debug)]
pub struct Ports {
    path: PathBuf,
    seed: String,
    /// By owner, from earlier runs and this one.
    remembered: BTreeMap<String, u16>,
    /// Handed out in this run, and to whom.
    taken: BTreeMap<u16, String>,
    /// What other runs leave alone meanwhile.
    claims: BTreeMap<u16, File>,
    /// Owners that run already, on the ports that they got when they were started.
    running: BTreeSet<String>,
}

/// A port, held until it is handed over so that nobody else gets it meanwhile.
#[derive(Debug)]
pub struct Reservation {
    /// The port.
    pub port: u16,
    /// Set when another one was wanted.
    pub moved: Option<Moved>,
    /// Whoever it is for runs already, and has it.
    pub runs: bool,
    held: Option<TcpListener>,
}

/// The wanted port was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The port that was wanted.
    pub wanted: u16,
    /// Who has it, as far as that can be seen.
    pub holder: Option<Holder>,
}

impl Reservation {
    /// Lets go of the port: whoever it is for can bind it now.
    pub fn hand_over(mut self) -> u16 {
        self.held.take();
        self.port
    }

    /// The socket itself, listening on loopback, for an owner that takes sockets.
    pub fn take_listener(&mut self) -> Option<TcpListener> {
        self.held.take()
    }
}

impl Ports {
    /// Reads what was handed out in earlier runs.
    pub fn open(state: &State) -> Self {
        let path = state.cache().join("ports.json");
        Self {
            remembered: record::load(&path),
            path,
            seed: state.id(),
            taken: BTreeMap::new(),
            claims: BTreeMap::new(),
            running: BTreeSet::new(),
        }
    }

    /// This owner runs already: it was started by a control process that is gone. It is told the port that it has, once.
    pub fn runs_already(&mut self, owner: &str) {
        self.running.insert(owner.to_owned());
    }

    /// A port for `owner` (`services/api`, `resources/db`): the wanted one, else the one of the last run, else any. Who asks
    /// again before anything listens there gets the same: others may have been told of it.
    pub fn reserve(&mut self, owner: &str, wanted: Option<u16>) -> Result<Reservation, Error> {
        if self.running.remove(owner)
            && let Some(port) = self.remembered.get(owner).copied()
        {
            self.taken.insert(port, owner.to_owned());
            return Ok(Reservation { port, moved: None, runs: true, held: None });
        }
        let wanted = wanted.filter(|port| *port != 0);
        if let Some(port) = wanted
            && let Some(held) = self.hold(port, owner)
        {
            return self.remember(owner, port, None, held);
        }
        let moved = wanted.map(|wanted| Moved { wanted, holder: self.holder_of(wanted) });
        if let Some(port) = self.remembered.get(owner).copied()
            && let Some(held) = self.hold(port, owner)
        {
            return self.remember(owner, port, moved, held);
        }
        let (from, to) = (*RANGE.start(), *RANGE.end());
        let count = to - from + 1;
        let digest = Sha256::digest(format!("{}/{owner}", self.seed));
        let start = u16::from_le_bytes([digest[0], digest[1]]) % count;
        for step in 0..count {
            let port = from + (start + step) % count;
            // What another owner had last time is left to it.
            if self.remembered.iter().any(|(other, known)| *known == port && other != owner) {
                continue;
            }
            if let Some(held) = self.hold(port, owner) {
                return self.remember(owner, port, moved, held);
            }
        }
        Err(Error::NoPort { owner: owner.to_owned(), from, to })
    }

    /// The port may be handed out again: its owner is gone for good.
    pub fn release(&mut self, port: u16) {
        self.taken.remove(&port);
        self.claims.remove(&port);
    }

    fn hold(&mut self, port: u16, owner: &str) -> Option<TcpListener> {
        let is_anothers = self.taken.get(&port).is_some_and(|taken| taken != owner);
        if is_anothers {
            return None;
        }
        let claim = if self.claims.contains_key(&port) {
            None
        } else {
            let Claim::Ours(claim) = claim(port) else { return None };
            claim
        };
        if !is_free(port) {
            return None;
        }
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
        self.claims.extend(claim.map(|claim| (port, claim)));
        Some(held)
    }

    fn holder_of(&self, port: u16) -> Option<Holder> {
        match self.taken.get(&port) {
            Some(owner) => Some(Holder { program: owner.clone(), pid: None }),
            None => holder(port).or_else(|| {
                let is_claimed = matches!(claim(port), Claim::Theirs);
                is_claimed.then(|| Holder { program: "another `sea up`".to_owned(), pid: None })
            }),
        }
    }

    fn remember(
        &mut self,
        owner: &str,
        port: u16,
        moved: Option<Moved>,
        held: TcpListener,
    ) -> Result<Reservation, Error> {
        self.taken.insert(port, owner.to_owned());
        // Whoever had to give way once gets the old port back when it is free again.
        if !self.remembered.contains_key(owner) {
            self.remembered.insert(owner.to_owned(), port);
            record::save(&self.path, &self.remembered, Access::Everyone)?;
        }
        Ok(Reservation { port, moved, runs: false, held: Some(held) })
    }
}

/// Nobody listens on this port, on whichever address: a server may bind any of them, and `localhost` can mean either
/// loopback. Sockets are bound and not listened on, so nothing is reachable meanwhile.
pub fn is_free(port: u16) -> bool {
    let can_bind = |address: SocketAddr| {
        let socket = match address {
            SocketAddr::V4(_) => tokio::net::TcpSocket::new_v4(),
            SocketAddr::V6(_) => tokio::net::TcpSocket::new_v6(),
        };
        let bound = socket.and_then(|socket| {
            // Connections of the last run that linger in TIME_WAIT keep no server from binding.
            socket.set_reuseaddr(true)?;
            socket.bind(address)
        });
        match bound {
            Ok(()) => true,
            // A machine without IPv6 has nobody listening on it.
            Err(error) => address.is_ipv6() && error.kind() != std::io::ErrorKind::AddrInUse,
        }
    };
    can_bind((Ipv4Addr::UNSPECIFIED, port).into())
        && can_bind((Ipv4Addr::LOCALHOST, port).into())
        && can_bind((Ipv6Addr::LOCALHOST, port).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> (tempfile::TempDir, State) {
        let dir = tempfile::tempdir().unwrap();
        let state = State::open(dir.path()).unwrap();
        (dir, state)
    }

    #[test]
    fn a_wanted_port_is_given_and_a_taken_one_is_moved_and_its_holder_named() {
        let (_dir, state) = state();
        let mut ports = Ports::open(&state);
        let first = ports.reserve("services/web", None).unwrap();
        assert_eq!((RANGE.contains(&first.port), &first.moved), (true, &None));
        let wanted = first.port;
        let second = ports.reserve("services/api", Some(wanted)).unwrap();
        assert_ne!(second.port, wanted);
        let holder = second.moved.unwrap().holder.unwrap();
        assert_eq!(holder, Holder { program: "services/web".to_owned(), pid: None });

        let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
        let busy = stranger.local_addr().unwrap().port();
        let third = ports.reserve("services/worker", Some(busy)).unwrap();
        let moved = third.moved.unwrap();
        assert_eq!(moved.wanted, busy);
        if cfg!(target_os = "linux") {
            assert_eq!(moved.holder.unwrap().pid, Some(std::process::id()));
        }
    }

    #[test]
    fn a_listener_on_the_other_loopback_or_on_all_addresses_takes_the_port() {
        for address in ["[::1]:0", "0.0.0.0:0", "127.0.0.1:0"] {
            let Ok(listener) = TcpListener::bind(address) else { continue };
            assert!(!is_free(listener.local_addr().unwrap().port()), "{address}");
        }
    }

    #[test]
    fn the_same_owner_gets_the_same_port_in_every_run() {
        let (_dir, state) = state();
        let port = Ports::open(&state).reserve("resources/db", None).unwrap().hand_over();
        let mut again = Ports::open(&state);
        let other = again.reserve("resources/other", None).unwrap();
        assert_ne!(other.port, port);
        assert_eq!(again.reserve("resources/db", None).unwrap().hand_over(), port);
    }

    #[test]
    fn who_gave_way_once_gets_the_port_back() {
        let (_dir, state) = state();
        let port = Ports::open(&state).reserve("resources/db", None).unwrap().hand_over();
        let stranger = TcpListener::bind(("127.0.0.1", port)).unwrap();
        assert_ne!(Ports::open(&state).reserve("resources/db", None).unwrap().port, port);
        drop(stranger);
        assert_eq!(Ports::open(&state).reserve("resources/db", None).unwrap().port, port);
    }

    #[test]
    fn a_port_that_was_handed_over_can_be_bound_and_is_not_given_twice() {
        let (_dir, state) = state();
        let mut ports = Ports::open(&state);
        let port = ports.reserve("a", None).unwrap().hand_over();
        let _server = TcpListener::bind(("127.0.0.1", port)).unwrap();
        assert_ne!(ports.reserve("b", Some(port)).unwrap().port, port);
        assert_ne!(ports.reserve("a", None).unwrap().port, port, "something listens there");
    }

    #[test]
    fn who_asks_again_gets_what_others_were_told_of() {
        let (_dir, state) = state();
        let mut ports = Ports::open(&state);
        let port = ports.reserve("a", None).unwrap().hand_over();
        assert_eq!(ports.reserve("a", None).unwrap().hand_over(), port);
        let stranger = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let moved = ports.reserve("a", None).unwrap().hand_over();
        assert_ne!(moved, port);
        assert_eq!(ports.reserve("a", None).unwrap().hand_over(), moved);
        drop(stranger);
    }
}
