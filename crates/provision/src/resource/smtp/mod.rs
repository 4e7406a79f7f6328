//! A mail catcher: takes every message on loopback, sends none on, and keeps the last ones for people to look at.

mod mailbox;
mod message;
mod session;

use std::future::Future;
use std::net::TcpListener;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Context, Kind, Prepared, Preparing, Request, Runs, Settle, place, signed_in};
use crate::Error;
use crate::address::Target;

pub use mailbox::{Mailbox, Summary};
pub use message::{Attachment, Message};

/// Connections that are served at the same time; further ones wait in the backlog.
const CONNECTIONS: usize = 32;

pub(super) struct Smtp;

impl Kind for Smtp {
    fn types(&self) -> &'static [&'static str] {
        &["smtp"]
    }

    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Preparing<'a> {
        let prepared = prepare(request, context);
        Box::pin(async { prepared })
    }
}

fn prepare(request: &mut Request, context: Context<'_>) -> Result<Prepared, Error> {
    let dir = place::data(&request.name, "mail", None, context.state)?;
    let target = Target { host: "127.0.0.1".to_owned(), port: request.port.port, ..Target::default() };
    let held = request.port.take_listener();
    let listener =
        held.ok_or_else(|| Error::Broken(format!("the port of `{}` is not held", request.name)))?;
    let catcher = Catcher { listener, mailbox: Arc::new(Mailbox::open(&dir)?) };
    Ok(Prepared {
        name: request.name.clone(),
        kind: request.kind.clone(),
        attributes: signed_in("smtp", "smtp", &target),
        target: Some(target),
        runs: Runs::Smtp(catcher),
        port: None,
        settle: Settle::Nothing,
        warnings: Vec::new(),
    })
}

/// A mail server that only takes.
#[derive(Debug)]
pub struct Catcher {
    listener: TcpListener,
    mailbox: Arc<Mailbox>,
}

impl Catcher {
    /// What was caught.
    pub fn mailbox(&self) -> Arc<Mailbox> {
        Arc::clone(&self.mailbox)
    }

    /// Serves until `stop` is done; then every connection is closed.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send) -> Result<(), Error> {
        let broken =
            |error: std::io::Error| Error::Broken(format!("the mail catcher cannot listen: {error}"));
        self.listener.set_nonblocking(true).map_err(broken)?;
        let listener = tokio::net::TcpListener::from_std(self.listener).map_err(broken)?;
        let slots = Arc::new(Semaphore::new(CONNECTIONS));
        let mut sessions = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = async {
                // The semaphore is never closed.
                let slot = Arc::clone(&slots).acquire_owned().await.ok();
                (slot, listener.accept().await)
            };
            tokio::select! {
                () = &mut stop => return Ok(()),
                Some(_) = sessions.join_next() => {}
                (slot, connection) = accepted => match connection {
                    Ok((connection, _)) => {
                        let mailbox = Arc::clone(&self.mailbox);
                        sessions.spawn(async move {
                            let _slot = slot;
                            // A client that breaks off is no matter of ours.
                            let _ = session::serve(connection, &mailbox).await;
                        });
                    }
                    // Out of file descriptors: some will be free again.
                    Err(_) => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
                },
            }
        }
    }
}
