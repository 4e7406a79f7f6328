//! The journal of a rollout: the machine's steps in the words of the ledger.

use jiff::SignedDuration;
use seaworthy_ledger::history::{Order, Query};
use seaworthy_ledger::journal::{self, Begin, Open, Progress};
use seaworthy_ledger::lock::{Claim, Holder, Lease, Liveness};
use seaworthy_ledger::{Actor, Body, Kind, Ledger, LedgerError};
use seaworthy_rollout::machine::{Plan, Record, State, Step};
use seaworthy_rollout::{Moment, ReleaseId, Weight};
use serde::{Deserialize, Serialize};

use super::place::Place;

/// How long a ship holds the lock of its environment unless it renews it.
const HELD_FOR: SignedDuration = SignedDuration::from_secs(60);

/// What the journal keeps with a step, to take the rollout up after a crash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) plan: Plan,
    pub(super) step: Step,
    pub(super) promoted_at: Option<Moment>,
    /// Who ships.
    pub(super) actor: String,
    /// Someone wanted it tried again.
    #[serde(default)]
    pub(super) retry: bool,
}

/// What a step is called in the ledger, and of which release; nothing where the ledger has no word for it: then there is
/// nothing to be done either.
pub(super) fn entry(plan: &Plan, step: &Step) -> Option<(ReleaseId, journal::State)> {
    let new = || plan.release.clone();
    Some(match step.to {
        State::Built => (new(), journal::State::Built),
        State::Migrated => (new(), journal::State::Migrated),
        State::Booting => (new(), journal::State::Booting),
        State::Ready => (new(), journal::State::Ready),
        State::Smoked => (new(), journal::State::Smoked),
        State::Canary(weight) => (new(), journal::State::Canary(share(weight)?)),
        State::Promoted => (new(), journal::State::Promoted),
        // In the ledger these are states of the two releases; without a release before there is nothing to tell.
        State::Draining => (new(), journal::State::Draining(id(plan.stable.as_ref()?)?)),
        State::Retained => (plan.stable.clone()?, journal::State::Retained),
        State::Aborted => (new(), journal::State::Aborted),
        State::Frozen => (new(), journal::State::Frozen),
        State::Retired => return None,
    })
}

fn share(weight: Weight) -> Option<journal::Weight> {
    journal::Weight::basis_points(weight.as_basis_points())
}

/// A release id in the ledger's type. Ids are checked when a release arrives.
pub(super) fn id(release: &ReleaseId) -> Option<seaworthy_ledger::ReleaseId> {
    seaworthy_ledger::ReleaseId::parse(release.as_str()).ok()
}

/// The journal of one environment while a rollout holds its lock.
pub(super) struct Journal {
    lease: Lease,
}

impl Journal {
    /// Takes the lock of the environment. Only one control process serves a state folder, so a lock that is held is that of
    /// one that was killed.
    pub(super) fn open(place: &Place, actor: &Actor) -> Result<Self, LedgerError> {
        let ledger = &place.host.ledger;
        let holder = Holder {
            owner: actor.clone(),
            host: place.host.hostname.clone(),
            pid: std::process::id(),
            started: 0,
        };
        loop {
            let ticket = ledger.ask(&place.app, &place.name, actor)?;
            let is_gone = |held: &Holder| {
                if held.pid == holder.pid { Liveness::Alive } else { Liveness::Gone }
            };
            match ledger.claim(&ticket, &holder, HELD_FOR, &is_gone)? {
                Claim::Acquired(lease) => return Ok(Self { lease }),
                // This process held it and did not give it back: the rollout that it was for is over.
                Claim::Held { .. } => {
                    let stale = Holder { pid: 0, ..holder.clone() };
                    if let Claim::Acquired(lease) =
                        ledger.claim(&ticket, &stale, HELD_FOR, &|_| Liveness::Gone)?
                    {
                        return Ok(Self { lease });
                    }
                }
                Claim::Superseded { .. } => {}
            }
        }
    }

    /// Goes on holding the lock.
    pub(super) fn renew(&self, ledger: &Ledger) -> Result<(), LedgerError> {
        ledger.renew(&self.lease, HELD_FOR)
    }

    /// Gives the lock back.
    pub(super) fn close(&self, ledger: &Ledger) -> Result<(), LedgerError> {
        ledger.release(&self.lease)
    }

