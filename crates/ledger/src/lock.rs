//! One ship per app and environment.
//!
//! Who wants to ship asks for a ticket, then claims the lock with it until it is free. Who asks later supersedes who
//! asked before and still waits. A lease has a fencing token that the journal checks with every transition, so that a
//! holder that slept past its expiry does no harm.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension as _, params};
use seaworthy_model::Name;

use crate::actor::Actor;
use crate::error::LedgerError;
use crate::store::{Durability, Failure, Ledger, Tx};

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Who wanted it.
    pub owner: Actor,
    /// The machine of the process.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// When the process started, in whatever unit the caller compares: a process id alone is used again.
    pub started: u64,
}

/// Whether a holder still runs. Told by the caller, who knows processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// It does.
    Alive,
    /// It does not: its lock is free.
    Gone,
    /// It cannot be told (another machine): the expiry decides.
    Unknown,
}

/// A place in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    app: Name,
    environment: Name,
    number: i64,
}

/// What became of a claim.
#[derive(Clone, Debug)]
pub enum Claim {
    /// The lock is ours.
    Acquired(Lease),
    /// Someone has it; try again.
    Held {
        /// Who.
        by: Holder,
        /// Until when, unless it is renewed.
        until: Timestamp,
    },
    /// Someone asked later: give up.
    Superseded {
        /// Who.
        by: Actor,
    },
}

/// A lock that is held. Not released by dropping it: it expires.
#[derive(Clone, Debug)]
pub struct Lease {
    pub(crate) app: Name,
    pub(crate) environment: Name,
    token: i64,
}

impl Lease {
    /// The app.
    pub const fn app(&self) -> &Name {
        &self.app
    }

    /// The environment.
    pub const fn environment(&self) -> &Name {
        &self.environment
    }

    /// Refuses when the lock is not held any more.
    pub(crate) fn check(&self, tx: &Tx<'_>) -> Result<(), Failure> {
        match entry(tx.sql, &self.app, &self.environment)? {
            Some(Entry { token, held: Some(held), .. }) if token == self.token => {
                if held.expires > tx.now.as_microsecond() { Ok(()) } else { Err(self.lost(&"it expired")) }
            }
            Some(Entry { held: Some(held), .. }) => {
                Err(self.lost(&format_args!("{} has it", held.holder.owner)))
            }
            _ => Err(self.lost(&"it was released")),
        }
    }

    fn lost(&self, now: &dyn fmt::Display) -> Failure {
        let (app, environment) = (self.app.to_string(), self.environment.to_string());
        LedgerError::LockLost { app, environment, now: now.to_string() }.into()
    }
}

impl Ledger {
    /// Asks for the lock of an app in an environment. Whoever asked before and still waits is superseded.
    pub fn ask(&self, app: &Name, environment: &Name, owner: &Actor) -> Result<Ticket, LedgerError> {
        self.write(Durability::Relaxed, |tx| {
            let number = tx.sql.query_row(
                "INSERT INTO lock (app, environment, ticket, asker, token) VALUES (?1, ?2, 1, ?3, 0)
                 ON CONFLICT DO UPDATE SET ticket = ticket + 1, asker = ?3 RETURNING ticket",
                params![app.as_str(), environment.as_str(), owner.to_string()],
                |row| row.get(0),
            )?;
            Ok(Ticket { app: app.clone(), environment: environment.clone(), number })
        })
    }

