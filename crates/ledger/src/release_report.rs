//! All about one release, for people and programs.

use jiff::Timestamp;
use schemars::JsonSchema;
use seaworthy_model::Name;
use serde::Serialize;

use crate::body::{Abort, Body, Changes, Gate, Phase, Promotion, Release, SchemaRange, Transition};
use crate::error::LedgerError;
use crate::event::{Event, Seq};
use crate::history::{Dossier, Order, Query};
use crate::journal::{Open, Standing, State};
use crate::key::ReleaseId;
use crate::store::Ledger;

/// A release: what it is, what it changes, what befell it. Its JSON is the documented shape `sea.show/1`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ReleaseReport {
    schema: &'static str,
    /// Its app.
    pub app: String,
    /// Its id.
    pub release: String,
    /// What it is; null when that is not known: it was imported, or the event was lost.
    pub made: Option<Made>,
    /// What it changes; null when that is not known.
    pub changes: Option<Changes>,
    /// Where it was, in the order in which it came there.
    pub environments: Vec<Stay>,
    /// What else befell it, oldest first: promotions, rollbacks, aborts, incidents, ...
    pub events: Vec<crate::event::EventView>,
}

/// What a release is.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Made {
    /// When, as RFC 3339 in UTC.
    pub time: String,
    /// By whom.
    pub actor: String,
    /// The commit it was built from.
    pub commit: String,
    /// Whether the tree had changes that are in no commit.
    pub dirty: bool,
    /// Who wrote the commit.
    pub author: String,
    /// The digest of its artifact.
    pub artifact: String,
    /// The digest of its configuration.
    pub configuration: String,
    /// The database schemas it works with.
    pub schema_range: Option<SchemaRange>,
}

/// A release in one environment.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Stay {
    /// The environment.
    pub environment: String,
    /// Where it stands there, such as `canary:10`; null before it is even built, or when it was never in the journal.
    pub state: Option<String>,
    /// Since when, as RFC 3339 in UTC; null where retention removed that event.
    pub since: Option<String>,
    /// Whether all traffic goes to it.
    pub serves: bool,
    /// The release that serves there.
    pub serving: Option<String>,
    /// Its gates there, in their order.
    pub gates: Vec<Gate>,
    /// Its transitions, oldest first.
    pub transitions: Vec<Move>,
}

/// A transition from its beginning to its end.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Move {
    /// The state before; null for a release that was new there.
    pub from: Option<String>,
    /// The state after.
    pub to: String,
    /// `begun` while it is under way, `confirmed` or `abandoned`.
    pub phase: Phase,
    /// When it began, as RFC 3339 in UTC.
    pub began: String,
    /// How long it took, in milliseconds; null while it is under way.
    pub duration_ms: Option<u64>,
    /// How long it then stayed in that state, until the next transition began, in milliseconds; null for the last one.
    pub stayed_ms: Option<u64>,
    /// Why it was begun or given up.
    pub reason: Option<String>,
    /// Who began it.
    pub actor: String,
}

impl ReleaseReport {
    /// The JSON Schema of `sea.show/1`.
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }
}

impl Ledger {
    /// All about a release; none when the app never had it.
    pub fn release_report(
        &self,
        app: &Name,
        release: &ReleaseId,
    ) -> Result<Option<ReleaseReport>, LedgerError> {
        let Some(Dossier { made, events }) = self.dossier(app, release)? else { return Ok(None) };
        let mut environments: Vec<Stay> = Vec::new();
        for environment in events.iter().filter_map(|event| event.environment.as_ref()) {
            if environments.iter().any(|stay| stay.environment == environment.as_str()) {
                continue;
            }
            let there: Vec<&Event> =
                events.iter().filter(|event| event.environment.as_ref() == Some(environment)).collect();
            let standing = self.standing(app, environment, release)?;
            let since = match &standing {
                Some(standing) => self.event(standing.since)?.map(|event| event.time),
                None => None,
            };
            let serving = self.serving(app, environment)?;
            environments.push(stay(environment, release, &there, standing, since, serving));
        }
        // A rollback is written about the release that serves again; the one that was taken back shall know of it.
        let mut told = self.taken_back(app, release)?;
        told.extend(events.iter().filter(|event| !is_told(&event.body)).cloned());
        told.sort_by_key(|event| event.seq);
        told.dedup_by_key(|event| event.seq);
        let (made, changes) = made.as_ref().and_then(what).unzip();
        Ok(Some(ReleaseReport {
            schema: "sea.show/1",
            app: app.to_string(),
            release: release.to_string(),
            made,
            changes,
            environments,
            events: told.iter().map(Event::view).collect(),
        }))
    }

