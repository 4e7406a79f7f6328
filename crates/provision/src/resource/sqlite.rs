//! SQLite: a file is all there is.

use super::{Context, Kind, Prepared, Preparing, Request, Runs, Settle, attributes, place};
use crate::Error;

pub(super) struct Sqlite;

impl Kind for Sqlite {
    fn types(&self) -> &'static [&'static str] {
        &["sqlite"]
    }

    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Preparing<'a> {
        let prepared = prepare(request, context);
        Box::pin(async { prepared })
    }
}

fn prepare(request: &Request, context: Context<'_>) -> Result<Prepared, Error> {
    let dir = place::data(&request.name, "sqlite", None, context.state)?;
    let path = dir.join(format!("{}.db", request.database)).to_string_lossy().into_owned();
    Ok(Prepared {
        name: request.name.clone(),
        kind: request.kind.clone(),
        attributes: attributes("sqlite", [("url", format!("sqlite://{path}")), ("path", path)]),
        target: None,
        runs: Runs::Nothing,
        port: None,
        settle: Settle::Nothing,
        warnings: Vec::new(),
    })
}
