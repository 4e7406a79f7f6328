//! The HTTP API and the dashboard of an app that runs, and the client that the command line speaks to it with.
//!
//! Knows HTTP, browsers and what they may be trusted with. Must never know processes, log files or routes: it asks
//! through [`Control`](seaworthy_engine::Control) and passes on what [`view`](seaworthy_engine::view) holds.
//!
//! There are two doors to one API: a TCP listener on loopback for browsers, behind a guard against the pages of other sites, and a Unix socket
//! that only its owner can open, for the command line. Which door a request
//! came through says what it may do. Nothing runs while nobody is connected.

mod api;
mod assets;
mod caller;
pub mod client;
mod error;
mod guard;
mod headers;
pub mod host;
mod problem;
mod server;
mod socket;

pub use api::{EnvironmentView, LogParams, LogView, openapi};
pub use error::ServerError;
pub use problem::Problem;
pub use server::{Listeners, Server};
