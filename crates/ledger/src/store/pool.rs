//! Connections that read. A reader takes one that is idle or opens another, so that no reader waits for the next.

use std::fmt::Write as _;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};

use crate::error::LedgerError;

/// As many idle connections are kept.
const IDLE: usize = 4;

/// What readers may do to the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// What SQLite does of itself, as far as the system lets us: make the index of the log, and tidy up both at last.
    Usual,
    /// Nothing at all: for a store without a log whose folder is not ours to write.
    Still,
}

impl Access {
    /// A connection that only reads.
    pub(crate) fn reader(self, store: &Path) -> rusqlite::Result<Connection> {
        let connection = match self {
            // For a file that is not ours to write SQLite does with reading.
            Self::Usual => Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_WRITE | UNSHARED)?,
            Self::Still => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | UNSHARED;
                Connection::open_with_flags(unchanging(store), flags)?
            }
        };
        super::open::settings(&connection)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }
}

/// A connection is used by one thread at a time.
const UNSHARED: OpenFlags = OpenFlags::SQLITE_OPEN_NO_MUTEX;

/// The address of a store by which SQLite takes no locks and looks for no log.
fn unchanging(store: &Path) -> String {
    let absolute = std::path::absolute(store).unwrap_or_else(|_| store.to_owned());
    let mut uri = String::from("file://");
    for byte in absolute.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(*byte));
            }
            // Writing to a text does not fail.
            _ => drop(write!(uri, "%{byte:02x}")),
        }
    }
    uri + "?immutable=1"
}

pub(crate) struct Pool {
    store: PathBuf,
    access: Access,
    idle: Mutex<Vec<Connection>>,
}

/// A connection on loan.
pub(crate) struct Reader<'a> {
    pool: &'a Pool,
    connection: Option<Connection>,
}

impl Pool {
    pub(crate) fn new(store: PathBuf, access: Access) -> Self {
        Self { store, access, idle: Mutex::default() }
    }

    pub(crate) fn take(&self) -> Result<Reader<'_>, LedgerError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                self.access.reader(&self.store).map_err(|error| LedgerError::store(&self.store, error))?
            }
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
