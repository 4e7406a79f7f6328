//! What was released in an environment and what became of it, newest first, for people and programs.

use jiff::Timestamp;
use schemars::JsonSchema;
use seaworthy_model::Name;
use serde::Serialize;

use crate::body::{Body, Gate, Judgement, Kind, Phase, Transition, Trigger};
use crate::error::LedgerError;
use crate::event::{Event, Seq};
use crate::history::{Order, Query};
use crate::journal::State;
use crate::key::ReleaseId;
use crate::store::Ledger;

/// Releases of an app in an environment. Its JSON is the documented shape `sea.releases/1`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ReleaseTimeline {
    schema: &'static str,
    /// What happened, newest first.
    pub entries: Vec<Entry>,
    /// When there are more: the `seq` before which they go on.
    pub next: Option<Seq>,
}

/// How a release ended its way to the users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// It got all traffic.
    Promoted,
    /// It had all traffic, and the release before has it again.
    RolledBack,
    /// It was given up before it had all traffic.
    Aborted,
    /// It was deployed before the ledger began, as a tag tells.
    Imported,
}

/// A release and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Entry {
    /// The number of the event that says so.
    pub seq: Seq,
    /// When, as RFC 3339 in UTC.
    pub time: String,
    /// What became of it.
    pub ending: Ending,
    /// The release that this became of.
    pub release: String,
    /// The release that served before it, or serves again after a rollback.
    pub other: Option<String>,
    /// The commit it was built from.
    pub commit: Option<String>,
    /// The first line of the commit's message.
    pub subject: Option<String>,
    /// Who wrote the commit.
    pub author: Option<String>,
    /// The tree had changes that are in no commit.
    pub dirty: bool,
    /// Who shipped it.
    pub actor: String,
    /// Whether nobody ordered a rollback; null of all else.
    pub automatic: Option<bool>,
    /// `rolling`, `blue-green`, `canary`; of a promotion.
    pub strategy: Option<String>,
    /// Why it was taken back.
    pub reason: Option<String>,
    /// How long it took to get there, in milliseconds; null when the beginning is not known.
    pub duration_ms: Option<u64>,
    /// Its gates, in their order.
    pub gates: Vec<Gate>,
    /// The two rates that the judge compared, where it took the release back.
    pub judgement: Option<Judgement>,
}

/// What an event says of a release.
struct Said {
    ending: Ending,
    release: Option<ReleaseId>,
    other: Option<ReleaseId>,
    commit: Option<String>,
    automatic: Option<bool>,
    strategy: Option<String>,
    reason: Option<String>,
    gates: Vec<Gate>,
    judgement: Option<Judgement>,
}

impl Ledger {
    /// What became of at most `limit` releases of an app in an environment, the newest first; before an event, where one is named.
    pub fn release_timeline(
        &self,
        app: &Name,
        environment: &Name,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<ReleaseTimeline, LedgerError> {
        let query = Query {
            app: Some(app.clone()),
            environment: Some(environment.clone()),
            kinds: vec![Kind::Promotion, Kind::Rollback, Kind::Abort, Kind::Deployment],
            after: before,
            ..Query::default()
        };
        let page = self.page(&query, limit)?;
        let entries = page
            .events
            .iter()
            .filter_map(|event| self.entry(event, environment).transpose())
            .collect::<Result<_, _>>()?;
        Ok(ReleaseTimeline { schema: "sea.releases/1", entries, next: page.next })
    }

    fn entry(&self, event: &Event, environment: &Name) -> Result<Option<Entry>, LedgerError> {
        let Some(said) = said(event) else { return Ok(None) };
        let Some(release) = said.release else { return Ok(None) };
        let of_release = |kind| Query {
            app: Some(event.app.clone()),
            release: Some(release.clone()),
            kinds: vec![kind],
            ..Query::default()
        };
        let made = self.page(&of_release(Kind::Release), 1)?.events.pop();
        let made = made.and_then(|event| match event.body {
            Body::Release(release) => Some(release),
            _ => None,
        });
        let moves = Query {
            environment: Some(environment.clone()),
            order: Order::OldestFirst,
            ..of_release(Kind::Transition)
        };
        let began = began(&self.history(&moves)?.events, event.seq);
        let commit = said.commit.or_else(|| made.as_ref().map(|made| made.commit.clone()));
        let line = made
            .as_ref()
            .and_then(|made| made.changes.commits.iter().find(|line| Some(&line.id) == commit.as_ref()));
        Ok(Some(Entry {
            seq: event.seq,
            time: event.time.to_string(),
            ending: said.ending,
            release: release.to_string(),
            other: said.other.map(|other| other.to_string()),
            subject: line.map(|line| line.subject.clone()),
            author: made.as_ref().map(|made| made.author.clone()),
            dirty: made.as_ref().is_some_and(|made| made.dirty),
            commit,
            actor: event.actor.to_string(),
            automatic: said.automatic,
            strategy: said.strategy,
            reason: said.reason,
            duration_ms: began.map(|began| between(began, event.time)),
            gates: said.gates,
            judgement: said.judgement,
        }))
    }
}

fn said(event: &Event) -> Option<Said> {
    let nothing = Said {
        ending: Ending::Imported,
        release: event.release.clone(),
        other: None,
        commit: None,
        automatic: None,
        strategy: None,
        reason: None,
        gates: Vec::new(),
        judgement: None,
    };
    Some(match &event.body {
        Body::Promotion(promotion) => Said {
            ending: Ending::Promoted,
            other: promotion.previous.clone(),
            commit: Some(promotion.commit.clone()),
            strategy: Some(promotion.strategy.clone()),
            gates: promotion.gates.clone(),
            ..nothing
        },
        Body::Rollback(rollback) => Said {
            ending: Ending::RolledBack,
            release: Some(rollback.from.clone()),
            other: Some(rollback.to.clone()),
            automatic: Some(rollback.trigger == Trigger::Automatic),
            reason: Some(rollback.reason.clone()),
            ..nothing
        },
        Body::Abort(abort) => Said {
            ending: Ending::Aborted,
            commit: Some(abort.commit.clone()),
            reason: Some(abort.reason.clone()),
            gates: abort.gates.clone(),
            judgement: abort.judgement.clone(),
            ..nothing
        },
        Body::Deployment(import) => Said { commit: Some(import.commit.clone()), ..nothing },
        _ => return None,
    })
}

/// When the way began that an event ended: with the first transition after the release last rested.
fn began(moves: &[Event], ended: Seq) -> Option<Timestamp> {
    let mut began = None;
    for event in moves.iter().filter(|event| event.seq < ended) {
        let Body::Transition(Transition { phase: Phase::Begun, from, .. }) = &event.body else { continue };
        let rested = from.as_ref().is_none_or(|from| {
            matches!(
                from,
                State::Promoted | State::Draining(_) | State::Retained | State::Aborted | State::Frozen
            )
        });
        if rested || began.is_none() {
            began = Some(event.time);
        }
    }
    began
}

/// Milliseconds; a clock that stepped back took no time.
fn between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_millis()).unwrap_or(0)
}
