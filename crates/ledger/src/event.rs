//! One line of the ledger, before and after it is written.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use seaworthy_model::Name;
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::body::Body;
use crate::chain::{Hash, Link};
use crate::key::{Key, ReleaseId};

/// The number of an event: 1, 2, 3, ... in the order of writing, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Seq(u64);

impl Seq {
    /// Before the first event.
    pub const ZERO: Self = Self(0);

    /// From a number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number that follows.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    pub(crate) const fn from_sql(number: i64) -> Self {
        Self(number.cast_unsigned())
    }

    /// SQLite's integers are signed; a number above 2^63 would be refused as negative, and is never reached.
    pub(crate) const fn sql(self) -> i64 {
        self.0.cast_signed()
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event to be written. The ledger adds number, time and hash.
#[derive(Clone, Debug)]
pub struct Draft {
    pub(crate) app: Name,
    pub(crate) environment: Option<Name>,
    pub(crate) release: Option<ReleaseId>,
    pub(crate) actor: Option<Actor>,
    pub(crate) key: Key,
    pub(crate) body: Body,
}

impl Draft {
    /// An event of an app.
    pub fn new(app: Name, key: Key, body: Body) -> Self {
        Self { app, environment: None, release: None, actor: None, key, body }
    }

    /// In this environment.
    #[must_use]
    pub fn environment(mut self, environment: Name) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Of this release.
    #[must_use]
    pub fn release(mut self, release: ReleaseId) -> Self {
        self.release = Some(release);
        self
    }

    /// By someone other than who opened the ledger.
    #[must_use]
    pub fn actor(mut self, actor: Actor) -> Self {
        self.actor = Some(actor);
        self
    }
}

/// An event as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its number.
    pub seq: Seq,
    /// When it was written, to the microsecond.
    pub time: Timestamp,
    /// The app.
    pub app: Name,
    /// The environment, when it concerns one.
    pub environment: Option<Name>,
    /// The release, when it concerns one.
    pub release: Option<ReleaseId>,
    /// Who did it.
    pub actor: Actor,
    /// What makes it the same event when it is written twice.
    pub key: String,
    /// What it says.
    pub body: Body,
    /// Its hash, which covers all of the above and the event before it.
    pub hash: Hash,
}

impl Event {
    /// Reads a stored event. `None` when a field is not what this version can have written; the hash tells whether
    /// that is damage or a newer version.
    pub(crate) fn from_link(link: Link) -> Option<Self> {
        let Link { row, hash, .. } = link;
        Some(Self {
            seq: Seq::from_sql(row.seq),
            time: Timestamp::from_microsecond(row.time).ok()?,
            app: Name::parse(&row.app).ok()?,
            environment: row.environment.map(|name| Name::parse(&name)).transpose().ok()?,
            release: row.release.map(|id| ReleaseId::parse(&id)).transpose().ok()?,
            actor: Actor::from_text(&row.actor),
            key: row.key,
            body: Body::read(&row.kind, row.version, &row.body)?,
            hash,
        })
    }

    /// The event for programs.
    pub fn view(&self) -> EventView {
        EventView {
            seq: self.seq,
            time: self.time.to_string(),
            app: self.app.to_string(),
            environment: self.environment.as_ref().map(Name::to_string),
            release: self.release.as_ref().map(ReleaseId::to_string),
            actor: self.actor.to_string(),
            key: self.key.clone(),
            kind: self.body.kind_name().to_owned(),
            version: self.body.version(),
            body: self.body.to_value(),
            hash: self.hash.to_string(),
        }
    }
}

/// An event for programs: the documented shape `sea.event/1`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct EventView {
    /// Its number: 1, 2, 3, ... in the order of writing.
    pub seq: Seq,
    /// When it was written, as RFC 3339 in UTC.
    pub time: String,
    /// The app.
    pub app: String,
    /// The environment, when it concerns one.
    pub environment: Option<String>,
    /// The release, when it concerns one.
    pub release: Option<String>,
    /// Who did it.
    pub actor: String,
    /// What makes it the same event when it is written twice.
    pub key: String,
    /// Its kind.
    pub kind: String,
    /// The version of the shape of `body`.
    pub version: u32,
    /// What it says; the shapes of each kind are in the book.
    pub body: serde_json::Value,
    /// Its hash, in hexadecimal digits.
    pub hash: String,
}
