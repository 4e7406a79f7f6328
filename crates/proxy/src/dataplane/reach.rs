//! The way to an upstream: which one, and a connection to it.

use std::time::Duration;

use super::connection::Client;
use super::flight::InFlight;
use super::live::{LiveGroup, LiveGroups};
use super::pool::Upstream;
use super::upstream::UpstreamConnection;

/// A request under way at an upstream of the route, and a connection for it.
pub(crate) type Reached = (InFlight, Box<UpstreamConnection>);

/// Why no upstream could be reached.
#[derive(Debug)]
pub(crate) enum Unreachable {
    /// The route has none.
    NoUpstreams,
    /// This one was the last that was tried.
    Failed {
        /// Where it should listen.
        address: String,
        /// What the system said.
        reason: String,
        /// When it was started, in milliseconds since 1970.
        born: Option<u64>,
    },
}

impl Unreachable {
    /// When the one was started that was tried last, in milliseconds since 1970.
    pub(crate) const fn born(&self) -> Option<u64> {
        match self {
            Self::NoUpstreams => None,
            Self::Failed { born, .. } => *born,
        }
    }
}

/// Where a connection may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Supply {
    /// From the pool where it has one.
    Pool,
    /// A new one: what the pool had was closed, and the rest of it may be too.
    New,
}

/// Picks a group by weight and connects to one of its upstreams, each of them tried once.
pub(crate) async fn connect(
    client: &Client,
    groups: &LiveGroups,
    timeout: Duration,
    supply: Supply,
) -> Result<Reached, Unreachable> {
    let group = pick(groups).ok_or(Unreachable::NoUpstreams)?;
    let upstreams = &group.upstreams;
    let first = if upstreams.len() == 1 { 0 } else { client.worker.shared.registry.upstreams().turn() };
    let mut last = Unreachable::NoUpstreams;
    for offset in 0..upstreams.len() {
        let upstream = &upstreams[first.wrapping_add(offset) % upstreams.len()];
        let flight = InFlight::begin(upstream, client.worker.number);
        if supply == Supply::Pool
            && let Some(connection) = upstream.checkout(client.worker.number)
        {
            return Ok((flight, connection));
        }
        match open(upstream, timeout).await {
            Ok(connection) => return Ok((flight, connection)),
            Err(reason) => {
                let (address, born) = (upstream.address.to_string(), upstream.born());
                last = Unreachable::Failed { address, reason, born };
            }
        }
    }
    Err(last)
}

fn pick(groups: &LiveGroups) -> Option<&LiveGroup> {
    if let [only] = &*groups.groups {
        return Some(only);
    }
    let mut drawn = fastrand::u32(0..groups.total_weight.max(1));
    groups.groups.iter().find(|group| {
        let found = drawn < group.weight;
        drawn = drawn.saturating_sub(group.weight);
        found
    })
}

/// Connects to one upstream.
pub(crate) async fn open(upstream: &Upstream, timeout: Duration) -> Result<Box<UpstreamConnection>, String> {
    match tokio::time::timeout(timeout, UpstreamConnection::open(&upstream.address)).await {
        Ok(opened) => opened.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no connection within {} ms", timeout.as_millis())),
    }
}
