//! The API and the dashboard of a host that serves, and the client of its command line.
//!
//! There are two doors: the Unix socket that only the host's owner can open, and a TCP listener on loopback, behind the guard of
//! `sea up` and a token. What ships a release, and what lets others in, goes through the first one alone.

mod client;
mod events;
mod orders;
mod past;
mod routes;
mod session;
mod token;

use std::fmt;
use std::future::Future;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use axum::middleware;
use schemars::JsonSchema;
use seaworthy_engine::serve::{HostControl, ReleaseRecord, Ship, Shipped};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

pub use client::HostClient;
pub use routes::openapi;
pub use session::{TicketAnswer, TicketRequest};

use crate::error::ServerError;
use crate::server::accept;
use crate::socket::Socket;
use crate::{guard, headers};
use token::Access;

/// A release to be shipped: what it is, and how it takes over. Its artifact is in the host's store.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShipRequest {
    /// What it is.
    #[schemars(with = "serde_json::Value")]
    pub record: ReleaseRecord,
    /// How it takes over.
    #[schemars(with = "serde_json::Value")]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "order", rename_all = "kebab-case", deny_unknown_fields)]
pub enum OrderRequest {
    /// Something about the release under way.
    Rollout {
        /// What.
        command: CommandWord,
        /// Who wants it; over TCP that is who is signed in, whatever is said here.
        #[serde(default)]
        actor: String,
    },
    /// An earlier release takes over again.
    RollBack {
        /// Which; the one before, where none is named.
        to: Option<String>,
        /// Who wants it; over TCP that is who is signed in, whatever is said here.
        #[serde(default)]
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

impl fmt::Display for OrderRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rollout { command, .. } => f.write_str(match command {
                CommandWord::Pause => "pause",
                CommandWord::Resume => "resume",
                CommandWord::Promote => "promote",
                CommandWord::Abort | CommandWord::Interrupt => "abort",
            }),
            Self::RollBack { to: Some(to), .. } => write!(f, "roll back to {to}"),
            Self::RollBack { to: None, .. } => f.write_str("roll back"),
            Self::Maintenance { on: true } => f.write_str("maintenance"),
            Self::Maintenance { on: false } => f.write_str("no maintenance"),
            Self::Scale { service, count: Some(count) } => write!(f, "{count} instances of {service}"),
            Self::Scale { service, count: None } => {
                write!(f, "as many instances of {service} as the model says")
            }
        }
    }
}

/// What became of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderAnswer {
    /// The release that takes over, after a rollback.
    pub release: Option<String>,
}

/// What handlers work with.
#[derive(Clone)]
pub(crate) struct HostContext {
    control: Arc<HostControl>,
    access: Arc<Access>,
    /// The port of the dashboard.
    port: u16,
    /// True once the server stops: streams end then.
    closing: watch::Receiver<bool>,
}

/// Where a host is served.
pub struct HostListeners {
    /// On loopback, for browsers and whoever has the token; bound already, so that its port is known.
    pub tcp: TcpListener,
    /// The path of the socket for the owner's command line; made when the server is.
    pub socket: PathBuf,
}

/// The API and the dashboard of a host.
pub struct HostServer {
    control: Arc<HostControl>,
    access: Access,
    tcp: tokio::net::TcpListener,
    port: u16,
    socket: Socket,
}

impl HostServer {
    /// Takes the listeners; from here on connections wait to be answered. The token is read, or made up where there is none.
    /// Belongs on a tokio runtime.
    pub fn bind(control: Arc<HostControl>, listeners: HostListeners) -> Result<Self, ServerError> {
        listeners.tcp.set_nonblocking(true).map_err(ServerError::Listener)?;
        let port = listeners.tcp.local_addr().map_err(ServerError::Listener)?.port();
        let tcp = tokio::net::TcpListener::from_std(listeners.tcp).map_err(ServerError::Listener)?;
        let file = control.layout().dashboard_token();
        let access = Access::open(&file).map_err(|cause| ServerError::Token { file, cause })?;
        Ok(Self { control, access, tcp, port, socket: Socket::bind(&listeners.socket)? })
    }

    /// The port of the dashboard.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Answers until `stop` is done; then streams end and the socket is removed.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let (close, closing) = watch::channel(false);
        let context = HostContext {
            control: self.control,
            access: Arc::new(self.access),
            port: self.port,
            closing: closing.clone(),
        };
        let owner =
            routes::router(context.clone(), routes::OWNERS_BODY).layer(middleware::from_fn(session::owner));
        let others = routes::router(context.clone(), routes::OTHERS_BODY)
            .layer(middleware::from_fn_with_state(context, session::gate))
            .layer(middleware::from_fn_with_state(self.port, guard::guard));
        let stop = async {
            stop.await;
            close.send_replace(true);
        };
        tokio::join!(
            accept(&self.tcp, others.layer(middleware::from_fn(headers::harden)), closing.clone()),
            accept(&self.socket.listener, owner.layer(middleware::from_fn(headers::harden)), closing),
            stop
        );
    }
}
