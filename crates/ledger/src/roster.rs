//! Which apps, environments and releases the ledger knows.

use seaworthy_model::Name;

use crate::body::{Body, Kind, Promotion, Rollback};
use crate::error::LedgerError;
use crate::event::Event;
use crate::history::Query;
use crate::journal::State;
use crate::key::ReleaseId;
use crate::store::Ledger;

impl Ledger {
    /// Every app with its environments, sorted.
    pub fn places(&self) -> Result<Vec<(Name, Name)>, LedgerError> {
        let pairs = self.pairs(
            "SELECT DISTINCT app, environment FROM event WHERE environment IS NOT NULL ORDER BY app, environment",
            [],
        )?;
        // A name that is none any more is in no place that could be asked for.
        let name = |text: &str| Name::parse(text).ok();
        Ok(pairs.iter().filter_map(|(app, place)| Some((name(app)?, name(place)?))).collect())
    }

    /// Every app and release whose id begins with a text, sorted by release.
    pub fn releases(&self, prefix: &str) -> Result<Vec<(Name, ReleaseId)>, LedgerError> {
        // Ids are visible ASCII, which DEL is beyond.
        let pairs = self.pairs(
            "SELECT DISTINCT app, release FROM event WHERE release >= ?1 AND release < ?1 || char(127)
             ORDER BY release, app",
            [prefix],
        )?;
        let read = |(app, id): (String, String)| Some((Name::parse(&app).ok()?, ReleaseId::parse(&id).ok()?));
        Ok(pairs.into_iter().filter_map(read).collect())
    }

    fn pairs(
        &self,
        statement: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<(String, String)>, LedgerError> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(statement)?;
            let rows = statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The release that has all traffic of an environment: by the journal, else (a ledger that was imported or lost
    /// events) by the last promotion or rollback.
    pub fn serving(&self, app: &Name, environment: &Name) -> Result<Option<ReleaseId>, LedgerError> {
        let standings = self.standings(app, environment)?;
        let serving = |state: &Option<State>| state.as_ref().is_some_and(State::is_serving);
        if let Some(standing) = standings.into_iter().find(|standing| serving(&standing.state)) {
            return Ok(Some(standing.release));
        }
        let query = Query {
            app: Some(app.clone()),
            environment: Some(environment.clone()),
            kinds: vec![Kind::Promotion, Kind::Rollback],
            ..Query::default()
        };
        let newest = self.page(&query, 1)?.events.pop();
        Ok(newest.and_then(|Event { release, body, .. }| match body {
            Body::Promotion(Promotion { .. }) => release,
            Body::Rollback(Rollback { to, .. }) => Some(to),
            _ => None,
        }))
    }
}
