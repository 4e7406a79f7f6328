//! The way to an upstream: which one, and a connection to it.

use std::sync::Arc;
use std::time::Duration;

use super::connection::Client;
use super::live::{LiveGroup, LiveRoute};
use super::pool::Upstream;
use super::upstream::UpstreamConnection;

/// A connection to an upstream of the route.
pub(crate) type Reached = (Arc<Upstream>, Box<UpstreamConnection>);

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
    },
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
    route: &LiveRoute,
    supply: Supply,
) -> Result<Reached, Unreachable> {
    let group = pick(route).ok_or(Unreachable::NoUpstreams)?;
    let upstreams = &group.upstreams;
    let first = if upstreams.len() == 1 { 0 } else { client.worker.shared.registry.upstreams().turn() };
    let mut last = Unreachable::NoUpstreams;
    for offset in 0..upstreams.len() {
        let upstream = &upstreams[first.wrapping_add(offset) % upstreams.len()];
        if supply == Supply::Pool
            && let Some(connection) = upstream.checkout(client.worker.number)
        {
            return Ok((Arc::clone(upstream), connection));
        }
        match open(upstream, route.route.options.timeouts.connect).await {
            Ok(connection) => return Ok((Arc::clone(upstream), connection)),
            Err(reason) => last = Unreachable::Failed { address: upstream.address.to_string(), reason },
        }
    }
    Err(last)
}

fn pick(route: &LiveRoute) -> Option<&LiveGroup> {
    if let [only] = &*route.groups {
        return Some(only);
    }
    let mut drawn = fastrand::u32(0..route.total_weight.max(1));
    route.groups.iter().find(|group| {
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
