//! Where releases stand: a table that follows from the transition events, kept in the same transactions.

use std::str::FromStr as _;

use rusqlite::{Connection, OptionalExtension as _, params};
use seaworthy_model::Name;

use super::state::State;
use crate::body::{Body, Phase, Transition};
use crate::error::{Damage, LedgerError};
use crate::event::{Event, Seq};
use crate::key::{Key, ReleaseId};
use crate::store::{Failure, Ledger};

/// A transition that was begun, and neither confirmed nor abandoned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The app.
    pub app: Name,
    /// The environment.
    pub environment: Name,
    /// The release.
    pub release: ReleaseId,
    /// Its state, which holds until the transition is confirmed.
    pub from: Option<State>,
    /// Where it goes.
    pub to: State,
    /// The idempotency key of the transition: give it to the effect.
    pub key: Key,
    /// The event that began it.
    pub seq: Seq,
}

/// Where a release stands in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The release.
    pub release: ReleaseId,
    /// Its last confirmed state; none when not even the first was.
    pub state: Option<State>,
    /// The event that confirmed it, or began it all.
    pub since: Seq,
    /// The transition it is in.
    pub open: Option<Open>,
}

impl Ledger {
    /// All transitions that were begun and neither confirmed nor abandoned, oldest first.
    pub fn pending(&self) -> Result<Vec<Open>, LedgerError> {
        self.read(|sql| {
            let mut statement =
                sql.prepare_cached(&select("pending_seq IS NOT NULL ORDER BY pending_seq"))?;
            let rows = statement.query_map([], Columns::read)?.collect::<Result<Vec<_>, _>>()?;
            let standings = rows.into_iter().map(|row| self.standing_from(row));
            standings.filter_map(|s| s.map(|s| s.open).transpose()).collect()
        })
    }

    /// All releases that were ever in an environment, the one that changed last first.
    pub fn standings(&self, app: &Name, environment: &Name) -> Result<Vec<Standing>, LedgerError> {
        self.read(|sql| {
            let mut statement =
                sql.prepare_cached(&select("app = ?1 AND environment = ?2 ORDER BY since DESC"))?;
            let rows = statement
                .query_map([app.as_str(), environment.as_str()], Columns::read)?
                .collect::<Result<Vec<_>, _>>()?;
            rows.into_iter().map(|row| self.standing_from(row)).collect()
        })
    }

    /// Where one release stands; none when it was never in this environment.
    pub fn standing(
        &self,
        app: &Name,
        environment: &Name,
        release: &ReleaseId,
    ) -> Result<Option<Standing>, LedgerError> {
        self.read(|sql| self.standing_in(sql, app, environment, release))
    }

    pub(super) fn standing_in(
        &self,
        sql: &Connection,
        app: &Name,
        environment: &Name,
        release: &ReleaseId,
    ) -> Result<Option<Standing>, Failure> {
        let row = sql
            .prepare_cached(&select("app = ?1 AND environment = ?2 AND release = ?3"))?
            .query_row([app.as_str(), environment.as_str(), release.as_str()], Columns::read)
            .optional()?;
        row.map(|row| self.standing_from(row)).transpose()
    }

    fn standing_from(&self, row: Columns) -> Result<Standing, Failure> {
        row.standing().ok_or_else(|| {
            let damage = Damage::Unreadable("the table of standings".to_owned());
            LedgerError::damaged(self.path(), damage).into()
        })
    }
}

fn select(filter: &str) -> String {
    format!(
        "SELECT app, environment, release, state, since, pending, pending_key, pending_seq FROM standing WHERE {filter}"
    )
}

struct Columns {
    app: String,
    environment: String,
    release: String,
    state: Option<String>,
    since: i64,
    pending: Option<(String, String, i64)>,
}

impl Columns {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            app: row.get(0)?,
            environment: row.get(1)?,
            release: row.get(2)?,
            state: row.get(3)?,
            since: row.get(4)?,
            pending: match row.get::<_, Option<String>>(5)? {
                Some(to) => Some((to, row.get(6)?, row.get(7)?)),
                None => None,
            },
        })
    }

    fn standing(self) -> Option<Standing> {
        let release = ReleaseId::parse(&self.release).ok()?;
        let state = self.state.map(|text| State::from_str(&text)).transpose().ok()?;
        let open = match self.pending {
            None => None,
            Some((to, key, seq)) => Some(Open {
                app: Name::parse(&self.app).ok()?,
                environment: Name::parse(&self.environment).ok()?,
                release: release.clone(),
                from: state.clone(),
                to: to.parse().ok()?,
                key: Key::parse(&key).ok()?,
                seq: Seq::from_sql(seq),
            }),
        };
        Some(Standing { release, state, since: Seq::from_sql(self.since), open })
    }
}

/// Brings the table up to a transition event.
pub(crate) fn apply(sql: &Connection, event: &Event, key: &str) -> rusqlite::Result<()> {
    let Event { body: Body::Transition(Transition { phase, to, .. }), environment, release, .. } = event
    else {
        return Ok(());
    };
    let (Some(environment), Some(release)) = (environment, release) else { return Ok(()) };
    let place = (event.app.as_str(), environment.as_str(), release.as_str());
    let (seq, to) = (event.seq.sql(), to.to_string());
    match phase {
        Phase::Begun => sql
            .prepare_cached(
                "INSERT INTO standing VALUES (?1, ?2, ?3, NULL, ?4, ?5, ?6, ?4) ON CONFLICT DO UPDATE
                 SET pending = ?5, pending_key = ?6, pending_seq = ?4",
            )?
            .execute(params![place.0, place.1, place.2, seq, to, key])?,
        // The upsert makes a table that is rebuilt right even where the beginning was damaged.
        Phase::Confirmed => sql
            .prepare_cached(
                "INSERT INTO standing VALUES (?1, ?2, ?3, ?5, ?4, NULL, NULL, NULL) ON CONFLICT DO UPDATE
                 SET state = ?5, since = ?4, pending = NULL, pending_key = NULL, pending_seq = NULL",
            )?
            .execute(params![place.0, place.1, place.2, seq, to])?,
        Phase::Abandoned => sql
            .prepare_cached(
                "UPDATE standing SET pending = NULL, pending_key = NULL, pending_seq = NULL
                 WHERE app = ?1 AND environment = ?2 AND release = ?3",
            )?
            .execute(params![place.0, place.1, place.2])?,
    };
    Ok(())
}