    fn taken_back(&self, app: &Name, release: &ReleaseId) -> Result<Vec<Event>, LedgerError> {
        let query = Query {
            app: Some(app.clone()),
            kinds: vec![crate::body::Kind::Rollback],
            order: Order::OldestFirst,
            ..Query::default()
        };
        let mut events = self.history(&query)?.events;
        events.retain(|event| matches!(&event.body, Body::Rollback(rollback) if rollback.from == *release));
        Ok(events)
    }
}

/// Told elsewhere in the report.
fn is_told(body: &Body) -> bool {
    matches!(body, Body::Transition(_) | Body::Release(_))
}

fn what(event: &Event) -> Option<(Made, Changes)> {
    let Body::Release(Release { commit, dirty, artifact, configuration, schema, author, changes }) =
        &event.body
    else {
        return None;
    };
    let made = Made {
        time: event.time.to_string(),
        actor: event.actor.to_string(),
        commit: commit.clone(),
        dirty: *dirty,
        author: author.clone(),
        artifact: artifact.clone(),
        configuration: configuration.clone(),
        schema_range: schema.clone(),
    };
    Some((made, changes.clone()))
}

fn stay(
    environment: &Name,
    release: &ReleaseId,
    events: &[&Event],
    standing: Option<Standing>,
    since: Option<Timestamp>,
    serving: Option<ReleaseId>,
) -> Stay {
    let open = standing.as_ref().and_then(|standing| standing.open.as_ref()).map(|Open { seq, .. }| *seq);
    Stay {
        environment: environment.to_string(),
        state: standing.and_then(|standing| standing.state).map(|state| state.to_string()),
        since: since.map(|since| since.to_string()),
        serves: serving.as_ref() == Some(release),
        serving: serving.map(|serving| serving.to_string()),
        // The last time that it came through its gates or did not.
        gates: events.iter().rev().find_map(|event| gates(&event.body)).unwrap_or_default(),
        transitions: moves(events, open),
    }
}

fn gates(body: &Body) -> Option<Vec<Gate>> {
    match body {
        Body::Promotion(Promotion { gates, .. }) | Body::Abort(Abort { gates, .. }) => Some(gates.clone()),
        _ => None,
    }
}

/// Milliseconds; a clock that stepped back took no time.
fn between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_millis()).unwrap_or(0)
}

/// Beginnings joined with their ends. A beginning without one is under way only if the journal says so: else its end was
/// lost.
fn moves(events: &[&Event], open: Option<Seq>) -> Vec<Move> {
    let mut moves: Vec<(Seq, Timestamp, Move)> = Vec::new();
    // Where the release was last confirmed to be, and since when.
    let mut rests: Option<(Seq, Timestamp)> = None;
    for event in events {
        let Body::Transition(Transition { phase, from, to, begun, reason, .. }) = &event.body else {
            continue;
        };
        let known = moves.iter_mut().rfind(|(seq, ..)| Some(*seq) == *begun);
        if let Some((_, began, known)) = known {
            known.phase = *phase;
            known.duration_ms = Some(between(*began, event.time));
            known.reason = reason.clone().or(known.reason.take());
            if let (Phase::Confirmed, Some(begun)) = (phase, begun) {
                rests = Some((*begun, event.time));
            }
            continue;
        }
        if let Some((seq, since)) = rests.take()
            && let Some((.., rested)) = moves.iter_mut().rfind(|(known, ..)| *known == seq)
        {
            rested.stayed_ms = Some(between(since, event.time));
        }
        let told = Move {
            from: from.as_ref().map(State::to_string),
            to: to.to_string(),
            phase: *phase,
            began: event.time.to_string(),
            duration_ms: None,
            stayed_ms: None,
            reason: reason.clone(),
            actor: event.actor.to_string(),
        };
        moves.push((event.seq, event.time, told));
    }
    moves.retain(|(seq, _, told)| told.phase != Phase::Begun || open == Some(*seq));
    moves.into_iter().map(|(.., told)| told).collect()
}
