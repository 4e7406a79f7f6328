//! Connections that read. A reader takes one that is idle or opens another, so that no reader waits for the next.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use crate::error::LedgerError;

/// As many idle connections are kept.
const IDLE: usize = 4;

pub(crate) struct Pool {
    store: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

/// A connection on loan.
pub(crate) struct Reader<'a> {
    pool: &'a Pool,
    connection: Option<Connection>,
}

impl Pool {
    pub(crate) fn new(store: PathBuf) -> Self {
        Self { store, idle: Mutex::default() }
    }

    pub(crate) fn take(&self) -> Result<Reader<'_>, LedgerError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => super::connect(&self.store)
                .and_then(|connection| {
                    connection.pragma_update(None, "query_only", true)?;
                    Ok(connection)
                })
                .map_err(|error| LedgerError::store(&self.store, error))?,
        };
        Ok(Reader { pool: self, connection: Some(connection) })
    }
}

impl Deref for Reader<'_> {
    type Target = Connection;

    #[expect(clippy::expect_used, reason = "only drop takes the connection")]
    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("a reader has its connection until it is dropped")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = self.connection.take()
            && idle.len() < IDLE
        {
            idle.push(connection);
        }
    }
}
