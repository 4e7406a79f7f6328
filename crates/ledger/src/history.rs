//! Reading events back.

use jiff::Timestamp;
use rusqlite::types::Value;
use schemars::JsonSchema;
use seaworthy_model::Name;
use serde::Serialize;

use crate::body::{Body, Kind};
use crate::error::LedgerError;
use crate::event::{Event, EventView, Seq};
use crate::key::ReleaseId;
use crate::store::{Ledger, row};

/// Which end a page begins at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The newest event first.
    #[default]
    NewestFirst,
    /// The oldest event first.
    OldestFirst,
}

/// Which events. Every filter that is set must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Of this app.
    pub app: Option<Name>,
    /// Of this environment.
    pub environment: Option<Name>,
    /// Of one of these kinds; of any when empty.
    pub kinds: Vec<Kind>,
    /// Of none of these kinds.
    pub without: Vec<Kind>,
    /// Of this release.
    pub release: Option<ReleaseId>,
    /// At this time or later.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// Which end the page begins at.
    pub order: Order,
    /// Beyond this event, in the order asked for: [`Page::next`] of the page before.
    pub after: Option<Seq>,
}

/// Some events, and where the next page begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The events.
    pub events: Vec<Event>,
    /// The `after` of the next page; none when this is the last one.
    pub next: Option<Seq>,
}

/// Events of a query. Its JSON is the documented shape `sea.history/1`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct History {
    schema: &'static str,
    /// The events, in the order asked for.
    pub events: Vec<EventView>,
    /// When there are more: the `seq` beyond which they go on.
    pub next: Option<Seq>,
}

impl From<Page> for History {
    fn from(page: Page) -> Self {
        let events = page.events.iter().map(Event::view).collect();
        Self { schema: "sea.history/1", events, next: page.next }
    }
}

impl History {
    /// Of no ledger.
    pub fn empty() -> Self {
        Page { events: Vec::new(), next: None }.into()
    }

    /// The JSON Schema of `sea.history/1`.
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }
}

/// A release: what it is, and all that befell it.
#[derive(Clone, Debug, PartialEq)]
pub struct Dossier {
    /// The event that says what it is; none when it was imported or is damaged.
    pub made: Option<Event>,
    /// All of its events, oldest first.
    pub events: Vec<Event>,
}

/// A page has as many events at most, whatever is asked for.
pub const LARGEST_PAGE: usize = 1000;

impl Ledger {
    /// All events of a query; for a ledger of any size ask for [pages](Ledger::page).
    pub fn history(&self, query: &Query) -> Result<Page, LedgerError> {
        self.fetch(query, None)
    }

    /// At most `limit` events of a query. Pages are by number, so events that come meanwhile shift nothing.
    pub fn page(&self, query: &Query, limit: usize) -> Result<Page, LedgerError> {
        self.fetch(query, Some(limit.clamp(1, LARGEST_PAGE)))
    }

    /// All about one release.
    pub fn dossier(&self, app: &Name, release: &ReleaseId) -> Result<Option<Dossier>, LedgerError> {
        let query = Query {
            app: Some(app.clone()),
            release: Some(release.clone()),
            order: Order::OldestFirst,
            ..Query::default()
        };
        let events = self.history(&query)?.events;
        let made = events.iter().rfind(|event| matches!(event.body, Body::Release(_))).cloned();
        Ok((!events.is_empty()).then_some(Dossier { made, events }))
    }

    fn fetch(&self, query: &Query, limit: Option<usize>) -> Result<Page, LedgerError> {
        self.read(|sql| {
            // One more than asked for tells whether there is a next page.
            let (text, values) = query.sql(limit.map(|limit| limit + 1));
            let mut statement = sql.prepare_cached(&text)?;
            let mut events = statement
                .query_map(rusqlite::params_from_iter(values), row::link)?
                .map(|link| crate::store::readable(self.path(), link?))
                .collect::<Result<Vec<_>, _>>()?;
            let more = limit.is_some_and(|limit| events.len() > limit);
            if let Some(limit) = limit {
                events.truncate(limit);
            }
            let next = if more { events.last().map(|event| event.seq) } else { None };
            Ok(Page { events, next })
        })
    }
}

impl Query {
    /// The statement and its values.
    pub(crate) fn sql(&self, limit: Option<usize>) -> (String, Vec<Value>) {
        let mut filters = Vec::new();
        let mut values: Vec<Value> = Vec::new();
        let mut filter = |text: &str, value: Value| {
            values.push(value);
            filters.push(format!("{text} ?{}", values.len()));
        };
        if let Some(app) = &self.app {
            filter("app =", app.as_str().to_owned().into());
        }
        if let Some(environment) = &self.environment {
            filter("environment =", environment.as_str().to_owned().into());
        }
        if let Some(release) = &self.release {
            filter("release =", release.as_str().to_owned().into());
        }
        if let Some(since) = self.since {
            filter("time >=", since.as_microsecond().into());
        }
        if let Some(until) = self.until {
            filter("time <", until.as_microsecond().into());
        }
        let (beyond, direction) = match self.order {
            Order::NewestFirst => ("seq <", "DESC"),
            Order::OldestFirst => ("seq >", "ASC"),
        };
        if let Some(after) = self.after {
            filter(beyond, after.sql().into());
        }
        for (word, kinds) in [("IN", &self.kinds), ("NOT IN", &self.without)] {
            if !kinds.is_empty() {
                let kinds: Vec<_> = kinds.iter().map(|kind| format!("'{}'", kind.as_str())).collect();
                filters.push(format!("kind {word} ({})", kinds.join(", ")));
            }
        }
        let filters =
            if filters.is_empty() { String::new() } else { format!("WHERE {}", filters.join(" AND ")) };
        let limit = limit.map_or_else(String::new, |limit| format!("LIMIT {limit}"));
        let text = format!("SELECT {} FROM event {filters} ORDER BY seq {direction} {limit}", row::COLUMNS);
        (text, values)
    }
}
