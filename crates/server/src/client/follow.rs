//! Server-sent events, read.

use std::path::Path;

use http_body_util::BodyExt;
use hyper::Method;
use hyper::body::Incoming;
use seaworthy_engine::view::AppView;
use serde::de::DeserializeOwned;

use super::request::{self, Connection};
use crate::api::LogView;
use crate::error::ServerError;
use crate::problem::Problem;

/// Bytes of one event at most.
const LONGEST: usize = 64 << 20;

/// The app, whenever it changes.
pub struct AppChanges(Events);

impl AppChanges {
    pub(super) async fn open(socket: &Path) -> Result<Self, ServerError> {
        Events::open(socket, "/events").await.map(Self)
    }

    /// The app as it is at first, then as it is after the next change; none once `sea up` ends.
    pub async fn next(&mut self) -> Result<Option<AppView>, ServerError> {
        self.0.next_of("app").await
    }
}

/// Lines of the log, as they are written.
pub struct LogFollow(Events);

impl LogFollow {
    pub(super) async fn open(socket: &Path, query: &str) -> Result<Self, ServerError> {
        Events::open(socket, &format!("/logs/stream{query}")).await.map(Self)
    }

    /// The next lines, with the cursor after them; none once `sea up` ends.
    pub async fn next(&mut self) -> Result<Option<LogView>, ServerError> {
        self.0.next_of("lines").await
    }
}

/// A body of events.
struct Events {
    body: Incoming,
    /// What came and is no whole event yet.
    rest: Vec<u8>,
    _connection: Connection,
}

/// One event.
struct Event {
    name: String,
    data: String,
}

impl Events {
    async fn open(socket: &Path, path: &str) -> Result<Self, ServerError> {
        let (response, connection) = request::send(socket, Method::GET, path).await?;
        Ok(Self { body: response.into_body(), rest: Vec::new(), _connection: connection })
    }

    /// What the next event of this name holds; a problem is an error.
    async fn next_of<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, ServerError> {
        let unknown = |error: serde_json::Error| ServerError::Answer(error.to_string());
        while let Some(event) = self.next().await? {
            if event.name == name {
                return serde_json::from_str(&event.data).map(Some).map_err(unknown);
            }
            if event.name == "problem" {
                let problem: Problem = serde_json::from_str(&event.data).map_err(unknown)?;
                return Err(ServerError::Refused(problem));
            }
        }
        Ok(None)
    }

    async fn next(&mut self) -> Result<Option<Event>, ServerError> {
        // Where the search for the end of the event goes on.
        let mut searched = 0;
        loop {
            if let Some(end) = self.rest[searched..].windows(2).position(|two| two == b"\n\n") {
                let event: Vec<u8> = self.rest.drain(..searched + end + 2).collect();
                return Ok(Some(parse(&String::from_utf8_lossy(&event))));
            }
            searched = self.rest.len().saturating_sub(1);
            if self.rest.len() > LONGEST {
                return Err(ServerError::Answer("an event without an end".to_owned()));
            }
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    self.rest.extend_from_slice(frame.data_ref().map_or(&[][..], |data| &data[..]));
                }
                // Killed in the middle of an answer: it has ended all the same.
                Some(Err(error)) if error.is_incomplete_message() => return Ok(None),
                Some(Err(error)) => return Err(ServerError::Broken(error.to_string())),
                None => return Ok(None),
            }
        }
    }
}

fn parse(text: &str) -> Event {
    let mut event = Event { name: String::new(), data: String::new() };
    for line in text.lines() {
        match line.split_once(": ") {
            Some(("event", name)) => name.clone_into(&mut event.name),
            Some(("data", data)) => event.data.push_str(data),
            _ => {}
        }
    }
    event
}
