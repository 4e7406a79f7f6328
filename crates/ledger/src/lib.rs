//! What happened: append-only, hash-chained events, the journal of releases, history and the DORA metrics.
//!
//! Knows one embedded store (SQLite) and the names of the model. Must never know HTTP, terminals, git or processes:
//! who is alive, what a commit contains and which text is secret is told by the caller.
//!
//! - [`Ledger`] opens the store, [`Draft`] is an event to be, [`Event`] one that is written; [`body`] lists what an
//!   event can say.
//! - [`journal`] writes transitions of a release before their effect; [`lock`] lets one ship at a time do so.
//! - [`history`], [`audit`], [`release_report`] and [`release_timeline`] read, [`retention`] forgets with the chain still verifiable, [`verify`] proves,
//!   [`repair`] sets damage aside.
//! - [`dora`] is pure: deployments, commits and incidents in, five metrics out.

pub mod actor;
pub mod audit;
pub mod body;
mod canonical;
pub mod chain;
pub mod clock;
mod csv;
pub mod dora;
pub mod error;
pub mod event;
pub mod history;
pub mod journal;
pub mod key;
pub mod lock;
pub mod mask;
pub mod release_report;
pub mod release_timeline;
pub mod repair;
pub mod retention;
mod roster;
mod store;
pub mod verify;

pub use actor::Actor;
pub use body::{Body, Kind};
pub use clock::Clock;
pub use error::LedgerError;
pub use event::{Draft, Event, Seq};
pub use key::{Key, ReleaseId};
pub use store::{Appended, Durability, Ledger, Options};
