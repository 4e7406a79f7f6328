//! What the command line asks a host that serves.

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use hyper::Method;
use seaworthy_engine::serve::view::{HostView, ProgressView};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use super::{OrderAnswer, OrderRequest, ShipAnswer, ShipRequest, TicketAnswer, TicketRequest};
use crate::client::request;
use crate::error::ServerError;

/// A host that serves.
#[derive(Clone, Debug)]
pub struct HostClient {
    socket: PathBuf,
}

impl HostClient {
    /// The one whose socket is at `socket`; nothing is asked yet.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self { socket: socket.into() }
    }

    /// Where it is asked.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The host and all that runs on it.
    pub async fn view(&self) -> Result<HostView, ServerError> {
        self.get("/host").await
    }

    /// What happened in an environment after a line. Waits for something to happen, unless `now`.
    pub async fn progress(
        &self,
        app: &str,
        environment: &str,
        after: u64,
        now: bool,
    ) -> Result<ProgressView, ServerError> {
        let place = place(app, environment);
        self.get(&format!("/host/{place}?after={after}&now={now}")).await
    }

    /// The digests of an artifact's blobs that the host lacks.
    pub async fn missing(&self, manifest: Vec<u8>) -> Result<Vec<String>, ServerError> {
        let body = request::with_body(&self.socket, Method::POST, "/host/missing", manifest.into()).await?;
        answer(&body)
    }

    /// Hands over the bundle of what is missing of an artifact, in parts as they are made, and returns the artifact's digest. What
    /// arrived stays when it breaks off.
    pub async fn bundle(&self, parts: mpsc::Receiver<io::Result<Bytes>>) -> Result<String, ServerError> {
        answer(&request::with_stream(&self.socket, Method::PUT, "/host/bundle", parts).await?)
    }

    /// A release takes over.
    pub async fn ship(
        &self,
        app: &str,
        environment: &str,
        ship: &ShipRequest,
    ) -> Result<ShipAnswer, ServerError> {
        self.post(&format!("/host/{}/ship", place(app, environment)), ship).await
    }

    /// Gives an order.
    pub async fn order(
        &self,
        app: &str,
        environment: &str,
        order: &OrderRequest,
    ) -> Result<OrderAnswer, ServerError> {
        self.post(&format!("/host/{}/order", place(app, environment)), order).await
    }

    /// The address that signs a browser in, once.
    pub async fn ticket(&self, who: &str) -> Result<TicketAnswer, ServerError> {
        self.post("/host/tickets", &TicketRequest { who: who.to_owned() }).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ServerError> {
        answer(&request::whole(&self.socket, Method::GET, path).await?)
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, what: &impl Serialize) -> Result<T, ServerError> {
        // Requests are structs of texts and numbers, which always have a JSON form.
        let body = serde_json::to_vec(what).unwrap_or_default();
        answer(&request::with_body(&self.socket, Method::POST, path, Bytes::from(body)).await?)
    }
}

fn place(app: &str, environment: &str) -> String {
    format!("{}/{}", request::segment(app), request::segment(environment))
}

fn answer<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServerError> {
    serde_json::from_slice(body).map_err(|error| ServerError::Answer(error.to_string()))
}
