//! Who asks, and what a request is answered from.

use std::sync::Arc;

use seaworthy_engine::Control;
use tokio::sync::{Semaphore, watch};

/// Which door a request came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The Unix socket, which only its owner can open: may do everything.
    Owner,
    /// The listener on loopback, which every user and every page on this machine can reach: sees no secrets and
    /// cannot end the run.
    Browser,
}

/// What handlers work with.
#[derive(Clone)]
pub(crate) struct Context {
    /// The app that runs.
    pub(crate) control: Arc<dyn Control>,
    /// Who asks.
    pub(crate) caller: Caller,
    /// True once the server stops: streams end then.
    pub(crate) closing: watch::Receiver<bool>,
    /// Permits to read the log: a read takes a thread.
    pub(crate) reads: Arc<Semaphore>,
}

impl Context {
    /// Done once the server stops.
    pub(crate) async fn closed(&mut self) {
        closed(&mut self.closing).await;
    }
}

/// Done once the server stops.
pub(crate) async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error means that the server is gone, which is as good.
    let _ = closing.wait_for(|closing| *closing).await;
}