    /// Writes a step down before its first effect. `None`: the ledger has no word for it.
    pub(super) fn begin(&self, ledger: &Ledger, kept: &Kept) -> Result<Option<Open>, LedgerError> {
        let Some((release, to)) = entry(&kept.plan, &kept.step) else { return Ok(None) };
        let Some(release) = id(&release) else { return Ok(None) };
        let standing = ledger.standing(self.lease.app(), self.lease.environment(), &release)?;
        let state = standing.and_then(|standing| standing.state);
        // A release that served before goes through the same gates again, and was built long ago.
        if matches!(to, journal::State::Built | journal::State::Migrated)
            && state == Some(journal::State::Retained)
        {
            return Ok(None);
        }
        let at = kept.step.at;
        let (app, environment) = (self.lease.app(), self.lease.environment());
        let text = format!("{app}/{environment}/{}/{to}/{}", kept.step.key, at.0);
        let Ok(key) = seaworthy_ledger::Key::parse(&text) else { return Ok(None) };
        let reason = kept.step.cause.as_ref().map(super::words::cause);
        let record = serde_json::to_value(kept).ok();
        let begin = Begin { release, to, key, retry: kept.retry, reason, record };
        match ledger.begin(&self.lease, &begin)? {
            Progress::Open(open) => Ok(Some(open)),
            Progress::Confirmed(_) => Ok(None),
        }
    }

    /// Writes down that all effects of a step are there.
    pub(super) fn confirm(&self, ledger: &Ledger, open: &Open) -> Result<(), LedgerError> {
        ledger.confirm(&self.lease, open).map(drop)
    }
}

/// The last step of an environment's last rollout, and whether it is confirmed.
pub(super) fn last(place: &Place) -> Result<Option<(Kept, Record)>, LedgerError> {
    let ledger = &place.host.ledger;
    let mut query = Query {
        app: Some(place.app.clone()),
        environment: Some(place.name.clone()),
        kinds: vec![Kind::Transition],
        order: Order::NewestFirst,
        ..Query::default()
    };
    loop {
        let page = ledger.page(&query, 50)?;
        for event in page.events {
            let Body::Transition(transition) = &event.body else { continue };
            let Some(record) = transition.record.clone() else { continue };
            let Ok(kept) = serde_json::from_value::<Kept>(record) else { continue };
            let release = entry(&kept.plan, &kept.step).and_then(|(release, _)| id(&release));
            let standing = match release {
                Some(release) => ledger.standing(&place.app, &place.name, &release)?,
                None => None,
            };
            let is_open = standing.and_then(|standing| standing.open).is_some();
            let record =
                Record { step: kept.step.clone(), confirmed: !is_open, promoted_at: kept.promoted_at };
            return Ok(Some((kept, record)));
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(None),
        }
    }
}

/// The release that serves: the last one that was promoted and neither taken back nor followed by another.
pub(super) fn serving(place: &Place) -> Result<Option<ReleaseId>, LedgerError> {
    let standings = place.host.ledger.standings(&place.app, &place.name)?;
    let is_serving = |state: &Option<journal::State>| state.as_ref().is_some_and(journal::State::is_serving);
    let last =
        standings.iter().filter(|standing| is_serving(&standing.state)).max_by_key(|standing| standing.since);
    Ok(last.map(|standing| ReleaseId::new(standing.release.as_str())))
}

/// The name of an app or environment as the ledger's events have it.
pub(super) fn actor(text: &str, fallback: &str) -> Actor {
    if text.is_empty() { Actor::Automatic { host: fallback.to_owned() } } else { Actor::from_text(text) }
}

/// Writes down that a release is gone.
pub(super) fn retire(place: &Place, release: &ReleaseId) -> Result<(), LedgerError> {
    let ledger = &place.host.ledger;
    let journal = Journal::open(place, &super::environment::automatic(place))?;
    let Some(release) = id(release) else { return Ok(()) };
    let text = format!("{}/{}/{release}/retired/{}", place.app, place.name, place.host.clock.now().0);
    let Ok(key) = seaworthy_ledger::Key::parse(&text) else { return Ok(()) };
    let to = journal::State::Retired;
    let begin = Begin { release, to, key, retry: false, reason: None, record: None };
    if let Progress::Open(open) = ledger.begin(&journal.lease, &begin)? {
        journal.confirm(ledger, &open)?;
    }
    journal.close(ledger)
}

/// It was aborted or rolled back, which ends a release unless someone wants it tried again.
pub(super) fn was_taken_back(place: &Place, release: &ReleaseId) -> Result<bool, LedgerError> {
    let Some(release) = id(release) else { return Ok(false) };
    let standing = place.host.ledger.standing(&place.app, &place.name, &release)?;
    Ok(standing.and_then(|standing| standing.state) == Some(journal::State::Aborted))
}

/// Releases that are kept for a rollback, the one that stopped serving last first.
pub(super) fn retained(place: &Place) -> Result<Vec<(ReleaseId, u64)>, LedgerError> {
    let standings = place.host.ledger.standings(&place.app, &place.name)?;
    Ok(standings
        .into_iter()
        .filter(|standing| standing.state == Some(journal::State::Retained))
        .map(|standing| (ReleaseId::new(standing.release.as_str()), standing.since.get()))
        .collect())
}
