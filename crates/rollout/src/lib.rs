//! Decisions about a release, and nothing else.
//!
//! This crate knows how traffic is split between two releases, what is counted of them, when the new one is worse,
//! when an instance is healthy, and which step of a rollout follows which. It must never do any of it: no file, socket,
//! process, clock, random number or task is in here. Counts, probe results, commands and the time come in as values;
//! decisions go out as values, which can be printed, kept in a journal and tested.
//!
//! | module | decides |
//! |---|---|
//! | [`split`] | to which arm a request goes; cookies and headers that cannot be forged |
//! | [`count`] | what counts as an event, per arm and second |
//! | [`gate`] | whether an instance is healthy |
//! | [`judge`] | whether the canary is worse than the stable release beside it |
//! | [`traffic`] | which strategy there is traffic enough for |
//! | [`machine`] | what happens next: rolling, blue-green, canary; abort, rollback, recovery |
//! | [`schema`] | which release may run on which database schema |
//! | [`assets`] | which old files stay reachable |
//! | [`hold`] | whether a commit may be shipped by itself after a rollback |
//! | [`retention`] | which old releases are kept |

pub mod assets;
pub mod count;
pub mod gate;
pub mod hold;
pub mod judge;
pub mod machine;
mod moment;
mod release;
pub mod retention;
pub mod schema;
pub mod split;
pub mod traffic;
mod weight;

pub use moment::Moment;
pub use release::{Arm, ReleaseId};
pub use weight::{TooHeavy, Weight};
