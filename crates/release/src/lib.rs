//! From a commit to a release.
//!
//! [`pipeline`] derives the steps that a commit has to pass from the model, runs those whose result is not known yet, and
//! says of each why. [`trace`] tells which files a step really looked at, so that no result outlives what it was made from.
//!
//! [`ship`] checks a commit out for that, and makes an artifact of what was built.
//!
//! [`failure`] reads the log of a step that failed and names the first cause.
//!
//! This crate knows the model, the repository, toolchains and processes. It must never know a terminal: whoever calls is
//! told what happens, as [`pipeline::Event`]s, and shows it.

mod error;
pub mod failure;
pub mod pipeline;
pub mod ship;
pub mod trace;

pub use error::Error;
