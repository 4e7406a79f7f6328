//! The journal of releases: every transition is written before its effect and confirmed after it.
//!
//! A transition is an event of the kind `transition` with the phase `begun`, then one with `confirmed` or `abandoned`.
//! All of them are synced. Who writes must hold the [lock](crate::lock) of app and environment, and that is checked in
//! the same transaction: a process that lost its lock cannot write any more, however late it wakes up.

mod records;
mod recovery;
pub(crate) mod standing;
mod state;
mod weight;
mod write;

pub use records::RolloutRecord;
pub use recovery::Recovery;
pub use standing::{Open, Standing};
pub use state::{IllegalTransition, State};
pub use weight::{InvalidWeight, Weight};
pub use write::{Begin, Progress};
