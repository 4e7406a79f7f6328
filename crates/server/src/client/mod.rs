//! What the command line asks a running `sea up`, over the Unix socket that only its owner can open.
//!
//! A call is a connection of its own: calls are rare, and nothing is kept between them.

mod follow;
pub(crate) mod request;

use std::path::{Path, PathBuf};

use hyper::Method;
use seaworthy_engine::Order;
use seaworthy_engine::view::{AppView, MailView, MetricsView, SaveView};
use serde::de::DeserializeOwned;

pub use self::follow::{AppChanges, LogFollow};
use crate::api::{EnvironmentView, LogParams, LogView};
use crate::error::ServerError;

/// A running `sea up`.
#[derive(Clone, Debug)]
pub struct Client {
    socket: PathBuf,
}

impl Client {
    /// The one whose socket is at `socket`; nothing is asked yet.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self { socket: socket.into() }
    }

    /// Where it is asked.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The app as it is now.
    pub async fn app(&self) -> Result<AppView, ServerError> {
        self.get("/app").await
    }

    /// The app as it is now, and again whenever it changes.
    pub async fn changes(&self) -> Result<AppChanges, ServerError> {
        AppChanges::open(&self.socket).await
    }

    /// Gives an order to a member. That it was taken is not that it was carried out: [`Client::changes`] tells.
    pub async fn order(&self, member: &str, order: Order) -> Result<(), ServerError> {
        let order = match order {
            Order::Start => "start",
            Order::Stop => "stop",
            Order::Restart => "restart",
        };
        self.post(&format!("/services/{}/{order}", request::segment(member))).await
    }

    /// Lines of the log, oldest first.
    pub async fn logs(&self, params: &LogParams) -> Result<LogView, ServerError> {
        self.get(&format!("/logs{}", query(params))).await
    }

    /// Lines of the log: what `params` asks for at once, then as they are written.
    pub async fn follow(&self, params: &LogParams) -> Result<LogFollow, ServerError> {
        LogFollow::open(&self.socket, &query(params)).await
    }

    /// The folder and the variables of a member; with the values of secrets when `reveal` is set.
    pub async fn environment(&self, member: &str, reveal: bool) -> Result<EnvironmentView, ServerError> {
        self.get(&format!("/services/{}/environment?reveal={reveal}", request::segment(member))).await
    }

    /// Figures of the last `seconds`.
    pub async fn metrics(&self, seconds: u32) -> Result<MetricsView, ServerError> {
        self.get(&format!("/metrics?seconds={seconds}")).await
    }

    /// The latest saves, newest first.
    pub async fn saves(&self) -> Result<Vec<SaveView>, ServerError> {
        self.get("/saves").await
    }

    /// Caught mails, newest first, without their bodies.
    pub async fn mails(&self) -> Result<Vec<MailView>, ServerError> {
        self.get("/mails").await
    }

    /// Ends the run. The answer comes before the end does.
    pub async fn down(&self) -> Result<(), ServerError> {
        self.post("/down").await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ServerError> {
        let body = request::whole(&self.socket, Method::GET, path).await?;
        serde_json::from_slice(&body).map_err(|error| ServerError::Answer(error.to_string()))
    }

    async fn post(&self, path: &str) -> Result<(), ServerError> {
        request::whole(&self.socket, Method::POST, path).await.map(|_| ())
    }
}

/// The parameters, with their question mark.
fn query(params: &LogParams) -> String {
    // Texts, numbers and lists of texts always have this form.
    format!("?{}", serde_html_form::to_string(params).unwrap_or_default())
}
