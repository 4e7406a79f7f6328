//! The API of a host that serves, over the Unix socket that only its owner can open, and the client for it.

mod client;
mod routes;

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use axum::middleware;
use schemars::JsonSchema;
use seaworthy_engine::serve::{HostControl, ReleaseRecord, Ship, Shipped};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

pub use client::HostClient;

use crate::error::ServerError;
use crate::headers;
use crate::server::accept;
use crate::socket::Socket;

/// A release to be shipped: what it is, and how it takes over. Its artifact is in the host's store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ShipRequest {
    /// What it is.
    pub record: ReleaseRecord,
    /// How it takes over.
    pub ship: Ship,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShipAnswer {
    /// Whether it begins, waits, or serves already.
    pub shipped: Shipped,
    /// The number of the last line that was told before.
    pub after: u64,
    /// What the release is called, now that its configuration is known.
    pub release: String,
}

/// What is wanted of a release under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CommandWord {
    /// Stay at this weight.
    Pause,
    /// Go on judging.
    Resume,
    /// All traffic to it, now.
    Promote,
    /// Take it back.
    Abort,
    /// Ctrl-C: take it back unless it is promoted.
    Interrupt,
}

/// An order to an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "kebab-case", deny_unknown_fields)]
pub enum OrderRequest {
    /// Something about the release under way.
    Rollout {
        /// What.
        command: CommandWord,
    },
    /// An earlier release takes over again.
    RollBack {
        /// Which; the one before, where none is named.
        to: Option<String>,
        /// Who wants it.
        actor: String,
    },
    /// Visitors get a page that says so, or no longer.
    Maintenance {
        /// On or off.
        on: bool,
    },
    /// More or fewer instances.
    Scale {
        /// Of this service.
        service: String,
        /// So many; as many as the model says, where it is absent.
        count: Option<u32>,
    },
}

/// What became of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderAnswer {
    /// The release that takes over, after a rollback.
    pub release: Option<String>,
}

/// The API of a host.
pub struct HostServer {
    control: Arc<HostControl>,
    socket: Socket,
}

impl HostServer {
    /// Takes the socket; from here on connections wait to be answered. Belongs on a tokio runtime.
    pub fn bind(control: Arc<HostControl>, socket: &Path) -> Result<Self, ServerError> {
        Ok(Self { control, socket: Socket::bind(socket)? })
    }

    /// Answers until `stop` is done.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let (close, closing) = watch::channel(false);
        let router = routes::router(self.control).layer(middleware::from_fn(headers::harden));
        let stop = async {
            stop.await;
            close.send_replace(true);
        };
        tokio::join!(accept(&self.socket.listener, router, closing), stop);
    }
}
