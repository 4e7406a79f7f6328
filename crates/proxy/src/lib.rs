//! The data plane of Seaworthy.
//!
//! Requests come in on sockets that the *control process* owns and are answered by the *proxy process*, which knows one
//! thing: a [`table::RoutingTable`]. Killing the proxy refuses no connection (the sockets and their backlog outlive
//! it), replacing it drains in two phases.
//!
//! - [`table`]: what is routed where; pure.
//! - [`control`]: the side of the control process: binds the sockets, starts the proxy, feeds and replaces it.
//! - [`dataplane`]: the side of the proxy process.
//! - [`wire`]: what the two say to each other.
//! - [`stats`] and [`histogram`]: what is counted.
//!
//! The proxy never knows a release strategy, a probe or a process: it is told groups, splits and pages. Which arm of a
//! split a request goes to, and what counts against it, is decided by `seaworthy-rollout`.

pub mod control;
pub mod dataplane;
mod error;
pub mod histogram;
mod rendezvous;
pub mod stats;
pub mod table;
pub mod wire;

pub use error::{Error, Result};