    /// Takes the lock if it is free: released, expired, or its holder gone. `liveness` runs while no one else can
    /// write, so it must be quick.
    pub fn claim(
        &self,
        ticket: &Ticket,
        holder: &Holder,
        lasts: SignedDuration,
        liveness: &dyn Fn(&Holder) -> Liveness,
    ) -> Result<Claim, LedgerError> {
        self.write(Durability::Synced, |tx| {
            let Some(entry) = entry(tx.sql, &ticket.app, &ticket.environment)? else {
                // A repair forgot all tickets, and with them who asked later.
                return Ok(Claim::Superseded { by: holder.owner.clone() });
            };
            if entry.ticket > ticket.number {
                return Ok(Claim::Superseded { by: entry.asker });
            }
            if let Some(held) = entry.held
                && held.expires > tx.now.as_microsecond()
                && liveness(&held.holder) != Liveness::Gone
            {
                let until = Timestamp::from_microsecond(held.expires).unwrap_or(Timestamp::MAX);
                return Ok(Claim::Held { by: held.holder, until });
            }
            let token = entry.token + 1;
            tx.sql.execute(
                "UPDATE lock SET token = ?3, owner = ?4, host = ?5, pid = ?6, started = ?7, since = ?8, expires = ?9
                 WHERE app = ?1 AND environment = ?2",
                params![
                    ticket.app.as_str(),
                    ticket.environment.as_str(),
                    token,
                    holder.owner.to_string(),
                    holder.host,
                    holder.pid,
                    holder.started.cast_signed(),
                    tx.now.as_microsecond(),
                    expiry(tx.now, lasts),
                ],
            )?;
            let (app, environment) = (ticket.app.clone(), ticket.environment.clone());
            Ok(Claim::Acquired(Lease { app, environment, token }))
        })
    }

    /// Holds the lock for `lasts` from now. Refused when it is not held any more.
    pub fn renew(&self, lease: &Lease, lasts: SignedDuration) -> Result<(), LedgerError> {
        self.write(Durability::Synced, |tx| {
            lease.check(tx)?;
            tx.sql.execute(
                "UPDATE lock SET expires = ?3 WHERE app = ?1 AND environment = ?2",
                params![lease.app.as_str(), lease.environment.as_str(), expiry(tx.now, lasts)],
            )?;
            Ok(())
        })
    }

    /// Gives the lock back. One that was lost already belongs to someone else and is left alone.
    pub fn release(&self, lease: &Lease) -> Result<(), LedgerError> {
        self.write(Durability::Synced, |tx| {
            tx.sql.execute(
                "UPDATE lock SET owner = NULL WHERE app = ?1 AND environment = ?2 AND token = ?3",
                params![lease.app.as_str(), lease.environment.as_str(), lease.token],
            )?;
            Ok(())
        })
    }

    /// Who holds the lock and until when, whether or not that is over.
    pub fn holder(&self, app: &Name, environment: &Name) -> Result<Option<(Holder, Timestamp)>, LedgerError> {
        self.read(|sql| {
            let held = entry(sql, app, environment)?.and_then(|entry| entry.held);
            Ok(held.map(|held| {
                (held.holder, Timestamp::from_microsecond(held.expires).unwrap_or(Timestamp::MAX))
            }))
        })
    }
}

fn expiry(now: Timestamp, lasts: SignedDuration) -> i64 {
    now.saturating_add(lasts).map_or(i64::MAX, Timestamp::as_microsecond)
}

struct Entry {
    ticket: i64,
    asker: Actor,
    token: i64,
    held: Option<Held>,
}

struct Held {
    holder: Holder,
    expires: i64,
}

fn entry(sql: &rusqlite::Connection, app: &Name, environment: &Name) -> rusqlite::Result<Option<Entry>> {
    sql.prepare_cached(
        "SELECT ticket, asker, token, owner, host, pid, started, expires FROM lock
         WHERE app = ?1 AND environment = ?2",
    )?
    .query_row([app.as_str(), environment.as_str()], |row| {
        let held = match row.get::<_, Option<String>>(3)? {
            None => None,
            Some(owner) => Some(Held {
                holder: Holder {
                    owner: Actor::from_text(&owner),
                    host: row.get(4)?,
                    pid: row.get(5)?,
                    started: row.get::<_, i64>(6)?.cast_unsigned(),
                },
                expires: row.get(7)?,
            }),
        };
        let asker = Actor::from_text(&row.get::<_, String>(1)?);
        Ok(Entry { ticket: row.get(0)?, asker, token: row.get(2)?, held })
    })
    .optional()
}
